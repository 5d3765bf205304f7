/**
 * Keys and values as bytes, each row by its own largest number, and attention by them. B batch, h heads, e width of a head, S rows,
 * Q query rows.
 *
 * Keys are unsigned with 128 for zero, values signed: keys stand on the left of their product and values on the right, where the engine's
 * kernels read them fastest, and which is exact only where it multiplies signed bytes exactly (runtime/engine.ts).
 */

import { reach, zeroByte } from "../checkpoints/quantize.ts";
import type { Graph, Value } from "../graph/graph.ts";

/** Row s is (bytes[s] - zero) * scales[s]. */
export interface ByteRows {
  /** [B, h, S, e] */
  readonly bytes: Value;
  /** [B, h, 1, S] */
  readonly scales: Value;
}

/**
 * Scores [B, h, S, Q] as [B, h, Q, S], here and not later. Left alone the engine moves the transposition behind scales, bias and softmax,
 * which take ten times the time over rows of a few queries; it moves none past a reshape.
 */
export function swappedHere(g: Graph, scores: Value): Value {
  const [B, heads, S, Q] = scores.shape as [string, number, string, string];
  return g.reshape(g.reshape(g.swap(scores), [B, heads, 1, Q, S]), [B, heads, Q, S]);
}

/** The largest number of each row without its sign, [..., n] -> [..., 1]; of rows of zeros a very small one. */
export function sizeOfRows(g: Graph, rows: Value): Value {
  const largest = g.max(
    g.reduceMax(rows, [-1], { keepdims: true }),
    g.neg(g.reduceMin(rows, [-1], { keepdims: true })),
  );
  return g.max(largest, g.scalar("float32", 1e-30));
}

/** Keys [B, h, S, e] as unsigned bytes. */
export const keyBytes = (g: Graph, keys: Value): ByteRows => bytesOf(g, keys, zeroByte, "uint8");

/** Values [B, h, S, e] as signed bytes. */
export const valueBytes = (g: Graph, values: Value): ByteRows => bytesOf(g, values, 0, "int8");

function bytesOf(g: Graph, rows: Value, zero: number, type: "uint8" | "int8"): ByteRows {
  const size = sizeOfRows(g, rows);
  return {
    bytes: g.quantizeLinear(g.div(rows, size), 1 / reach, zero, type),
    scales: g.swap(g.mul(size, g.scalar("float32", 1 / reach))),
  };
}

/** q k^T: q [B, h, Q, e] -> [B, h, Q, S] */
export function scoresByBytes(g: Graph, q: Value, keys: ByteRows): Value {
  const size = sizeOfRows(g, q); // [B, h, Q, 1]
  const bytes = g.quantizeLinear(g.div(q, size), 1 / reach, 0, "int8");
  const product = g.matmulIntegerToFloat(
    { value: keys.bytes, scale: 1, zero: zeroByte },
    { value: g.swap(bytes), scales: g.scalar("float32", 1 / reach), zero: 0 },
  ); // [B, h, S, Q]
  return g.mul(g.mul(swappedHere(g, product), keys.scales), size);
}

/**
 * p v: probabilities [B, h, Q, S] -> [B, h, Q, e]. A probability takes two bytes, the first of them rounded down: what one byte would
 * round away can be most of a row where attention is spread over thousands of rows.
 */
export function weightedByBytes(g: Graph, probabilities: Value, values: ByteRows): Value {
  const [B, heads, Q, S] = probabilities.shape as [string, number, string, string];
  const e = values.bytes.shape[3]!;
  const scaled = g.mul(probabilities, values.scales);
  const largest = g.max(g.reduceMax(scaled, [-1], { keepdims: true }), g.scalar("float32", 1e-30)); // [B, h, Q, 1]
  // Of more than 66,000 rows whole bytes could sum up to more than 32 bits hold.
  const most = g.min(g.scalar("float32", 255), g.div(g.scalar("float32", 2 ** 24), g.cast(g.size(S), "float32")));
  const inBytes = g.mul(scaled, g.div(most, largest)); // 0 to `most`
  const first = g.quantizeLinear(g.sub(inBytes, g.scalar("float32", 0.5)), 1, 0);
  const step = g.div(g.scalar("float32", 1), most);
  const rest = g.quantizeLinear(g.sub(inBytes, g.cast(first, "float32")), step, 0);
  const product = g.matmulIntegerToFloat(
    { value: g.concat([first, rest], 2), scale: 1, zero: 0 },
    { value: values.bytes, scales: g.scalar("float32", 1), zero: 0 },
  ); // [B, h, 2Q, e]
  const [ofFirst, ofRest] = [g.slice(product, 2, 0, Q), g.slice(product, 2, g.size(Q), Q)];
  const sum = g.add(ofFirst, g.mul(ofRest, step));
  return g.reshape(g.mul(sum, g.mul(largest, step)), [B, heads, Q, e]);
}
