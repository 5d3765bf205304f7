/**
 * Takes a case through its type, its result on an engine, and its gradients against finite differences. The last on the
 * native engine only: gradients are made of the same ops.
 */
import { expect } from "vitest";
import { gradientRules } from "../../../src/graph/gradient-rules.ts";
import { gradients } from "../../../src/graph/gradients.ts";
import { Graph, type Value } from "../../../src/graph/graph.ts";
import type { OpName } from "../../../src/graph/ops.ts";
import { describeType } from "../../../src/graph/types.ts";
import type { Engine, Session } from "../../../src/runtime/engine.ts";
import { Tensor } from "../../../src/tensor.ts";
import { type Given, indicesOf, type OpCase } from "./case.ts";

/** Of float32 results: a few units of the last place, and the engine's polynomials for exp, erf and tanh. */
const forwardTolerance = 3e-6;

/**
 * Derivatives by the five-point formula (f(x-2h) - 8 f(x-h) + 8 f(x+h) - f(x+2h)) / 12h. Its error is h^4/30 = 2e-9 times
 * the fifth derivative (below 1e4 for the inputs of the cases), and 1.5/h = 96 times the 3e-7 by which the engine's
 * float32 results waver, summed over the few results that one input reaches.
 */
const step = 1 / 64;
const stencil = [
  [-2, 1 / 12],
  [-1, -8 / 12],
  [1, 8 / 12],
  [2, -1 / 12],
] as const;
const gradientTolerance = 2e-4;

function declare(g: Graph, inputs: readonly Given[]): Value[] {
  return inputs.map(({ shape, tensor }, index) => g.input(`input_${index}`, tensor.type, shape));
}

function feeds(tensors: readonly Tensor[]): Record<string, Tensor> {
  return Object.fromEntries(tensors.map((tensor, index) => [`input_${index}`, tensor]));
}

function expectNear(got: Tensor, want: (index: number) => number, tolerance: number, what: string): void {
  for (let index = 0; index < got.data.length; index++) {
    const [is, expected] = [got.at(index), want(index)];
    const error = Math.abs(is - expected) / Math.max(1, Math.abs(expected));
    if (!(error <= tolerance)) expect.fail(`${what}[${index}]: ${is} is not ${expected} within ${tolerance}`);
  }
}

export async function checkCase(engine: Engine, op: OpName, { inputs, build, type, dims, at }: OpCase): Promise<void> {
  const g = new Graph();
  const y = build(g, ...declare(g, inputs));
  expect(g.root.nodes.some((node) => node.kind === "op" && node.op === op)).toBe(true);
  expect(describeType(y)).toBe(type);
  g.output("y", y);
  const session = await engine.compile(g, new Map(), { num_threads: 1 });
  try {
    const tensors = inputs.map(({ tensor }) => tensor);
    const result = await forward(session, tensors);
    expect(result.type).toBe(y.dtype);
    expect(result.dims).toEqual(dims);
    const all = indicesOf(dims);
    expectNear(result, (index) => at(...all[index]!), forwardTolerance, "y");
    if (engine.device !== "cpu" || typeof gradientRules[op] !== "function" || y.dtype !== "float32") return;
    await checkGradients(engine, { inputs, build, session, result });
  } finally {
    await session.dispose();
  }
}

async function forward(session: Session, tensors: readonly Tensor[]): Promise<Tensor> {
  return (await session.run(feeds(tensors), ["y"])).y!;
}

/** The loss is the sum of the outputs, each times a weight of its own, so that no two can be confused. */
async function checkGradients(
  engine: Engine,
  { inputs, build, session, result }: Pick<OpCase, "inputs" | "build"> & { session: Session; result: Tensor },
): Promise<void> {
  const g = new Graph();
  const values = declare(g, inputs);
  const y = build(g, ...values);
  const weighted = g.mul(y, g.input("weights", "float32", y.shape));
  const axes = y.shape.map((_, axis) => axis);
  const loss = axes.length === 0 ? weighted : g.reduceSum(weighted, axes);
  const smooth = values.filter((value) => value.dtype === "float32");
  const found = gradients(g, loss, smooth);
  // An input that is there for its sizes has no gradient, and no slope below.
  found.forEach((gradient, index) => {
    if (gradient === undefined) return;
    expect(describeType(gradient)).toBe(describeType(smooth[index]!));
    g.output(`d_${smooth[index]!.name}`, gradient);
  });
  const count = result.data.length;
  const weights = Float32Array.from({ length: count }, (_, place) => 0.3 + (((place + 1) * 0.7548776662466927) % 1));
  const tensors = inputs.map(({ tensor }) => tensor);
  const backward = await engine.compile(g, new Map(), { num_threads: 1 });
  const computed = await backward.run(
    { ...feeds(tensors), weights: new Tensor("float32", weights, result.dims) },
    g.root.outputs.map(({ name }) => name),
  );
  await backward.dispose();
  for (const [index, tensor] of tensors.entries()) {
    if (tensor.type !== "float32") continue;
    const gradient = computed[`d_input_${index}`] ?? Tensor.zeros("float32", tensor.dims);
    expect(gradient.type).toBe("float32");
    expect(gradient.dims).toEqual(tensor.dims);
    const slopes: number[] = [];
    for (let place = 0; place < tensor.data.length; place++) {
      let slope = 0;
      for (const [steps, factor] of stencil) {
        const data = Float32Array.from(tensor.data as Float32Array);
        data[place] = data[place]! + steps * step;
        const moved = tensors.with(index, new Tensor("float32", data, tensor.dims));
        const output = await forward(session, moved);
        for (let at = 0; at < count; at++) slope += (factor / step) * weights[at]! * output.at(at);
      }
      slopes.push(slope);
    }
    expectNear(gradient, (place) => slopes[place]!, gradientTolerance, `d input_${index}`);
  }
}
