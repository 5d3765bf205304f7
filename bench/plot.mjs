// @ts-check
/**
 * docs/performance.svg from results of bench.mjs: what a token costs to encode, and peak memory, against the length of the
 * document. A row of two panels for each geometry that was measured at several lengths.
 *
 *     node bench/plot.mjs RESULTS.json [LATER.json ...]
 */
import { writeFile } from "node:fs/promises";
import { argv } from "node:process";
import { fileURLToPath } from "node:url";
import { lengthsOf } from "./notes.mjs";
import { readReports } from "./reports.mjs";

/** @typedef {import("./bench.mjs").Report} Report */
/** @typedef {import("./notes.mjs").Curve} Curve */
/** @typedef {import("./notes.mjs").Lengths} Lengths */

export const plotFile = new URL("../docs/performance.svg", import.meta.url);

const panel = { width: 440, height: 300, left: 62, right: 84, top: 46, bottom: 44 };
const inner = { width: panel.width - panel.left - panel.right, height: panel.height - panel.top - panel.bottom };

/** A reader may have it on white or on black; shapes tell the sides apart for those who see no colours. */
const style = `
  text { font: 12px system-ui, sans-serif; fill: #333 }
  .title { font-weight: 600; font-size: 13px }
  .grid { stroke: #ddd }
  .axis { stroke: #888 }
  .ours { --side: #0b62c4 } .q8 { --side: #0a7d4f } .pytorch { --side: #c04a00 }
  polyline { fill: none; stroke: var(--side); stroke-width: 2 }
  .mark { fill: var(--side) }
  text.name { fill: var(--side); font-weight: 600 }
  .pytorch polyline { stroke-dasharray: 6 4 } .q8 polyline { stroke-dasharray: 2 3 }
  @media (prefers-color-scheme: dark) {
    text { fill: #d6d6d6 }
    .grid { stroke: #3a3a3a }
    .axis { stroke: #8a8a8a }
    .ours { --side: #6cb2ff } .q8 { --side: #4fd19a } .pytorch { --side: #ff9a5c }
  }`;

/** @typedef {{ tokens: number, value: number }} Point */
/** @typedef {{ side: "ours" | "q8" | "pytorch", name: string, points: Point[] }} Line */

