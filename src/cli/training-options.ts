/** The options of `led train`; those of the training have the reference's names, with dashes. */
import { type Command, InvalidArgumentError, Option } from "commander";
import { type ArgumentName, intervals, optimizerNames, TrainingArgumentFields } from "../training/argument-fields.ts";
import { addExamples, addProgressOption } from "./command-options.ts";
import { addDataOptions, names } from "./data-options.ts";
import { aNumber, wholeNumber } from "./failure.ts";

/** What each argument is for. Those that a command has no use for are not options. */
const descriptions = {
  overwrite_output_dir: "train into a folder that is not empty, and remove the checkpoints in it",
  num_train_epochs: "how often all rows are learnt from",
  max_steps: "steps in all, which override the epochs",
  per_device_train_batch_size: "rows of a batch",
  per_device_eval_batch_size: "rows of a batch of evaluation",
  gradient_accumulation_steps: "batches that make one step",
  gradient_checkpointing: "keep of each layer only its input and compute it again: for long documents",
  learning_rate: "the highest rate",
  lr_scheduler_type: "how the rate changes: linear, cosine, constant, ...",
  lr_scheduler_kwargs: "settings of the schedule, as JSON",
  warmup_steps: "steps during which the rate grows from 0",
  warmup_ratio: "the same as a share of all steps",
  optim: "adamw_torch or adafactor",
  weight_decay: "of AdamW",
  adam_beta1: "of AdamW",
  adam_beta2: "of AdamW",
  adam_epsilon: "of AdamW",
  max_grad_norm: "what longer gradients are shortened to; 0 for no limit",
  label_smoothing_factor: "of the targets' probability, so much is spread over all tokens",
  evaluation_strategy: "when to evaluate: no, steps or epoch",
  eval_steps: "steps between evaluations",
  eval_delay: "steps or epochs before the first evaluation",
  predict_with_generate: "evaluate texts that the model generates, with ROUGE or BLEU",
  generation_max_length: "tokens of these texts at most",
  generation_num_beams: "beams of their search",
  logging_strategy: "when to log: no, steps or epoch",
  logging_steps: "steps between logs",
  logging_first_step: "log the first step too",
  logging_nan_inf_filter: "count a loss that is no number as the mean of the others",
  save_strategy: "when to save checkpoints: no, steps or epoch",
  save_steps: "steps between checkpoints",
  save_total_limit: "checkpoints that are kept",
  save_safetensors: "false writes pytorch_model.bin",
  save_only_model: "checkpoints that cannot be resumed from, and are smaller",
  load_best_model_at_end: "in the end take the best of the checkpoints",
  metric_for_best_model: "the measure that tells it",
  greater_is_better: "whether more of that measure is better",
  seed: "of new weights, dropout and the order of rows",
  data_seed: "of the order of rows alone",
  group_by_length: "put rows of like length into one batch",
  dataloader_drop_last: "leave a last batch out that has fewer rows",
  ignore_data_skip: "resume at the beginning of the epoch that was interrupted",
  include_tokens_per_second: "say in the end how many tokens a second there were",
  include_num_input_tokens_seen: "log the tokens read so far",
} as const satisfies { readonly [name in ArgumentName]?: string };

type OfferedName = keyof typeof descriptions;

const choices: { readonly [name in OfferedName]?: readonly string[] } = {
  evaluation_strategy: intervals,
  logging_strategy: intervals,
  save_strategy: intervals,
  optim: optimizerNames,
};

const optionName = (name: string): string => `--${name.replaceAll("_", "-")}`;

/** An option of each argument, by its attribute's name among a command's flags. */
const argumentOptions = (): ReadonlyMap<string, { readonly name: OfferedName; readonly option: Option }> => {
  const defaults = new TrainingArgumentFields();
  return new Map(
    Object.entries(descriptions).map(([key, description]) => {
      const name = key as OfferedName;
      const option = optionOf(name, defaults[name], description);
      return [option.attributeName(), { name, option }];
    }),
  );
};

function optionOf(name: OfferedName, value: unknown, description: string): Option {
  const isFlag = typeof value === "boolean" || name === "greater_is_better";
  const shown = value === null || typeof value === "object" ? "" : ` (default: ${value})`;
  const about = `${description}${shown}`;
  if (isFlag) return new Option(`${optionName(name)} [boolean]`, about).argParser(aBoolean);
  if (name === "lr_scheduler_kwargs") return new Option(`${optionName(name)} <json>`, about).argParser(anObject);
  if (typeof value === "string" || name === "metric_for_best_model") {
    const option = new Option(`${optionName(name)} <name>`, about);
    return choices[name] === undefined ? option : option.choices(choices[name]);
  }
  return new Option(`${optionName(name)} <number>`, about).argParser(aNumber);
}

/** The training's arguments among a command's flags. */
export function trainingArguments(flags: object): Partial<TrainingArgumentFields> {
  const offered = argumentOptions();
  const given = Object.fromEntries(
    Object.entries(flags).flatMap(([attribute, value]) => {
      const known = offered.get(attribute);
      return known === undefined ? [] : [[known.name, value]];
    }),
  );
  // Each option has a parser for the type of its field.
  return given as Partial<TrainingArgumentFields>;
}

export function addTrainingOptions(command: Command): Command {
  command
    .description("Fine-tune a model on the rows of a file.")
    .requiredOption("--model <model>", 'where to begin: a folder, a Hub id, or "embedded"')
    .requiredOption("--train <file>", "rows to learn from: .jsonl, .json, .csv, .tsv (also .gz) or .parquet")
    .requiredOption("--output-dir <folder>", "where checkpoints, the log and the model go")
    .option("--validation <file>", "rows to evaluate with while training")
    .option("--test <file>", "rows to evaluate with in the end")
    .option("--validation-split <share>", "take these rows out of --train instead", aNumber)
    .option("--test-split <share>", "take these rows out of --train instead", aNumber)
    .option("--resume [checkpoint]", "go on from the last checkpoint in the output folder, or from this one")
    .option("--freeze <names>", "parameters, or parts such as led.encoder, that stay as they are", names)
    .addOption(
      new Option("--head <place>", "where a classifier or finder of answers reads (default: the model's)").choices([
        "encoder",
        "decoder",
      ]),
    )
    .option("--ignore-mismatched-sizes", "make weights anew that have another shape in the checkpoint")
    .option("--early-stopping-patience <n>", "evaluations without a better model before the end", wholeNumber(1))
    .option("--early-stopping-threshold <number>", "by how much better counts (default: 0)", aNumber)
    .option("--report <file>", "write the curves of the training as a page of HTML")
    .option("--threads <n>", "threads to compute with (default: the processor's cores)", wholeNumber(1))
    .option("--json", "print JSON with all measures");
  addProgressOption(command);
  addDataOptions(command);
  for (const { option } of argumentOptions().values()) command.addOption(option.helpGroup("Training:"));
  return addExamples(
    command,
    "led train --task summarization --model ./my-led --train train.jsonl --output-dir ./trained",
    "led train --task classification --model ./my-led --train train.csv --head encoder --output-dir ./classifier",
  );
}

function aBoolean(text: string): boolean {
  if (text === "true" || text === "false") return text === "true";
  throw new InvalidArgumentError("Expected true or false.");
}

function anObject(text: string): object {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value;
  } catch {
    // What is no JSON is no object either.
  }
  throw new InvalidArgumentError('Expected a JSON object, such as {"num_cycles": 2}.');
}
