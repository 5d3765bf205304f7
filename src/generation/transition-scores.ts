/** What each chosen token scored (transformers 4.37.2, generation/utils.py: compute_transition_scores). */
import { InvalidArgumentError } from "../errors.ts";
import { Tensor } from "../tensor.ts";
import { logSoftmax } from "./log-softmax.ts";

/**
 * [N, steps]: the score by which each generated token was chosen, 0 behind the end of a beam. `sequences` int64 [N, T];
 * `scores` of each step [rows, V]; `beam_indices` int64 [N, T'] from beam searches, whose rows the tokens come from.
 * normalize_logits makes log-probabilities of the scores first.
 */
export function compute_transition_scores(
  sequences: Tensor<"int64">,
  scores: readonly Tensor<"float32">[],
  beam_indices?: Tensor<"int64"> | undefined,
  normalize_logits = false,
): Tensor<"float32"> {
  const [first] = scores;
  if (first === undefined) {
    throw new InvalidArgumentError({
      operation: "compute_transition_scores",
      expected: "the scores of each step",
      got: "none",
      fix: "Generate with return_dict_in_generate: true and output_scores: true.",
    });
  }
  const V = first.dims[1]!;
  const [N, T] = sequences.dims as [number, number];
  const rowOf = (n: number, step: number): number => {
    if (beam_indices === undefined) return n;
    return beam_indices.at(n * beam_indices.dims[1]! + step);
  };
  const lengths = Array.from({ length: N }, (_, n) => {
    if (beam_indices === undefined) return scores.length;
    const width = beam_indices.dims[1]!;
    return Array.from({ length: width }, (_, step) => rowOf(n, step)).filter((row) => row >= 0).length;
  });
  const steps = Math.max(...lengths);
  const normalized = normalize_logits
    ? scores.map(({ data, dims }) => {
        const copy = data.slice();
        logSoftmax(copy, V);
        return new Tensor("float32", copy, dims);
      })
    : scores;
  const result = Tensor.zeros("float32", [N, steps]);
  for (let n = 0; n < N; n++) {
    for (let step = 0; step < steps; step++) {
      const row = rowOf(n, step);
      if (row < 0) continue;
      const token = sequences.at(n * T + T - steps + step);
      result.data[n * steps + step] = normalized[step]!.at(row * V + token);
    }
  }
  return result;
}