/** SVG of a report, or undefined where no geometry was measured at several lengths. @param {Report} report */
export function plot(report) {
  const rows = lengthsOf(report);
  if (rows.length === 0) return undefined;
  const [width, height] = [2 * panel.width, rows.length * panel.height];
  const panels = rows.flatMap((lengths, row) => [
    drawPanel(`${lengths.geometry}: microseconds a token`, linesOf(lengths, microseconds), 0, row),
    drawPanel(`${lengths.geometry}: peak memory, GB`, linesOf(lengths, gigabytes), 1, row),
  ]);
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-labelledby="what">
<title id="what">Encoding documents of several lengths: microseconds a token, and peak memory</title>
<style>${style}
</style>
${panels.join("\n")}
</svg>
`;
}

/** @param {Curve[number]} point */
const microseconds = ({ seconds, tokens }) => (1e6 * seconds) / tokens;
/** @param {Curve[number]} point */
const gigabytes = ({ peak_rss = Number.NaN }) => peak_rss / 1e9;

/** @param {Lengths} lengths @param {(point: Curve[number]) => number} value @returns {Line[]} */
function linesOf(lengths, value) {
  const sides = /** @type {const} */ ([
    ["pytorch", "PyTorch"],
    ["ours", "here"],
    ["q8", "here, q8"],
  ]);
  return sides.flatMap(([side, name]) => {
    const points = lengths[side]
      .map((point) => ({ tokens: point.tokens, value: value(point) }))
      .filter((point) => Number.isFinite(point.value));
    // One point is no curve.
    return points.length < 2 ? [] : [{ side, name, points }];
  });
}

/** @param {string} title @param {readonly Line[]} lines @param {number} column @param {number} row */
function drawPanel(title, lines, column, row) {
  const points = lines.flatMap((line) => line.points);
  const lengths = [...new Set(points.map(({ tokens }) => tokens))].sort((a, b) => a - b);
  const [shortest = 1, longest = shortest * 2] = [lengths[0], lengths.at(-1)];
  const steps = ticks(Math.max(...points.map(({ value }) => value)));
  const top = steps.at(-1) ?? 1;
  const range = Math.log(longest / shortest) || 1;
  const x = (/** @type {number} */ tokens) => panel.left + (inner.width * Math.log(tokens / shortest)) / range;
  const y = (/** @type {number} */ value) => panel.top + inner.height * (1 - value / top);
  const bottom = y(0);
  const right = panel.left + inner.width;
  const grid = steps.map(
    (value) =>
      `<line class="${value === 0 ? "axis" : "grid"}" x1="${panel.left}" x2="${right}" y1="${at(y(value))}" y2="${at(y(value))}"/>` +
      `<text x="${panel.left - 8}" y="${at(y(value) + 4)}" text-anchor="end">${value.toLocaleString("en-US")}</text>`,
  );
  const names = lengths.map(
    (tokens) =>
      `<line class="axis" x1="${at(x(tokens))}" x2="${at(x(tokens))}" y1="${at(bottom)}" y2="${at(bottom + 4)}"/>` +
      `<text x="${at(x(tokens))}" y="${at(bottom + 18)}" text-anchor="middle">${shortCount(tokens)}</text>`,
  );
  const labels = apart(lines.map((line) => y(line.points.at(-1)?.value ?? 0)));
  const curves = lines.map((line, i) => {
    const path = line.points.map(({ tokens, value }) => `${at(x(tokens))},${at(y(value))}`).join(" ");
    const marks = line.points.map(({ tokens, value }) => mark(line.side, x(tokens), y(value)));
    const end = x(line.points.at(-1)?.tokens ?? longest) + 9;
    const name = `<text class="name" x="${at(end)}" y="${at((labels[i] ?? 0) + 4)}">${line.name}</text>`;
    return `<g class="${line.side}"><polyline points="${path}"/>${marks.join("")}${name}</g>`;
  });
  return [
    `<g transform="translate(${column * panel.width} ${row * panel.height})">`,
    `<text class="title" x="${panel.left}" y="24">${title}</text>`,
    ...grid,
    ...names,
    `<text x="${at(panel.left + inner.width / 2)}" y="${panel.height - 8}" text-anchor="middle">tokens of the document</text>`,
    ...curves,
    "</g>",
  ].join("\n");
}

/** A tenth of a pixel is enough. @param {number} number */
const at = (number) => String(Math.round(10 * number) / 10);

/** 16,384 as 16K. @param {number} tokens */
const shortCount = (tokens) => (tokens % 1024 === 0 ? `${tokens / 1024}K` : tokens.toLocaleString("en-US"));

/** A circle, a diamond or a square. @param {Line["side"]} side @param {number} x @param {number} y */
function mark(side, x, y) {
  if (side === "ours") return `<circle class="mark" cx="${at(x)}" cy="${at(y)}" r="4"/>`;
  if (side === "pytorch") return `<rect class="mark" x="${at(x - 3.5)}" y="${at(y - 3.5)}" width="7" height="7"/>`;
  return `<path class="mark" d="M${at(x)} ${at(y - 5)}l5 5l-5 5l-5 -5z"/>`;
}

/** From 0 to no less than `highest`, in steps of 1, 2 or 5 times a power of ten. @param {number} highest */
function ticks(highest) {
  const rough = highest / 5;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5, 10].find((times) => times * power >= rough) ?? 10);
  return Array.from({ length: Math.ceil(highest / step) + 1 }, (_, i) => Number((i * step).toPrecision(6)));
}

/** Heights of labels, moved so that none covers another. @param {readonly number[]} heights */
function apart(heights) {
  const moved = [...heights];
  const order = heights.map((_, i) => i).sort((a, b) => (heights[a] ?? 0) - (heights[b] ?? 0));
  for (let i = 1; i < order.length; i++) {
    const [above, below] = [order[i - 1] ?? 0, order[i] ?? 0];
    moved[below] = Math.max(moved[below] ?? 0, (moved[above] ?? 0) + 14);
  }
  return moved;
}

if (argv[1] === fileURLToPath(import.meta.url)) {
  try {
    const { models } = await readReports(argv.slice(2));
    const image = models && plot(models);
    if (image === undefined)
      throw new Error("expected results of `npm run bench -- --json FILE`, encoding several lengths");
    await writeFile(plotFile, image);
  } catch (error) {
    console.error(`bench: ${error instanceof Error ? error.message : error}`);
    process.exitCode = 2;
  }
}
