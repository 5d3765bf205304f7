/**
 * How many steps a training has, and every how many of them something happens (transformers 4.37.2, trainer.py:
 * _inner_training_loop, its first part).
 */
import { InvalidArgumentError } from "../errors.ts";
import type { Seq2SeqTrainingArguments } from "./arguments.ts";

export interface StepPlan {
  /** Batches of an epoch. */
  readonly steps_in_epoch: number;
  /** Steps in all. */
  readonly max_steps: number;
  /** Epochs that are begun. */
  readonly num_train_epochs: number;
  /** Rows that are seen, approximately where batches differ in size. */
  readonly num_train_samples: number;
  readonly logging_steps: number;
  readonly eval_steps: number;
  readonly save_steps: number;
}

/** Of a data set of `rows` in `batches` an epoch. */
export function planSteps(args: Seq2SeqTrainingArguments, rows: number, batches: number): StepPlan {
  if (batches === 0) {
    throw new InvalidArgumentError({
      operation: "train",
      expected: `at least one batch of ${args.train_batch_size} rows in the training data`,
      got: `${rows} rows`,
      fix: "Set dataloader_drop_last false, or a smaller per_device_train_batch_size.",
    });
  }
  const accumulated = args.gradient_accumulation_steps;
  const stepsPerEpoch = Math.max(1, Math.floor(batches / accumulated));
  const bySteps = args.max_steps > 0;
  const max_steps = bySteps ? args.max_steps : Math.ceil(args.num_train_epochs * stepsPerEpoch);
  const absolute = (steps: number | null, preset: number): number =>
    steps === null ? preset : steps < 1 ? Math.ceil(max_steps * steps) : steps;
  return {
    steps_in_epoch: batches,
    max_steps,
    num_train_epochs: bySteps ? Math.ceil(args.max_steps / stepsPerEpoch) : Math.ceil(args.num_train_epochs),
    num_train_samples: bySteps ? args.max_steps * args.train_batch_size * accumulated : rows * args.num_train_epochs,
    logging_steps: absolute(args.logging_steps, 500),
    eval_steps: absolute(args.eval_steps, 500),
    save_steps: absolute(args.save_steps, 500),
  };
}
