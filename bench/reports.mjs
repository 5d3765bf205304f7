// @ts-check
/** Files of results: those of bench.mjs, of which several make one report, those of tokenizer.mjs and of quality.mjs. */
import { readFile } from "node:fs/promises";

/** @typedef {import("./bench.mjs").Report} Report */
/** @typedef {import("./quality.mjs").QualityReport} QualityReport */
/** @typedef {import("./tokenizer.mjs").TokenizerReport} TokenizerReport */

/** @param {readonly string[]} paths @returns {Promise<{ models?: Report, tokenizers?: TokenizerReport, quality?: QualityReport }>} */
export async function readReports(paths) {
  /** @type {(Report | TokenizerReport | QualityReport)[]} */
  const reports = await Promise.all(paths.map(async (path) => JSON.parse(await readFile(path, "utf8"))));
  const [first, ...later] = reports.flatMap((report) => ("kind" in report ? [] : [report]));
  for (const { cases } of first === undefined ? [] : [first, ...later]) {
    if (cases.some(({ geometry }) => geometry === "led-tiny"))
      throw new Error("expected results of whole models, got those of --quick, which only shows that everything runs");
  }
  const others = reports.flatMap((report) => ("kind" in report ? [report] : []));
  const quality = others.flatMap((report) => (report.kind === "quality" ? [report] : [])).at(-1);
  const tokenizers = others.flatMap((report) => (report.kind === "quality" ? [] : [report])).at(-1);
  return {
    ...(first && { models: merged([first, ...later]) }),
    ...(tokenizers && { tokenizers }),
    ...(quality && { quality }),
  };
}

/**
 * A case of a later report takes the place of the same case in an earlier one.
 * @param {[Report, ...Report[]]} reports of one machine and the same versions
 * @returns {Report}
 */
function merged([first, ...later]) {
  const key = (/** @type {{ geometry: string, name: string }} */ { geometry, name }) => `${geometry} ${name}`;
  const cases = new Map(first.cases.map((one) => [key(one), one]));
  const failures = new Map(first.failures.map((one) => [key(one), one]));
  const versions = { ...first.versions };
  for (const report of later) {
    requireSame("machine", first.machine, report.machine);
    requireSame("threads", first.threads, report.threads);
    for (const [name, version] of Object.entries(report.versions)) {
      // A run without PyTorch has no version of it.
      requireSame(`version of ${name}`, versions[name] ?? version, version);
      versions[name] = version;
    }
    for (const one of report.cases) {
      cases.set(key(one), one);
      failures.delete(key(one));
    }
    for (const one of report.failures) if (!cases.has(key(one))) failures.set(key(one), one);
  }
  return {
    ...first,
    date: later.at(-1)?.date ?? first.date,
    versions,
    cases: [...cases.values()],
    failures: [...failures.values()],
  };
}

/** @param {string} what @param {unknown} expected @param {unknown} got */
function requireSame(what, expected, got) {
  const [one, other] = [expected, got].map((value) => JSON.stringify(value));
  if (one !== other) throw new Error(`expected results of one ${what}, got ${one} and ${other}`);
}
