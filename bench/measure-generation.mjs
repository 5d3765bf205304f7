// @ts-check
/** Searches that the reference does not have: steps that may only cite sentences, and calls that draft from the source. */
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { AutoTokenizer } from "../dist/index.js";
import { unwrapLines } from "../dist/pipelines/unwrap-lines.js";
import { openModel, sourceIds, stepSeconds } from "./measure-model.mjs";
import { repeated } from "./statistics.mjs";

/** @typedef {import("./measure.mjs").Task} Task */
/** @typedef {import("./measure.mjs").Measured} Measured */
/** @typedef {import("./measure.mjs").Generated} Generated */

/** Spans of 20 to 30 tokens, one after the other, over the whole source. @param {number} tokens */
function spans(tokens) {
  /** @type {[number, number][]} */
  const found = [];
  for (let start = 0, length = 20; start + length <= tokens; start += length, length = 20 + ((length + 7) % 11)) {
    found.push([start, start + length]);
  }
  return found;
}

/** A decode step under `extractive`, otherwise that of measure-model.mjs. @param {Task} task @returns {Promise<Measured>} */
export async function measureExtractiveStep(task) {
  const model = await openModel(task);
  const ids = sourceIds(task, model.config.vocab_size);
  // The source is random, so that sentences begin with tokens of their own and part at once, as those of texts soon do.
  const sentences = Array.from({ length: task.batch }, () => spans(task.tokens));
  return { seconds: await stepSeconds(task, model, { input_ids: ids, extractive: { sentences } }) };
}

/**
 * The summary of a file by greedy search, with the settings of the model's folder otherwise; `drafts` makes it a drafted one.
 * @param {Task} task
 * @returns {Promise<Measured>}
 */
export async function measureDocument(task) {
  const { folder, document = "", drafts } = task;
  const tokenizer = await AutoTokenizer.from_pretrained(folder);
  const model = await openModel(task);
  // As the pipeline reads files.
  const { text } = unwrapLines(await readFile(document, "utf8"));
  const max_length = model.config.max_encoder_position_embeddings;
  const ids = /** @type {number[]} */ (tokenizer(text, { truncation: true, max_length, verbose: false }).input_ids);
  /** @type {Generated | undefined} */
  let generated;
  const once = async () => {
    const start = performance.now();
    let encoded = Number.NaN;
    const { sequences, drafting } = await model.generate({
      input_ids: [ids],
      attention_mask: [ids.map(() => 1)],
      global_attention_mask: [ids.map((_, position) => (position === 0 ? 1 : 0))],
      num_beams: 1,
      draft_from_source: drafts,
      return_dict_in_generate: true,
      progress_callback({ stage, done, total }) {
        if (stage === "encode" && done === total) encoded = performance.now();
      },
    });
    const end = performance.now();
    // Without the start token.
    const tokens = sequences.data.subarray(1);
    generated = {
      tokens: tokens.length,
      // Plain greedy search takes a pass for each token.
      passes: drafting?.passes ?? tokens.length,
      seconds: (end - encoded) / 1000,
      digest: createHash("sha256").update(tokens.join(" ")).digest("hex").slice(0, 16),
      source_tokens: ids.length,
    };
    return (end - start) / 1000;
  };
  const seconds = await repeated(task, once);
  if (generated === undefined) throw new Error("document: expected at least one call");
  return { seconds, generated };
}
