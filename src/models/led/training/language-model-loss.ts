/**
 * The language-modelling head with its loss, forward and backward in one run: logits of all target tokens over the vocabulary are
 * the largest tensors of a step, so rows are taken some at a time.
 *
 * n rows of a run, D d_model, V vocab_size.
 */
import { gradients } from "../../../graph/gradients.ts";
import { Graph } from "../../../graph/graph.ts";
import { crossEntropy } from "../../../nn/cross-entropy.ts";

export interface LossVariant {
  readonly smoothing: number;
  readonly tableTrained: boolean;
  readonly hiddenTrained: boolean;
}

/** Rows of one run at most: with a vocabulary of 50,265 a matrix of logits is 100 MB then. */
export const rowsAtOnce = 512;

/** Outputs: loss [], logits [n, V], and where they are trained d_hidden [n, D] and d_table [V, D]. */
export function lossGraph(D: number, V: number, { smoothing, tableTrained, hiddenTrained }: LossVariant): Graph {
  const g = new Graph();
  const hidden = g.input("hidden", "float32", ["n", D]);
  const labels = g.input("labels", "int64", ["n", 1]);
  const weights = g.input("weights", "float32", ["n", 1]);
  const table = g.parameter("table", "float32", [V, D]);
  const bias = g.reshape(g.parameter("bias", "float32", [1, V]), [V]);
  const logits = g.gemm(hidden, table, bias, { transB: true });
  const loss = crossEntropy(g, logits, { labels, weights, smoothing });
  g.output("loss", loss);
  g.output("logits", logits);
  const wanted = new Map([
    ...(hiddenTrained ? ([["d_hidden", hidden]] as const) : []),
    ...(tableTrained ? ([["d_table", table]] as const) : []),
  ]);
  gradients(g, loss, [...wanted.values()]).forEach((gradient, index) => {
    g.output([...wanted.keys()][index]!, gradient!);
  });
  return g;
}
