/** Losses that are no numbers, callbacks, tokens, and what train() refuses; the arithmetic is in seq2seq-trainer.test.ts. */
import { afterEach, describe, expect, test, vi } from "vitest";
import {
  accuracyOf,
  InOrder,
  inMemory,
  regressionData,
  SoftmaxRegression,
  trainingArguments,
} from "../../tests/support/training-scene.ts";
import { type Logger, setLogger } from "../log.ts";
import { Tensor } from "../tensor.ts";
import { Adafactor } from "./adafactor.ts";
import type { TrainingArgumentOptions } from "./arguments.ts";
import { DefaultFlowCallback, PrinterCallback, TrainerCallback } from "./callbacks.ts";
import { EarlyStoppingCallback } from "./early-stopping.ts";
import { Seq2SeqTrainer } from "./seq2seq-trainer.ts";
import type { TrainerOptions } from "./trainer-options.ts";

type Options = Partial<TrainingArgumentOptions>;

const small: Options = {
  per_device_train_batch_size: 2,
  max_steps: 6,
  save_strategy: "no",
  logging_steps: 1,
  learning_rate: 0.1,
};

function trainerOf(options: Options = {}, more: Partial<TrainerOptions> = {}) {
  const model = (more.model as SoftmaxRegression | undefined) ?? new SoftmaxRegression();
  const args = trainingArguments({ ...small, ...options });
  return { model, trainer: new InOrder({ args, train_dataset: regressionData(12), ...more, model }) };
}

const numbers = (model: SoftmaxRegression) => [...model.parameters.values()].map(({ data }) => [...data]);

describe("a loss that is no number", () => {
  const spoiled = (calls: readonly number[], what: { loss?: number; gradient?: number }) => (call: number) =>
    calls.includes(call) ? what : undefined;

  test.each([
    ["a loss", { loss: Number.NaN }],
    ["an infinite loss", { loss: Number.POSITIVE_INFINITY }],
    ["a gradient", { gradient: Number.NaN }],
    ["an infinite gradient", { gradient: Number.NEGATIVE_INFINITY }],
  ])("%s: the step is left out and counted, the schedule waits", async (_, what) => {
    const { trainer, model } = trainerOf();
    model.spoil = spoiled([2], what);
    const rates: number[] = [];
    const before: number[][][] = [];
    class Watch extends TrainerCallback {
      override on_step_end(...[, , , { optimizer }]: Parameters<NonNullable<TrainerCallback["on_step_end"]>>) {
        rates.push(optimizer!.lr!);
        before.push(numbers(model));
      }
    }
    trainer.add_callback(Watch);
    const { global_step } = await trainer.train();
    expect(global_step).toBe(6);
    expect(before[2]).toEqual(before[1]);
    expect(before[3]).not.toEqual(before[2]);
    expect(rates[2]).toBe(rates[1]);
    expect(model.changes).toBe(5);
    expect(trainer.state.log_history.map(({ skipped_steps }) => skipped_steps)).toEqual([
      ...[undefined, undefined, 1, 1, 1, 1],
      undefined,
    ]);
    expect(numbers(model).flat().every(Number.isFinite)).toBe(true);
  });

  test("in one batch of several leaves their step out", async () => {
    const { trainer, model } = trainerOf({ gradient_accumulation_steps: 2, max_steps: 3 });
    model.spoil = spoiled([2], { loss: Number.NaN });
    await trainer.train();
    expect(model.changes).toBe(2);
  });

  test("counts in the log as the mean of the others, or as it is", async () => {
    const losses = async (options: Options) => {
      const { trainer, model } = trainerOf({ logging_steps: 3, max_steps: 3, ...options });
      model.spoil = (call) => ({ loss: [4, 2, Number.NaN][call]! });
      await trainer.train();
      return trainer.state.log_history[0]!.loss;
    };
    // As the reference has it: 4 + 2 + (4 + 2) / (1 + 2), over three steps.
    expect(await losses({})).toBe(2.6667);
    expect(await losses({ logging_nan_inf_filter: false })).toBeNaN();
  });

  test("five times in a row ends the training, with what to try", async () => {
    const output_dir = inMemory();
    const { trainer, model } = trainerOf({ output_dir, save_strategy: "steps", save_steps: 1, max_steps: 20 });
    model.spoil = (call) => (call >= 3 ? { gradient: Number.NaN } : undefined);
    await expect(trainer.train()).rejects.toThrow(
      /train, step 8: expected losses and gradients that are numbers, got none in 5 steps in a row, the last with rows 2, 3 at learning rate 0\.08\d*\. Try a lower learning_rate, more warmup_steps or a lower max_grad_norm \(1\), and look at these rows\. checkpoint-7 was made before\./,
    );
  });

  test("four times in a row does not", async () => {
    const { trainer, model } = trainerOf({ max_steps: 12 });
    model.spoil = (call) => (call % 5 === 0 ? undefined : { loss: Number.NaN });
    expect((await trainer.train()).global_step).toBe(12);
  });
});

