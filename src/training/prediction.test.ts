/** predict() and evaluate() against transformers 4.37.2 (tests/oracle/trainer_parts.py: predictions). */
import { describe, expect, test } from "vitest";
import { readFixture } from "../../tests/support/oracle.ts";
import {
  accuracyOf,
  regressionData,
  SoftmaxRegression,
  trainingArguments,
} from "../../tests/support/training-scene.ts";
import { GenerationConfig } from "../generation/config.ts";
import { Tensor } from "../tensor.ts";
import type { TrainingArgumentOptions } from "./arguments.ts";
import { TrainerCallback } from "./callbacks.ts";
import { DataCollatorForSeq2Seq } from "./data-collators.ts";
import { type EvalPrediction, type Gathered, gathered } from "./gathered.ts";
import type { PaddingTokenizer } from "./padding-tokenizer.ts";
import { Seq2SeqTrainer } from "./seq2seq-trainer.ts";
import type { Batch, GenerationLimits } from "./trainable-model.ts";
import type { PredictOptions } from "./trainer-options.ts";
import type { Features } from "./training-dataset.ts";

interface Numbers {
  readonly dims: number[];
  readonly data: number[];
}

interface Case {
  readonly name: string;
  readonly options: Partial<TrainingArgumentOptions>;
  readonly max_length: number;
  readonly call: PredictOptions;
  readonly labels: boolean;
  readonly predictions: Numbers[] | null;
  readonly several: boolean;
  readonly label_ids: Numbers | null;
  readonly metrics: Record<string, number>;
  readonly asked: string[][];
}

const { predictions: cases } = readFixture<{ predictions: Case[] }>("trainer.json");

/** As trainer_parts.py has it: generates its source backwards; its loss and logits are sums. */
class Echo extends SoftmaxRegression {
  override readonly config: SoftmaxRegression["config"] & {
    pad_token_id: number;
    keys_to_ignore_at_inference: string[];
  };
  override readonly forward_inputs = ["input_ids", "attention_mask", "decoder_input_ids"];
  readonly asked: string[][] = [];
  generation_config: GenerationLimits;

  constructor(max_length: number) {
    super();
    this.config = { dropout: 0, to_dict: () => ({}), pad_token_id: 1, keys_to_ignore_at_inference: ["past"] };
    this.generation_config = { max_length, max_new_tokens: null };
  }

  override async forward({ input_ids, labels }: Batch): Promise<object> {
    const [rows, length] = input_ids!.dims as [number, number];
    const numbers = Float32Array.from({ length: rows * length * 3 }, (_, i) => 0.5 * input_ids!.at(Math.floor(i / 3)));
    const logits = new Tensor("float32", numbers, [rows, length, 3]);
    const states = Tensor.zeros("float32", [rows, 1, 3]);
    for (let i = 0; i < states.data.length; i++) {
      states.data[i] = -logits.data[Math.floor(i / 3) * length * 3 + (i % 3)]!;
    }
    const sum = (values: Iterable<number | bigint>) =>
      [...values].reduce<number>((total, value) => total + Number(value), 0);
    const loss = labels && sum(numbers) / numbers.length + sum(labels.data);
    return {
      ...(loss === undefined ? {} : { loss: new Tensor("float32", Float32Array.of(loss), []) }),
      ...{ logits, past: logits, states },
    };
  }

  async generate({ input_ids, ...options }: { input_ids: Tensor }): Promise<Tensor> {
    this.asked.push(Object.keys(options).sort());
    return Tensor.from((input_ids.tolist() as number[][]).map((row) => row.reverse()));
  }
}

const tokenizer: PaddingTokenizer = {
  ...{ padding_side: "right", pad_token_id: 1, eos_token_id: 2 },
  pad(features) {
    const rows = features as { input_ids: number[]; attention_mask: number[] }[];
    const longest = Math.max(...rows.map(({ input_ids }) => input_ids.length));
    const filled = (row: number[], value: number) => [...row, ...new Array(longest - row.length).fill(value)];
    return {
      input_ids: rows.map(({ input_ids }) => filled(input_ids, 1)),
      attention_mask: rows.map(({ attention_mask }) => filled(attention_mask, 0)),
    };
  },
  save_pretrained() {},
};

const sources = (labelled: boolean): Features[] =>
  [3, 5, 2, 2, 4].map((length, i) => ({
    input_ids: Array.from({ length }, (_, j) => 10 * i + j + 2),
    attention_mask: new Array(length).fill(1),
    ...(labelled ? { labels: new Array((i % 3) + 1).fill(i + 2) } : {}),
  }));

const shown = (values: Gathered): unknown =>
  values instanceof Tensor ? { dims: [...values.dims], data: Array.from(values.data, Number) } : values.map(shown);

test.each(cases.map((one) => [one.name, one] as const))("%s", async (_, one) => {
  const model = new Echo(one.max_length);
  const trainer = new Seq2SeqTrainer({
    model,
    args: trainingArguments({ per_device_eval_batch_size: 2, ...one.options }),
    tokenizer,
    data_collator: new DataCollatorForSeq2Seq(tokenizer),
  });
  const { predictions, label_ids, metrics } = await trainer.predict(sources(one.labels), one.call);
  expect(predictions && shown(predictions)).toEqual(one.several ? one.predictions : (one.predictions?.[0] ?? null));
  expect(label_ids && shown(label_ids)).toEqual(one.label_ids);
  const { test_runtime, test_samples_per_second, test_steps_per_second, ...rest } = metrics;
  expect(Object.keys(rest)).toEqual(Object.keys(one.metrics));
  for (const [name, value] of Object.entries(one.metrics)) expect(rest[name]).toBeCloseTo(value, 4);
  expect(test_runtime).toBeGreaterThanOrEqual(0);
  // The reference hands the labels to generate(), which leaves them aside.
  expect(model.asked).toEqual(one.asked.map((names) => names.filter((name) => name !== "labels")));
});

