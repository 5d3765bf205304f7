import { expect, test } from "vitest";
import { Graph } from "../graph/graph.ts";
import { nodeEngine } from "../runtime/node.ts";
import { Tensor } from "../tensor.ts";
import { weightedRows } from "./weighted-rows.ts";

function numbers(dims: readonly number[], seed: number): Tensor<"float32"> {
  const tensor = Tensor.zeros("float32", dims);
  for (let i = 0; i < tensor.data.length; i++) tensor.data[i] = Math.sin(i * 12.9898 + seed);
  return tensor;
}

test.each(["cpu", "wasm"] as const)("pieces of a source add up to the whole of it (%s)", async (device) => {
  const g = new Graph();
  const probabilities = g.input("probabilities", "float32", ["B", 2, "Q", "S"]);
  const values = g.input("values", "float32", ["B", 2, "S", 8]);
  g.output("rows", weightedRows(g, probabilities, values, g.input("pieces", "int64", [])));
  const session = await (await nodeEngine(device, () => {})).compile(g, new Map());
  const given = { probabilities: numbers([2, 2, 3, 60], 1), values: numbers([2, 2, 60, 8], 2) };
  const rows = async (pieces: number): Promise<Float32Array> => {
    const results = await session.run({ ...given, pieces: Tensor.from(pieces, "int64") }, ["rows"]);
    expect(results.rows!.dims).toEqual([2, 2, 3, 8]);
    return results.rows!.data as Float32Array;
  };
  const whole = await rows(1);
  const expected = (example: number, query: number, column: number): number => {
    let sum = 0;
    for (let s = 0; s < 60; s++) {
      sum += given.probabilities.at((example * 3 + query) * 60 + s) * given.values.at((example * 60 + s) * 8 + column);
    }
    return sum;
  };
  for (let i = 0; i < whole.length; i++)
    expect(whole[i]).toBeCloseTo(expected(Math.floor(i / 24), Math.floor(i / 8) % 3, i % 8), 4);
  for (const pieces of [2, 5, 60]) {
    for (const [i, value] of (await rows(pieces)).entries()) expect(value).toBeCloseTo(whole[i]!, 5);
  }
  await session.dispose();
});
