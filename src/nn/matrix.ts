/**
 * What models do with a weight matrix [out, in], whether it is float32 or bytes: multiply rows by it, look rows up, or have it
 * as numbers.
 *
 * Rows that meet a matrix of bytes become bytes themselves, each by its own largest number, so that a row's result depends on no
 * other row: not on its batch, not on padding. Both sides are unsigned with 128 for zero: signed weights would be faster
 * without VNNI instructions, but there two products are added in 16 bits and overflow.
 */
import { reach, zeroByte } from "../checkpoints/quantize.ts";
import type { GemmOptions, Graph, Value } from "../graph/graph.ts";
import type { Dim } from "../graph/types.ts";
import type { Matrix } from "./parameters.ts";
import { rowBytes } from "./row-bytes.ts";

/** scale * (rows W^T + bias): rows [n, in], bias [out] -> [n, out] */
export function multiply(
  g: Graph,
  rows: Value,
  matrix: Matrix,
  bias: Value | undefined,
  { scale = 1, manyRows = false }: Pick<GemmOptions, "scale" | "manyRows"> = {},
): Value {
  if (matrix.kind === "float") return g.gemm(rows, matrix.weight, bias, { transB: true, scale, manyRows });
  const { bytes: value, size } = rowBytes(g, rows, zeroByte, "uint8");
  const product = g.matmulIntegerToFloat(
    { value, scale: 1 / reach, zero: zeroByte },
    { value: matrix.bytes, scales: matrix.scales, zero: zeroByte },
  ); // [n, out]
  const scaled = (x: Value): Value => (scale === 1 ? x : g.mul(x, g.scalar("float32", scale)));
  const y = g.mul(product, scaled(size));
  return bias === undefined ? y : g.add(y, scaled(bias));
}

/** Rows by their numbers: index [...] -> [..., in] */
export function rowsOf(g: Graph, matrix: Matrix, index: Value): Value {
  if (matrix.kind === "float") return g.gather(matrix.weight, index);
  const columns = g.gather(matrix.bytes, index, 1); // uint8 [in, ...]
  const axes = columns.shape.map((_, axis) => axis);
  const bytes = g.transpose(columns, [...axes.slice(1), 0]);
  const scales = g.reshape(g.gather(matrix.scales, index), [...index.shape, 1] as Dim[]);
  return g.mul(fromZero(g, bytes), scales);
}

/** The numbers, float32 [out, in]. */
export function numbersOf(g: Graph, matrix: Matrix): Value {
  if (matrix.kind === "float") return matrix.weight;
  return g.swap(g.mul(fromZero(g, matrix.bytes), matrix.scales));
}

function fromZero(g: Graph, bytes: Value): Value {
  return g.sub(g.cast(bytes, "float32"), g.scalar("float32", zeroByte));
}
