/**
 * Losses and gradients of every parameter against torch's autograd over transformers 4.37.2 (tests/oracle/model_gradients.py),
 * with dropout's masks and LayerDrop's draws the same on both sides.
 */
import { readFileSync } from "node:fs";
import { afterAll, describe, expect, test } from "vitest";
import { Tensor } from "../src/index.ts";
import { elementCount } from "../src/tensor.ts";
import {
  argumentsOf,
  cases,
  type GradientCase,
  modelOf,
  parametersOf,
  type TrainedModel,
} from "./support/gradient-cases.ts";
import { distance } from "./support/oracle.ts";

type Floats = Tensor<"float32">;
interface Expected {
  readonly outputs: ReadonlyMap<string, Floats>;
  readonly gradients: ReadonlyMap<string, Floats>;
}

/** The numbers of all cases lie one after another: outputs, then gradients in the order of the parameters. */
const expectations: ReadonlyMap<string, Expected> = (() => {
  const bytes = readFileSync(new URL("./oracle/fixtures/model-gradients.bin", import.meta.url));
  const numbers = new Float32Array(new Uint8Array(bytes).buffer);
  let at = 0;
  const next = (dims: readonly number[]): Floats => {
    const start = at;
    at += elementCount(dims);
    return new Tensor("float32", numbers.slice(start, at), dims);
  };
  const read = cases.map((one): [string, Expected] => {
    const outputs = new Map(Object.entries(one.outputs).map(([name, dims]) => [name, next(dims)]));
    const present = parametersOf(one).filter(({ name }) => !one.absent?.includes(name));
    return [one.name, { outputs, gradients: new Map(present.map(({ name, shape }) => [name, next(shape)])) }];
  });
  if (at !== numbers.length) throw new Error(`model-gradients.bin has ${numbers.length} numbers, its cases ${at}`);
  return new Map(read);
})();

/** How far a gradient is from what is expected, in parts of what is allowed; infinite where a number is none. */
function excess(got: Floats, expected: Floats): number {
  if (got.dims.join() !== expected.dims.join()) return Number.POSITIVE_INFINITY;
  let [largest, apart] = [0, 0];
  for (let i = 0; i < expected.data.length; i++) {
    const difference = Math.abs(got.data[i]! - expected.data[i]!);
    if (Number.isNaN(difference)) return Number.POSITIVE_INFINITY;
    largest = Math.max(largest, Math.abs(expected.data[i]!));
    apart = Math.max(apart, difference);
  }
  // Key biases have no gradient but for rounding: 1e-7 is for them.
  return apart / (1e-4 * largest + 1e-7);
}

describe.each(["cpu", "wasm"] as const)("loss_and_gradients on %s", (device) => {
  const models = new Map<string, Promise<TrainedModel>>();

  /** A model with its weights, for all cases of the same class and config. */
  function sharedModel(one: GradientCase): Promise<TrainedModel> {
    const key = JSON.stringify([one.class, one.model, one.config ?? {}]);
    const model = models.get(key) ?? modelOf(one, device);
    models.set(key, model);
    return model;
  }

  afterAll(async () => {
    for (const model of await Promise.allSettled(models.values())) {
      if (model.status === "fulfilled") await model.value.dispose();
    }
  });

  test.each(cases)("$name: $about", async (one) => {
    const model = await sharedModel(one);
    // A pass writes there what it takes the labels for.
    model.config.problem_type = (one.config?.problem_type ?? null) as typeof model.config.problem_type;
    const names = parametersOf(one).map(({ name }) => name);
    expect([...model.trainable_parameters().keys()].sort()).toEqual([...names].sort());
    if (one.train === undefined) model.eval();
    else model.train();
    // What is computed again must draw again what it drew.
    for (const checkpointing of one.train === undefined ? [false] : [false, true]) {
      if (checkpointing) model.gradient_checkpointing_enable();
      else model.gradient_checkpointing_disable();
      const { loss, outputs, gradients } = await model.loss_and_gradients(argumentsOf(one));
      const expected = expectations.get(one.name)!;
      expect(loss.dims).toEqual([]);
      expect(Math.abs(loss.item() - one.loss)).toBeLessThanOrEqual(1e-5 * Math.abs(one.loss));
      for (const [name, { dims, data }] of expected.outputs) {
        const got = (outputs as Readonly<Record<string, Floats>>)[name]!;
        expect(distance(got, { dims: [...dims], data: [...data] }), name).toBeLessThan(1e-4);
      }
      expect([...gradients.keys()].sort()).toEqual([...expected.gradients.keys()].sort());
      const wrong = [...expected.gradients].flatMap(([name, gradient]) => {
        const parts = excess(gradients.get(name)!, gradient);
        return parts <= 1 ? [] : [`${name}: ${parts.toPrecision(3)} times what is allowed`];
      });
      expect(wrong, checkpointing ? "with checkpointing" : "without checkpointing").toEqual([]);
    }
  });
});
