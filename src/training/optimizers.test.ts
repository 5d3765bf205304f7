/** Against torch 2.5.1 and transformers 4.37.2 over 30 steps of gradients that depend on the parameters. */
import { describe, expect, test } from "vitest";
import { readFixture } from "../../tests/support/oracle.ts";
import { elementCount, Tensor } from "../tensor.ts";
import { Adafactor, type AdafactorOptions } from "./adafactor.ts";
import { AdamW, type AdamWOptions, withoutDecay } from "./adamw.ts";
import { clipGradients, gradientNorm } from "./gradient-clipping.ts";
import type { Optimizer } from "./optimizer.ts";
import type { Trainable } from "./parameters.ts";
import { get_scheduler } from "./schedules.ts";

interface Trajectory {
  readonly rates: readonly (number | null)[];
  readonly norms?: readonly number[];
  readonly parameters: Readonly<Record<string, readonly number[]>>;
}

const { shapes, steps, optimizers } = readFixture<{
  shapes: Record<string, number[]>;
  steps: number;
  optimizers: Record<string, Trajectory>;
}>("optimizers.json");

type Parameters = Map<string, Tensor<"float32">>;

const make = (numbers: (place: number, salt: number) => number): Parameters =>
  new Map(
    Object.entries(shapes).map(([name, dims], salt) => {
      const data = Float32Array.from({ length: elementCount(dims) }, (_, place) => numbers(place, salt));
      return [name, new Tensor("float32", data, dims)];
    }),
  );

const first = (): Parameters => make((place, salt) => Math.sin(1.7 * place + salt));

/** As optimizers.py has them. */
function gradientsAt(step: number, parameters: Parameters): Parameters {
  const waves = make((place, salt) => Math.cos(0.9 * place + 0.37 * step * (1 + salt)));
  for (const [name, wave] of waves) {
    const { data } = parameters.get(name)!;
    for (let i = 0; i < data.length; i++) wave.data[i] = Math.fround(0.3 * data[i]!) + wave.data[i]!;
  }
  if (step % 7 === 3) waves.delete("fc.bias");
  return waves;
}

const trainable = (parameters: Parameters, changed = () => {}): Trainable => ({
  trainable_parameters: () => parameters,
  parameters_changed: changed,
});

interface Setting {
  readonly optimizer: (model: Trainable) => Optimizer;
  readonly linear?: boolean;
  readonly max_norm?: number;
}

const adamw = (options?: AdamWOptions) => (model: Trainable) => new AdamW(model, options);
const adafactor = (options?: AdafactorOptions) => (model: Trainable) => new Adafactor(model, options);

const settings: Record<string, Setting> = {
  AdamW: { optimizer: adamw() },
  "AdamW, all options": { optimizer: adamw({ lr: 0.02, betas: [0.8, 0.95], eps: 1e-6, weight_decay: 0.1 }) },
  "AdamW, groups": { optimizer: adamw({ lr: 0.05, weight_decay: 0.3, no_decay: withoutDecay }) },
  "AdamW, clipped, linear": { optimizer: adamw({ lr: 0.02 }), linear: true, max_norm: 1 },
  Adafactor: { optimizer: adafactor() },
  "Adafactor, warm-up": { optimizer: adafactor({ warmup_init: true }) },
  "Adafactor, no scale": { optimizer: adafactor({ scale_parameter: false }) },
  "Adafactor, rate": {
    optimizer: adafactor({ lr: 1e-2, scale_parameter: false, relative_step: false }),
    linear: true,
  },
  "Adafactor, moment": {
    optimizer: adafactor({
      ...{ lr: 1e-2, relative_step: false, beta1: 0.9, weight_decay: 0.1 },
      ...{ clip_threshold: 0.5, decay_rate: -0.6 },
    }),
    max_norm: 2,
  },
};

test("every recorded case is run", () => {
  expect(Object.keys(settings)).toEqual(Object.keys(optimizers));
});

