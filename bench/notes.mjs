// @ts-check
/** What the tables of results have no column for, a line each. */
import { hasVnni } from "./machine.mjs";
import { memory, time } from "./text.mjs";

/** @typedef {import("./bench.mjs").Report} Report */
/** @typedef {import("./turns.mjs").Result} Result */

/** Per cent by which the dearest token may cost more than the cheapest, and the lengths that this is said of. */
const flat = { goal: 15, from: 4096 };

const count = (/** @type {number} */ number) => number.toLocaleString("en-US");

/** @param {Report} report @returns {string[]} */
export function notes(report) {
  const { cases } = report;
  return [
    ...cases.flatMap(opening),
    ...lengthsOf(report).flatMap(flatness),
    ...cases.flatMap(drafting),
    ...rates(cases),
    ...(cases.some(({ dtype, goals }) => dtype === "q8" && goals.speed !== undefined)
      ? [`q8 is held to what is aimed at on a CPU with${hasVnni(report.machine) ? "" : "out"} VNNI.`]
      : []),
    ...cases.flatMap(missing),
    ...report.failures.map(({ geometry, title, message }) => `Not measured: ${geometry}, ${title}: ${message}`),
  ];
}

/** @param {Result} result */
function opening({ geometry, ours, peak_limit }) {
  if (peak_limit === undefined || ours.peak_rss === undefined) return [];
  return [
    `Opening ${geometry} took ${memory(ours.peak_rss)} at its peak; the weights' file, its largest tensor twice and 150 MB are ${memory(peak_limit)}.`,
  ];
}

/** @param {Result} result */
function missing({ geometry, title, problems = {} }) {
  const names = { ours: "this package", plain: "the plain search", rate: "the machine's limit", pytorch: "PyTorch" };
  return Object.entries(problems).map(
    ([role, problem]) =>
      `Without ${names[/** @type {keyof typeof names} */ (role)]}: ${geometry}, ${title}: ${problem}`,
  );
}

/** @param {Result} result */
function drafting({ document, ours, plain }) {
  const [drafted, greedy] = [ours.generated, plain?.generated];
  if (document === undefined || drafted === undefined || greedy === undefined) return [];
  const same = drafted.digest === greedy.digest ? "the same tokens" : "OTHER TOKENS";
  return [
    `${document}, ${count(drafted.source_tokens)} tokens: of a call's time, decoding took ${time(drafted.seconds)} with drafts and ${time(greedy.seconds)} without (${(greedy.seconds / drafted.seconds).toFixed(2)} times as fast); ${same}.`,
  ];
}

/** @param {readonly Result[]} cases */
function rates(cases) {
  const kinds = /** @type {const} */ ([
    ["gemm-rate", "matrix products, GFLOP/s", 0],
    ["memory-rate", "reading weights, GB/s", 1],
  ]);
  return kinds.flatMap(([kind, what, decimals]) => {
    const each = cases.flatMap(({ ceiling, rate, geometry, title }) =>
      ceiling?.kind === kind && rate !== undefined ? [`${(rate / 1e9).toFixed(decimals)} (${geometry}, ${title})`] : [],
    );
    return each.length === 0 ? [] : [`Rate of ${what}: ${each.join(", ")}.`];
  });
}

/** One side's passes over one document, by length. @typedef {{ tokens: number, seconds: number, peak_rss: number | undefined }[]} Curve */
/** @typedef {{ geometry: string, ours: Curve, q8: Curve, pytorch: Curve }} Lengths */

/** Of each geometry with several lengths. @param {Report} report @returns {Lengths[]} */
export function lengthsOf({ cases }) {
  const encodings = cases
    .filter(({ kind, batch }) => kind === "encoder" && batch === 1)
    .toSorted((a, b) => a.tokens - b.tokens);
  const geometries = [...new Set(encodings.map(({ geometry }) => geometry))];
  return geometries.flatMap((geometry) => {
    const own = encodings.filter((one) => one.geometry === geometry);
    /** @param {Result["dtype"]} dtype @param {"ours" | "pytorch"} role */
    const curve = (dtype, role) =>
      own.flatMap((one) => {
        const side = one[role];
        if (one.dtype !== dtype || side === undefined) return [];
        return [{ tokens: one.tokens, seconds: side.seconds, peak_rss: side.peak_rss }];
      });
    const ours = curve("fp32", "ours");
    if (ours.length < 2) return [];
    return [{ geometry, ours, q8: curve("q8", "ours"), pytorch: curve("fp32", "pytorch") }];
  });
}

/** @param {Lengths} lengths */
function flatness({ geometry, ours, pytorch }) {
  const micros = (/** @type {Curve[number]} */ { seconds, tokens }) => (1e6 * seconds) / tokens;
  const each = (/** @type {Curve} */ curve) =>
    curve.map((point) => `${digits(micros(point))} at ${count(point.tokens)}`).join(", ");
  const costs = `Encoding a token with ${geometry}, microseconds: ${each(ours)}${pytorch.length > 0 ? `; PyTorch ${each(pytorch)}` : ""}.`;
  const long = ours.filter(({ tokens }) => tokens >= flat.from);
  const [first, last] = [long[0], long.at(-1)];
  const within =
    first === undefined || last === undefined || first === last
      ? ""
      : ` From ${count(first.tokens)} to ${count(last.tokens)} tokens the cost is within ${percent(long.map(micros))} per cent (≤ ${flat.goal}).`;
  const growth = [
    { who: "here", texts: growths(ours) },
    { who: "PyTorch", texts: growths(pytorch) },
  ]
    .filter(({ texts }) => texts.length > 0)
    .map(({ who, texts }) => `${who} ${texts.join(", ")}`);
  return [
    `${costs}${within}`,
    ...(growth.length > 0 ? [`Peak memory that a further token takes with ${geometry}: ${growth.join("; ")}.`] : []),
  ];
}

/** Three digits, or all before the point. @param {number} number */
const digits = (number) => (number >= 100 ? count(Math.round(number)) : number.toPrecision(3));

/** How much more the highest is than the lowest. @param {readonly number[]} values */
function percent(values) {
  const more = 100 * (Math.max(...values) / Math.min(...values) - 1);
  // Not rounded down to the goal.
  return more > flat.goal ? more.toFixed(1) : more.toFixed(0);
}

/** Between each two lengths. @param {Curve} curve */
function growths(curve) {
  return curve.slice(1).flatMap((point, i) => {
    const before = curve[i];
    if (before?.peak_rss === undefined || point.peak_rss === undefined) return [];
    const bytes = (point.peak_rss - before.peak_rss) / (point.tokens - before.tokens);
    return [`${(bytes / 1e3).toFixed(0)} kB (${count(before.tokens)} to ${count(point.tokens)})`];
  });
}
