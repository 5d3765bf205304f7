/** Products, normalisations and sums. B 2, S 3; other sizes 5, 7, 11 as they come. */
import type { Graph, Value } from "../../../src/graph/graph.ts";
import type { Dim } from "../../../src/graph/types.ts";
import { floats, type Given, type OpCase, type OpEntry, sum } from "./case.ts";

const x = floats("B=2 S=3 5");
const weight = floats("5 7", 2);

function matmul(name: string, a: Given, b: Given, type: string, dims: number[], at: OpCase["at"]): OpCase {
  return { name, inputs: [a, b], build: (g, u, v) => g.matmul(u, v), type, dims, at };
}

const [left, right] = [floats("B=2 1 S=3 5", 1), floats("7 5 2", 2)];
const [queries, keys] = [floats("B=2 7 S=3 5", 1), floats("B=2 7 5 S=3", 2)];

/** The four ways to lay a and b, with bias and scale. */
function gemm(transA: boolean, transB: boolean): OpCase {
  const a = floats(transA ? "5 N=3" : "N=3 5", 1);
  const b = floats(transB ? "7 5" : "5 7", 2);
  const bias = floats("7", 3);
  const product = (i: number, j: number) =>
    sum(5, (k) => (transA ? a.at(k, i) : a.at(i, k)) * (transB ? b.at(j, k) : b.at(k, j)));
  return {
    name: `Gemm ${transA ? "aT" : "a"} ${transB ? "bT" : "b"}`,
    inputs: [a, b, bias],
    build: (g, u, v, w) => g.gemm(u, v, w, { transA, transB, scale: 0.25 }),
    type: "float32 [N, 7]",
    dims: [3, 7],
    at: (i, j) => 0.25 * (product(i, j) + bias.at(j)),
  };
}

function plainGemm(name: string, a: Given, b: Given, type: string, dims: number[]): OpCase {
  const at = (i: number, j: number) => sum(a.tensor.dims[1]!, (k) => a.at(i, k) * b.at(k, j));
  return { name, inputs: [a, b], build: (g, u, v) => g.gemm(u, v), type, dims, at: (i, j) => at(i!, j!) };
}

function softmax(name: string, input: Given, axis: number, type: string): OpCase {
  const { dims } = input.tensor;
  const at = axis < 0 ? axis + dims.length : axis;
  const exp = (index: readonly number[], k: number) => Math.exp(input.at(...index.with(at, k)));
  return {
    name,
    inputs: [input],
    build: (g, v) => g.softmax(v, axis),
    type,
    dims,
    at: (...index) => exp(index, index[at]!) / sum(dims[at]!, (k) => exp(index, k)),
  };
}

function logSoftmax(name: string, axis: number): OpCase {
  const plain = softmax(name, x, axis, "float32 [B, S, 5]");
  return { ...plain, build: (g, v) => g.logSoftmax(v!, axis), at: (...index) => Math.log(plain.at(...index)) };
}

const [scale, bias] = [floats("5", 2, [0.5, 1.5]), floats("5", 3)];
function layerNorm(name: string, input: Given, type: string): OpCase {
  return {
    name,
    inputs: [input, scale, bias],
    build: (g, v, w, c) => g.layerNormalization(v, w, c, 1e-5),
    type,
    dims: input.tensor.dims,
    at: (...index) => {
      const row = Array.from({ length: 5 }, (_, k) => input.at(...index.with(-1, k)));
      const mean = sum(5, (k) => row[k]!) / 5;
      const variance = sum(5, (k) => (row[k]! - mean) ** 2) / 5;
      const k = index.at(-1)!;
      return ((row[k]! - mean) / Math.sqrt(variance + 1e-5)) * scale.at(k) + bias.at(k);
    },
  };
}

const [heads, width] = [2, 3];
/** Queries [2, 3, 2*3] over 5 keys, the bias with or without dims of its own for batch and heads. */
function attention(name: string, biasSizes: string): OpCase {
  const q = floats("B=2 n=3 6", 1);
  const [k, v] = [floats("B=2 2 m=5 3", 2), floats("B=2 2 m=5 3", 3)];
  const bias = floats(biasSizes, 4);
  const [biasBatch, biasHeads] = bias.tensor.dims as [number, number];
  const score = (b: number, h: number, i: number, j: number) =>
    sum(width, (d) => q.at(b, i, h * width + d) * k.at(b, h, j, d)) + bias.at(b % biasBatch, h % biasHeads, i, j);
  return {
    name,
    inputs: [q, k, v, bias],
    build: (g, ...[a, b, c, d]) => g.multiHeadAttention(a!, b!, c!, d!),
    type: "float32 [B, n, 6]",
    dims: [2, 3, 6],
    at: (b, i, column) => {
      const h = Math.floor(column / width);
      const weights = Array.from({ length: 5 }, (_, j) => Math.exp(score(b, h, i, j)));
      const total = sum(5, (j) => weights[j]!);
      return sum(5, (j) => (weights[j]! / total) * v.at(b, h, j, column % width));
    },
  };
}

