/** Ops that move elements or make shapes. B 2, S 3, x 0 where nothing is moved. */
import type { Graph, Value } from "../../../src/graph/graph.ts";
import type { Dim } from "../../../src/graph/types.ts";
import { floats, type Given, ints, type OpCase, type OpEntry } from "./case.ts";

const x = floats("B=2 S=3 5");

function transpose(perm: readonly number[], type: string, dims: number[]): OpCase {
  return {
    name: `Transpose ${perm.join(", ")}`,
    inputs: [x],
    build: (g, v) => g.transpose(v, perm),
    type,
    dims,
    at: (...index) => x.at(...[0, 1, 2].map((axis) => index[perm.indexOf(axis)]!)),
  };
}

function reshape(
  name: string,
  input: Given,
  to: readonly Dim[],
  dims: readonly number[],
  build?: OpCase["build"],
): OpCase {
  const flat = (index: readonly number[]) => index.reduce((place, i, axis) => place * dims[axis]! + i, 0);
  return {
    name: `Reshape ${name}`,
    inputs: [input],
    build: build ?? ((g, v) => g.reshape(v, to)),
    type: `float32 [${to.join(", ")}]`,
    dims,
    at: (...index) => input.tensor.at(flat(index)),
  };
}

const offset = ints("", [2]);
const table = floats("11 3");
const [row, column, one] = [floats("5", 1), floats("S=3 1", 2), floats("", 3)];

function expand(
  name: string,
  input: Given,
  to: readonly Dim[],
  type: string,
  dims: number[],
  at: OpCase["at"],
): OpCase {
  return { name: `Expand ${name}`, inputs: [x, input], build: (g, _, v) => g.expand(v, to), type, dims, at };
}

function padded(
  name: string,
  build: (g: Graph, v: Value, amount: Value) => Value,
  type: string,
  at: OpCase["at"],
): OpCase {
  return { name: `Pad ${name}`, inputs: [x, offset], build, type, dims: [2, 7, 5], at };
}

const inside = (j: number, before: number) => j >= before && j < before + 3;
const [second, none] = [floats("B=2 7 5", 2), floats("B=2 x=0 5")];
const fill = floats("", 5);

