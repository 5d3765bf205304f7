/** A process that trains into a folder until it is killed: FOLDER resume|begin. It tells each step on standard output. */
import "../../src/platform/node.ts";
import {
  JsonLinesLogCallback,
  Seq2SeqTrainer,
  Seq2SeqTrainingArguments,
  TrainerCallback,
} from "../../src/training/index.ts";
import { regressionData, SoftmaxRegression } from "./training-scene.ts";

const [output_dir, how] = process.argv.slice(2) as [string, string];

class Tell extends TrainerCallback {
  override async on_step_end(...[, state]: Parameters<NonNullable<TrainerCallback["on_step_end"]>>) {
    process.stdout.write(`${state.global_step}\n`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

const trainer = new Seq2SeqTrainer({
  model: new SoftmaxRegression({ dropout: 0.3 }),
  args: new Seq2SeqTrainingArguments({
    output_dir,
    overwrite_output_dir: true,
    per_device_train_batch_size: 2,
    gradient_accumulation_steps: 2,
    max_steps: 60,
    save_steps: 2,
    save_total_limit: 2,
    logging_steps: 1,
    learning_rate: 0.05,
  }),
  train_dataset: regressionData(13),
  callbacks: [JsonLinesLogCallback, Tell],
});
await trainer.train({ resume_from_checkpoint: how === "resume" });
