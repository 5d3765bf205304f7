// @ts-check
/**
 * Seconds and peak memory of this package beside transformers on PyTorch, on the same machine in the same run, and
 * against what the machine itself can do: `npm run bench` (bench/options.mjs has the options).
 *
 * The sides take turns, each measurement in a new process, so that both see the same disturbances. A case's ceiling, the
 * rate of matrix products or of reading memory, is measured in those turns too.
 */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { cpus } from "node:os";
import { dirname } from "node:path";
import { argv, execPath, versions as nodeVersions } from "node:process";
import { fileURLToPath } from "node:url";
import { casesOf, choose } from "./cases.mjs";
import { runJson } from "./child.mjs";
import { interruptSeconds } from "./interrupt.mjs";
import { readOptions, usage } from "./options.mjs";
import { findReference, measureReference } from "./reference.mjs";
import { lineOf, plainTable } from "./report.mjs";
import { median } from "./statistics.mjs";

/** @typedef {import("./cases.mjs").Case} Case */
/** @typedef {import("./random-checkpoint.mjs").Written} Written */

/** `all_seconds` has a number a round. @typedef {{ seconds: number, all_seconds: number[], peak_rss?: number }} Side */

/**
 * @typedef {Case & {
 *   ours: Side,
 *   pytorch?: Side,
 *   rate?: number,
 *   peak_limit?: number,
 * }} Result rate: FLOP/s or bytes/s of the ceiling; peak_limit: bytes
 */

/**
 * @typedef {object} Report
 * @property {string} date
 * @property {{ cpu: string, cores: number }} machine
 * @property {Record<string, string>} versions
 * @property {string} geometry
 * @property {number} threads
 * @property {Result[]} cases
 */

const say = (/** @type {string} */ line) => console.error(line);
const script = (/** @type {string} */ name) => fileURLToPath(new URL(name, import.meta.url));

/** @param {string} name @returns {Promise<Written>} */
const checkpoint = (name) => runJson(execPath, [script("random-checkpoint.mjs"), name]);

/**
 * @param {Case} one
 * @param {{ model: Written, ceilings: Written, geometry: string, threads: number, python: string | undefined, versions: Record<string, string> }} setting
 * @returns {Promise<Result>}
 */
async function measure(one, { model, ceilings, geometry, threads, python, versions }) {
  const { kind, tokens, beams, rounds, warmups, repeats, ceiling } = one;
  const task = { kind, folder: model.folder, geometry, tokens, beams, threads, warmups, repeats };
  const measureOurs = (/** @type {object} */ given) =>
    runJson(execPath, [script("measure.mjs"), JSON.stringify(given)]);
  /** @type {Side[]} */
  const ours = [];
  /** @type {Side[]} */
  const theirs = [];
  /** @type {number[]} */
  const rates = [];
  for (let round = 0; round < rounds; round++) {
    if (kind === "interrupt") {
      ours.push(sideOf([await interruptSeconds(task)]));
      continue;
    }
    if (kind === "open" && round === 0) for (let i = 0; i < warmups; i++) await measureOurs(task);
    ours.push(await measureOurs(task));
    if (ceiling !== undefined) {
      const passes = ceiling.kind === "gemm-rate" ? { warmups: 1, repeats: 5 } : { warmups: 3, repeats: 31 };
      const { seconds, work } = await measureOurs({ ...task, kind: ceiling.kind, folder: ceilings.folder, ...passes });
      rates.push(work / seconds);
    }
    if (one.reference && python !== undefined) {
      const { versions: found, ...side } = await measureReference(python, /** @type {any} */ (task));
      theirs.push(side);
      Object.assign(versions, found);
    }
  }
  return {
    ...one,
    ours: together(ours),
    ...(theirs.length > 0 ? { pytorch: together(theirs) } : {}),
    ...(rates.length > 0 ? { rate: median(rates) } : {}),
    ...(kind === "open" ? { peak_limit: model.bytes + 2 * model.largest + 150e6 } : {}),
  };
}

/** @param {number[]} all_seconds */
const sideOf = (all_seconds) => ({ seconds: median(all_seconds), all_seconds });

/** Rounds of one side: the median of seconds, and the highest peak. @param {Side[]} sides @returns {Side} */
function together(sides) {
  const peaks = sides.flatMap(({ peak_rss }) => peak_rss ?? []);
  const peak = peaks.length > 0 ? { peak_rss: Math.max(...peaks) } : {};
  return { ...sideOf(sides.map(({ seconds }) => seconds)), ...peak };
}

/** @param {string} name of a package in node_modules, or "" for this one */
async function versionOf(name) {
  const path = name === "" ? "../package.json" : `../node_modules/${name}/package.json`;
  return JSON.parse(await readFile(new URL(path, import.meta.url), "utf8")).version;
}

/** @param {import("./options.mjs").Options} options @returns {Promise<number>} the exit code */
async function main(options) {
  /** @type {import("./geometries.mjs").GeometryName} */
  const geometry = options.quick ? "led-tiny" : "led-base";
  const cases = choose(casesOf(geometry, options.quick), options.cases);
  const python = await findReference(options, say);
  say(`Random weights of ${geometry}: written to node_modules/.cache/led-bench/ unless they are there.`);
  const model = await checkpoint(geometry);
  const ceilings = await checkpoint("ceilings");

  const { threads } = options;
  /** @type {Report} */
  const report = {
    date: new Date().toISOString().slice(0, 10),
    machine: { cpu: cpus()[0]?.model.trim() ?? "unknown", cores: cpus().length },
    versions: {
      "led-transformers": await versionOf(""),
      "onnxruntime-node": await versionOf("onnxruntime-node"),
      node: nodeVersions.node,
    },
    geometry,
    threads,
    cases: [],
  };
  let failures = 0;
  for (const one of cases) {
    try {
      const result = await measure(one, { model, ceilings, geometry, threads, python, versions: report.versions });
      report.cases.push(result);
      say(lineOf(result));
    } catch (error) {
      failures++;
      say(`${one.name}: ${error instanceof Error ? error.message : error}`);
    }
  }
  if (options.json !== undefined) {
    await mkdir(dirname(options.json), { recursive: true });
    await writeFile(options.json, `${JSON.stringify(report, undefined, 2)}\n`);
  }
  if (report.cases.length > 0) console.log(plainTable(report));
  return failures === 0 ? 0 : 1;
}

if (argv.includes("--help")) {
  console.log(usage);
} else {
  try {
    process.exitCode = await main(readOptions(argv.slice(2)));
  } catch (error) {
    say(`bench: ${error instanceof Error ? error.message : error}`);
    process.exitCode = 2;
  }
}
