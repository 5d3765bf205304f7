/**
 * Cross entropy of rows of logits with a gradient of its own: softmax - target, in place of a chain through log-softmax and
 * gathering that would make several more matrices of rows by classes.
 *
 * n rows, V classes.
 */
import type { Graph, Value } from "../graph/graph.ts";

export interface CrossEntropyOptions {
  /** int64 [n, 1] */
  readonly labels: Value;
  /** [n, 1]: what a row counts; 0 for rows without a label. */
  readonly weights: Value;
  /** ε of label smoothing: (1 - ε) of the loss is the label's, ε the mean over all classes. */
  readonly smoothing: number;
}

/** The weighted sum over rows: logits [n, V] -> [] */
export function crossEntropy(g: Graph, logits: Value, { labels, weights, smoothing }: CrossEntropyOptions): Value {
  const V = logits.shape[1] as number;
  const number = (value: number): Value => g.scalar("float32", value);
  let logProbabilities: Value | undefined;
  const loss = (): Value => {
    logProbabilities = g.logSoftmax(logits);
    const ofLabels = g.gatherElements(logProbabilities, labels, 1); // [n, 1]
    if (smoothing === 0) return g.neg(g.reduceSum(g.mul(ofLabels, weights), [0, 1]));
    const ofAll = g.reduceSum(logProbabilities, [1], { keepdims: true }); // [n, 1]
    const rows = g.add(g.mul(ofLabels, number(1 - smoothing)), g.mul(ofAll, number(smoothing / V)));
    return g.neg(g.reduceSum(g.mul(rows, weights), [0, 1]));
  };
  const gradient = (dLoss: Value): Value[] => {
    const scale = g.mul(weights, dLoss); // [n, 1]
    const probabilities = g.exp(logProbabilities!);
    const apart = smoothing === 0 ? probabilities : g.sub(probabilities, number(smoothing / V));
    return [g.scatterAdd(g.mul(apart, scale), labels, g.mul(scale, number(smoothing - 1)), 1)];
  };
  return g.composite({ inputs: [logits], gradient }, loss);
}
