/**
 * The settings of a training (transformers 4.37.2, training_args_seq2seq.py: Seq2SeqTrainingArguments; training_args.py:
 * TrainingArguments.__post_init__). Fields that other devices, several processes or services would need throw by name
 * (argument-refusals.ts). Values are checked here, where the reference lets most of them fail later or not at all.
 */
import { InvalidArgumentError, nearestName, refuseUnknownOptions } from "../errors.ts";
import { warn } from "../log.ts";
import { type ArgumentName, intervals, optimizerNames, TrainingArgumentFields } from "./argument-fields.ts";
import { refuseArguments, refusedNames } from "./argument-refusals.ts";
import { schedulerTypes } from "./schedules.ts";

const operation = "Seq2SeqTrainingArguments";

/** `output_dir` is required; the rest has the reference's defaults. */
export type TrainingArgumentOptions = Partial<TrainingArgumentFields> & {
  readonly output_dir: TrainingArgumentFields["output_dir"];
  readonly [refused: string]: unknown;
};

export class Seq2SeqTrainingArguments extends TrainingArgumentFields {
  constructor(options: TrainingArgumentOptions) {
    super();
    const known = Object.keys(this);
    refuseUnknownOptions(operation, options, [...known, ...refusedNames]);
    refuseArguments(operation, options);
    for (const name of known) if (options[name] !== undefined) Object.assign(this, { [name]: options[name] });
    this.#derive();
    this.validate();
  }

  /** Rows of a training batch. */
  get train_batch_size(): number {
    return this.per_gpu_train_batch_size ?? this.per_device_train_batch_size;
  }

  /** Rows of a batch of evaluation. */
  get eval_batch_size(): number {
    return this.per_gpu_eval_batch_size ?? this.per_device_eval_batch_size;
  }

  /** Steps of the warm-up of a training of so many steps. */
  get_warmup_steps(num_training_steps: number): number {
    return this.warmup_steps > 0 ? this.warmup_steps : Math.ceil(num_training_steps * this.warmup_ratio);
  }

  /** The name of the metric that tells the best model, as evaluate() gives it; null where none is asked for. */
  get bestMetricKey(): string | null {
    const name = this.metric_for_best_model;
    return name === null || name.startsWith("eval_") ? name : `eval_${name}`;
  }

  /** All fields as plain values. */
  to_dict(): { [name: string]: unknown } {
    const { output_dir, generation_config } = this;
    const where = (value: unknown): unknown =>
      typeof value === "object" && value !== null && "where" in value ? value.where : value;
    const config = generation_config as { to_dict?(): unknown } | string | null;
    return {
      ...(this as object),
      output_dir: where(output_dir),
      generation_config: typeof config === "object" && config?.to_dict !== undefined ? config.to_dict() : where(config),
    };
  }

  to_json_string(): string {
    return JSON.stringify(this.to_dict(), null, 2);
  }