describe("callbacks", () => {
  let before: Logger | undefined;
  const warnings: string[] = [];
  const listen = () => {
    before = setLogger({ warn: (message) => warnings.push(message) });
  };
  afterEach(() => {
    if (before !== undefined) setLogger(before);
    before = undefined;
    warnings.length = 0;
    vi.restoreAllMocks();
  });

  test("are given classes or objects, added, popped and removed", async () => {
    class Counting extends TrainerCallback {
      steps = 0;
      override on_init_end() {
        this.steps += 100;
      }
      override async on_step_end() {
        await Promise.resolve();
        this.steps += 1;
      }
    }
    const one = new Counting();
    const { trainer } = trainerOf({}, { callbacks: [one] });
    await trainer.train();
    expect(one.steps).toBe(106);
    expect(trainer.pop_callback(Counting)).toBe(one);
    expect(trainer.pop_callback(Counting)).toBeUndefined();
    trainer.add_callback(Counting);
    const second = trainer.pop_callback(Counting) as Counting;
    expect(second).not.toBe(one);
    trainer.add_callback(second);
    trainer.remove_callback(second);
    expect(trainer.callback_handler.callbacks.map(({ constructor: own }) => own)).toEqual([DefaultFlowCallback]);
  });

  test("warn when there are two of a class", () => {
    listen();
    trainerOf({}, { callbacks: [PrinterCallback, PrinterCallback] });
    expect(warnings[0]).toContain("You are adding a PrinterCallback to the callbacks of this Trainer");
  });

  test("may hand back another control", async () => {
    class Ending extends TrainerCallback {
      override on_step_end(...[, state, control]: Parameters<NonNullable<TrainerCallback["on_step_end"]>>) {
        return state.global_step === 2 ? { ...control, should_training_stop: true } : control;
      }
    }
    const { trainer } = trainerOf({}, { callbacks: [Ending] });
    expect((await trainer.train()).global_step).toBe(2);
  });

  test("can end an epoch", async () => {
    class Short extends TrainerCallback {
      override on_step_end(...[, state, control]: Parameters<NonNullable<TrainerCallback["on_step_end"]>>) {
        if (state.global_step % 2 === 0) control.should_epoch_stop = true;
      }
    }
    const { trainer } = trainerOf({ num_train_epochs: 2, max_steps: -1 }, { callbacks: [Short] });
    expect((await trainer.train()).global_step).toBe(4);
  });

  test("print with disable_tqdm", async () => {
    const printed = vi.spyOn(console, "log").mockImplementation(() => {});
    await trainerOf({ disable_tqdm: true, max_steps: 1 }).trainer.train();
    expect(JSON.parse(printed.mock.calls[0]![0] as string)).toMatchObject({ learning_rate: 0, epoch: 0.17 });
    expect(Object.keys(JSON.parse(printed.mock.calls[1]![0] as string))).not.toContain("total_flos");
  });

  test("early stopping refuses trainings that keep no best model, and warns of a metric that is not there", async () => {
    const early = new EarlyStoppingCallback({ early_stopping_patience: 2 });
    await expect(trainerOf({}, { callbacks: [early] }).trainer.train()).rejects.toThrow(
      "EarlyStoppingCallback requires load_best_model_at_end = True",
    );
    expect(() => new EarlyStoppingCallback({ early_stopping_patience: 0 })).toThrow(
      "whole number of at least 1, got 0",
    );
    expect(() => new EarlyStoppingCallback({ early_stopping_threshold: -1 })).toThrow("of at least 0, got -1");
    listen();
    const args = trainingArguments({
      load_best_model_at_end: true,
      evaluation_strategy: "epoch",
      save_strategy: "epoch",
    });
    early.on_evaluate(args, trainerOf().trainer.state, trainerOf().trainer.control, { metrics: {} });
    expect(warnings).toEqual([
      "early stopping required metric_for_best_model, but did not find eval_loss so early stopping is disabled",
    ]);
  });

  test("early stopping takes small progress for none with a threshold", () => {
    const early = new EarlyStoppingCallback({ early_stopping_patience: 2, early_stopping_threshold: 0.1 });
    const args = trainingArguments({
      load_best_model_at_end: true,
      evaluation_strategy: "epoch",
      save_strategy: "epoch",
    });
    const { state, control } = trainerOf().trainer;
    state.best_metric = 1;
    const counts = [0.95, 0.8, 1.2, 0.99].map((eval_loss) => {
      early.on_evaluate(args, state, control, { metrics: { eval_loss } });
      return early.early_stopping_patience_counter;
    });
    expect(counts).toEqual([1, 0, 1, 2]);
    expect(control.should_training_stop).toBe(true);
  });
});

