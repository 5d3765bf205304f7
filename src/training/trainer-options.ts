/** What Seq2SeqTrainer and its methods are given, and what predict() gives. */
import type { Seq2SeqTrainingArguments } from "./arguments.ts";
import type { CallbackOrClass, Metrics } from "./callbacks.ts";
import type { DataCollator } from "./data-loader.ts";
import type { ComputeMetrics, PreprocessLogits } from "./evaluation-loop.ts";
import type { Gathered } from "./gathered.ts";
import type { Optimizer } from "./optimizer.ts";
import type { ResumeFrom } from "./output-folder.ts";
import type { PaddingTokenizer } from "./padding-tokenizer.ts";
import type { Scheduler } from "./schedules.ts";
import type { TrainableModel } from "./trainable-model.ts";
import type { TrainingDataset } from "./training-dataset.ts";

/** One data set, or several by name, which are evaluated one after another. */
export type EvalDatasets = TrainingDataset | { readonly [name: string]: TrainingDataset };

export interface TrainerOptions {
  readonly model: TrainableModel;
  readonly args: Seq2SeqTrainingArguments;
  readonly train_dataset?: TrainingDataset | null;
  readonly eval_dataset?: EvalDatasets | null;
  /** Saved beside the model; pads where no collator is given. */
  readonly tokenizer?: PaddingTokenizer | null;
  /** By default DataCollatorWithPadding with a tokenizer, else default_data_collator. Texts as targets need DataCollatorForSeq2Seq. */
  readonly data_collator?: DataCollator | null;
  readonly compute_metrics?: ComputeMetrics | null;
  readonly callbacks?: readonly CallbackOrClass[] | null;
  /** An optimiser over this model, and its schedule, in place of those that the arguments name. */
  readonly optimizers?: readonly [Optimizer | null, Scheduler | null];
  readonly preprocess_logits_for_metrics?: PreprocessLogits | null;
}

export interface TrainOptions {
  readonly resume_from_checkpoint?: ResumeFrom;
  /** Output fields that evaluation leaves out. */
  readonly ignore_keys_for_eval?: readonly string[];
  /** Ends the training between two batches, at the latest; what was not saved in a checkpoint is lost. */
  readonly signal?: AbortSignal;
}

export interface PredictOptions {
  /** Output fields that are left out of the predictions. */
  readonly ignore_keys?: readonly string[] | undefined;
  /** What the names of metrics begin with. */
  readonly metric_key_prefix?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Settings of generate(), where predictions are generated. */
  readonly [generation: string]: unknown;
}

export interface EvaluateOptions extends PredictOptions {
  readonly eval_dataset?: EvalDatasets | undefined;
}

export interface PredictionOutput {
  /** A tensor, or several where the model gives several; null where only losses were asked for. */
  readonly predictions: Gathered | null;
  readonly label_ids: Gathered | null;
  readonly metrics: Metrics;
}