  /** What follows from what was set. */
  #derive(): void {
    for (const name of ["per_gpu_train_batch_size", "per_gpu_eval_batch_size"] as const) {
      if (this[name] === null) continue;
      warn(`\`${name}\` is deprecated: use \`${name.replace("gpu", "device")}\`.`);
    }
    if (this.evaluation_strategy !== "no") this.do_eval = true;
    if (this.evaluation_strategy === "steps" && !this.eval_steps && this.logging_steps > 0) {
      this.eval_steps = this.logging_steps;
    }
    if (this.load_best_model_at_end || this.lr_scheduler_type === "reduce_lr_on_plateau") {
      this.metric_for_best_model ??= "loss";
    }
    if (this.metric_for_best_model !== null) {
      this.greater_is_better ??= !["loss", "eval_loss"].includes(this.metric_for_best_model);
    }
    if (this.adafactor) {
      warn('`adafactor` is deprecated: use `optim` "adafactor".');
      this.optim = "adafactor";
    }
  }

  /** Throws an InvalidArgumentError that names the first field whose value cannot be meant. The trainer asks it again. */
  validate(): void {
    const { output_dir } = this;
    if (output_dir === "" || (typeof output_dir !== "string" && !isFolder(output_dir))) {
      throw new InvalidArgumentError({
        operation,
        expected: "`output_dir`, a path",
        got: typeof output_dir === "string" ? "an empty one" : typeof output_dir,
      });
    }
    for (const [name, [holds, words]] of Object.entries(numberRules)) {
      const value = this[name as ArgumentName];
      if (typeof value === "number" ? holds(value) : value === null && nullable.has(name)) continue;
      throw new InvalidArgumentError({ operation, expected: `\`${name}\` ${words}`, got: shown(value) });
    }
    const defaults = new TrainingArgumentFields();
    for (const [name, value] of Object.entries(this)) {
      const flag = typeof defaults[name as ArgumentName] === "boolean";
      if (!flag || typeof value === "boolean") continue;
      throw new InvalidArgumentError({ operation, expected: `\`${name}\` true or false`, got: shown(value) });
    }
    for (const [name, [taken, title]] of Object.entries(choices))
      requireChoice(name, this[name as ArgumentName], taken, title);
    if (this.disable_tqdm !== null && this.disable_tqdm !== true) {
      throw new InvalidArgumentError({
        operation,
        expected: "`disable_tqdm` true, which prints logs, or null",
        got: shown(this.disable_tqdm),
        fix: "There are no progress bars here: a callback can draw one.",
      });
    }
    if (this.label_names !== null && !Array.isArray(this.label_names)) {
      throw new InvalidArgumentError({ operation, expected: "`label_names` as a list", got: shown(this.label_names) });
    }
    if (this.warmup_ratio > 1) throw says("warmup_ratio must lie in range [0,1]");
    this.#validateIntervals();
    if (this.load_best_model_at_end) this.#validateBest();
    if (this.lr_scheduler_type === "reduce_lr_on_plateau" && this.evaluation_strategy === "no") {
      throw says("lr_scheduler_type reduce_lr_on_plateau requires an eval strategy");
    }
  }

  #validateIntervals(): void {
    const { evaluation_strategy, eval_steps, logging_strategy, logging_steps, save_strategy, save_steps } = this;
    if (evaluation_strategy === "steps" && !eval_steps) {
      throw says("evaluation strategy IntervalStrategy.STEPS requires either non-zero --eval_steps or --logging_steps");
    }
    if (logging_strategy === "steps" && logging_steps === 0) {
      throw says("logging strategy IntervalStrategy.STEPS requires non-zero --logging_steps");
    }
    const used = [
      ["logging_steps", logging_strategy, logging_steps],
      ["eval_steps", evaluation_strategy, eval_steps ?? 0],
      ["save_steps", save_strategy, save_steps],
    ] as const;
    for (const [name, strategy, steps] of used) {
      if (strategy !== "steps") continue;
      if (steps > 1 && !Number.isInteger(steps)) throw says(`--${name} must be an integer if bigger than 1: ${steps}`);
      if (steps > 0) continue;
      throw new InvalidArgumentError({
        operation,
        expected: `\`${name}\` above 0`,
        got: shown(steps),
        fix: `For none set ${name.replace("eval", "evaluation").replace("steps", "strategy")} "no".`,
      });
    }
  }

  #validateBest(): void {
    const { evaluation_strategy, save_strategy, eval_steps, save_steps } = this;
    const asked = "--load_best_model_at_end requires the";
    if (evaluation_strategy !== save_strategy) {
      throw says(
        `${asked} save and eval strategy to match, but found\n- Evaluation strategy: ` +
          `IntervalStrategy.${evaluation_strategy.toUpperCase()}\n- Save strategy: IntervalStrategy.${save_strategy.toUpperCase()}`,
      );
    }
    if (evaluation_strategy !== "steps" || eval_steps === null || save_steps % eval_steps === 0) return;
    const shares = [eval_steps, save_steps].filter((steps) => steps < 1).length;
    if (shares === 0) {
      throw says(
        `${asked} saving steps to be a round multiple of the evaluation steps, but found ${save_steps}, which is not a round multiple of ${eval_steps}.`,
      );
    }
    if (shares === 1) {
      throw says(
        `${asked} saving steps to be a multiple of the evaluation steps, which cannot get guaranteed when mixing ratio and absolute steps for save_steps ${save_steps} and eval_steps ${eval_steps}.`,
      );
    }
    // Shares such as 0.1 and 0.3 are no multiples of one another in binary. (The reference says so, and refuses them all.)
    const large = 1_000_000;
    if ((save_steps * large) % (eval_steps * large) === 0) return;
    throw says(
      `${asked} saving steps to be a multiple of the evaluation steps, but found ${save_steps}, which is not a multiple of ${eval_steps}.`,
    );
  }
}

