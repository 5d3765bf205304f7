// @ts-check
/** Opening a model, encoding documents, and steps of decoding. */
import { LEDForConditionalGeneration } from "../dist/models/led/for-conditional-generation.js";
import { Tensor } from "../dist/tensor.js";
import { repeated, secondsOf } from "./statistics.mjs";

/** @typedef {import("./measure.mjs").Task} Task */
/** @typedef {import("./measure.mjs").Measured} Measured */

/** @param {Task} task */
export const openModel = ({ folder, dtype, threads }) =>
  LEDForConditionalGeneration.from_pretrained(folder, {
    // Not "auto": the slower engine that would serve instead is not what is measured.
    device: "cpu",
    num_threads: threads,
    // The list of the build at hand, which may be shorter, is the library's to check.
    dtype: /** @type {"fp32"} */ (dtype),
  });

/** One start of a process, so `repeats` and `warmups` are the caller's to see to. @param {Task} task @returns {Promise<Measured>} */
export async function measureOpen(task) {
  return { seconds: [await secondsOf(() => openModel(task))] };
}

/** Ids that are no special ones, [batch, tokens]. @param {Task} task @param {number} vocab_size */
export function sourceIds({ batch, tokens }, vocab_size) {
  const data = BigInt64Array.from({ length: batch * tokens }, (_, i) => BigInt(4 + ((i * 7919) % (vocab_size - 4))));
  return new Tensor("int64", data, [batch, tokens]);
}

/** A pass over documents whose first tokens are global. @param {Task} task @returns {Promise<Measured>} */
export async function measureEncoder(task) {
  const { batch, tokens } = task;
  const model = await openModel(task);
  const global = Tensor.zeros("int64", [batch, tokens]);
  for (let document = 0; document < batch; document++) global.data[document * tokens] = 1n;
  const inputs = { input_ids: sourceIds(task, model.config.vocab_size), global_attention_mask: global };
  const once = async () => {
    // The call is ended where the encoder is done.
    const controller = new AbortController();
    const start = performance.now();
    let end = Number.NaN;
    const call = model.generate({
      ...inputs,
      max_new_tokens: 1,
      signal: controller.signal,
      progress_callback({ stage, done, total }) {
        if (stage !== "encode" || done < total) return;
        end = performance.now();
        controller.abort();
      },
    });
    await call.catch((error) => {
      if (!controller.signal.aborted) throw error;
    });
    return (end - start) / 1000;
  };
  return { seconds: await repeated(task, once) };
}

/**
 * The whole step of beam search (greedy with one beam): logits, log-softmax, candidates, the cache's next state.
 * @param {Task} task
 * @returns {Promise<Measured>}
 */
export async function measureDecodeStep(task) {
  const model = await openModel(task);
  return { seconds: await stepSeconds(task, model, {}) };
}

/** More than a sentence of measure-generation.mjs and an end token. */
const spareTokens = 40;

/**
 * Seconds of each step that counts, over sources whose encoding is given.
 * @param {Task} task
 * @param {LEDForConditionalGeneration} model
 * @param {import("../dist/models/led/generate.js").GenerateOptions} options
 */
export async function stepSeconds({ kind, batch, tokens, beams, warmups, repeats }, model, options) {
  const hidden = Tensor.zeros("float32", [batch, tokens, model.config.d_model]);
  for (let i = 0; i < hidden.data.length; i++) hidden.data[i] = Math.sin(i);
  const steps = warmups + repeats;
  /** @type {number[]} when each token was chosen; before the first, the source was projected */
  const times = [];
  const controller = new AbortController();
  const call = model.generate({
    encoder_outputs: { last_hidden_state: hidden },
    num_beams: beams,
    // The call is ended after the steps: near the end of its room a search of sentences would end by itself.
    min_new_tokens: steps + spareTokens,
    max_new_tokens: steps + spareTokens,
    signal: controller.signal,
    progress_callback({ stage }) {
      if (stage !== "generate") return;
      times.push(performance.now());
      if (times.length > steps) controller.abort();
    },
    ...options,
  });
  await call.catch((error) => {
    if (!controller.signal.aborted) throw error;
  });
  const seconds = times.slice(1).map((time, i) => (time - (times[i] ?? Number.NaN)) / 1000);
  if (seconds.length !== steps) throw new Error(`${kind}: expected ${steps} steps, got ${seconds.length}`);
  return seconds.slice(warmups);
}
