// @ts-check
/**
 * Seconds and peak memory of this package beside transformers on PyTorch, on the same machine in the same run, and
 * against what the machine itself can do: `npm run bench` (bench/options.mjs has the options).
 *
 * The sides take turns, each measurement in a new process, so that both see the same disturbances. A case's ceiling, the
 * rate of matrix products or of reading memory, is measured in those turns too.
 */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { argv, execPath, versions as nodeVersions } from "node:process";
import { fileURLToPath } from "node:url";
import { casesOf, choose } from "./cases.mjs";
import { runJson } from "./child.mjs";
import { estimate, minutes } from "./estimate.mjs";
import { interruptSeconds } from "./interrupt.mjs";
import { machineOf } from "./machine.mjs";
import { readOptions, usage } from "./options.mjs";
import { findReference, measureReference } from "./reference.mjs";
import { lineOf, plainReport } from "./report.mjs";
import { groupsOf, measureGroup } from "./turns.mjs";

/** @typedef {import("./random-checkpoint.mjs").Written} Written */
/** @typedef {import("./turns.mjs").Failure} Failure */
/** @typedef {import("./turns.mjs").Printed} Printed */
/** @typedef {import("./turns.mjs").Result} Result */
/** @typedef {import("./turns.mjs").Task} Task */

/**
 * @typedef {object} Report
 * @property {string} date
 * @property {import("./machine.mjs").Machine} machine
 * @property {Record<string, string>} versions
 * @property {number} threads
 * @property {Result[]} cases
 * @property {Failure[]} failures cases without a measurement of this package
 */

const say = (/** @type {string} */ line) => console.error(line);
const script = (/** @type {string} */ name) => fileURLToPath(new URL(name, import.meta.url));
const embedded = fileURLToPath(new URL("../models/embedded/", import.meta.url));

/** @type {Map<string, Promise<Written>>} */
const written = new Map();

/** In a process of its own, so that this one stays small. @param {string} name @returns {Promise<Written>} */
function checkpoint(name) {
  const found = written.get(name) ?? runJson(execPath, [script("random-checkpoint.mjs"), name]);
  written.set(name, found);
  return found;
}

/** @type {Map<string, Promise<Printed>>} */
const inBytes = new Map();

/**
 * A first load in q8 makes the bytes, which take time and memory that later loads, finding them, do not take.
 * @param {Task & { folder: string, threads: number }} given
 */
function makeBytes(given) {
  const { folder } = given;
  const made =
    inBytes.get(folder) ?? runJson(execPath, [script("measure.mjs"), JSON.stringify({ ...given, kind: "open" })]);
  inBytes.set(folder, made);
  return made;
}

/**
 * One measurement, in a process of its own.
 * @param {Task} task
 * @param {{ threads: number, python: string | undefined, versions: Record<string, string> }} setting
 * @returns {Promise<Printed>}
 */
async function perform(task, { threads, python, versions }) {
  const folder = task.checkpoint === "embedded" ? embedded : (await checkpoint(task.checkpoint)).folder;
  const document = task.document === undefined ? {} : { document: script(`../${task.document}`) };
  const given = { ...task, ...document, folder, threads };
  if (task.kind === "interrupt") return { seconds: await interruptSeconds(given) };
  if (task.dtype === "q8") await makeBytes(given);
  if (task.who === "ours") return runJson(execPath, [script("measure.mjs"), JSON.stringify(given)]);
  if (python === undefined) throw new Error("no Python");
  const { versions: found, seconds, peak_rss } = await measureReference(python, given);
  Object.assign(versions, found);
  return { seconds, ...(peak_rss === undefined ? {} : { peak_rss }) };
}

/** What opening a model in float32 may take at its peak. @param {Result} result */
async function withPeakLimit(result) {
  if (result.kind !== "open" || result.dtype !== "fp32") return result;
  const { bytes, largest } = await checkpoint(result.checkpoint);
  return { ...result, peak_limit: bytes + 2 * largest + 150e6 };
}

/** @param {string} name of a package in node_modules, or "" for this one */
async function versionOf(name) {
  const path = name === "" ? "../package.json" : `../node_modules/${name}/package.json`;
  return JSON.parse(await readFile(new URL(path, import.meta.url), "utf8")).version;
}

/** @param {import("./options.mjs").Options} options @returns {Promise<number>} the exit code */
async function main({ geometries, quick, threads, json, ...options }) {
  const machine = await machineOf();
  const cases = choose(casesOf(geometries, quick, machine), options.cases);
  const python = await findReference(options, say);
  const reference = python !== undefined;
  say("Random weights lie in node_modules/.cache/led-bench/; what is not there yet is written now.");
  say(`${cases.length} cases. On two slow cores this takes about ${minutes(estimate(cases, reference))}.`);

  /** @type {Report} */
  const report = {
    date: new Date().toISOString().slice(0, 10),
    machine,
    versions: {
      "led-transformers": await versionOf(""),
      "onnxruntime-node": await versionOf("onnxruntime-node"),
      node: nodeVersions.node,
    },
    threads,
    cases: [],
    failures: [],
  };
  const setting = { threads, python, versions: report.versions };
  for (const group of groupsOf(cases)) {
    const { results, failures } = await measureGroup(group, { reference, perform: (task) => perform(task, setting) });
    for (const result of results) {
      report.cases.push(await withPeakLimit(result));
      say(lineOf(result));
    }
    report.failures.push(...failures);
    for (const { geometry, title, message } of failures) say(`${geometry}, ${title}: failed: ${message}`);
    // After each group: what is measured stays when the run is cut.
    if (json !== undefined) {
      await mkdir(dirname(json), { recursive: true });
      await writeFile(json, `${JSON.stringify(report, undefined, 2)}\n`);
    }
  }
  console.log(plainReport(report));
  return report.failures.length === 0 ? 0 : 1;
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