type Rule = readonly [holds: (value: number) => boolean, words: string];

const whole = (least: number): Rule => [
  (value) => Number.isSafeInteger(value) && value >= least,
  `a whole number of at least ${least}`,
];
const share: Rule = [(value) => value >= 0 && value < 1, "of at least 0 and below 1"];
const atLeast0: Rule = [(value) => value >= 0 && Number.isFinite(value), "of at least 0"];
const above0: Rule = [(value) => value > 0 && Number.isFinite(value), "above 0"];
const integer: Rule = [Number.isSafeInteger, "a whole number"];

const numberRules: { readonly [name: string]: Rule } = {
  eval_steps: atLeast0,
  eval_delay: atLeast0,
  per_device_train_batch_size: whole(1),
  per_device_eval_batch_size: whole(1),
  per_gpu_train_batch_size: whole(1),
  per_gpu_eval_batch_size: whole(1),
  gradient_accumulation_steps: whole(1),
  learning_rate: above0,
  weight_decay: atLeast0,
  adam_beta1: share,
  adam_beta2: share,
  adam_epsilon: atLeast0,
  max_grad_norm: atLeast0,
  num_train_epochs: above0,
  max_steps: [(value) => value === -1 || (Number.isSafeInteger(value) && value > 0), "a whole number above 0, or -1"],
  warmup_ratio: atLeast0,
  warmup_steps: whole(0),
  label_smoothing_factor: share,
  logging_steps: atLeast0,
  save_steps: atLeast0,
  save_total_limit: integer,
  seed: whole(0),
  data_seed: integer,
  generation_max_length: whole(1),
  generation_num_beams: whole(1),
};

const nullable = new Set([
  ...["eval_steps", "per_gpu_train_batch_size", "per_gpu_eval_batch_size", "max_grad_norm", "save_total_limit"],
  ...["data_seed", "generation_max_length", "generation_num_beams"],
]);

const choices: { readonly [name: string]: readonly [taken: readonly string[], title: string] } = {
  evaluation_strategy: [intervals, "IntervalStrategy"],
  logging_strategy: [intervals, "IntervalStrategy"],
  save_strategy: [intervals, "IntervalStrategy"],
  lr_scheduler_type: [schedulerTypes, "SchedulerType"],
  optim: [optimizerNames, "OptimizerNames"],
};

function requireChoice(name: string, value: unknown, taken: readonly string[], title: string): void {
  if (taken.includes(value as string)) return;
  const near = nearestName(String(value), taken);
  throw new InvalidArgumentError({
    operation,
    says: `${value} is not a valid ${title}, please select one of [${taken.map((one) => `'${one}'`).join(", ")}]`,
    expected: `\`${name}\` among these`,
    ...(near === undefined ? {} : { fix: `Did you mean "${near}"?` }),
  });
}

const isFolder = (value: object): boolean => "write" in value && "renameFolder" in value;

const says = (text: string): InvalidArgumentError => new InvalidArgumentError({ operation, says: text });

const shown = (value: unknown): string => (typeof value === "string" ? JSON.stringify(value) : String(value));
