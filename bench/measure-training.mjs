// @ts-check
/** Steps of training: loss and gradients with dropout, and AdamW. */
import { AdamW } from "../dist/index.js";
import { openModel, sourceIds } from "./measure-model.mjs";
import { repeated, secondsOf } from "./statistics.mjs";

/** @typedef {import("./measure.mjs").Task} Task */
/** @typedef {import("./measure.mjs").Measured} Measured */

/** @param {Task} task @returns {Promise<Measured>} */
export async function measureTrainingStep(task) {
  const { batch, target = 1, checkpointing } = task;
  const model = await openModel(task);
  await model.prepare_for_training();
  model.train();
  if (checkpointing) model.gradient_checkpointing_enable();
  const optimizer = new AdamW(model, { lr: 1e-5 });
  const input_ids = sourceIds(task, model.config.vocab_size);
  const labels = sourceIds({ ...task, tokens: target }, model.config.vocab_size);
  const global_attention_mask = Array.from({ length: batch }, () =>
    Array.from({ length: task.tokens }, (_, position) => Number(position === 0)),
  );
  const step = async () => {
    const inputs = { input_ids, labels, global_attention_mask, return_outputs: false };
    const { gradients } = await model.loss_and_gradients(inputs);
    optimizer.step(gradients);
    // As the trainer does.
    for (const gradient of gradients.values()) gradient.dispose();
  };
  return { seconds: await repeated(task, () => secondsOf(step)) };
}
