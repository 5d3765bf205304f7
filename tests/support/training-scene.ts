/** Small trainings of tests/oracle/trainer.py's model, in memory. */
import { memoryFiles } from "../../src/files.ts";
import type { Tensor } from "../../src/tensor.ts";
import type { EvalPrediction } from "../../src/training/gathered.ts";
import {
  type Features,
  type Metrics,
  Seq2SeqTrainer,
  Seq2SeqTrainingArguments,
  SequentialSampler,
  type TrainingArgumentOptions,
} from "../../src/training/index.ts";
import { classes, SoftmaxRegression, width } from "./softmax-regression.ts";

/** As trainer.py has it. */
export function regressionData(count: number, salt = 0): Features[] {
  return Array.from({ length: count }, (_, i) => ({
    x: Array.from({ length: width }, (_, j) => 2 * Math.sin(1.3 * (i + salt) + 0.7 * j)),
    labels: (7 * i + Math.floor(i / 4)) % classes,
    place: i,
  }));
}

/** Goes through the data as it lies. */
export class InOrder extends Seq2SeqTrainer {
  override get_train_sampler(): SequentialSampler {
    return new SequentialSampler(this.train_dataset!.length);
  }
}

export function accuracyOf({ predictions, label_ids }: EvalPrediction): Metrics {
  const [logits, labels] = [predictions as Tensor, label_ids as Tensor];
  let right = 0;
  for (let row = 0; row < labels.data.length; row++) {
    const scores = Array.from({ length: classes }, (_, c) => logits.at(row * classes + c));
    if (scores.indexOf(Math.max(...scores)) === labels.at(row)) right += 1;
  }
  return { accuracy: right / labels.data.length };
}

export const inMemory = () => memoryFiles([], "out");

export function trainingArguments(options: Partial<TrainingArgumentOptions>): Seq2SeqTrainingArguments {
  return new Seq2SeqTrainingArguments({ output_dir: inMemory(), ...options });
}

export { SoftmaxRegression };
