/**
 * The fields of Seq2SeqTrainingArguments that mean something on one CPU, with the reference's defaults (transformers 4.37.2,
 * training_args.py: TrainingArguments; training_args_seq2seq.py).
 */
import type { Files, Folder } from "../files.ts";
import type { GenerationConfig } from "../generation/config.ts";
import type { SchedulerSettings, SchedulerType } from "./schedules.ts";

export const intervals = ["no", "steps", "epoch"] as const;
/** When something happens: never, every n steps, or at the end of each epoch. */
export type IntervalStrategy = (typeof intervals)[number];

export const optimizerNames = ["adamw_torch", "adafactor"] as const;
export type OptimizerName = (typeof optimizerNames)[number];

/** A step is an update of the parameters: with accumulation several batches. */
export class TrainingArgumentFields {
  /** Where checkpoints, the model and the log go: a path, or a folder at hand. */
  output_dir: string | Folder = "";
  /** Train into a folder that is not empty. Checkpoints in it are removed when the training begins. */
  overwrite_output_dir = false;

  /** For the program that owns the trainer, which asks nothing of them; evaluation by a strategy sets do_eval. */
  do_train = false;
  do_eval = false;
  do_predict = false;

  evaluation_strategy: IntervalStrategy = "no";
  /** Steps; below 1 a share of all. logging_steps where it is unset. */
  eval_steps: number | null = null;
  /** Steps or epochs before the first evaluation. */
  eval_delay = 0;
  /** Losses alone: evaluate and predict keep no outputs. */
  prediction_loss_only = false;
  per_device_train_batch_size = 8;
  per_device_eval_batch_size = 8;
  /** Former names of the two above, which they override. */
  per_gpu_train_batch_size: number | null = null;
  per_gpu_eval_batch_size: number | null = null;
  /** Batches whose gradients make one step. */
  gradient_accumulation_steps = 1;

  learning_rate = 5e-5;
  weight_decay = 0;
  adam_beta1 = 0.9;
  adam_beta2 = 0.999;
  adam_epsilon = 1e-8;
  /** What longer gradients are shortened to; 0 or null for no limit. */
  max_grad_norm: number | null = 1;
  /** May have a fraction. */
  num_train_epochs = 3;
  /** Steps in all, which override the epochs; -1 for none. */
  max_steps = -1;
  lr_scheduler_type: SchedulerType = "linear";
  lr_scheduler_kwargs: SchedulerSettings = {};
  /** Share of all steps during which the rate grows from 0. */
  warmup_ratio = 0;
  /** Steps, which override the share. */
  warmup_steps = 0;
  optim: OptimizerName = "adamw_torch";
  /** The former way to say optim: "adafactor". */
  adafactor = false;
  label_smoothing_factor = 0;

  logging_strategy: IntervalStrategy = "steps";
  logging_first_step = false;
  /** Steps; below 1 a share of all. */
  logging_steps = 500;
  /** Count a loss that is no number as the mean of those since the last log. */
  logging_nan_inf_filter = true;
  /** true: print what is logged. null, the default: leave that to callbacks. */
  disable_tqdm: true | null = null;

  save_strategy: IntervalStrategy = "steps";
  /** Steps; below 1 a share of all. */
  save_steps = 500;
  /** Checkpoints that are kept, the best one among them; null, 0 and less for all. */
  save_total_limit: number | null = null;
  /** false writes pytorch_model.bin. */
  save_safetensors = true;
  /** Checkpoints without what a resumed training needs. */
  save_only_model = false;

  /** Of dropout, and of the order of rows where data_seed is unset. */
  seed = 42;
  data_seed: number | null = null;
  /** Leave a last batch out that has fewer rows; in evaluation too. */
  dataloader_drop_last = false;
  /** Drop features that the model's forward does not take. */
  remove_unused_columns = true;
  /** Inputs that are labels; by default what the model's class has. */
  label_names: string[] | null = null;
  group_by_length = false;
  length_column_name = "length";

  load_best_model_at_end = false;
  /** A metric of evaluation, with or without "eval_"; "loss" where a best one is asked for. */
  metric_for_best_model: string | null = null;
  /** By default true unless the metric is the loss. */
  greater_is_better: boolean | null = null;
  /** Resume at the beginning of the epoch that was interrupted, with other batches than an uninterrupted training. */
  ignore_data_skip = false;
  /** Where train() resumes when it is not told. */
  resume_from_checkpoint: string | boolean | null = null;
  gradient_checkpointing = false;
  /** compute_metrics gets the inputs too. */
  include_inputs_for_metrics = false;
  /** Metrics of the training tell tokens a second, for which the data is read once more. */
  include_tokens_per_second = false;
  /** Logs tell the tokens of all sources so far, padding included. */
  include_num_input_tokens_seen = false;

  predict_with_generate = false;
  generation_max_length: number | null = null;
  generation_num_beams: number | null = null;
  /** In place of the model's: a config, or a folder or Hub id that has one. */
  generation_config: string | Files | GenerationConfig | null = null;
}

export type ArgumentName = keyof TrainingArgumentFields;
