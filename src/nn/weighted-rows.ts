/**
 * Probabilities times values, P V, for the few rows of a decoding step. B batch, h heads, e width of a head, S rows, Q query rows,
 * k pieces of the source.
 *
 * The engine packs what stands on the right of a product, which for a long source takes as long as reading it; it does not for a row by
 * itself. So a piece of the source is read by each row in turn, from the cache after the first. Four rows over 16,384 positions take
 * two thirds of the time by it, one row alone one and a half times.
 */
import type { Graph, Value } from "../graph/graph.ts";

/** probabilities [B, h, Q, S], values [B, h, S, e]; pieces int64 []: k, a divisor of S, or at most 1 for one product. -> [B, h, Q, e] */
export function weightedRows(g: Graph, probabilities: Value, values: Value, pieces: Value): Value {
  const [B, heads, Q] = probabilities.shape as [string, number, string];
  const e = values.shape[3]!;
  const inPieces = (): Value => {
    g.bind("k", pieces);
    g.bind("S/k", g.div(g.size(values.shape[2]!), pieces));
    const rows = g.transpose(g.reshapeAs(probabilities, [B, heads, Q, "k", 1, "S/k"]), [0, 1, 3, 2, 4, 5]);
    const sums = g.matmul(rows, g.reshapeAs(values, [B, heads, "k", 1, "S/k", e])); // [B, h, k, Q, 1, e]
    return g.reshape(g.reduceSum(sums, [2]), [B, heads, Q, e]);
  };
  return g.branch(
    g.less(g.scalar("int64", 1), pieces),
    () => [inPieces()],
    () => [g.matmul(probabilities, values)],
  )[0]!;
}
