import { expect, test } from "vitest";
import { readFixture } from "../../tests/support/oracle.ts";
import { type ActivationName, activationNames } from "../config.ts";
import { Graph } from "../graph/graph.ts";
import { nodeEngine } from "../runtime/node.ts";
import { Tensor } from "../tensor.ts";
import { activation } from "./activation.ts";

const { x, activations } = readFixture<{ x: number[]; activations: Record<string, number[]> }>("activations.json");

test("the names are the reference's", () => {
  expect([...activationNames].sort()).toEqual(Object.keys(activations));
});

test.each(Object.keys(activations) as ActivationName[])("%s", async (name) => {
  const g = new Graph();
  g.output("y", activation(g, name, g.input("x", "float32", ["n"])));
  const session = await (await nodeEngine("cpu", () => {})).compile(g, new Map());
  try {
    const { y } = await session.run({ x: Tensor.from(x, "float32") }, ["y"]);
    const expected = activations[name]!;
    // Float32 of size up to 400 (relu2): six digits.
    const wrong = x.filter(
      (_, i) => !(Math.abs(y!.at(i) - expected[i]!) <= 1e-6 * Math.max(1, Math.abs(expected[i]!))),
    );
    expect(wrong).toEqual([]);
  } finally {
    await session.dispose();
  }
});
