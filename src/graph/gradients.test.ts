/**
 * Reverse mode as a whole; the rules one by one are held against finite differences in ops.test.ts. The network's
 * expected numbers are torch autograd's (tests/oracle/gradients.py).
 */
import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import type { Engine } from "../runtime/engine.ts";
import { nodeEngine } from "../runtime/node.ts";
import { Tensor } from "../tensor.ts";
import { gradientRules, sumTo } from "./gradient-rules.ts";
import { gradients, pullBack } from "./gradients.ts";
import { Graph, type Value } from "./graph.ts";
import { type Dim, describeType } from "./types.ts";

interface Array32 {
  readonly dims: number[];
  readonly data: number[];
}

interface Fixture {
  readonly inputs: Record<string, Array32 | number[]>;
  readonly labels: number[];
  readonly cases: {
    approximate: "none" | "tanh";
    loss: [number];
    gradients: Record<string, Array32 | number[]>;
  }[];
}

const fixture = JSON.parse(
  readFileSync(new URL("../../tests/oracle/fixtures/gradients.json", import.meta.url), "utf8"),
) as Fixture;

function tensorOf(stored: Array32 | number[]): Tensor<"float32"> {
  const { dims, data } = Array.isArray(stored) ? { dims: [stored.length], data: stored } : stored;
  return new Tensor("float32", Float32Array.from(data), dims);
}

let engine: Engine;
beforeAll(async () => {
  engine = await nodeEngine("cpu", () => {});
});

async function run(g: Graph, inputs: Record<string, Tensor>): Promise<Record<string, Tensor>> {
  const session = await engine.compile(g, new Map(), { num_threads: 1 });
  const results = await session.run(
    inputs,
    g.root.outputs.map(({ name }) => name),
  );
  await session.dispose();
  return results;
}

/** The mean of -log(softmax(logits)[label]): logits [n, c], labels [n] -> [] */
function crossEntropy(g: Graph, logits: Value, labels: Value, rows: Dim): Value {
  const places = g.concat([g.reshape(g.range(rows), [rows, 1]), g.reshape(labels, [rows, 1])], 1); // [n, 2]
  const picked = g.gatherND(g.softmax(logits), places, 0); // [n]
  return g.neg(g.div(g.reduceSum(g.log(picked), [0]), g.cast(g.size(rows), "float32")));
}

describe.each(fixture.cases)(
  "a network with gelu $approximate",
  ({ approximate, loss: expectedLoss, gradients: expected }) => {
    it("has torch's loss and gradients", async () => {
      const g = new Graph();
      const names = Object.keys(fixture.inputs);
      const tensors = Object.fromEntries(names.map((name) => [name, tensorOf(fixture.inputs[name]!)]));
      const values = names.map((name) => g.input(name, "float32", name === "x" ? ["N", 7] : tensors[name]!.dims));
      const [x, w1, b1, scale, bias, w2, b2] = values as [Value, Value, Value, Value, Value, Value, Value];
      const hidden = g.gelu(g.gemm(x, w1, b1, { transB: true }), approximate); // [N, 11]
      const back = g.matmul(g.layerNormalization(hidden, scale, bias, 1e-5), w1); // [N, 7]
      const again = g.gemm(g.add(x, back), w1, undefined, { transB: true }); // [N, 11]
      const logits = g.gemm(again, w2, b2, { transB: true }); // [N, 3]
      const loss = crossEntropy(g, logits, g.input("labels", "int64", ["N"]), "N");
      g.output("loss", loss);
      gradients(g, loss, values).forEach((gradient, index) => {
        g.output(`d ${names[index]}`, gradient!);
      });
      const results = await run(g, { ...tensors, labels: Tensor.from(fixture.labels, "int64") });
      // float32 sums of some dozen terms against double precision; of gradients, relative to the tensor's largest.
      const tolerance = 2e-6;
      expect(Math.abs(results.loss!.item() / expectedLoss[0] - 1)).toBeLessThan(tolerance);
      for (const name of names) {
        const [got, want] = [results[`d ${name}`]!, tensorOf(expected[name]!)];
        expect(got.dims).toEqual(want.dims);
        const largest = Math.max(...want.data.map((n) => Math.abs(n)));
        for (let i = 0; i < want.data.length; i++) {
          expect(Math.abs(got.at(i) - want.at(i)) / largest, `d ${name}[${i}]`).toBeLessThan(tolerance);
        }
      }
    });
  },
);