describe.each(Object.entries(settings))("%s", (name, { optimizer: makeOptimizer, linear, max_norm }) => {
  const expected = optimizers[name]!;
  const schedule = (optimizer: Optimizer) =>
    linear ? get_scheduler("linear", optimizer, { num_warmup_steps: 5, num_training_steps: steps }) : undefined;

  /** Steps from..to, given what to go on with. */
  function run(
    from: number,
    to: number,
    parameters: Parameters,
    optimizer: Optimizer,
    scheduler = schedule(optimizer),
  ) {
    const [rates, norms]: [(number | null)[], number[]] = [[], []];
    for (let step = from; step < to; step++) {
      const gradients = gradientsAt(step, parameters);
      if (max_norm !== undefined) norms.push(clipGradients(gradients, max_norm));
      rates.push(optimizer.lr);
      optimizer.step(gradients);
      scheduler?.step();
    }
    return { rates, norms, scheduler };
  }

  test("parameters, rates and norms are the reference's", () => {
    const parameters = first();
    const optimizer = makeOptimizer(trainable(parameters));
    const { rates, norms } = run(0, steps, parameters, optimizer);
    rates.forEach((rate, i) => {
      const other = expected.rates[i]!;
      if (rate === null) expect(other).toBeNull();
      else expect(rate).toBeCloseTo(other!, 12);
    });
    for (const [i, norm] of norms.entries()) expect(Math.abs(norm / expected.norms![i]! - 1)).toBeLessThan(1e-5);
    for (const [key, values] of Object.entries(expected.parameters)) {
      const { data } = parameters.get(key)!;
      for (const [i, value] of values.entries()) {
        expect(Math.abs(data[i]! - value), `${key}[${i}]`).toBeLessThan(1e-5);
      }
    }
  });

  test("a training that goes on from its state is the same bit for bit", () => {
    const whole = first();
    run(0, steps, whole, makeOptimizer(trainable(whole)));
    const parts = first();
    const before = makeOptimizer(trainable(parts));
    const { scheduler } = run(0, 11, parts, before);
    const state = before.state_dict();
    const place = scheduler?.state_dict();
    // What happens to the first one afterwards does not reach the state.
    const elsewhere = new Map(
      [...parts].map(([key, { data, dims }]) => [key, new Tensor("float32", data.slice(), dims)]),
    );
    run(11, 13, parts, before, scheduler);
    const after = makeOptimizer(trainable(elsewhere));
    const again = schedule(after);
    after.load_state_dict(state);
    if (place !== undefined) again!.load_state_dict(place);
    run(11, steps, elsewhere, after, again);
    for (const [key, { data }] of whole) expect(elsewhere.get(key)!.data).toEqual(data);
  });
});

describe("refuses", () => {
  const parameters = first();
  const model = trainable(parameters);
  const one = new Tensor("float32", new Float32Array(5), [5]);

  test.each<[string, () => unknown, string]>([
    ["a negative rate", () => new AdamW(model, { lr: -1 }), "AdamW: expected `lr` of at least 0, got -1"],
    [
      "a beta of 1",
      () => new AdamW(model, { betas: [1, 0.9] }),
      "AdamW: expected `betas[0]` of at least 0 and below 1, got 1",
    ],
    ["an unknown option", () => new AdamW(model, { wd: 1 } as AdamWOptions), "wd"],
    [
      "a rate and relative steps",
      () => new Adafactor(model, { lr: 1 }),
      "Cannot combine manual `lr` and `relative_step=True` options",
    ],
    [
      "a warm-up without relative steps",
      () => new Adafactor(model, { lr: 1, relative_step: false, warmup_init: true }),
      "`warmup_init=True` requires `relative_step=True`",
    ],
    ["no rate at all", () => new Adafactor(model, { relative_step: false }), "expected `lr`, or `relative_step` true"],
    [
      "a gradient of no parameter",
      () => new AdamW(model).step(new Map([["fc.bais", one]])),
      "got one of `fc.bais`. Did you mean `fc.bias`?",
    ],
    [
      "a gradient of another shape",
      () => new AdamW(model).step(new Map([["fc.weight", one]])),
      "expected a gradient of `fc.weight` of shape [3, 5], got [5]",
    ],
    [
      "the state of another model",
      () => new AdamW(model).load_state_dict({ lr: 1, steps: { other: 1 }, tensors: new Map() }),
      "expected the state of this model's parameters, got one of `other`",
    ],
  ])("%s", (_, call, message) => {
    expect(call).toThrow(message);
  });
});

test.each([
  ["AdamW", adamw()],
  ["Adafactor", adafactor()],
])("%s tells the model that its parameters have changed, once a step", (_, makeOptimizer) => {
  const parameters = first();
  let changed = 0;
  const optimizer = makeOptimizer(trainable(parameters, () => (changed += 1)));
  optimizer.step(gradientsAt(0, parameters));
  optimizer.step(gradientsAt(1, parameters));
  expect(changed).toBe(2);
});

test("Adafactor does not decay what is left out", () => {
  const run = (options: AdafactorOptions) => {
    const parameters = first();
    const optimizer = new Adafactor(trainable(parameters), { lr: 0.01, relative_step: false, ...options });
    optimizer.step(gradientsAt(0, parameters));
    return parameters;
  };
  const [plain, decayed] = [run({}), run({ weight_decay: 0.5, no_decay: withoutDecay })];
  expect(decayed.get("fc.bias")!.data).toEqual(plain.get("fc.bias")!.data);
  expect(decayed.get("layer_norm.weight")!.data).toEqual(plain.get("layer_norm.weight")!.data);
  expect(decayed.get("fc.weight")!.data).not.toEqual(plain.get("fc.weight")!.data);
});

test("gradients that are no numbers make all of them none", () => {
  const gradients = new Map([
    ["a", new Tensor("float32", Float32Array.of(Number.NaN, 1), [2])],
    ["b", new Tensor("float32", Float32Array.of(2), [1])],
  ]);
  expect(gradientNorm(gradients)).toBeNaN();
  expect(clipGradients(gradients, 1)).toBeNaN();
  expect([...gradients.get("b")!.data]).toEqual([Number.NaN]);
});

test("short gradients stay as they are", () => {
  const gradients = new Map([["a", new Tensor("float32", Float32Array.of(0.25, -0.5), [2])]]);
  clipGradients(gradients, 1);
  expect([...gradients.get("a")!.data]).toEqual([0.25, -0.5]);
});