const attend = (g: Graph, keys: Dim[], biasShape: Dim[]): Value =>
  g.multiHeadAttention(
    g.input("q", "float32", ["B", "n", 6]),
    g.input("k", "float32", keys),
    g.input("v", "float32", ["B", heads, "m", width]),
    g.input("bias", "float32", biasShape),
  );

const normalise = (g: Graph, width: number, epsilonOf: Value): Value =>
  g.layerNormalization(epsilonOf, g.input("scale", "float32", [width]), g.input("bias", "float32", [width]), 1e-5);

export const products = {
  MatMul: {
    cases: [
      matmul("MatMul of a batch by one matrix", x, weight, "float32 [B, S, 7]", [2, 3, 7], (i, j, m) =>
        sum(5, (k) => x.at(i, j, k) * weight.at(k, m)),
      ),
      matmul("MatMul of two matrices", floats("N=3 5"), weight, "float32 [N, 7]", [3, 7], (j, m) =>
        sum(5, (k) => floats("N=3 5").at(j, k) * weight.at(k, m)),
      ),
      matmul("MatMul broadcasting both ways", left, right, "float32 [B, 7, S, 2]", [2, 7, 3, 2], (i, h, j, m) =>
        sum(5, (k) => left.at(i, 0, j, k) * right.at(h, k, m)),
      ),
      matmul("MatMul per head", queries, keys, "float32 [B, 7, S, S]", [2, 7, 3, 3], (i, h, j, m) =>
        sum(5, (k) => queries.at(i, h, j, k) * keys.at(i, h, k, m)),
      ),
      matmul("MatMul of no rows", floats("B=2 x=0 5"), weight, "float32 [B, x, 7]", [2, 0, 7], () => Number.NaN),
      matmul(
        "MatMul over an inner size of 0",
        floats("B=2 3 P=0"),
        floats("B=2 P=0 5"),
        "float32 [B, 3, 5]",
        [2, 3, 5],
        () => 0,
      ),
    ],
    refusals: [
      {
        build: (g) => g.matmul(g.input("a", "float32", ["B", 5]), g.input("b", "float32", [7, 5])),
        message: "layer.1: MatMul: expected [..., n, k] and [..., k, m], got float32 [B, 5] and float32 [7, 5]",
      },
      {
        build: (g) => g.matmul(g.input("a", "float32", [5]), g.input("b", "float32", [5, 7])),
        message: "layer.1: MatMul: expected [..., n, k] and [..., k, m], got float32 [5] and float32 [5, 7]",
      },
      {
        build: (g) => g.matmul(g.input("a", "float32", ["B", 3, 5]), g.input("b", "float32", ["C", 5, 7])),
        message: "layer.1: MatMul: expected shapes that broadcast, got [B] and [C]",
      },
      {
        build: (g) => g.matmul(g.input("a", "int64", [3, 5]), g.input("b", "int64", [5, 7])),
        message: "layer.1: MatMul: expected a value of float32 or float16, got int64 [3, 5]",
      },
    ],
  },
  Gemm: {
    cases: [
      gemm(false, false),
      gemm(false, true),
      gemm(true, false),
      gemm(true, true),
      plainGemm("Gemm without bias", floats("N=3 5"), floats("5 7", 2), "float32 [N, 7]", [3, 7]),
      plainGemm("Gemm of no rows", floats("N=0 5"), floats("5 7", 2), "float32 [N, 7]", [0, 7]),
      plainGemm("Gemm over an inner size of 0", floats("3 N=0"), floats("N=0 7", 2), "float32 [3, 7]", [3, 7]),
    ],
    refusals: [
      {
        build: (g) => g.gemm(g.input("a", "float32", ["N", 5]), g.input("b", "float32", [7, 3]), undefined),
        message: "layer.1: Gemm: expected an inner dim of 5, got float32 [N, 5] and float32 [7, 3]",
      },
      {
        build: (g) => g.gemm(g.input("a", "float32", ["B", "S", 5]), g.input("b", "float32", [5, 7])),
        message: "layer.1: Gemm: expected a value of rank 2, got float32 [B, S, 5]",
      },
      {
        build: (g) =>
          g.gemm(g.input("a", "float32", [3, 5]), g.input("b", "float32", [5, 7]), g.input("c", "float32", [5])),
        message: "layer.1: Gemm: expected a vector of 7, got float32 [5]",
      },
      {
        build: (g) =>
          g.gemm(g.input("a", "float32", [3, 5]), g.input("b", "float32", [5, 7]), g.input("c", "float16", [7])),
        message: "layer.1: Gemm: expected values of one dtype, got float32 [3, 5] and float16 [7]",
      },
    ],
  },
  Softmax: {
    cases: [
      softmax("Softmax over the last axis", x, -1, "float32 [B, S, 5]"),
      softmax("Softmax over a middle axis", x, 1, "float32 [B, S, 5]"),
      softmax("Softmax of no rows", floats("B=2 x=0 5"), -1, "float32 [B, x, 5]"),
      softmax("Softmax of empty rows", floats("B=2 n=0"), -1, "float32 [B, n]"),
    ],
    refusals: [
      {
        build: (g) => g.softmax(g.input("x", "float32", ["B", 5]), 2),
        message: "layer.1: Softmax: expected an axis of a tensor of rank 2, got 2",
      },
      {
        build: (g) => g.softmax(g.input("x", "int64", ["B", 5])),
        message: "layer.1: Softmax: expected a value of float32 or float16, got int64 [B, 5]",
      },
    ],
  },
  LogSoftmax: {
    cases: [logSoftmax("LogSoftmax over the last axis", -1), logSoftmax("LogSoftmax over a middle axis", 1)],
    refusals: [
      {
        build: (g) => g.logSoftmax(g.input("x", "float32", ["B", 5]), 2),
        message: "layer.1: LogSoftmax: expected an axis of a tensor of rank 2, got 2",
      },
    ],
  },
  LayerNormalization: {
    cases: [
      layerNorm("LayerNormalization", x, "float32 [B, S, 5]"),
      layerNorm("LayerNormalization of no rows", floats("B=2 x=0 5"), "float32 [B, x, 5]"),
    ],
    refusals: [
      {
        build: (g) => normalise(g, 7, g.input("x", "float32", ["B", 5])),
        message: "layer.1: LayerNormalization: expected a vector of 5, got float32 [7]",
      },
      {
        build: (g) => normalise(g, 5, g.input("x", "float16", ["B", 5])),
        message: "layer.1: LayerNormalization: expected values of one dtype, got float16 [B, 5] and float32 [5]",
      },
    ],
  },
  MultiHeadAttention: {
    cases: [
      attention("MultiHeadAttention with one bias for all", "1 1 n=3 m=5"),
      attention("MultiHeadAttention with a bias for each example", "B=2 1 n=3 m=5"),
      attention("MultiHeadAttention with a bias for each head", "B=2 2 n=3 m=5"),
    ],
    refusals: [
      {
        build: (g) => attend(g, ["B", heads, "m", 4], [1, 1, "n", "m"]),
        message:
          "layer.1: MultiHeadAttention: expected q [B, n, 2*e], k and v [B, 2, m, e], bias [B, 2, n, m], got float32 [B, n, 6], float32 [B, 2, m, 4], float32 [B, 2, m, 3], float32 [1, 1, n, m]",
      },
      {
        build: (g) => attend(g, ["B", heads, "m", width], [1, 1, 1, "m"]),
        message:
          "layer.1: MultiHeadAttention: expected q [B, n, 2*e], k and v [B, 2, m, e], bias [B, 2, n, m], got float32 [B, n, 6], float32 [B, 2, m, 3], float32 [B, 2, m, 3], float32 [1, 1, 1, m]",
      },
    ],
  },
  ReduceSum: {
    cases: [
      {
        name: "ReduceSum over the last axis",
        inputs: [x],
        build: (g, v) => g.reduceSum(v, [-1]),
        type: "float32 [B, S]",
        dims: [2, 3],
        at: (i, j) => sum(5, (k) => x.at(i, j, k)),
      },
      {
        name: "ReduceSum over two axes, kept",
        inputs: [x],
        build: (g, v) => g.reduceSum(v, [2, 0], { keepdims: true }),
        type: "float32 [1, S, 1]",
        dims: [1, 3, 1],
        at: (_, j) => sum(2, (i) => sum(5, (k) => x.at(i, j, k))),
      },
      {
        name: "ReduceSum over all axes",
        inputs: [x],
        build: (g, v) => g.reduceSum(v, [0, 1, 2]),
        type: "float32 []",
        dims: [],
        at: () => sum(2, (i) => sum(3, (j) => sum(5, (k) => x.at(i, j, k)))),
      },
      {
        name: "ReduceSum over an axis of 0",
        inputs: [floats("B=2 x=0 5")],
        build: (g, v) => g.reduceSum(v, [1]),
        type: "float32 [B, 5]",
        dims: [2, 5],
        at: () => 0,
      },
    ],
    refusals: [
      {
        build: (g) => g.reduceSum(g.input("x", "float32", ["B", 5]), []),
        message: "layer.1: ReduceSum: expected at least one axis, got none",
      },
      {
        build: (g) => g.reduceSum(g.input("x", "float32", ["B", 5]), [-3]),
        message: "layer.1: ReduceSum: expected an axis of a tensor of rank 2, got -3",
      },
      {
        build: (g) => g.reduceSum(g.input("x", "bool", ["B"]), [0]),
        message:
          "layer.1: ReduceSum: expected a value of float32 or float16 or float64 or int64 or int32, got bool [B]",
      },
    ],
  },
} satisfies { [op: string]: OpEntry };
