/**
 * log_softmax of rows in place. The sums are taken in double and each result is rounded to float32 once; PyTorch's are
 * taken in float32, so the last bits differ.
 */

/** `scores` [rows, V] become log-probabilities. A row that is -inf throughout becomes nan, as in PyTorch. */
export function logSoftmax(scores: Float32Array, vocabSize: number): void {
  for (let start = 0; start < scores.length; start += vocabSize) {
    const end = start + vocabSize;
    let max = -Infinity;
    for (let i = start; i < end; i++) if (scores[i]! > max) max = scores[i]!;
    let sum = 0;
    for (let i = start; i < end; i++) sum += Math.exp(scores[i]! - max);
    const log = Math.log(sum);
    for (let i = start; i < end; i++) scores[i] = scores[i]! - max - log;
  }
}
