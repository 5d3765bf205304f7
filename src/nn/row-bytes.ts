/** Rows of numbers as bytes, each by its own largest number, so that a row's bytes depend on no other row. */
import { reach } from "../checkpoints/quantize.ts";
import type { Graph, Value } from "../graph/graph.ts";

export interface RowBytes {
  /** [..., n]; a number is (bytes - zero) / reach * size. */
  readonly bytes: Value;
  /** The largest number of each row without its sign, [..., 1]; of rows of zeros a very small one. */
  readonly size: Value;
}

/** rows [..., n] */
export function rowBytes(g: Graph, rows: Value, zero: number, type: "uint8" | "int8"): RowBytes {
  const largest = g.max(
    g.reduceMax(rows, [-1], { keepdims: true }),
    g.neg(g.reduceMin(rows, [-1], { keepdims: true })),
  );
  const size = g.max(largest, g.scalar("float32", 1e-30));
  return { bytes: g.quantizeLinear(g.div(rows, size), 1 / reach, zero, type), size };
}
