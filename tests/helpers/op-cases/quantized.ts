/** Bytes in place of numbers, and the extremes that their scales come from. */
import type { Graph, Value } from "../../../src/graph/graph.ts";
import { bytes, floats, type OpCase, type OpEntry, signedBytes, sum, tenths } from "./case.ts";

// The extreme of a row stands alone by more than a gradient's steps.
const x = tenths("B=2 S=3 5", "odd", 3);

function extreme(name: string, pick: (...numbers: number[]) => number, build: OpCase["build"]): OpCase {
  return {
    name,
    inputs: [x],
    build,
    type: "float32 [B, S, 1]",
    dims: [2, 3, 1],
    at: (i, j) => pick(...Array.from({ length: 5 }, (_, k) => x.at(i!, j!, k))),
  };
}

const sizes = [floats("n=3 5", 1, [-1.4, 1.4]), floats("B=2 x=0 5")] as const;
const half = (value: number): number => {
  // Rounds half to even, as ONNX does.
  const floor = Math.floor(value);
  const rest = value - floor;
  return rest > 0.5 || (rest === 0.5 && floor % 2 === 1) ? floor + 1 : floor;
};
const byteOf = (value: number): number =>
  Math.min(255, Math.max(0, half(Math.fround(value / Math.fround(0.01))) + 128));

const [a, b, scales] = [bytes("n=3 37", 1), bytes("37 7", 2), floats("7", 3, [0.001, 0.002])];
// Every pair of products reaches 2 * 127 * 127, more than 16 bits hold with a sign.
const [full, extremes] = [bytes("n=3 64", 0), bytes("64 7", 0)];

const [many, signed] = [bytes("B=2 3 h=4 9", 5), signedBytes("B=2 1 9 m=5", 6)];

const product = (g: Graph, value: Value, matrix: Value, columns: Value): Value =>
  g.matmulIntegerToFloat({ value, scale: 1 / 127, zero: 128 }, { value: matrix, scales: columns, zero: 128 });

export const quantized = {
  ReduceMax: {
    cases: [
      extreme("ReduceMax over the last axis, kept", Math.max, (g, v) => g.reduceMax(v!, [-1], { keepdims: true })),
      {
        name: "ReduceMax over two axes",
        inputs: [tenths("B=2 S=3", "odd", 5)],
        build: (g, v) => g.reduceMax(v, [0, 1]),
        type: "float32 []",
        dims: [],
        at: () => Math.max(...[0, 1].flatMap((i) => [0, 1, 2].map((j) => tenths("B=2 S=3", "odd", 5).at(i, j)))),
      },
    ],
    refusals: [
      {
        build: (g) => g.reduceMax(g.input("x", "float32", ["B", 5]), []),
        message: "layer.1: ReduceMax: expected at least one axis, got none",
      },
    ],
  },
  ReduceMin: {
    cases: [
      extreme("ReduceMin over the last axis, kept", Math.min, (g, v) => g.reduceMin(v!, [-1], { keepdims: true })),
    ],
    refusals: [
      {
        build: (g) => g.reduceMin(g.input("x", "float32", ["B", 5]), [2]),
        message: "layer.1: ReduceMin: expected an axis of a tensor of rank 2, got 2",
      },
    ],
  },
  QuantizeLinear: {
    cases: [
      {
        name: "QuantizeLinear, beyond a byte on both sides",
        inputs: [sizes[0]],
        build: (g, v) => g.quantizeLinear(v, 0.01, 128),
        type: "uint8 [n, 5]",
        dims: [3, 5],
        at: (i, j) => byteOf(sizes[0].at(i, j)),
      },
      {
        name: "QuantizeLinear to signed bytes",
        inputs: [sizes[0]],
        build: (g, v) => g.quantizeLinear(v, 0.01, 0, "int8"),
        type: "int8 [n, 5]",
        dims: [3, 5],
        at: (i, j) => Math.max(-128, Math.min(127, half(Math.fround(sizes[0].at(i, j) / Math.fround(0.01))))),
      },
      {
        name: "QuantizeLinear of no rows",
        inputs: [sizes[1]],
        build: (g, v) => g.quantizeLinear(v, 0.01, 128),
        type: "uint8 [B, x, 5]",
        dims: [2, 0, 5],
        at: () => Number.NaN,
      },
    ],
    refusals: [
      {
        build: (g) =>
          g.emit(
            "QuantizeLinear",
            [g.input("x", "float32", ["B", 5]), g.scalar("float32", 1), g.scalar("int32", 0)],
            {},
          ),
        message: "layer.1: QuantizeLinear: expected a value of uint8 or int8, got int32 []",
      },
      {
        build: (g) => g.quantizeLinear(g.input("x", "float16", ["B", 5]), 0.01, 128),
        message: "layer.1: QuantizeLinear: expected a value of float32, got float16 [B, 5]",
      },
    ],
  },
  MatMulIntegerToFloat: {
    cases: [
      {
        name: "MatMulIntegerToFloat",
        inputs: [a, b, scales],
        build: product,
        type: "float32 [n, 7]",
        dims: [3, 7],
        at: (i, j) => (sum(37, (k) => (a.at(i, k) - 128) * (b.at(k, j) - 128)) / 127) * scales.at(j),
      },
      {
        // Small enough that no processor rounds sums off: of two products each, less than 16 bits.
        name: "MatMulIntegerToFloat of several matrices, signed on the right, with one scale",
        inputs: [many, signed],
        build: (g, value, matrix) =>
          g.matmulIntegerToFloat(
            { value: g.cast(g.div(g.cast(value, "int32"), g.scalar("int32", 2)), "uint8"), scale: 0.5, zero: 3 },
            { value: matrix, scales: g.scalar("float32", 0.25), zero: 0 },
          ),
        type: "float32 [B, 3, h, m]",
        dims: [2, 3, 4, 5],
        at: (b, s, i, j) => sum(9, (k) => (Math.floor(many.at(b, s, i, k) / 2) - 3) * signed.at(b, 0, k, j)) / 8,
      },
      {
        name: "MatMulIntegerToFloat of the largest numbers",
        inputs: [full, extremes, scales],
        build: product,
        type: "float32 [n, 7]",
        dims: [3, 7],
        at: (i, j) => (sum(64, (k) => (full.at(i, k) - 128) * (extremes.at(k, j) - 128)) / 127) * scales.at(j),
      },
    ],
    refusals: [
      {
        build: (g) =>
          product(g, g.input("a", "uint8", ["n", 5]), g.input("b", "uint8", [7, 3]), g.input("s", "float32", [3])),
        message:
          "layer.1: MatMulIntegerToFloat: expected [..., n, k] and [..., k, m], got uint8 [n, 5] and uint8 [7, 3]",
      },
      {
        build: (g) =>
          product(g, g.input("a", "uint8", ["n", 5]), g.input("b", "uint8", [5, 3]), g.input("s", "float32", [5])),
        message: "layer.1: MatMulIntegerToFloat: expected a vector of 3, got float32 [5]",
      },
      {
        build: (g) =>
          product(g, g.input("a", "int8", ["n", 5]), g.input("b", "uint8", [5, 3]), g.input("s", "float32", [3])),
        message: "layer.1: MatMulIntegerToFloat: expected a value of uint8, got int8 [n, 5]",
      },
    ],
  },
} satisfies { [op: string]: OpEntry };
