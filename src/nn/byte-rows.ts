/**
 * Keys and values as bytes, each row by its own largest number, and attention by them. B batch, h heads, e width of a head, S rows,
 * Q query rows.
 *
 * Keys are unsigned with 128 for zero, values signed: keys stand on the left of their product and values on the right, where the engine's
 * kernels read them fastest, and which is exact only where it multiplies signed bytes exactly (runtime/engine.ts).
 */
import { reach, zeroByte } from "../checkpoints/quantize.ts";
import type { Graph, Value } from "../graph/graph.ts";
import { rowBytes } from "./row-bytes.ts";
import { swappedScores } from "./swapped-scores.ts";

/** Row s is (bytes[s] - zero) * scales[s]. */
export interface ByteRows {
  /** [B, h, S, e] */
  readonly bytes: Value;
  /** [B, h, 1, S] */
  readonly scales: Value;
}

/** Keys [B, h, S, e] as unsigned bytes. */
export const keyBytes = (g: Graph, keys: Value): ByteRows => bytesOf(g, keys, zeroByte, "uint8");

/** Values [B, h, S, e] as signed bytes. */
export const valueBytes = (g: Graph, values: Value): ByteRows => bytesOf(g, values, 0, "int8");

function bytesOf(g: Graph, rows: Value, zero: number, type: "uint8" | "int8"): ByteRows {
  const { bytes, size } = rowBytes(g, rows, zero, type);
  return { bytes, scales: g.swap(g.mul(size, g.scalar("float32", 1 / reach))) };
}

/** q k^T: q [B, h, Q, e] -> [B, h, Q, S] */
export function scoresByBytes(g: Graph, q: Value, keys: ByteRows): Value {
  const { bytes, size } = rowBytes(g, q, 0, "int8");
  const product = g.matmulIntegerToFloat(
    { value: keys.bytes, scale: 1, zero: zeroByte },
    { value: g.swap(bytes), scales: g.scalar("float32", 1 / reach), zero: 0 },
  ); // [B, h, S, Q]
  return g.mul(g.mul(swappedScores(g, product), keys.scales), size);
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