test("tokens are counted where they are asked for", async () => {
  class Tokens extends SoftmaxRegression {
    override readonly forward_inputs = ["x", "input_ids"];
    num_parameters = () => 15;
  }
  const rows = regressionData(6).map((row) => ({ ...row, input_ids: [1, 2, 3] }));
  const asked: Options = { include_tokens_per_second: true, include_num_input_tokens_seen: true };
  const steps = trainerOf({ ...asked, max_steps: 2 }, { model: new Tokens(), train_dataset: rows }).trainer;
  const { metrics } = await steps.train();
  expect(steps.state.log_history.map((entry) => entry.num_input_tokens_seen)).toEqual([6, 12, 12]);
  expect(metrics.total_flos).toBe(6 * 12 * 15);
  expect(metrics.train_tokens_per_second).toBeGreaterThan(0);
  const epochs = trainerOf(
    { ...asked, max_steps: -1, num_train_epochs: 2 },
    { model: new Tokens(), train_dataset: rows },
  );
  const all = await epochs.trainer.train();
  const { train_tokens_per_second: speed, train_runtime: seconds } = all.metrics;
  expect(Math.abs((speed! * seconds!) / 36 - 1)).toBeLessThan(0.2);
});

test("rows may come later, from whatever has a length", async () => {
  const rows = regressionData(12);
  const train_dataset = { length: 12, get: async (place: number) => rows[place]! };
  const [later, now] = [trainerOf({}, { train_dataset }), trainerOf()];
  await later.trainer.train();
  await now.trainer.train();
  expect(numbers(later.model)).toEqual(numbers(now.model));
});

test("the order of rows is the seed's; data_seed overrides it", async () => {
  const run = async (options: Options) => {
    const model = new SoftmaxRegression();
    const args = trainingArguments({ ...small, ...options });
    await new Seq2SeqTrainer({ model, args, train_dataset: regressionData(12) }).train();
    return JSON.stringify(numbers(model));
  };
  const plain = await run({});
  expect(await run({})).toBe(plain);
  expect(await run({ seed: 1 })).not.toBe(plain);
  expect(await run({ seed: 1, data_seed: 42 })).toBe(plain);
});

test("a second training of a trainer begins anew", async () => {
  const { trainer } = trainerOf({ overwrite_output_dir: true });
  await trainer.train();
  const first = trainer.state.log_history.length;
  await trainer.train();
  expect(trainer.state.log_history).toHaveLength(first);
});

test("an optimiser with a rate of its own has no schedule, and logs no rate", async () => {
  const model = new SoftmaxRegression();
  const { trainer } = trainerOf({ max_steps: 1 }, { model, optimizers: [new Adafactor(model), null] });
  await trainer.train();
  expect(Object.keys(trainer.state.log_history[0]!)).toEqual(["loss", "grad_norm", "epoch", "step"]);
});

