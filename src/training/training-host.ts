/** What the training loop asks of its trainer. */
import type { Folder } from "../files.ts";
import type { Seq2SeqTrainingArguments } from "./arguments.ts";
import type { CallbackHandler, Metrics } from "./callbacks.ts";
import type { DataLoader } from "./data-loader.ts";
import type { Optimizer } from "./optimizer.ts";
import type { Scheduler } from "./schedules.ts";
import type { Batch, LossAndGradients, LossOptions, TrainableModel } from "./trainable-model.ts";
import type { LogEntry, TrainerControl, TrainerState } from "./trainer-state.ts";

/** Events that the loop itself tells of. */
export type LoopEvent =
  | "on_train_begin"
  | "on_train_end"
  | "on_epoch_begin"
  | "on_epoch_end"
  | "on_step_begin"
  | "on_substep_end"
  | "on_step_end"
  | "on_save";

export interface TrainingHost {
  readonly args: Seq2SeqTrainingArguments;
  readonly model: TrainableModel;
  readonly output: Folder;
  readonly callback_handler: CallbackHandler;
  readonly optimizer: Optimizer | null;
  readonly lr_scheduler: Scheduler | null;
  state: TrainerState;
  readonly control: TrainerControl;
  get_train_dataloader(): DataLoader;
  create_optimizer_and_scheduler(num_training_steps: number): void;
  training_step(inputs: Batch, options: LossOptions): Promise<LossAndGradients>;
  floating_point_ops(inputs: Batch): number;
  event(name: LoopEvent, more: object): Promise<void>;
  log(logs: LogEntry): Promise<void>;
  evaluate(options: { ignore_keys?: readonly string[]; signal?: AbortSignal }): Promise<Metrics>;
  /** Model, tokenizer and arguments into a folder. */
  save_model(folder: Folder, options?: { signal?: AbortSignal }): Promise<void>;
}
