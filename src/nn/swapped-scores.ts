import type { Graph, Value } from "../graph/graph.ts";

/**
 * Scores [B, h, n, Q] as [B, h, Q, n], here and not later. Left alone the engine moves the transposition behind scales, bias and softmax,
 * which take ten times the time over rows of a few queries; it moves none past a reshape.
 */
export function swappedScores(g: Graph, scores: Value): Value {
  const [B, heads, n, Q] = scores.shape as [string, number, string, string];
  return g.reshape(g.reshape(g.swap(scores), [B, heads, 1, Q, n]), [B, heads, Q, n]);
}
