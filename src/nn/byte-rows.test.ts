/** Attention over keys and values in bytes beside the same in numbers. */
import { expect, test } from "vitest";
import { Graph } from "../graph/graph.ts";
import type { Engine } from "../runtime/engine.ts";
import { nodeEngine } from "../runtime/node.ts";
import { Tensor } from "../tensor.ts";
import { keyBytes, scoresByBytes, valueBytes, weightedByBytes } from "./byte-rows.ts";

const [heads, S, Q, e] = [2, 3000, 3, 8];

/** An engine whose products of signed bytes are exact, if there is one here. */
async function exactEngine(): Promise<Engine | undefined> {
  for (const device of ["cpu", "wasm"] as const) {
    const engine = await nodeEngine(device, () => {});
    if (await engine.multipliesSignedBytes()) return engine;
  }
  return undefined;
}

function numbers(dims: readonly number[], at: (i: number) => number): Tensor<"float32"> {
  return new Tensor(
    "float32",
    Float32Array.from({ length: dims.reduce((a, b) => a * b, 1) }, (_, i) => at(i)),
    dims,
  );
}

/** Numbers that look like chance, between -1 and 1. */
const spread = (i: number, seed: number): number => 2 * ((Math.sin(i * 12.9898 + seed) * 43758.5453) % 1);

test("is as near as the bytes are, also where attention is spread over thousands of rows", async ({ skip }) => {
  const engine = await exactEngine();
  if (engine === undefined) return skip();
  const q = numbers([1, heads, Q, e], (i) => spread(i, 1));
  const keys = numbers([1, heads, S, e], (i) => 0.3 * spread(i, 2));
  // Values that do not average out, the first row among them ten times as large; a row of zeros.
  const values = numbers([1, heads, S, e], (i) => {
    const row = Math.floor(i / e) % S;
    return row === 7 ? 0 : (row === 0 ? 10 : 1) * (0.5 + 0.5 * spread(i, 3));
  });
  // Half of the first query's attention lies on one row.
  const bias = numbers([1, 1, Q, S], (i) => (i === 5 ? Math.log(S) : 0));
  const g = new Graph();
  const given = (name: string, rows: string) => g.input(name, "float32", [1, heads, rows, e]);
  const [queries, k, v] = [given("q", "Q"), given("keys", "S"), given("values", "S")];
  const b = g.input("bias", "float32", [1, 1, "Q", "S"]);
  const bytes = scoresByBytes(g, queries, keyBytes(g, k));
  g.output("scores", bytes);
  g.output("expected scores", g.matmul(queries, g.swap(k)));
  const probabilities = g.softmax(g.add(g.matmul(queries, g.swap(k)), b));
  g.output("context", weightedByBytes(g, probabilities, valueBytes(g, v)));
  g.output("expected context", g.matmul(probabilities, v));
  const session = await engine.compile(g, new Map(), {});
  const names = ["scores", "expected scores", "context", "expected context"];
  const found = await session.run({ q, keys, values, bias }, names);
  await session.dispose();
  const apart = (name: string) => {
    const expected = found[`expected ${name}`]!;
    expect(found[name]!.dims).toEqual(expected.dims);
    const errors = Array.from(expected.data as Float32Array, (one, i) => Math.abs(one - found[name]!.at(i)));
    return Math.max(...errors) / Math.max(...(expected.data as Float32Array).map(Math.abs));
  };
  expect(apart("scores")).toBeLessThan(0.01);
  // A value is half of 1 in 127 off at most. With one byte for a probability it would be half of the context.
  expect(apart("context")).toBeLessThan(0.5 / 127);
});

test("sums of more rows than 32 bits hold whole bytes of are right", async ({ skip }) => {
  const engine = await exactEngine();
  if (engine === undefined) return skip();
  const rows = 70_000;
  const g = new Graph();
  const probabilities = g.input("probabilities", "float32", [1, 1, "Q", "S"]);
  g.output("context", weightedByBytes(g, probabilities, valueBytes(g, g.input("values", "float32", [1, 1, "S", 2]))));
  const session = await engine.compile(g, new Map(), {});
  const given = { probabilities: numbers([1, 1, 1, rows], () => 1 / rows), values: numbers([1, 1, rows, 2], () => 3) };
  const { context } = await session.run(given, ["context"]);
  await session.dispose();
  for (const number of context!.data as Float32Array) expect(number).toBeCloseTo(3, 3);
});