test("a model whose gradients are checkpointed is told so, once", async () => {
  class Checkpointing extends SoftmaxRegression {
    enabled = 0;
    gradient_checkpointing_enable() {
      this.enabled += 1;
    }
  }
  const model = new Checkpointing();
  await trainerOf({ gradient_checkpointing: true }, { model }).trainer.train();
  expect(model.enabled).toBe(1);
});

describe("train refuses", () => {
  test.each<[string, Options, Partial<TrainerOptions>, string]>([
    ["no data", {}, { train_dataset: null }, "Trainer: training requires a train_dataset."],
    [
      "fewer rows than a batch has",
      { per_device_train_batch_size: 20, dataloader_drop_last: true },
      {},
      "expected at least one batch of 20 rows in the training data, got 12 rows",
    ],
    [
      "a row that is no object",
      {},
      { train_dataset: [[1]] as never },
      "expected an object of features as row 0, got an array",
    ],
    [
      "an evaluation without data",
      { evaluation_strategy: "steps", eval_steps: 1 },
      {},
      "evaluation requires an eval_dataset",
    ],
    [
      "a metric that is not there",
      {
        ...{ evaluation_strategy: "steps", save_strategy: "steps", eval_steps: 1, save_steps: 1 },
        metric_for_best_model: "f1",
      },
      { eval_dataset: regressionData(3), compute_metrics: accuracyOf },
      "got eval_f1. Name a metric that compute_metrics gives.",
    ],
    [
      "gradient checkpointing where there is none",
      { gradient_checkpointing: true },
      {},
      "expected a model with gradient_checkpointing_enable",
    ],
    ["a batch without inputs", {}, { data_collator: () => ({}) }, "The batch received was empty"],
    [
      "a batch of uneven rows",
      {},
      { data_collator: () => ({ x: [[1], [1, 2]] }) },
      "expected `x` of rows 0, 1 as numbers of one shape",
    ],
  ])("%s", async (_, options, more, message) => {
    await expect(trainerOf(options, more).trainer.train()).rejects.toThrow(message);
  });

  test("unknown options, and arguments that were changed for the worse", async () => {
    const { trainer } = trainerOf();
    await expect(trainer.train({ resume: true } as object)).rejects.toThrow("got `resume`");
    trainer.args.learning_rate = -1;
    await expect(trainer.train()).rejects.toThrow("expected `learning_rate` above 0, got -1");
  });
});

describe("the trainer refuses", () => {
  const args = trainingArguments({});
  test.each<[string, object, string]>([
    ["a model without a head", { model: { forward() {} }, args }, "Use LEDForConditionalGeneration"],
    ["no model", { args }, "expected `model` with loss_and_gradients, got none"],
    [
      "arguments as they come",
      { model: new SoftmaxRegression(), args: { output_dir: "x" } },
      "expected `args`, new Seq2SeqTrainingArguments",
    ],
    [
      "a number as data",
      { model: new SoftmaxRegression(), args, train_dataset: 3 },
      "expected `train_dataset` to be an array of features",
    ],
    ["a slip", { model: new SoftmaxRegression(), args, eval_datasets: [] }, "Did you mean `eval_dataset`?"],
  ])("%s", (_, options, message) => {
    expect(() => new Seq2SeqTrainer(options as TrainerOptions)).toThrow(message);
  });
});

test("features that the model does not take do not reach the collator, unless they are to", async () => {
  const seen = new Set<string>();
  const data_collator: TrainerOptions["data_collator"] = (rows) => {
    for (const name of Object.keys(rows[0]!)) seen.add(name);
    return { x: rows.map(({ x }) => x), labels: Tensor.from(rows.map(({ labels }) => labels as number)) };
  };
  await trainerOf({ max_steps: 1 }, { data_collator }).trainer.train();
  expect([...seen]).toEqual(["x", "labels"]);
  await trainerOf({ max_steps: 1, remove_unused_columns: false }, { data_collator }).trainer.train();
  expect([...seen]).toEqual(["x", "labels", "place"]);
});
