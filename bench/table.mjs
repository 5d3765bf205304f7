// @ts-check
/**
 * docs/performance.md from results of bench.mjs, tokenizer.mjs or quality.mjs, and with the former docs/performance.svg, which it shows:
 *
 *     node bench/table.mjs RESULTS.json [LATER.json ...]
 *
 * Each kind of results has its part of the document, and the others stay as they are: bench.mjs the one before the first
 * marker, the others those between their markers. A case of a later file of bench.mjs takes the place of the same case in an
 * earlier one, for cases that were measured again.
 */
import { readFile, writeFile } from "node:fs/promises";
import { argv } from "node:process";
import { describeMachine } from "./machine.mjs";
import { notes } from "./notes.mjs";
import { plot, plotFile } from "./plot.mjs";
import { section as quality } from "./quality.mjs";
import { markdownTables } from "./report.mjs";
import { readReports } from "./reports.mjs";
import { section as tokenizing } from "./tokenizer-report.mjs";

/** @typedef {import("./bench.mjs").Report} Report */

const target = new URL("../docs/performance.md", import.meta.url);
const marker = (/** @type {string} */ part, /** @type {"begin" | "end"} */ where) => `<!-- ${part}: ${where} -->`;

/** The widest difference between two rounds of one measurement, as a share of its median. @param {Report} report */
function widestSpread({ cases }) {
  const sides = cases
    .filter(({ kind }) => kind !== "interrupt")
    .flatMap(({ geometry, title, ours, pytorch }) => [
      { who: `${geometry}, ${title}`, side: ours },
      ...(pytorch === undefined ? [] : [{ who: `PyTorch, ${geometry}, ${title}`, side: pytorch }]),
    ]);
  const spread = (/** @type {import("./turns.mjs").Side} */ { seconds, all_seconds }) =>
    (Math.max(...all_seconds) - Math.min(...all_seconds)) / seconds;
  const widest = sides
    .filter(({ side }) => side.all_seconds.length > 1)
    .map(({ who, side }) => ({ who, spread: spread(side) }))
    .sort((a, b) => b.spread - a.spread)[0];
  return widest && `${(100 * widest.spread).toFixed(0)} per cent (${widest.who})`;
}

/** The part before the first marker. @param {Report} report @param {boolean} plotted whether there is a picture */
function models(report, plotted) {
  const { date, machine, versions, threads } = report;
  const spread = widestSpread(report);
  const beside =
    versions.torch === undefined
      ? ""
      : `, beside transformers ${versions.transformers} on PyTorch ${versions.torch?.split("+")[0]}`;
  const picture = `
![Encoding documents of several lengths: microseconds a token and peak memory, here and in PyTorch](performance.svg)
`;
  return `# Performance

Written by \`node bench/table.mjs\` from a run of \`npm run bench -- --json FILE\`; not edited by hand.

led-transformers ${versions["led-transformers"]} (Node ${versions.node}, onnxruntime-node ${versions["onnxruntime-node"]})${beside},
both in float32 (here with 8-bit weights where a line says q8) on the CPU with ${threads} threads, on random weights of the same
geometry. ${describeMachine(machine)}. ${date}.
${plotted ? picture : ""}
${markdownTables(report)}

## How this was measured

- Both sides run in turns, each measurement in a process of its own. Times are medians over these processes, and within
  each over passes or steps after a warm-up (none before a pass over 16,384 tokens and more); peak memory is the highest resident
  size of a process, the whole model included. A line in q8 stands beside the same runs of PyTorch, in float32, as the line
  without it.
- The first token of an encoded document is global. A decode step is a whole step of the search: logits, log-softmax,
  candidates, the cache for the next step. "8 x 1,024 tokens" are 8 documents at once. Opening is \`from_pretrained\` of the same
  folder on both sides.
- The machine's limit is the time that the arithmetic of an encoder pass takes at the rate of matrix products, and the
  bytes that a decode step must read at the rate of reading weights for as many rows; both rates are measured through the same
  engine in the same turns, in float32 (formulas: bench/geometries.mjs). A step in q8 must read its weights as bytes, and where the
  CPU has VNNI the source too; its limit in arithmetic is not measured. In brackets stands what is aimed at.
- An extractive step may only go on with sentences of the source, spans of 20 to 30 tokens here; beside it stands the plain step. A
  summary with drafts is a whole call by greedy search; beside it stands the same call without. Its model is the one that comes
  with the package ("embedded").
- Ctrl-C: from the signal to the end of the process, while it computes.
${notes(report)
  .map((line) => `- ${line}`)
  .join("\n")}

The machine was shared with other work${spread === undefined ? "" : `: two rounds of one measurement were up to ${spread} apart`}.
Trust the ratios, whose two sides saw the same disturbances, more than the seconds.
`;
}

/** @param {string} document @param {string} text */
function withModels(document, text) {
  const rest = document.indexOf("\n<!-- ");
  return rest < 0 ? text : `${text}${document.slice(rest)}`;
}

/** @param {string} document @param {"tokenizing" | "quality"} name @param {string} text */
function withPart(document, name, text) {
  const [first, last] = [marker(name, "begin"), marker(name, "end")];
  const part = `${first}\n${text}\n${last}`;
  const [begin, end] = [document.indexOf(first), document.indexOf(last)];
  if (begin < 0 || end < begin) return `${document.trimEnd()}\n\n${part}\n`;
  return `${document.slice(0, begin)}${part}${document.slice(end + last.length)}`;
}

const [, , ...paths] = argv;
try {
  if (paths.length === 0)
    throw new Error("expected a file that `npm run bench -- --json FILE` wrote, or `npm run bench:tokenizer`");
  const reports = await readReports(paths);
  let document = await readFile(target, "utf8");
  if (reports.models !== undefined) {
    const image = plot(reports.models);
    if (image !== undefined) await writeFile(plotFile, image);
    document = withModels(document, models(reports.models, image !== undefined));
  }
  if (reports.tokenizers !== undefined) document = withPart(document, "tokenizing", tokenizing(reports.tokenizers));
  if (reports.quality !== undefined) document = withPart(document, "quality", quality(reports.quality));
  await writeFile(target, document);
} catch (error) {
  console.error(`bench: ${error instanceof Error ? error.message : error}`);
  process.exitCode = 2;
}
