import { describe, expect, it } from "vitest";
import {
  axisOf,
  broadcast,
  type Dim,
  describeType,
  partsOf,
  productDim,
  RuleViolation,
  sameShape,
  sameSize,
  sizeOf,
  sumDim,
} from "./types.ts";

it("describes a type", () => {
  expect(describeType({ dtype: "float32", shape: ["B", "S+2c", 5] })).toBe("float32 [B, S+2c, 5]");
  expect(describeType({ dtype: "int64", shape: [] })).toBe("int64 []");
});

it("compares shapes by name", () => {
  expect(sameShape(["B", 3], ["B", 3])).toBe(true);
  expect(sameShape(["B", 3], ["S", 3])).toBe(false);
  expect(sameShape(["B"], ["B", 1])).toBe(false);
  expect(sameShape([3], ["3"])).toBe(false);
});

describe("broadcast", () => {
  it.each<[Dim[], Dim[], Dim[]]>([
    [
      ["B", 1, 5],
      ["S", 1],
      ["B", "S", 5],
    ],
    [[], ["B", 3], ["B", 3]],
    [[1], [0], [0]],
    [["x"], ["x"], ["x"]],
    [
      [7, 1],
      [1, "S"],
      [7, "S"],
    ],
  ])("of %j and %j is %j", (a, b, both) => {
    expect(broadcast(a, b)).toEqual(both);
    expect(broadcast(b, a)).toEqual(both);
  });

  it.each<[Dim[], Dim[]]>([
    [[3], [5]],
    [["B"], ["S"]],
    [
      ["B", 3],
      ["B", "S"],
    ],
    [[3], [0]],
  ])("refuses %j and %j", (a, b) => {
    expect(() => broadcast(a, b)).toThrow(
      new RuleViolation("shapes that broadcast", `[${a.join(", ")}] and [${b.join(", ")}]`),
    );
  });
});

it("counts axes from either end", () => {
  expect([axisOf(0, 3), axisOf(2, 3), axisOf(-1, 3), axisOf(-3, 3)]).toEqual([0, 2, 2, 0]);
  for (const axis of [3, -4, 0.5, Number.NaN]) {
    expect(() => axisOf(axis, 3)).toThrow(new RuleViolation("an axis of a tensor of rank 3", String(axis)));
  }
});

it("splits sums and products outside parentheses", () => {
  expect(partsOf("B*(S+2)*3", "*")).toEqual(["B", "S+2", 3]);
  expect(partsOf("B*(S+2)*3", "+")).toEqual(["B*(S+2)*3"]);
  expect(partsOf("S+2*(x+1)+7", "+")).toEqual(["S", "2*(x+1)", 7]);
  expect(partsOf("2c+b", "+")).toEqual(["2c", "b"]);
  expect(partsOf(5, "+")).toEqual([5]);
});

it("reads a shape's size as a number times symbols", () => {
  expect(sizeOf([2, "S*B", 3])).toEqual({ scale: 6, symbols: ["B", "S"] });
  expect(sizeOf(["B*(S+2c)"])).toEqual({ scale: 1, symbols: ["B", "S+2c"] });
  expect(sizeOf(["B*S+x"])).toEqual({ scale: 1, symbols: ["B*S+x"] });
  expect(sizeOf([0, "B"])).toEqual({ scale: 0, symbols: [] });
  expect(sizeOf([])).toEqual({ scale: 1, symbols: [] });
});

it("knows equal sizes", () => {
  const yes: [Dim[], Dim[]][] = [
    [
      ["B", "S", 12],
      ["B*S", 3, 4],
    ],
    [
      ["12*x", 5],
      ["x", 60],
    ],
    [["B", "S+2c"], ["B*(S+2c)"]],
    [
      [0, "B"],
      ["S", 0],
    ],
    [[], [1, 1]],
  ];
  const no: [Dim[], Dim[]][] = [
    [["B"], ["B", "B"]],
    [
      ["B", 2],
      ["B", 3],
    ],
    [["B*S+2c"], ["B", "S+2c"]],
    [[], [0]],
  ];
  for (const [a, b] of yes) expect(sameSize(a, b)).toBe(true);
  for (const [a, b] of no) expect(sameSize(a, b)).toBe(false);
});

it("writes products in one form", () => {
  expect(productDim(["S", "B"])).toBe("B*S");
  expect(productDim([2, "B", 3])).toBe("6*B");
  expect(productDim([2, 3])).toBe(6);
  expect(productDim([])).toBe(1);
  expect(productDim(["B", 0])).toBe(0);
  expect(productDim(["B", "S+1"])).toBe("B*(S+1)");
  expect(productDim(["S+1", 1])).toBe("S+1");
});

it("writes sums in one form", () => {
  expect(sumDim(["x", 1024])).toBe("x+1024");
  expect(sumDim([1, "S+2", "x", 3])).toBe("S+x+6");
  expect(sumDim(["S", 0])).toBe("S");
  expect(sumDim([2, 3])).toBe(5);
  expect(sumDim([])).toBe(0);
  expect(sumDim(["B*S", "x"])).toBe("B*S+x");
});
