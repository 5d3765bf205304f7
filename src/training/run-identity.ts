/**
 * What two parts of one training have in common: arguments that decide its numbers, model, optimiser and amount of data. A checkpoint
 * holds it, and a training that differs does not resume from it. (The reference goes on, as another training.)
 */
import { InvalidArgumentError } from "../errors.ts";
import type { ArgumentName } from "./argument-fields.ts";
import type { Seq2SeqTrainingArguments } from "./arguments.ts";
import type { Optimizer } from "./optimizer.ts";
import { classNameOf, configValues, type TrainableModel } from "./trainable-model.ts";

type Values = { readonly [name: string]: unknown };

export interface RunIdentity {
  readonly arguments: Values;
  readonly model: string;
  readonly config: Values;
  /** Dims of the parameters that are trained. */
  readonly parameters: { readonly [name: string]: readonly number[] };
  readonly optimizer: string;
  readonly callbacks: readonly string[];
  /** Rows of the training data. */
  readonly rows: number;
}

const decisive = [
  ...["per_device_train_batch_size", "per_gpu_train_batch_size", "gradient_accumulation_steps", "dataloader_drop_last"],
  ...["learning_rate", "weight_decay", "adam_beta1", "adam_beta2", "adam_epsilon", "max_grad_norm", "optim"],
  ...["num_train_epochs", "max_steps", "lr_scheduler_type", "lr_scheduler_kwargs", "warmup_ratio", "warmup_steps"],
  ...["label_smoothing_factor", "seed", "data_seed", "group_by_length", "length_column_name", "label_names"],
] as const satisfies readonly ArgumentName[];

/** Where evaluation steers: by the rate of a plateau, an early end, or the model that is loaded at the end. */
const steering = [
  ...["evaluation_strategy", "eval_steps", "eval_delay", "metric_for_best_model", "greater_is_better"],
  ...["load_best_model_at_end", "per_device_eval_batch_size", "predict_with_generate"],
] as const satisfies readonly ArgumentName[];

/** What a config says of files rather than of the model, and what a classifier writes into it when it sees its first labels. */
const descriptive = [
  ...["_name_or_path", "architectures", "torch_dtype", "transformers_version", "quantization_config"],
  "problem_type",
];

export function runIdentity(
  args: Seq2SeqTrainingArguments,
  model: TrainableModel,
  optimizer: Optimizer,
  callbacks: readonly string[],
  rows: number,
): RunIdentity {
  const steered = args.load_best_model_at_end || args.lr_scheduler_type === "reduce_lr_on_plateau";
  const names: readonly ArgumentName[] = steered ? [...decisive, ...steering] : decisive;
  const config = Object.entries(configValues(model)).filter(([key]) => !descriptive.includes(key));
  return {
    arguments: Object.fromEntries(names.map((name) => [name, args[name]])),
    model: classNameOf(model),
    config: Object.fromEntries(config),
    parameters: Object.fromEntries([...model.trainable_parameters()].map(([name, { dims }]) => [name, dims])),
    optimizer: optimizer.constructor.name,
    callbacks,
    rows,
  };
}

/** Throws an InvalidArgumentError that names everything in which a training differs from the one of a checkpoint. */
export function requireSameRun(where: string, saved: RunIdentity, own: RunIdentity): void {
  const differences = [
    ...unlike("model", { class: saved.model }, { class: own.model }),
    ...unlike("config", saved.config, own.config),
    ...unlike("parameter", saved.parameters, own.parameters),
    ...unlike("optimizer", { class: saved.optimizer }, { class: own.optimizer }),
    ...unlike("argument", saved.arguments, own.arguments),
    ...unlike("callbacks", { with_state: saved.callbacks }, { with_state: own.callbacks }),
    ...unlike("training data", { rows: saved.rows }, { rows: own.rows }),
  ];
  if (differences.length === 0) return;
  const shown = differences.slice(0, 8);
  const more = differences.length > shown.length ? ` and ${differences.length - shown.length} more` : "";
  throw new InvalidArgumentError({
    operation: `resume from ${where}`,
    expected: `the training that was interrupted: ${shown.map(({ was }) => was).join(", ")}${more}`,
    got: `${shown.map(({ is }) => is).join(", ")}${more}`,
    fix: "Resume with the same model, data and arguments, or load the checkpoint's model and begin a new training.",
  });
}

function unlike(what: string, saved: Values, own: Values): { was: string; is: string }[] {
  const names = [...new Set([...Object.keys(saved), ...Object.keys(own)])];
  const differing = names.filter((name) => shown(saved[name]) !== shown(own[name]));
  return differing.map((name) => ({
    was: `${what} \`${name}\` ${shown(saved[name])}`,
    is: `${shown(own[name])}`,
  }));
}

/** As JSON has it: a config that was read back has no undefined values, and its keys may come in another order. */
function shown(value: unknown): string {
  if (value === undefined) return "none";
  return JSON.stringify(value, (_, item: unknown) =>
    typeof item === "object" && item !== null && !Array.isArray(item)
      ? Object.fromEntries(Object.entries(item).sort(([a], [b]) => (a < b ? -1 : 1)))
      : item,
  );
}
