/** What the builder refuses, and what it shares. */
import { describe, expect, it } from "vitest";
import { Graph, type Value } from "./graph.ts";
import { describeType } from "./types.ts";

describe("refuses", () => {
  const refusals: [string, (g: Graph, x: Value) => unknown, string][] = [
    ["an input's name twice", (g) => g.input("x", "int64", []), "input x: expected a new name, got one that is taken"],
    [
      "an input's name for a parameter",
      (g) => g.parameter("x", "float32", [3]),
      "parameter x: expected a new name, got one that is taken",
    ],
    [
      "an output's name twice",
      (g, x) => {
        g.output("y", x);
        g.output("y", x);
      },
      "output y: expected a new name, got one that is taken",
    ],
    [
      "an input's name for another output",
      (g, x) => g.output("x", g.neg(x)),
      "output x: expected a new name, got one that is taken",
    ],
    [
      "an output within a body",
      (g, x) =>
        g.loop({ count: g.size("B"), dim: "B" }, () => {
          g.output("y", x);
          return {};
        }),
      "output y: expected to be said outside of bodies, got a body",
    ],
    [
      "a parameter of two shapes",
      (g) => {
        g.parameter("w", "float32", [3, 5]);
        g.parameter("w", "float32", [5, 3]);
      },
      "parameter w: expected float32 [3, 5], got float32 [5, 3]",
    ],
    [
      "a constant with too few numbers",
      (g) => g.constant("int64", [2, 3], [1]),
      "constant: expected 2 x 3 numbers, got 1",
    ],
    ["a size bound to a vector", (g, x) => g.bind("n", x), "bind n: expected int64 [], got float32 [B, 3]"],
    ["an unknown size", (g) => g.size("B+n"), "size: expected a symbol of an input, or one given to bind, got n"],
    [
      "a loop's count that is no number",
      (g, x) => g.loop({ count: x, dim: "B" }, () => ({})),
      "loop: expected a count int64 [], got float32 [B, 3]",
    ],
    [
      "a carried value that changes its type",
      (g, x) =>
        g.loop({ count: g.size("B"), dim: "B", carried: [x] }, (_, [state]) => ({
          carried: [g.reduceSum(state!, [0])],
        })),
      "loop: expected carried float32 [B, 3], got float32 [3]",
    ],
    [
      "a carried value that is not given back",
      (g, x) => g.loop({ count: g.size("B"), dim: "B", carried: [x] }, () => ({})),
      "loop: expected carried float32 [B, 3], got ",
    ],
    [
      "a condition that is no truth value",
      (g, x) =>
        g.branch(
          x,
          () => [],
          () => [],
        ),
      "branch: expected a condition bool [], got float32 [B, 3]",
    ],
    [
      "bodies that disagree",
      (g, x) =>
        g.branch(
          g.less(g.size("B"), g.scalar("int64", 2)),
          () => [x],
          () => [g.reduceSum(x, [0])],
        ),
      "branch: expected outputs float32 [B, 3], got float32 [3]",
    ],
  ];
  it.each(refusals)("%s", (_, build, message) => {
    const g = new Graph();
    const x = g.input("x", "float32", ["B", 3]);
    expect(() => g.scope("encoder", () => g.scope("layers.3", () => build(g, x)))).toThrow(
      expect.objectContaining({ name: "GraphError", message: `encoder.layers.3: ${message}` }),
    );
  });

  it("values of a body outside of it", () => {
    const g = new Graph();
    let inner: Value | undefined;
    g.loop({ count: g.scalar("int64", 2), dim: 2 }, (index) => {
      inner = g.add(index, index);
      return {};
    });
    expect(() => g.scope("fc1", () => g.neg(inner!))).toThrow(
      `internal: fc1: Neg: expected a value of this body or one around it, got ${inner!.name} of another body. Please report this.`,
    );
  });

  it("values of another graph", () => {
    const foreign = new Graph().input("x", "float32", [3]);
    expect(() => new Graph().neg(foreign)).toThrow("got x of another body");
  });
});

it("goes on after an error within scopes and bodies", () => {
  const g = new Graph();
  const x = g.input("x", "float32", ["B"]);
  const fail = () =>
    g.scope("a", () => g.loop({ count: g.size("B"), dim: "B" }, () => ({ scan: [g.size("n")] as Value[] })));
  expect(fail).toThrow("a: size: expected");
  expect(g.currentScope).toBe("");
  expect(g.currentBlock).toBe(g.root);
  expect(g.neg(x).block).toBe(g.root);
});

it("shares equal constants and parameters of one name", () => {
  const g = new Graph();
  expect(g.scalar("float32", 2)).toBe(g.constant("float32", [], [2]));
  expect(g.scalar("float32", 2)).not.toBe(g.scalar("int64", 2));
  expect(g.scalar("float32", 0)).not.toBe(g.scalar("float32", -0));
  expect(g.constant("int64", [1], [2])).not.toBe(g.scalar("int64", 2));
  expect(g.parameter("w", "float16", [3])).toBe(g.parameter("w", "float16", [3]));
  expect(g.parameters.size).toBe(1);
});

it("names nodes after their scope", () => {
  const g = new Graph();
  const x = g.input("x", "float32", ["B"]);
  const y = g.scope("encoder", () => g.scope("layers.3.fc1", () => g.neg(x)));
  expect(y.name).toMatch(/^encoder\.layers\.3\.fc1\/Neg_\d+$/);
  expect(describeType(y)).toBe("float32 [B]");
  expect(g.root.nodes.at(-1)).toMatchObject({ op: "Neg", scope: "encoder.layers.3.fc1" });
});

it("adds no node for a cast or reshape that changes nothing", () => {
  const g = new Graph();
  const x = g.input("x", "float32", ["B", 3]);
  expect(g.cast(x, "float32")).toBe(x);
  expect(g.reshape(x, ["B", 3])).toBe(x);
});

it("needs no sizes at run time for the reshapes of attention heads", () => {
  const g = new Graph();
  const x = g.input("x", "float32", ["B", "S", 15]);
  const before = g.root.nodes.length;
  g.reshape(x, ["B", "S", 3, 5]);
  g.reshape(x, ["B*S", 15]);
  expect(g.root.nodes.slice(before).map((node) => node.kind === "op" && node.op)).toEqual(["Reshape", "Reshape"]);
});
