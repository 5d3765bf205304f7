import { describe, expect, it } from "vitest";
import { InvalidArgumentError } from "../errors.ts";
import { Graph } from "../graph/graph.ts";
import { Tensor } from "../tensor.ts";
import { completeInputs } from "./check.ts";

function inputs() {
  const g = new Graph();
  g.input("ids", "int64", ["B", "S"]);
  g.input("hidden", "float32", ["B", "S", 5]);
  g.input("block", "int64", []);
  return g.root.inputs;
}

it("passes what fits and fills in what is absent", () => {
  const ids = Tensor.zeros("int64", [2, 3]);
  const complete = completeInputs(inputs(), { ids });
  expect([...complete.keys()]).toEqual(["ids", "hidden", "block"]);
  expect(complete.get("ids")).toBe(ids);
  expect(complete.get("hidden")).toEqual(Tensor.zeros("float32", [0, 0, 5]));
  expect(complete.get("block")).toEqual(Tensor.zeros("int64", []));
});

it("takes sizes of 0", () => {
  const given = { ids: Tensor.zeros("int64", [2, 0]), hidden: Tensor.zeros("float32", [2, 0, 5]) };
  expect(completeInputs(inputs(), given).get("ids")).toBe(given.ids);
});

describe("refuses", () => {
  const ids = Tensor.zeros("int64", [2, 3]);
  it.each<[string, Record<string, Tensor>, string]>([
    ["an unknown name", { id: ids }, "run graph: expected inputs ids, hidden, block, got id"],
    [
      "a dtype",
      { ids: Tensor.zeros("int32", [2, 3]) },
      "run graph, input ids: expected int64 [B, S], got int32 [2, 3]",
    ],
    ["a rank", { ids: Tensor.zeros("int64", [6]) }, "run graph, input ids: expected int64 [B, S], got int64 [6]"],
    [
      "a fixed size",
      { hidden: Tensor.zeros("float32", [2, 3, 7]) },
      "run graph, input hidden: expected float32 [B, S, 5], got float32 [2, 3, 7]",
    ],
    [
      "two sizes for one symbol",
      { ids, hidden: Tensor.zeros("float32", [2, 7, 5]) },
      "run graph, input hidden: expected S = 3 as in ids, got float32 [2, 7, 5]",
    ],
  ])("%s", (_, given, message) => {
    expect(() => completeInputs(inputs(), given)).toThrow(expect.objectContaining({ message }));
    expect(() => completeInputs(inputs(), given)).toThrow(InvalidArgumentError);
  });

  it("to invent an input of a type that tensors lack", () => {
    const g = new Graph();
    g.input("x", "float64", ["B"]);
    expect(() => completeInputs(g.root.inputs, {})).toThrow("run graph, input x: expected float64 [B], got nothing");
  });
});