it("adds what several uses of a value send back, and gives those of values on the way", async () => {
  const g = new Graph();
  const x = g.input("x", "float32", ["n"]);
  const square = g.mul(x, x);
  const loss = g.reduceSum(g.add(g.mul(square, x), square), [0]); // x^3 + x^2
  const [dx, dSquare, dLoss] = gradients(g, loss, [x, square, loss]);
  g.output("dx", dx!);
  g.output("dSquare", dSquare!);
  g.output("dLoss", dLoss!);
  const results = await run(g, { x: Tensor.from([2, -3, 0.5], "float32") });
  expect(results.dx!.tolist()).toEqual([2, -3, 0.5].map((n) => 3 * n * n + 2 * n));
  expect(results.dSquare!.tolist()).toEqual([2, -3, 0.5].map((n) => n + 1));
  expect(results.dLoss!.tolist()).toBe(1);
});

it("gives undefined where there is no path, or only one of truth values and integers", () => {
  const g = new Graph();
  const [x, y, z] = [g.input("x", "float32", ["n"]), g.input("y", "float32", ["n"]), g.input("z", "float32", ["n"])];
  g.mul(y, x);
  const index = g.cast(z, "int64");
  const chosen = g.where(g.less(z, x), g.gather(x, index), g.cast(index, "float32"));
  const loss = g.reduceSum(chosen, [0]);
  const [dx, dy, dz, dIndexed] = gradients(g, loss, [x, y, z, chosen]);
  expect(dx && describeType(dx)).toBe("float32 [n]");
  expect(dy).toBeUndefined();
  expect(dz).toBeUndefined();
  expect(dIndexed && describeType(dIndexed)).toBe("float32 [n]");
});

it("builds nothing for values that are not asked for", () => {
  const g = new Graph();
  const [x, w] = [g.input("x", "float32", ["n", 3]), g.input("w", "float32", [3, 5])];
  const loss = g.reduceSum(g.matmul(g.exp(x), w), [0, 1]);
  const before = g.root.nodes.length;
  gradients(g, loss, [w]);
  const added = g.root.nodes.slice(before).flatMap((node) => (node.kind === "op" ? [node.op] : []));
  expect(added.filter((op) => op === "Mul" || op === "MatMul")).toEqual([]);
  expect(added.filter((op) => op === "Gemm")).toEqual(["Gemm"]);
});

it("shares ties of min and max and stops at relu's kink, as PyTorch does", async () => {
  const g = new Graph();
  const [x, y] = [g.input("x", "float32", [3]), g.input("y", "float32", [3])];
  for (const op of ["min", "max"] as const) {
    const [dx, dy] = gradients(g, g.reduceSum(g[op](x, y), [0]), [x, y]);
    g.output(`${op} dx`, dx!);
    g.output(`${op} dy`, dy!);
  }
  g.output("relu dx", gradients(g, g.reduceSum(g.relu(x), [0]), [x])[0]!);
  const results = await run(g, { x: Tensor.from([-1, 0, 5], "float32"), y: Tensor.from([2, 0, 3], "float32") });
  expect(Object.fromEntries(Object.entries(results).map(([name, tensor]) => [name, tensor.tolist()]))).toEqual({
    "min dx": [1, 0.5, 0],
    "min dy": [0, 0.5, 1],
    "max dx": [0, 0.5, 1],
    "max dy": [1, 0.5, 0],
    "relu dx": [0, 0, 1],
  });
});

it("sums over the axes that were broadcast, whatever their names", () => {
  const g = new Graph();
  const value = g.input("value", "float32", ["B", "S", 7]);
  const shapes: Dim[][] = [[], [7], [1], ["S", 1], [1, "S", 7], [1, 1, 1], ["B", 1, 7]];
  for (const shape of shapes) expect(sumTo(g, value, shape).shape).toEqual(shape);
  expect(sumTo(g, value, ["B", "S", 7])).toBe(value);
});

it("works within a body, through values from around it", async () => {
  const g = new Graph();
  const x = g.input("x", "float32", ["n", 3]);
  const scaled = g.mul(x, g.scalar("float32", 2));
  const { scan } = g.loop({ count: g.size("n"), dim: "n" }, (index) => {
    const row = g.gather(scaled, index); // 2 x[i]
    const [dx] = gradients(g, g.reduceSum(g.mul(row, row), [0]), [x]);
    return { scan: [dx!] };
  });
  g.output("dx", scan[0]!);
  const { dx } = await run(g, {
    x: Tensor.from(
      [
        [1, 2, 3],
        [5, 7, 11],
      ],
      "float32",
    ),
  });
  expect(dx!.tolist()).toEqual([
    [
      [8, 16, 24],
      [0, 0, 0],
    ],
    [
      [0, 0, 0],
      [40, 56, 88],
    ],
  ]);
});

