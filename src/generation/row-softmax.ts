/**
 * softmax of one row of scores, with PyTorch's roundings: differences, exponentials, their sum and the quotients are float32.
 * The sum alone is taken in double and rounded at the end; PyTorch's partial sums are float32, and at V = 50,265 its
 * probabilities all differ from these by some 1e-5 of themselves.
 */
export class RowSoftmax {
  readonly #exponentials: Float32Array; // [V]
  #max = 0;
  #sum = 0;
  #logSum = 0;

  constructor(vocabSize: number) {
    this.#exponentials = new Float32Array(vocabSize);
  }

  /** Takes the row at `start`. False where it has no softmax: it holds nan or inf, or nothing but -inf. */
  read(scores: Float32Array, start: number): boolean {
    const exponentials = this.#exponentials;
    let max = -Infinity;
    for (let i = 0; i < exponentials.length; i++) if (scores[start + i]! > max) max = scores[start + i]!;
    let sum = 0;
    for (let i = 0; i < exponentials.length; i++) {
      const exponential = Math.fround(Math.exp(Math.fround(scores[start + i]! - max)));
      exponentials[i] = exponential;
      sum += exponential;
    }
    this.#max = max;
    this.#sum = Math.fround(sum);
    this.#logSum = Math.fround(Math.log(this.#sum));
    return !Number.isNaN(sum);
  }

  /** Probability of token i. */
  probability(i: number): number {
    return Math.fround(this.#exponentials[i]! / this.#sum);
  }

  /** Of a token with this score. */
  logProbability(score: number): number {
    return Math.fround(Math.fround(score - this.#max) - this.#logSum);
  }

  /** Expected information of the row that was read, in nats; impossible tokens add nothing. */
  entropy(scores: Float32Array, start: number): number {
    let sum = 0;
    for (let i = 0; i < this.#exponentials.length; i++) {
      const probability = this.probability(i);
      if (probability > 0) sum += Math.fround(this.logProbability(scores[start + i]!) * probability);
    }
    return Math.fround(-sum);
  }
}
