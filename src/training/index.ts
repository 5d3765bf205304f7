/** Training: what others use of this room. */
export { Adafactor, type AdafactorOptions } from "./adafactor.ts";
export { AdamW, type AdamWOptions, withoutDecay } from "./adamw.ts";
export type { IntervalStrategy, OptimizerName } from "./argument-fields.ts";
export { Seq2SeqTrainingArguments, type TrainingArgumentOptions } from "./arguments.ts";
export {
  type CallbackContext,
  type CallbackOrClass,
  DefaultFlowCallback,
  type EventResult,
  type Metrics,
  PrinterCallback,
  TrainerCallback,
} from "./callbacks.ts";
export {
  DataCollatorForSeq2Seq,
  DataCollatorWithPadding,
  default_data_collator,
  type PaddingOptions,
  type Seq2SeqCollatorOptions,
} from "./data-collators.ts";
export { type DataCollator, DataLoader, type DataLoaderOptions, type LoadedBatch } from "./data-loader.ts";
export { EarlyStoppingCallback, type EarlyStoppingOptions } from "./early-stopping.ts";
export type { ComputeMetrics, PreprocessLogits } from "./evaluation-loop.ts";
export { EvalPrediction, type Gathered } from "./gathered.ts";
export { clipGradients, gradientNorm } from "./gradient-clipping.ts";
export {
  JsonLinesLogCallback,
  type JsonLinesLogOptions,
  readTrainingLog,
  trainingLogName,
} from "./json-lines-log.ts";
export type { Optimizer, OptimizerState } from "./optimizer.ts";
export type { ResumeFrom } from "./output-folder.ts";
export type { PaddingTokenizer } from "./padding-tokenizer.ts";
export type { Trainable } from "./parameters.ts";
export type { Predicted, PredictionSettings } from "./prediction-step.ts";
export { type ReportOptions, trainingReport } from "./report.ts";
export { LengthGroupedSampler, RandomSampler, type Sampler, SequentialSampler } from "./samplers.ts";
export {
  get_scheduler,
  type Scheduler,
  type SchedulerOptions,
  type SchedulerSettings,
  type SchedulerState,
  type SchedulerType,
} from "./schedules.ts";
export { Seq2SeqTrainer } from "./seq2seq-trainer.ts";
export type { Batch, LossAndGradients, LossInputs, LossOptions, TrainableModel } from "./trainable-model.ts";
export type {
  EvalDatasets,
  EvaluateOptions,
  PredictionOutput,
  PredictOptions,
  TrainerOptions,
  TrainOptions,
} from "./trainer-options.ts";
export { type LogEntry, TrainerControl, TrainerState } from "./trainer-state.ts";
export type { Features, TrainingDataset } from "./training-dataset.ts";
export type { TrainOutput } from "./training-loop.ts";