describe("refuses", () => {
  it("a path through a loop or branch, naming its scope", () => {
    const g = new Graph();
    const [x, y] = [g.input("x", "float32", [3]), g.input("y", "float32", [3])];
    const { carried } = g.scope("layers.2.self_attn", () =>
      g.loop({ count: g.scalar("int64", 2), dim: 2, carried: [y] }, (_, [state]) => ({ carried: [g.mul(state!, x)] })),
    );
    const [chosen] = g.scope("head", () =>
      g.branch(
        g.equal(g.scalar("int64", 1), g.scalar("int64", 2)),
        () => [y],
        () => [g.neg(y)],
      ),
    );
    const looped = g.reduceSum(carried[0]!, [0]);
    for (const value of [x, y]) {
      expect(() => gradients(g, looped, [value])).toThrow(
        `layers.2.self_attn: gradients: expected straight-line nodes between the loss and what it is differentiated by, got ${carried[0]!.name}, a result of a Loop`,
      );
    }
    expect(() => gradients(g, g.reduceSum(chosen!, [0]), [y])).toThrow(
      `head: gradients: expected straight-line nodes between the loss and what it is differentiated by, got ${chosen!.name}, a result of an If`,
    );
    // A loop beside the path is no hindrance.
    const beside = g.reduceSum(g.mul(g.add(carried[0]!, x), x), [0]);
    expect(() => gradients(g, beside, [carried[0]!])).not.toThrow();
    expect(gradients(g, g.reduceSum(chosen!, [0]), [x])).toEqual([undefined]);
  });

  it("a loss that is no number, and values of integers", () => {
    const g = new Graph();
    const [x, k] = [g.input("x", "float32", ["n"]), g.input("k", "int64", [])];
    expect(() => gradients(g, x, [x])).toThrow("gradients: expected a loss of shape [], got x, float32 [n]");
    expect(() => gradients(g, g.reduceSum(x, [0]), [k])).toThrow(
      "gradients: expected values of a float type, got k, int64 []",
    );
  });
});

it("says why an op has no gradient", () => {
  const without = Object.entries(gradientRules).flatMap(([op, rule]) =>
    typeof rule === "function" ? [] : [`${op}: ${rule.notDifferentiable}`],
  );
  expect(without).toEqual([
    "Equal: it gives truth values",
    "Less: it gives truth values",
    "LessOrEqual: it gives truth values",
    "And: it gives truth values",
    "Not: it gives truth values",
    "Range: it gives integers",
    "Shape: it gives integers",
    "QuantizeLinear: it rounds",
    "MatMulIntegerToFloat: it rounds",
  ]);
});

it("differentiates a composite, loops and all, by the gradient that it carries", async () => {
  const g = new Graph();
  const x = g.input("x", "float32", ["n"]);
  const doubled = g.mul(x, g.scalar("float32", 2));
  const needed: (readonly boolean[])[] = [];
  const weights = g.input("w", "float32", ["n"]);
  const rows = g.composite(
    {
      inputs: [doubled, weights],
      gradient: (dOutput, needs) => {
        needed.push(needs);
        return [g.mul(dOutput, weights), undefined];
      },
    },
    () => {
      const { scan } = g.loop({ count: g.size("n"), dim: "n" }, (index) => ({
        scan: [g.mul(g.gather(doubled, index), g.gather(weights, index))],
      }));
      return g.identity(scan[0]!);
    },
  );
  const loss = g.reduceSum(g.mul(rows, rows), [0]); // the sum of (2 x w)^2
  g.output("dx", gradients(g, loss, [x])[0]!);
  const given = { x: Tensor.from([1, -2, 3], "float32"), w: Tensor.from([2, 3, 5], "float32") };
  const results = await run(g, given);
  expect(results.dx!.tolist()).toEqual([8 * 4 * 1, 8 * 9 * -2, 8 * 25 * 3]);
  expect(needed).toEqual([[true, false]]);
});

it("pulls a gradient of any shape back, of the value's own type only", async () => {
  const g = new Graph();
  const x = g.input("x", "float32", ["n"]);
  const dy = g.input("dy", "float32", ["n"]);
  const y = g.mul(x, x);
  g.output("dx", pullBack(g, y, dy, [x])[0]!);
  const results = await run(g, { x: Tensor.from([1, 2], "float32"), dy: Tensor.from([10, 100], "float32") });
  expect(results.dx!.tolist()).toEqual([20, 400]);
  expect(() => pullBack(g, y, g.input("other", "float32", ["m"]), [x])).toThrow(
    `gradients: expected ${y.name}, float32 [n], got a gradient other, float32 [m]`,
  );
});
