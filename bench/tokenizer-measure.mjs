// @ts-check
/**
 * One measurement of a tokenizer: `node bench/tokenizer-measure.mjs '{"library":"native",...}'` prints a Measured. The first
 * pass of a process is cold: nothing is compiled and nothing remembered.
 */
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { argv } from "node:process";
import { median } from "./statistics.mjs";
import { libraries } from "./tokenizer-libraries.mjs";

/**
 * @typedef {object} Task
 * @property {import("./tokenizer-libraries.mjs").LibraryName} library
 * @property {import("./tokenizer-libraries.mjs").Work} work
 * @property {string} vocabulary the folder of the tokenizer
 * @property {string} text a file
 * @property {number} seconds to go on for after the first pass, about
 */

/**
 * @typedef {object} Measured
 * @property {number} load seconds
 * @property {number} cold seconds of the first pass
 * @property {number} seconds of a later pass, the median
 * @property {number[]} all_seconds of the later passes
 * @property {number} peak_rss bytes
 * @property {string} digest of the ids
 */

/** Later passes at least and at most. */
const passes = { least: 2, most: 50 };

/** @param {Task} task @returns {Promise<Measured>} */
async function measure({ library, work, vocabulary, text: file, seconds }) {
  const start = performance.now();
  const loaded = await libraries[library].load(vocabulary);
  const load = (performance.now() - start) / 1000;
  const encode = loaded[work];
  if (encode === undefined) throw new Error(`${library}: expected a library that gives ${work}`);
  const text = await readFile(file, "utf8");

  /** @type {readonly number[]} */
  let ids = [];
  const once = async () => {
    const began = performance.now();
    ids = await encode(text);
    return (performance.now() - began) / 1000;
  };
  const cold = await once();
  /** @type {number[]} */
  const all_seconds = [];
  let spent = 0;
  while (all_seconds.length < passes.least || (spent < seconds && all_seconds.length < passes.most)) {
    const taken = await once();
    all_seconds.push(taken);
    spent += taken;
    // Whoever takes so long has shown what there is to see.
    if (taken > 2 * seconds) break;
  }
  const peak_rss = process.resourceUsage().maxRSS * 1024;
  const digest = createHash("sha256").update(ids.join()).digest("hex").slice(0, 16);
  return { load, cold, seconds: median(all_seconds), all_seconds, peak_rss, digest };
}

console.log(JSON.stringify(await measure(JSON.parse(argv[2] ?? ""))));
