// @ts-check
/**
 * One measurement of this package: `node bench/measure.mjs '{"kind":"encoder",...}'` prints
 * { seconds, all_seconds, peak_rss, work?, generated? }, where seconds is the median, peak_rss in bytes is the process's, work is
 * what a ceiling did in `seconds`, and generated is what a call of generate() gave.
 *
 * A new kind of measurement is a function in a file of its own and an entry in `kinds`.
 */
import { argv } from "node:process";
import { measureGemmRate, measureMemoryRate } from "./measure-ceilings.mjs";
import { measureFirstWord } from "./measure-command.mjs";
import { measureDocument, measureExtractiveStep } from "./measure-generation.mjs";
import { measureDecodeStep, measureEncoder, measureOpen } from "./measure-model.mjs";
import { measureTrainingStep } from "./measure-training.mjs";
import { median } from "./statistics.mjs";

/**
 * @typedef {object} Task
 * @property {keyof typeof kinds} kind
 * @property {string} folder of the model, or of the ceilings' weights
 * @property {"fp32" | "q8"} dtype
 * @property {number} threads
 * @property {number} batch documents at once
 * @property {number} tokens of each source
 * @property {number} beams
 * @property {number} warmups passes or steps that do not count
 * @property {number} repeats passes or steps that count
 * @property {string} [document] a file of this repository, to be summarised
 * @property {number} [drafts] tokens that a pass may draft
 * @property {number} [target] tokens of each target of a training step
 */

/** `tokens` from `passes` of the decoder, in `seconds` after the source was encoded. @typedef {{ tokens: number, passes: number, seconds: number, digest: string, source_tokens: number }} Generated */
/** `peak_rss` where it is another process's. @typedef {{ seconds: number[], work?: number, generated?: Generated, peak_rss?: number }} Measured */

const kinds = {
  open: measureOpen,
  encoder: measureEncoder,
  "decode-step": measureDecodeStep,
  "extractive-step": measureExtractiveStep,
  "training-step": measureTrainingStep,
  document: measureDocument,
  "first-word": measureFirstWord,
  "gemm-rate": measureGemmRate,
  "memory-rate": measureMemoryRate,
};

const task = /** @type {Task} */ (JSON.parse(argv[2] ?? ""));
/** @type {Measured} */
const { seconds, ...more } = await kinds[task.kind](task);
const peak_rss = process.resourceUsage().maxRSS * 1024;
console.log(JSON.stringify({ seconds: median(seconds), all_seconds: seconds, peak_rss, ...more }));