describe("generated predictions", () => {
  const made = (options: Partial<TrainingArgumentOptions>, model = new Echo(6)) =>
    new Seq2SeqTrainer({
      model,
      args: trainingArguments({ predict_with_generate: true, ...options }),
      tokenizer,
      data_collator: new DataCollatorForSeq2Seq(tokenizer, {
        model: { prepare_decoder_input_ids_from_labels: (labels) => labels },
      }),
    });

  test("do not begin with what the collator made of the labels", async () => {
    const model = new Echo(6);
    await made({}, model).predict(sources(true));
    expect(model.asked).toEqual([["attention_mask"]]);
  });

  test("follow the arguments' generation_config", async () => {
    const generation_config = new GenerationConfig({ max_length: 8 });
    const { predictions } = await made({ generation_config }).predict(sources(true));
    expect((predictions as Tensor).dims).toEqual([5, 8]);
  });

  test("need a model that generates", async () => {
    const trainer = new Seq2SeqTrainer({
      model: new SoftmaxRegression(),
      args: trainingArguments({ predict_with_generate: true }),
    });
    await expect(trainer.predict(regressionData(2))).rejects.toThrow("expected a model that generates");
  });

  test("are what settings of the call are for", async () => {
    const trainer = made({ predict_with_generate: false });
    await expect(trainer.predict(sources(true), { num_beams: 2 })).rejects.toThrow(
      "without predict_with_generate: expected options among ignore_keys, metric_key_prefix, signal, got `num_beams`",
    );
  });
});

describe("evaluate", () => {
  const trainer = (options: Partial<TrainingArgumentOptions> = {}, more: object = {}) =>
    new Seq2SeqTrainer({
      model: new SoftmaxRegression(),
      args: trainingArguments({ per_device_eval_batch_size: 3, ...options }),
      compute_metrics: accuracyOf,
      eval_dataset: regressionData(7, 0.4),
      ...more,
    });

  test("gives metrics under a prefix, logs them and tells the callbacks", async () => {
    const heard: string[] = [];
    class Watch extends TrainerCallback {
      override on_evaluate(...[, , , { metrics }]: Parameters<NonNullable<TrainerCallback["on_evaluate"]>>) {
        heard.push(...Object.keys(metrics));
      }
    }
    const one = trainer({}, { callbacks: [Watch] });
    const metrics = await one.evaluate({ metric_key_prefix: "dev" });
    expect(Object.keys(metrics)).toEqual(expect.arrayContaining(["dev_accuracy", "dev_loss", "dev_runtime"]));
    expect(heard).toEqual(Object.keys(metrics));
    expect(one.state.log_history).toEqual([{ ...metrics, step: 0 }]);
  });

  test("takes several data sets by name", async () => {
    const both = { near: regressionData(4), far: regressionData(4, 9) };
    const metrics = await trainer({}, { eval_dataset: both }).evaluate();
    expect(Object.keys(metrics)).toEqual(
      expect.arrayContaining(["eval_near_loss", "eval_far_loss", "eval_far_accuracy"]),
    );
    expect(metrics.eval_near_loss).not.toBe(metrics.eval_far_loss);
  });

  test("leaves a last batch out where dataloader_drop_last is set", async () => {
    const { predictions } = await trainer({ dataloader_drop_last: true }).predict(regressionData(7));
    expect((predictions as Tensor).dims).toEqual([6, 3]);
  });

  test("hands inputs to compute_metrics where they are asked for, and outputs through preprocess_logits_for_metrics", async () => {
    const seen: EvalPrediction[] = [];
    const one = new Seq2SeqTrainer({
      model: new Echo(6),
      args: trainingArguments({ include_inputs_for_metrics: true, per_device_eval_batch_size: 2 }),
      tokenizer,
      data_collator: new DataCollatorForSeq2Seq(tokenizer),
      compute_metrics: (prediction) => {
        seen.push(prediction);
        return { count: [...prediction].length };
      },
      preprocess_logits_for_metrics: (logits) => (logits as Tensor[])[1]!,
      eval_dataset: sources(true),
    });
    expect(await one.evaluate()).toMatchObject({ eval_count: 3 });
    const [predictions, labels, inputs] = seen[0]!;
    expect((predictions as Tensor).dims).toEqual([5, 1, 3]);
    expect(labels).toBe(seen[0]![1]);
    expect((inputs as Tensor).tolist()).toHaveLength(5);
    expect((inputs as Tensor).dims[1]).toBe(5);
  });

  test("refuses metrics that are no numbers", async () => {
    const compute_metrics = () => ({ rouge1: { fmeasure: 0.5 } as unknown as number });
    await expect(trainer({}, { compute_metrics }).evaluate()).rejects.toThrow(
      "compute_metrics: expected numbers by name, got `rouge1`, object.",
    );
  });

  test("refuses to run without data, on no rows, and after an abort", async () => {
    await expect(trainer({}, { eval_dataset: null }).evaluate()).rejects.toThrow("evaluation requires an eval_dataset");
    await expect(trainer({}, { eval_dataset: [] }).evaluate()).rejects.toThrow("expected rows in `eval_dataset`");
    const signal = AbortSignal.abort(new Error("enough"));
    await expect(trainer().evaluate({ signal })).rejects.toThrow("enough");
  });
});

test("rows of batches that fit no common shape are an error with its fix", () => {
  const tensors = [Tensor.zeros("float32", [2, 3, 4]), Tensor.zeros("float32", [2, 3, 5])];
  expect(() => gathered(tensors, "predictions")).toThrow("expected `predictions` of each batch as [batch, length, 4]");
});
