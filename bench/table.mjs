// @ts-check
/**
 * docs/performance.md from results of bench.mjs or tokenizer.mjs:
 *
 *     node bench/table.mjs RESULTS.json [LATER.json ...]
 *
 * Each kind of results has its part of the document, and the others stay as they are: bench.mjs the one before the first
 * marker, tokenizer.mjs the one between its markers. A case of a later file of bench.mjs takes the place of the same case in an
 * earlier one, for cases that were measured again.
 */
import { readFile, writeFile } from "node:fs/promises";
import { argv } from "node:process";
import { markdownTable, notes } from "./report.mjs";
import { section as tokenizing } from "./tokenizer-report.mjs";

/** @typedef {import("./bench.mjs").Report} Report */
/** @typedef {import("./tokenizer.mjs").TokenizerReport} TokenizerReport */

const target = new URL("../docs/performance.md", import.meta.url);
const marker = (/** @type {"begin" | "end"} */ where) => `<!-- tokenizing: ${where} -->`;

/** @param {[Report, ...Report[]]} reports of one machine and the same versions */
function merged([first, ...later]) {
  const about = (/** @type {Report} */ { machine, versions, geometry, threads }) =>
    JSON.stringify({ machine, versions, geometry, threads });
  const cases = new Map(first.cases.map((one) => [one.name, one]));
  for (const report of later) {
    if (about(report) !== about(first)) {
      throw new Error(
        `expected results of one machine and the same versions, got ${about(first)} and ${about(report)}`,
      );
    }
    for (const one of report.cases) cases.set(one.name, one);
  }
  return { ...first, date: later.at(-1)?.date ?? first.date, cases: [...cases.values()] };
}

/** The widest difference between two rounds of one measurement, as a share of its median. @param {Report} report */
function widestSpread({ cases }) {
  const sides = cases
    .filter(({ kind }) => kind !== "interrupt")
    .flatMap(({ title, ours, pytorch }) => [
      { who: title, side: ours },
      ...(pytorch === undefined ? [] : [{ who: `PyTorch, ${title}`, side: pytorch }]),
    ]);
  const spread = (/** @type {import("./bench.mjs").Side} */ { seconds, all_seconds }) =>
    (Math.max(...all_seconds) - Math.min(...all_seconds)) / seconds;
  const widest = sides
    .filter(({ side }) => side.all_seconds.length > 1)
    .map(({ who, side }) => ({ who, spread: spread(side) }))
    .sort((a, b) => b.spread - a.spread)[0];
  return widest && `${(100 * widest.spread).toFixed(0)} per cent (${widest.who})`;
}

/** The part before the first marker. @param {Report} report */
function models(report) {
  const { date, machine, versions, geometry, threads } = report;
  const spread = widestSpread(report);
  const beside =
    versions.torch === undefined
      ? ""
      : `, beside transformers ${versions.transformers} on PyTorch ${versions.torch?.split("+")[0]}`;
  return `# Performance

Written by \`node bench/table.mjs\` from a run of \`npm run bench -- --json FILE\`; not edited by hand.

led-transformers ${versions["led-transformers"]} (Node ${versions.node}, onnxruntime-node ${versions["onnxruntime-node"]})${beside},
both in float32 on the CPU with ${threads} threads, on the same random weights' geometry, ${geometry}. ${machine.cpu}, ${machine.cores} cores. ${date}.

${markdownTable(report)}

- Both sides run in turns, each measurement in a process of its own. Times are medians over these processes, and within
  each over passes or steps after a warm-up (none before a pass over 16,384 tokens); peak memory is the highest resident
  size of a process, the whole model included.
- The first token of an encoded document is global. A decode step is a whole step of the search: logits, log-softmax,
  candidates, the cache for the next step.
- The machine's limit is the time that the arithmetic of an encoder pass takes at the rate of matrix products, and the
  bytes that a decode step must read at the rate of reading weights; both rates are measured through the same engine in the
  same turns (formulas: bench/geometries.mjs). In brackets stands what is aimed at.
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

/** @param {string} document @param {string} text */
function withTokenizing(document, text) {
  const part = `${marker("begin")}\n${text}\n${marker("end")}`;
  const [begin, end] = [document.indexOf(marker("begin")), document.indexOf(marker("end"))];
  if (begin < 0 || end < begin) return `${document.trimEnd()}\n\n${part}\n`;
  return `${document.slice(0, begin)}${part}${document.slice(end + marker("end").length)}`;
}

const [, , ...paths] = argv;
if (paths.length === 0) {
  console.error("bench: expected a file that `npm run bench -- --json FILE` wrote, or `npm run bench:tokenizer`.");
  process.exitCode = 2;
} else {
  /** @type {(Report | TokenizerReport)[]} */
  const reports = await Promise.all(paths.map(async (path) => JSON.parse(await readFile(path, "utf8"))));
  const [first, ...later] = reports.flatMap((report) => ("kind" in report ? [] : [report]));
  const tokenizers = reports.flatMap((report) => ("kind" in report ? [report] : [])).at(-1);
  let document = await readFile(target, "utf8");
  if (first !== undefined) document = withModels(document, models(merged([first, ...later])));
  if (tokenizers !== undefined) document = withTokenizing(document, tokenizing(tokenizers));
  await writeFile(target, document);
}
