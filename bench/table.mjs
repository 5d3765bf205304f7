// @ts-check
/**
 * docs/performance.md from results of bench.mjs, on standard output:
 *
 *     node bench/table.mjs RESULTS.json [LATER.json ...] > docs/performance.md
 *
 * A case of a later file takes the place of the same case in an earlier one, for cases that were measured again.
 */
import { readFile } from "node:fs/promises";
import { argv } from "node:process";
import { markdownTable, notes } from "./report.mjs";

/** @typedef {import("./bench.mjs").Report} Report */

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

/** @param {Report} report */
function document(report) {
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

const [, , ...paths] = argv;
if (paths.length === 0) {
  console.error(
    "bench: expected a file that `npm run bench -- --json FILE` wrote. node bench/table.mjs FILE > docs/performance.md",
  );
  process.exitCode = 2;
} else {
  const reports = await Promise.all(paths.map(async (path) => JSON.parse(await readFile(path, "utf8"))));
  process.stdout.write(document(merged(/** @type {[Report, ...Report[]]} */ (reports))));
}
