import { expect, test } from "vitest";
import type { GraphNode, Value } from "./core.ts";
import { Graph } from "./graph.ts";
import { costlyValues, cutBody } from "./kept-values.ts";

const kinds = (nodes: readonly GraphNode[]): string[] =>
  nodes.map((node) => (node.kind === "op" ? node.op : node.kind));

/** x [n, 3] through a product, a loop over four rows and what is cheap. */
function chain(): { g: Graph; product: Value; looped: Value; y: Value } {
  const g = new Graph();
  const x = g.input("x", "float32", ["n", 3]);
  const product = g.gemm(g.relu(x), g.parameter("w", "float32", [3, 3])); // [n, 3]
  const { scan } = g.loop({ count: g.add(g.size("n"), g.scalar("int64", 1)), dim: "m" }, () => ({
    scan: [g.reduceSum(product, [0])],
  }));
  const looped = scan[0]!; // [m, 3]
  const y = g.tanh(g.reduceSum(looped, [0]));
  g.exp(y);
  return { g, product, looped, y };
}

test("products and loops are costly, in their order", () => {
  const { g, product, looped } = chain();
  expect(costlyValues(g.currentBlock)).toEqual([product, looped]);
});

test("what nobody wants is dropped, what a loop is counted by is not", () => {
  const { g, y } = chain();
  cutBody(g, [y], [], () => "");
  expect(kinds(g.root.nodes)).toEqual(["Shape", "Reshape", "Relu", "Gemm", "Add", "loop", "ReduceSum", "Tanh"]);
});

test("what is given comes from an input, under its own place, and only where it is needed", () => {
  const { g, product, looped, y } = chain();
  cutBody(g, [y], [product, looped], (at) => `given.${at}`);
  expect(kinds(g.root.nodes)).toEqual(["Identity", "ReduceSum", "Tanh"]);
  expect(g.root.inputs.map(({ name, shape }) => [name, shape])).toEqual([
    ["x", ["n", 3]],
    ["given.1", ["m", 3]],
  ]);
});

test("a given value stays the one that others read", () => {
  const { g, product } = chain();
  const again = g.neg(product);
  cutBody(g, [again], [product], (at) => `given.${at}`);
  const [first, second] = g.root.nodes;
  expect(first).toMatchObject({ op: "Identity", outputs: [product] });
  expect(second).toMatchObject({ op: "Neg", inputs: [product], outputs: [again] });
});
