/**
 * Gradients, losses and fit() of TensorFlow's classes against transformers 4.37.2 on TensorFlow 2.15
 * (tests/oracle/tf_training.py).
 */
import { afterEach, describe, expect, test } from "vitest";
import { Adam, RMSprop, SGD, Tensor, type TFConditionalGenerationInputs } from "../src/index.ts";
import type { KerasOptimizer } from "../src/tf/optimizers.ts";
import type { CounterModel } from "./support/counter-model.ts";
import { distance, type OracleTensor, readFixture } from "./support/oracle.ts";
import { counterTensorFlow } from "./support/tensorflow-models.ts";

type Inputs = Readonly<Record<string, number[][]>>;

interface Fixture {
  readonly model: CounterModel;
  readonly gradients: readonly {
    readonly name: string;
    readonly about: string;
    readonly config: Readonly<Record<string, unknown>>;
    readonly inputs: Inputs;
    readonly labels: number[][];
    readonly loss: OracleTensor;
    readonly gradients: Readonly<Record<string, OracleTensor | null>>;
  }[];
  readonly fit: {
    readonly x: Inputs;
    readonly y: number[][];
    readonly batch_size: number;
    readonly epochs: number;
    readonly runs: readonly {
      readonly name: string;
      readonly optimizer: "Adam" | "SGD" | "RMSprop";
      readonly settings: Readonly<Record<string, number | boolean>>;
      readonly labels: "inside" | "y";
      readonly losses: number[];
      readonly after: Readonly<Record<string, OracleTensor>>;
    }[];
  };
}

const { model: described, gradients: passes, fit } = readFixture<Fixture>("tf-training.json");
const tensors = (inputs: Inputs): TFConditionalGenerationInputs =>
  Object.fromEntries(Object.entries(inputs).map(([name, value]) => [name, Tensor.from(value, "int64")]));
const optimizers: { readonly [name: string]: new (settings: object) => KerasOptimizer } = { Adam, SGD, RMSprop };
const dropout = { dropout: 0.3, attention_dropout: 0.2, activation_dropout: 0.1 };

const kept: { dispose(): Promise<void> }[] = [];
async function made(changes: Readonly<Record<string, unknown>> = {}) {
  const model = await counterTensorFlow("TFLEDForConditionalGeneration", described, changes);
  kept.push(model);
  return model;
}
afterEach(async () => {
  for (const model of kept.splice(0)) await model.dispose();
});

const x = tensors(fit.x);
const y = Tensor.from(fit.y, "int64");

describe("loss_and_gradients", () => {
  test.each(passes)("$name: $about", async ({ config, inputs, labels, loss, gradients }) => {
    const model = await made(config);
    const got = await model.loss_and_gradients({ ...tensors(inputs), labels: Tensor.from(labels), training: true });
    expect(distance(got.loss, loss)).toBeLessThan(1e-4);
    expect(got.outputs!.loss).toEqual(got.loss);
    const absent = Object.keys(gradients).filter((name) => gradients[name] === null);
    expect(new Set(got.gradients.keys())).toEqual(
      new Set(Object.keys(gradients).filter((name) => !absent.includes(name))),
    );
    for (const [name, gradient] of got.gradients) {
      expect(distance(gradient, gradients[name]!), name).toBeLessThan(1e-4);
    }
  });

  test("under dropout the loss is another, the same for the same step, and calls have it too", async () => {
    const model = await made(dropout);
    const given = { ...tensors(passes[0]!.inputs), labels: Tensor.from(passes[0]!.labels), training: true };
    const lossAt = async (dropout_step: number) =>
      (await model.loss_and_gradients({ ...given, dropout_seed: 3, dropout_step })).loss.item();
    const [first, again, other] = [await lossAt(0), await lossAt(0), await lossAt(1)];
    expect(again).toBe(first);
    expect(other).not.toBe(first);
    const plain = await model.call({ ...given, training: false });
    const dropped = await model.call(given);
    expect(Math.abs(plain.loss!.item() - passes[0]!.loss.data.map(Number)[0]!)).toBeLessThan(1e-4);
    expect(dropped.loss!.item()).not.toBe(plain.loss!.item());
    expect(Object.keys(dropped)).toEqual(["loss", "logits", "encoder_last_hidden_state"]);
    expect(dropped.logits.dims).toEqual(plain.logits.dims);
    const tuple = await model.call({ ...given, return_dict: false });
    expect(tuple).toHaveLength(3);
  });

  test("what a call with dropout does not give is refused by name", async () => {
    const model = await made(dropout);
    const given = { ...tensors(passes[0]!.inputs), labels: Tensor.from(passes[0]!.labels), training: true };
    for (const name of ["output_attentions", "output_hidden_states"]) {
      await expect(model.call({ ...given, [name]: true })).rejects.toThrow(`no \`${name}\` with training: true`);
    }
    const doubled = given.attention_mask!.to("int64");
    doubled.data[0] = 2n;
    await expect(model.call({ ...given, attention_mask: doubled })).rejects.toThrow(/global_attention_mask/);
    await expect(model.get_encoder()({ input_ids: given.input_ids!, training: true })).rejects.toThrow(/whole model/);
    await expect(model.loss_and_gradients(tensors(passes[0]!.inputs))).rejects.toThrow(/`labels`/);
  });
});

