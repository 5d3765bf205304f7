// @ts-check
/**
 * Speed and peak memory of this package's tokenizers beside two others from npm, in one run: `npm run bench:tokenizer`
 * (bench/tokenizer-options.mjs has the options). The libraries take turns, each measurement in a new process, as in bench.mjs.
 */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { cpus, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { argv, execPath, versions as nodeVersions } from "node:process";
import { fileURLToPath } from "node:url";
import { LimitError, runJson } from "./child.mjs";
import { median } from "./statistics.mjs";
import { libraries, works } from "./tokenizer-libraries.mjs";
import { readOptions, usage } from "./tokenizer-options.mjs";
import { lineOf, plainTable } from "./tokenizer-report.mjs";

/** @typedef {import("./tokenizer-libraries.mjs").LibraryName} LibraryName */
/** @typedef {import("./tokenizer-libraries.mjs").Work} Work */
/** @typedef {import("./tokenizer-measure.mjs").Measured} Measured */

/**
 * What the rounds of one measurement amount to: medians, and the highest peak. `limit`: it took longer than so many seconds.
 * @typedef {{ load: number, cold: number, seconds: number, all_seconds: number[], peak_rss: number, digest: string } | { limit: number }} Side
 */

/** @typedef {Omit<import("./tokenizer-inputs.mjs").Input, "text"> & { results: Partial<Record<LibraryName, Partial<Record<Work, Side>>>> }} TextResult */

/**
 * @typedef {object} TokenizerReport
 * @property {"tokenizers"} kind
 * @property {string} date
 * @property {{ cpu: string, cores: number }} machine
 * @property {Record<string, string>} versions
 * @property {string} vocabulary
 * @property {number} rounds
 * @property {Partial<Record<LibraryName, string>>} missing why a library was not measured
 * @property {TextResult[]} texts
 */

const say = (/** @type {string} */ line) => console.error(line);
const script = (/** @type {string} */ name) => fileURLToPath(new URL(name, import.meta.url));

/**
 * The libraries in turn, so that each has the others' disturbances.
 * @param {import("./tokenizer-options.mjs").Options} options
 * @param {import("./tokenizer-inputs.mjs").Input} input
 * @param {{ vocabulary: string, missing: TokenizerReport["missing"] }} setting
 * @returns {Promise<TextResult>}
 */
async function measureText({ rounds, seconds, limit, ...options }, { text, ...about }, { vocabulary, missing }) {
  const turns = works.flatMap((work) =>
    options.libraries
      .filter((name) => missing[name] === undefined && libraryOf(name).works.includes(work))
      .map((library) => ({ library, work, measured: /** @type {Measured[]} */ ([]), overLimit: false })),
  );
  for (let round = 0; round < rounds; round++) {
    for (const turn of turns) {
      if (turn.overLimit) continue;
      const { library, work } = turn;
      const task = JSON.stringify({ library, work, vocabulary, text, seconds });
      try {
        turn.measured.push(await runJson(execPath, [script("tokenizer-measure.mjs"), task], undefined, limit));
      } catch (error) {
        if (!(error instanceof LimitError)) throw error;
        turn.overLimit = true;
      }
    }
  }
  /** @type {TextResult["results"]} */
  const results = {};
  for (const { library, work, measured, overLimit } of turns) {
    results[library] = { ...results[library], [work]: overLimit ? { limit } : together(measured) };
  }
  return { ...about, results };
}

/** @param {LibraryName} name @returns {import("./tokenizer-libraries.mjs").Library} */
const libraryOf = (name) => libraries[name];

/** @param {Measured[]} rounds @returns {Side} */
function together(rounds) {
  const middle = (/** @type {"load" | "cold" | "seconds"} */ name) => median(rounds.map((one) => one[name]));
  return {
    load: middle("load"),
    cold: middle("cold"),
    seconds: middle("seconds"),
    all_seconds: rounds.map(({ seconds }) => seconds),
    peak_rss: Math.max(...rounds.map(({ peak_rss }) => peak_rss)),
    digest: rounds[0]?.digest ?? "",
  };
}

/** @param {import("./tokenizer-options.mjs").Options} options */
async function main(options) {
  const folder = await mkdtemp(join(tmpdir(), "led-bench-"));
  try {
    const { documents, texts, quick } = options;
    const wanted = { folder, vocabulary: options.vocabulary, documents, texts, quick, libraries: options.libraries };
    /** @type {import("./tokenizer-inputs.mjs").Inputs} */
    const inputs = await runJson(execPath, [script("tokenizer-inputs.mjs"), JSON.stringify(wanted)]);
    for (const note of inputs.notes) say(note);
    /** @type {TokenizerReport} */
    const report = {
      kind: "tokenizers",
      date: new Date().toISOString().slice(0, 10),
      machine: { cpu: cpus()[0]?.model.trim() ?? "unknown", cores: cpus().length },
      versions: { ...inputs.versions, node: nodeVersions.node },
      vocabulary: inputs.vocabulary_name,
      rounds: options.rounds,
      missing: inputs.missing,
      texts: [],
    };
    for (const input of inputs.texts) {
      const result = await measureText(options, input, { vocabulary: inputs.vocabulary, missing: inputs.missing });
      report.texts.push(result);
      say(lineOf(result));
    }
    await mkdir(dirname(options.json), { recursive: true });
    await writeFile(options.json, `${JSON.stringify(report, undefined, 2)}\n`);
    console.log(plainTable(report));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

if (argv.includes("--help")) {
  console.log(usage);
} else {
  try {
    await main(readOptions(argv.slice(2)));
  } catch (error) {
    say(`bench: ${error instanceof Error ? error.message : error}`);
    process.exitCode = 2;
  }
}
