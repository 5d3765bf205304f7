/**
 * Losses and gradients of every parameter against torch's autograd over transformers 4.37.2 (tests/oracle/model_gradients.py),
 * with dropout's masks and LayerDrop's draws the same on both sides.
 */
import { readFileSync } from "node:fs";
import { afterAll, describe, expect, test } from "vitest";
import { LEDConfig, Tensor, type TensorType } from "../src/index.ts";
import { elementCount } from "../src/tensor.ts";
import {
  type ClassParameterSpec,
  type CounterClass,
  classParameters,
  counterValues,
  type LEDGeometry,
  SCALES,
} from "./counter-weights.ts";
import type { CounterModel } from "./support/counter-model.ts";
import { ledClass } from "./support/led-classes.ts";
import { distance, readFixture } from "./support/oracle.ts";

type Floats = Tensor<"float32">;
type Inputs = Readonly<Record<string, unknown>>;

interface Case {
  readonly name: string;
  readonly about: string;
  readonly class: CounterClass;
  readonly model: string;
  readonly config?: Readonly<Record<string, unknown>>;
  readonly inputs: Inputs;
  readonly types?: Readonly<Record<string, TensorType>>;
  readonly label_smoothing?: number;
  /** In training mode, with these draws. */
  readonly train?: { readonly dropout_seed: number; readonly dropout_step: number };
  readonly loss: number;
  /** The dims of each. */
  readonly outputs: Readonly<Record<string, number[]>>;
  /** Parameters that the loss does not depend on. */
  readonly absent?: string[];
}

interface Fixture {
  readonly models: Readonly<Record<string, CounterModel>>;
  readonly cases: Case[];
}

/** What all classes with a loss have, whatever the inputs of each. */
interface Trainable {
  readonly config: LEDConfig;
  prepare_for_training(): Promise<unknown>;
  trainable_parameters(): ReadonlyMap<string, Floats>;
  train(): unknown;
  eval(): unknown;
  gradient_checkpointing_enable(): unknown;
  gradient_checkpointing_disable(): unknown;
  loss_and_gradients(inputs: Inputs): Promise<{
    readonly loss: Floats;
    readonly outputs: unknown;
    readonly gradients: ReadonlyMap<string, Floats>;
  }>;
  dispose(): Promise<void>;
}

const { models: described, cases } = readFixture<Fixture>("model-gradients.json");

/** The config of a case's model. */
function configOf({ model, config = {} }: Case): LEDGeometry & Inputs {
  return { ...described[model]!.config, ...config };
}

/** All weights of a case's model, and buffers; a head over the encoder is there without a decoder and has names of its own. */
function weightsOf(one: Case): ClassParameterSpec[] {
  const config = configOf(one);
  const weights = [...classParameters(config, one.class)];
  if (config.head !== "encoder") return weights;
  return weights
    .filter(({ name }) => !name.startsWith("led.decoder."))
    .map((spec) => (spec.name.startsWith("led.") ? spec : { ...spec, name: `encoder_${spec.name}` }));
}

const parametersOf = (one: Case): ClassParameterSpec[] =>
  weightsOf(one).filter(({ name }) => name !== "final_logits_bias");

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

function argumentsOf({ inputs, types, label_smoothing, train }: Case): Record<string, unknown> {
  const given: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(inputs)) {
    const tensor = (list: unknown, type: TensorType): Tensor => Tensor.from(list as number[], type);
    given[name] =
      name === "encoder_outputs"
        ? { last_hidden_state: tensor((value as { last_hidden_state: unknown }).last_hidden_state, "float32") }
        : tensor(value, types?.[name] ?? "int64");
  }
  return { ...given, ...(label_smoothing === undefined ? {} : { label_smoothing }), ...train };
}

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
  const models = new Map<string, Promise<Trainable>>();

  async function made(one: Case): Promise<Trainable> {
    const { seed, scales = {} } = described[one.model]!;
    const model = await ledClass(one.class).from_config(LEDConfig.from_dict({ ...configOf(one) }), { device });
    const weights = weightsOf(one).map(({ name, drawnAs, shape, kind }): [string, Floats] => {
      const values = counterValues(seed, drawnAs, elementCount(shape), scales[kind] ?? SCALES[kind]);
      return [name, new Tensor("float32", values, shape)];
    });
    await model.load_state_dict(new Map(weights), { strict: false });
    const trainable = model as unknown as Trainable;
    await trainable.prepare_for_training();
    return trainable;
  }

  /** A model with its weights, for all cases of the same class and config. */
  function modelOf(one: Case): Promise<Trainable> {
    const key = JSON.stringify([one.class, one.model, one.config ?? {}]);
    const model = models.get(key) ?? made(one);
    models.set(key, model);
    return model;
  }

  afterAll(async () => {
    for (const model of await Promise.allSettled(models.values())) {
      if (model.status === "fulfilled") await model.value.dispose();
    }
  });

  test.each(cases)("$name: $about", async (one) => {
    const model = await modelOf(one);
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