describe("fit", () => {
  test.each(fit.runs)("$name, labels $labels", async ({ optimizer, settings, labels, losses, after }) => {
    const model = await made();
    model.compile({ optimizer: new optimizers[optimizer]!(settings) });
    const { batch_size, epochs } = fit;
    const history = await model.fit(labels === "inside" ? { ...x, labels: y } : x, {
      ...(labels === "inside" ? {} : { y }),
      batch_size,
      epochs,
      shuffle: false,
    });
    history.loss.forEach((loss, epoch) => {
      expect(Math.abs(loss - losses[epoch]!)).toBeLessThan(1e-4);
    });
    expect(history.loss).toHaveLength(epochs);
    const parameters = model.trainable_parameters();
    for (const [name, expected] of Object.entries(after)) {
      expect(distance(parameters.get(name)!, expected), name).toBeLessThan(1e-4);
    }
  });

  test("trains what calls, generation and files then have", async () => {
    const model = await made();
    model.compile({ optimizer: "adam", learning_rate: 0.01 });
    const before = await model.evaluate({ ...x, labels: y }, { batch_size: 2 });
    const steps: number[] = [];
    const { loss, val_loss } = await model.fit(
      { ...x, labels: y },
      {
        epochs: 6,
        batch_size: 2,
        validation_data: [x, { labels: y }],
        progress_callback: ({ epoch, step }) => steps.push(epoch * 10 + step),
      },
    );
    expect(loss[5]!).toBeLessThan(loss[0]!);
    expect(val_loss![5]!).toBeLessThan(before);
    expect(steps).toEqual([1, 2, 3, 4, 5, 6].flatMap((epoch) => [1, 2, 3].map((step) => epoch * 10 + step)));
    expect(await model.evaluate(x, { y, batch_size: 2 })).toBe(val_loss![5]);
    expect((await model.call({ ...x, labels: y })).loss!.item()).toBeLessThan(before);
  });

  test("the order of examples is another in each epoch and the same under a seed", async () => {
    const losses = async (seed: number) => {
      const model = await made();
      model.compile({ optimizer: "sgd", learning_rate: () => 0 });
      const seen: number[] = [];
      const progress_callback = ({ loss }: { loss: number }) => seen.push(loss);
      await model.fit({ ...x, labels: y }, { epochs: 2, batch_size: 1, seed, progress_callback });
      return [seen.slice(0, 5), seen.slice(5)];
    };
    const [first, second] = await losses(1);
    expect(first).not.toEqual(second);
    expect(first!.toSorted()).toEqual(second!.toSorted());
    expect(await losses(1)).toEqual([first, second]);
    expect(await losses(2)).not.toEqual([first, second]);
  });

  test("says what is missing, and which names it knows", async () => {
    const model = await made();
    await expect(model.fit({ ...x, labels: y })).rejects.toThrow(
      "You must compile your model before training/testing. Use `model.compile(optimizer, loss)`.",
    );
    expect(() => model.compile({ optimizer: "adamm" })).toThrow(/Did you mean "adam"\?/);
    expect(() => model.compile({ loss: "mse" as "auto" })).toThrow(/the model's own, got mse/);
    expect(() => model.compile({ metrics: [] } as object)).toThrow(/`metrics`/);
    expect(() => model.compile({ optimizer: new Adam(), learning_rate: 1 })).toThrow(/in the optimiser that is given/);
    expect(() => new Adam({ use_ema: true } as object)).toThrow(/`use_ema`/);
    expect(() => new SGD({ clipnorm: 1, global_clipnorm: 1 })).toThrow(
      "At most one of `clipnorm` and `global_clipnorm` can be set. Received: clipnorm=1, global_clipnorm=1.",
    );
    model.compile();
    await expect(model.fit(x)).rejects.toThrow("Could not find label column(s) in input dict");
    await expect(model.fit({ ...x, labels: Tensor.from([[1, 2]]) })).rejects.toThrow("Data cardinality is ambiguous");
    await expect(model.fit({ ...x, labels: y }, { batch_size: 0 })).rejects.toThrow(/`batch_size` above 0/);
    await expect(model.fit({ ...x, labels: y }, { callbacks: [] } as object)).rejects.toThrow(/`callbacks`/);
    await expect(model.fit({ ...x, labels: y }, { signal: AbortSignal.abort() })).rejects.toThrow(/abort/i);
  });
});