export const shapes = {
  Transpose: {
    cases: [transpose([2, 0, 1], "float32 [5, B, S]", [5, 2, 3]), transpose([0, 2, 1], "float32 [B, 5, S]", [2, 5, 3])],
    refusals: [
      {
        build: (g) => g.transpose(g.input("x", "float32", ["B", 5]), [0, 0]),
        message: "layer.1: Transpose: expected a permutation of 2 axes, got [0, 0]",
      },
      {
        build: (g) => g.transpose(g.input("x", "float32", ["B", 5]), [0]),
        message: "layer.1: Transpose: expected a permutation of 2 axes, got [0]",
      },
    ],
  },
  Reshape: {
    cases: [
      reshape("to rows", x, ["B*S", 5], [6, 5]),
      reshape("of rows of a sum", floats("B=2 P=3 5"), ["B", "P*5"], [2, 15]),
      reshape("to all in one", x, ["5*B*S"], [30]),
      reshape("splitting an axis", floats("B=2 S=3 14"), ["B", "S", 2, 7], [2, 3, 2, 7]),
      reshape("to sizes computed at run time", x, ["S", "B", 5], [3, 2, 5]),
      reshape("to rows and back", x, ["B", "S", 5], [2, 3, 5], (g, v) =>
        g.reshape(g.mul(g.reshape(v, ["B*S", 5]), g.scalar("float32", 1)), ["B", "S", 5]),
      ),
      reshape("adding an axis of 1", x, ["B", 1, "S", 5], [2, 1, 3, 5]),
      reshape("to one element", floats("1 1"), [], []),
      reshape("of nothing, to rows", none, ["B*x", 5], [0, 5]),
      reshape("of nothing, to sizes computed at run time", none, ["x", "B", 5], [0, 2, 5]),
      reshape("of nothing, beside a copied 0", floats("x=0 B=2 S=3"), ["x", "B*S"], [0, 6]),
      reshape("of nothing, to a stated 0", floats("0 5"), [5, 0], [5, 0]),
      reshape("answered for by the author", floats("B=2 n=21"), ["B", "b", 7], [2, 3, 7], (g, v) => {
        g.bind("b", g.scalar("int64", 3));
        return g.reshapeAs(v, ["B", "b", 7]);
      }),
      reshape("of sums in a product", floats("B=2 1 5"), ["B", "S+2"], [2, 5], (g, v) => {
        g.bind("S", g.scalar("int64", 3));
        const flat = g.reshapeAs(v, ["B*(S+2)"]);
        return g.reshape(flat, ["B", "S+2"]);
      }),
    ],
    refusals: [
      {
        build: (g) => g.reshape(g.input("x", "float32", ["B", "S", 5]), ["B", 5]),
        message: "layer.1: Reshape: expected dims of the size of float32 [B, S, 5], got [B, 5]",
      },
      {
        build: (g) => g.reshape(g.input("x", "float32", [3, 5]), [7, 2]),
        message: "layer.1: Reshape: expected dims of the size of float32 [3, 5], got [7, 2]",
      },
    ],
  },
  Expand: {
    cases: [
      expand("to sizes of another input", row, ["B", "S", 5], "float32 [B, S, 5]", [2, 3, 5], (_, __, k) => row.at(k)),
      expand("of an axis of 1", column, ["B", "S", 7], "float32 [B, S, 7]", [2, 3, 7], (_, j) => column.at(j, 0)),
      expand("of a number", one, [3, 7], "float32 [3, 7]", [3, 7], () => one.at()),
      {
        name: "Expand to nothing",
        inputs: [row, none],
        build: (g, v) => g.expand(v, ["x", 5]),
        type: "float32 [x, 5]",
        dims: [0, 5],
        at: () => Number.NaN,
      },
    ],
    refusals: [
      {
        build: (g) => g.expand(g.input("x", "float32", [3]), [5]),
        message: "layer.1: Expand: expected shapes that broadcast, got [3] and [5]",
      },
    ],
  },
  Slice: {
    cases: [
      {
        name: "Slice by numbers",
        inputs: [x],
        build: (g, v) => g.slice(v, -1, 1, 3),
        type: "float32 [B, S, 3]",
        dims: [2, 3, 3],
        at: (i, j, k) => x.at(i, j, k + 1),
      },
      {
        name: "Slice of a size to the end",
        inputs: [floats("B=2 P+2=5 7")],
        build: (g, v) => g.slice(v, 1, 2, "P"),
        type: "float32 [B, P, 7]",
        dims: [2, 3, 7],
        at: (i, j, k) => floats("B=2 5 7").at(i, j + 2, k),
      },
      {
        name: "Slice of a size from the front",
        inputs: [x, table],
        build: (g, _, v) => g.slice(v, 0, 0, "S"),
        type: "float32 [S, 3]",
        dims: [3, 3],
        at: (j, k) => table.at(j, k),
      },
      {
        name: "Slice from a computed start",
        inputs: [x, table, offset],
        build: (g, _, v, start) => g.slice(v, 0, start, "S"),
        type: "float32 [S, 3]",
        dims: [3, 3],
        at: (j, k) => table.at(j + 2, k),
      },
      {
        name: "Slice of nothing",
        inputs: [x],
        build: (g, v) => g.slice(v, 1, 2, 0),
        type: "float32 [B, 0, 5]",
        dims: [2, 0, 5],
        at: () => Number.NaN,
      },
    ],
    refusals: [
      {
        build: (g) => g.slice(g.input("x", "float32", ["B", 5]), 1, -2, 2),
        message: "layer.1: Slice: expected a start from the front, got -2",
      },
      {
        build: (g) => g.slice(g.input("x", "float32", ["B", 5]), 1, 0, 7),
        message: "layer.1: Slice: expected dims of float32 [B, 5] but on axis 1, got [B, 7]",
      },
      {
        build: (g) => g.slice(g.input("x", "float32", ["B", 5]), 2, 0, 1),
        message: "layer.1: Slice: expected an axis of float32 [B, 5], got 2",
      },
    ],
  },
  Pad: {
    cases: [
      padded(
        "by numbers",
        (g, v) => g.pad(v, 1, 1, 3, "S+4"),
        "float32 [B, S+4, 5]",
        (i, j, k) => (inside(j, 1) ? x.at(i, j - 1, k) : 0),
      ),
      padded(
        "by computed amounts, with a value",
        (g, v, amount) => g.pad(v, -2, amount, amount, "S+4", -1.25),
        "float32 [B, S+4, 5]",
        (i, j, k) => (inside(j, 2) ? x.at(i, j - 2, k) : -1.25),
      ),
      {
        name: "Pad with a computed value",
        inputs: [x, fill],
        build: (g, v, value) =>
          g.emit("Pad", [v, g.constant("int64", [2], [3, 1]), value, g.constant("int64", [1], [1])], {
            dims: ["B", "S+4", 5],
            axes: [1],
            mode: "constant",
          }),
        type: "float32 [B, S+4, 5]",
        dims: [2, 7, 5],
        at: (i, j, k) => (inside(j, 3) ? x.at(i, j - 3, k) : fill.at()),
      },
    ],
    refusals: [
      {
        build: (g) => g.pad(g.input("x", "float32", ["B", 5]), 1, 1, 1, 3),
        message: "layer.1: Pad: expected dims of float32 [B, 5] but on axis 1, got [B, 3]",
      },
      {
        build: (g) => g.pad(g.input("x", "float32", ["B", 5]), -3, 1, 1, 7),
        message: "layer.1: Pad: expected an axis of float32 [B, 5], got -3",
      },
    ],
  },
  Concat: {
    cases: [
      {
        name: "Concat of sizes and numbers, one of them empty",
        inputs: [x, none, second],
        build: (g, u, v, w) => g.concat([u, v, w], 1),
        type: "float32 [B, S+x+7, 5]",
        dims: [2, 10, 5],
        at: (i, j, k) => (j < 3 ? x.at(i, j, k) : second.at(i, j - 3, k)),
      },
      {
        name: "Concat on the last axis",
        inputs: [x, x],
        build: (g, u, v) => g.concat([u, g.neg(v)], -1),
        type: "float32 [B, S, 10]",
        dims: [2, 3, 10],
        at: (i, j, k) => (k < 5 ? x.at(i, j, k) : -x.at(i, j, k - 5)),
      },
    ],
    refusals: [
      {
        build: (g) => g.concat([g.input("x", "float32", ["B", 5]), g.input("y", "float32", ["S", 7])], 1),
        message: "layer.1: Concat: expected values like float32 [B, 5] but on axis 1, got float32 [S, 7]",
      },
      {
        build: (g) => g.concat([g.input("x", "float32", ["B", 5]), g.input("y", "int64", ["B", 5])], 1),
        message: "layer.1: Concat: expected values like float32 [B, 5] but on axis 1, got int64 [B, 5]",
      },
      { build: (g) => g.concat([], 0), message: "layer.1: Concat: expected an input 0, got 0 inputs" },
    ],
  },
  Range: {
    cases: [
      {
        name: "Range over a size",
        inputs: [x],
        build: (g) => g.range("S"),
        type: "int64 [S]",
        dims: [3],
        at: (j) => j,
      },
      {
        name: "Range over a sum of products",
        inputs: [x],
        build: (g) => g.range("B*S+7"),
        type: "int64 [B*S+7]",
        dims: [13],
        at: (j) => j,
      },
      {
        name: "Range over nothing",
        inputs: [none],
        build: (g) => g.range("x"),
        type: "int64 [x]",
        dims: [0],
        at: () => Number.NaN,
      },
    ],
    refusals: [
      {
        build: (g) => {
          const zero = g.scalar("int64", 0);
          return g.emit("Range", [zero, g.input("n", "int64", [1]), zero], { dims: ["n"] });
        },
        message: "layer.1: Range: expected a value of rank 0, got int64 [1]",
      },
      {
        build: (g) => g.range("N"),
        message: "layer.1: size: expected a symbol of an input, or one given to bind, got N",
      },
    ],
  },
  Shape: {
    cases: [
      {
        name: "Shape of two axes",
        inputs: [x],
        build: (g, v) => g.emit("Shape", [v], { start: 1, end: 3 }),
        type: "int64 [2]",
        dims: [2],
        at: (axis) => [3, 5][axis]!,
      },
    ],
    refusals: [
      {
        build: (g) => g.emit("Shape", [g.input("x", "float32", ["B", 5])], { start: 1, end: 3 }),
        message: "layer.1: Shape: expected axes within [0, 2), got [1, 3)",
      },
    ],
  },
} satisfies { [op: string]: OpEntry };
