/** Defaults, what follows from them, and refusals against transformers 4.37.2 (tests/oracle/trainer_parts.py). */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { readFixture } from "../../tests/support/oracle.ts";
import { memoryFiles } from "../files.ts";
import { GenerationConfig } from "../generation/config.ts";
import { type Logger, setLogger } from "../log.ts";
import { refusedNames } from "./argument-refusals.ts";
import { Seq2SeqTrainingArguments, type TrainingArgumentOptions } from "./arguments.ts";

type Options = Partial<TrainingArgumentOptions>;

const { arguments: oracle } = readFixture<{
  arguments: {
    defaults: Record<string, unknown>;
    names: string[];
    derived: { options: Options; differs: Record<string, unknown> }[];
    refusals: { options: Options; says: string }[];
  };
}>("trainer.json");

const make = (options: Options = {}) => new Seq2SeqTrainingArguments({ output_dir: "out", ...options });

let warnings: string[];
let before: Logger;
beforeEach(() => {
  warnings = [];
  before = setLogger({ warn: (message) => warnings.push(message) });
});
afterEach(() => {
  setLogger(before);
});

test("every argument of the reference is taken or refused, and there are no others", () => {
  const own = Object.keys(make());
  expect([...own, ...refusedNames].sort()).toEqual(oracle.names);
});

test("defaults are the reference's", () => {
  const own = make().to_dict();
  const shared = Object.entries(oracle.defaults).filter(([name]) => name in own);
  expect(shared.length).toBeGreaterThan(50);
  for (const [name, value] of shared) expect(own[name], name).toEqual(value);
});

test("the reference's own defaults of what is refused are taken", () => {
  const given = Object.entries(oracle.defaults).filter(
    // Tokens are shown as such.
    ([name]) => refusedNames.includes(name) && !name.endsWith("_token"),
  );
  expect(given.length).toBeGreaterThan(40);
  expect(() => make(Object.fromEntries(given))).not.toThrow();
});

test.each(oracle.derived)("$options leads to $differs", ({ options, differs }) => {
  const plain = make().to_dict();
  const own = make(options).to_dict();
  for (const [name, value] of Object.entries(differs)) if (name in own) expect(own[name], name).toEqual(value);
  for (const name of Object.keys(plain)) {
    if (!(name in differs)) expect(own[name], name).toEqual(name in options ? options[name] : plain[name]);
  }
});

test.each(oracle.refusals)("$options is refused in the reference's words", ({ options, says }) => {
  expect(() => make(options)).toThrow(says);
});

describe("refuses", () => {
  test.each<[string, Options, string]>([
    ["a device", { fp16: true }, "expected `fp16` to be false or null, got true. Numbers are float32 here."],
    ["several processes", { deepspeed: "ds.json" }, 'expected `deepspeed` to be null, got "ds.json"'],
    ["uploads", { push_to_hub: true }, "Nothing is uploaded"],
    ["logging services", { report_to: ["wandb"] }, 'got ["wandb"]. Give the trainer a JsonLinesLogCallback'],
    ["other optimisers", { optim: "sgd" as "adafactor" }, "sgd is not a valid OptimizerNames"],
    ["a slip", { learning_rat: 1 }, "got `learning_rat`. Did you mean `learning_rate`?"],
    ["a slip in a choice", { lr_scheduler_type: "linaer" as "linear" }, 'Did you mean "linear"?'],
    ["a rate of 0", { learning_rate: 0 }, "expected `learning_rate` above 0, got 0"],
    ["a rate that is no number", { learning_rate: Number.NaN }, "expected `learning_rate` above 0, got NaN"],
    ["a text as a rate", { learning_rate: "1e-3" as unknown as number }, '`learning_rate` above 0, got "1e-3"'],
    ["no steps", { max_steps: 0 }, "expected `max_steps` a whole number above 0, or -1, got 0"],
    ["no epochs", { num_train_epochs: 0 }, "expected `num_train_epochs` above 0, got 0"],
    [
      "an empty batch",
      { per_device_train_batch_size: 0 },
      "`per_device_train_batch_size` a whole number of at least 1",
    ],
    [
      "half a batch",
      { gradient_accumulation_steps: 1.5 },
      "`gradient_accumulation_steps` a whole number of at least 1",
    ],
    ["all of the labels", { label_smoothing_factor: 1 }, "`label_smoothing_factor` of at least 0 and below 1, got 1"],
    [
      "null where a number belongs",
      { seed: null as unknown as number },
      "`seed` a whole number of at least 0, got null",
    ],
    ["a text as a flag", { do_train: "yes" as unknown as boolean }, '`do_train` true or false, got "yes"'],
    ["no saving by steps", { save_steps: 0 }, 'expected `save_steps` above 0, got 0. For none set save_strategy "no".'],
    ["bars", { disable_tqdm: false as unknown as null }, "There are no progress bars here"],
    ["no folder", { output_dir: "" }, "expected `output_dir`, a path, got an empty one"],
    ["a name as labels", { label_names: "labels" as unknown as string[] }, "`label_names` as a list"],
  ])("%s", (_, options, message) => {
    expect(() => make(options)).toThrow(message);
  });

  test("no folder at all", () => {
    const none = {} as TrainingArgumentOptions;
    expect(() => new Seq2SeqTrainingArguments(none)).toThrow("expected `output_dir`, a path, got an empty one");
  });
});

test("shares of the steps may be multiples of one another", () => {
  const shares = { save_steps: 0.3, eval_steps: 0.1, evaluation_strategy: "steps" } as const;
  expect(make({ ...shares, load_best_model_at_end: true }).save_steps).toBe(0.3);
});

test("former names are taken with a warning", () => {
  const args = make({ per_gpu_train_batch_size: 3, adafactor: true });
  expect(args.train_batch_size).toBe(3);
  expect(args.eval_batch_size).toBe(8);
  expect(warnings).toEqual([
    "`per_gpu_train_batch_size` is deprecated: use `per_device_train_batch_size`.",
    '`adafactor` is deprecated: use `optim` "adafactor".',
  ]);
});

test("steps of the warm-up are a number, or a share rounded up", () => {
  expect(make({ warmup_ratio: 0.3 }).get_warmup_steps(7)).toBe(3);
  expect(make({ warmup_ratio: 0.3, warmup_steps: 2 }).get_warmup_steps(7)).toBe(2);
});

test("as plain values folders are their names, configs their keys", () => {
  const args = make({
    output_dir: memoryFiles([], "there"),
    generation_config: new GenerationConfig({ num_beams: 3 }),
  });
  const values = JSON.parse(args.to_json_string());
  expect(values.output_dir).toBe("there");
  expect(values.generation_config.num_beams).toBe(3);
  expect(values.learning_rate).toBe(5e-5);
});
