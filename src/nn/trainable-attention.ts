/**
 * Attention with a gradient of its own, head by head, so that of scores and probabilities only one head's exist at a time, forward
 * and backward: with h heads they would be h times a matrix of queries by keys, which for a long source is most of the memory.
 *
 * B batch, h heads, n queries, m keys, e width of a head.
 */
import type { Graph, Value } from "../graph/graph.ts";
import type { Dim } from "../graph/types.ts";
import { joinHeads, projectKeysAndValues, projectQueries } from "./cached-attention.ts";
import { dropoutFactor, type Kept } from "./dropout.ts";
import { linear } from "./linear.ts";
import { maskHeads } from "./observation.ts";
import type { Parameters } from "./parameters.ts";

/** What a head's probabilities meet. */
interface Head {
  readonly q: Value; // [B, n, e]
  readonly k: Value; // [B, m, e]
  readonly v: Value; // [B, m, e]
  readonly probabilities: Value; // [B, n, m]
  readonly factor: Value | undefined; // [B, n, m]
}

/** softmax(q k^T + bias) v, q scaled by the caller; bias [B, 1, n or 1, m] without gradient; `kept` of [B, h, n, m] -> [B, h, n, e] */
export function attentionByHead(g: Graph, q: Value, k: Value, v: Value, bias: Value, kept: Kept | undefined): Value {
  const [B, heads, n] = q.shape as [Dim, number, Dim];
  const m = k.shape[2]!;
  const headBias = g.reshape(bias, [B, bias.shape[2]!, m]);
  const headOf = (x: Value, head: Value): Value => g.gather(x, head, 1);
  const compute = (head: Value): Head => {
    const [one, keys] = [headOf(q, head), headOf(k, head)];
    const probabilities = g.softmax(g.add(g.matmul(one, g.swap(keys)), headBias));
    const factor = kept && dropoutFactor(g, { ...kept, keep: headOf(kept.keep, head) });
    return { q: one, k: keys, v: headOf(v, head), probabilities, factor };
  };
  const scaled = (x: Value, factor: Value | undefined): Value => (factor === undefined ? x : g.mul(x, factor));
  const byHead = (body: (head: Value) => Value[]): Value[] =>
    g
      .loop({ count: g.scalar("int64", heads), dim: heads }, (head) => ({ scan: body(head) }))
      .scan.map((rows) => g.transpose(rows, [1, 0, 2, 3]));
  const gradient = (dOutput: Value): Value[] =>
    byHead((head) => {
      const { probabilities: p, factor, ...one } = compute(head);
      const dContext = headOf(dOutput, head); // [B, n, e]
      const dV = g.matmul(g.swap(scaled(p, factor)), dContext);
      const dP = scaled(g.matmul(dContext, g.swap(one.v)), factor); // [B, n, m]
      const dScores = g.mul(p, g.sub(dP, g.reduceSum(g.mul(dP, p), [-1], { keepdims: true })));
      return [g.matmul(dScores, one.k), g.matmul(g.swap(dScores), one.q), dV];
    });
  return g.composite({ inputs: [q, k, v], gradient }, () => {
    const [context] = byHead((head) => {
      const { probabilities, factor, v: values } = compute(head);
      return [g.matmul(scaled(probabilities, factor), values)];
    });
    return g.reshape(context!, [B, heads, n, v.shape[3]!]);
  });
}

export interface TrainableAttentionOptions {
  readonly heads: number;
  /** [B, 1, n or 1, m] */
  readonly bias: Value;
  /** Of [B, h, n, m]. */
  readonly kept: Kept | undefined;
  /** [h] */
  readonly headMask: Value | undefined;
}

/**
 * The decoder's attention (transformers 4.37.2, modeling_led.py: LEDDecoderAttention) of x [B, n, D] over `source` [B, m, D],
 * which is x itself for self-attention. -> [B, n, D]
 */
export function trainableAttention(
  g: Graph,
  p: Parameters,
  x: Value,
  source: Value,
  { heads, bias, kept, headMask }: TrainableAttentionOptions,
): Value {
  const { keys, values } = projectKeysAndValues(g, p, source, heads);
  const context = attentionByHead(g, projectQueries(g, p, x, heads), keys, values, bias, kept);
  const masked = maskHeads(g, context, headMask && { headMask });
  return linear(g, p.at("out_proj"), joinHeads(g, masked), x.shape[2] as number);
}
