/**
 * Choosing tokens by chance. The uniform numbers are those of Philox (random.ts) under the call's seed, taken one after
 * the other: for each step, row by row. The same seed gives the same numbers everywhere, and so the same tokens unless a
 * number falls within rounding of the border between two.
 *
 * Departure from torch.multinomial: a draw is the first index whose running sum exceeds u times the sum of all, where torch's
 * takes the largest of weight over exponential noise. The distributions are the same.
 */
import { InvalidArgumentError } from "../errors.ts";
import { Philox, streamOf } from "../random.ts";

/** Gives the next uniform number in [0, 1). */
export type Draws = () => number;

export function drawsOf(seed: number): Draws {
  const numbers = new Philox(seed, streamOf("generate"));
  let index = 0;
  return () => numbers.uint32(index++) * 2 ** -32;
}

/** A whole number that another call would not get. */
export function freshSeed(): number {
  return globalThis.crypto.getRandomValues(new Uint32Array(1))[0]!;
}

/** Draws from softmax of scores; its arrays serve one call after the other. */
export class Sampler {
  readonly #draws: Draws;
  #weights = new Float64Array(0);

  constructor(draws: Draws) {
    this.#draws = draws;
  }

  /** An index, from `start`, drawn from softmax(scores[start .. start + length)). */
  one(scores: Float32Array, start: number, length: number): number {
    const total = this.#softmax(scores, start, length);
    return this.#pick(length, this.#draws() * total);
  }

  /**
   * `count` different indices from 0, drawn one after the other from softmax over all of
   * scores[start + r * vocabSize + token] + rowScores[r]. Where fewer are possible the first of the others follow.
   */
  several(
    count: number,
    scores: Float32Array,
    start: number,
    rowScores: Float32Array,
    rows: number,
    vocabSize: number,
  ): number[] {
    const totals = new Float32Array(rows * vocabSize);
    for (let i = 0; i < totals.length; i++) totals[i] = scores[start + i]! + rowScores[Math.floor(i / vocabSize)]!;
    let total = this.#softmax(totals, 0, totals.length);
    const picked = new Set<number>();
    for (let i = 0; i < count; i++) {
      let index = this.#pick(totals.length, this.#draws() * total);
      if (index < 0) index = firstNotIn(picked);
      picked.add(index);
      this.#weights[index] = 0;
      // Summed again rather than subtracted: what is left may be far smaller than what was taken.
      total = 0;
      for (let at = 0; at < totals.length; at++) total += this.#weights[at]!;
    }
    return [...picked];
  }

  /** Weights of softmax without the division, and their sum. */
  #softmax(scores: Float32Array, start: number, length: number): number {
    if (this.#weights.length < length) this.#weights = new Float64Array(length);
    let max = -Infinity;
    for (let i = start; i < start + length; i++) if (scores[i]! > max) max = scores[i]!;
    let total = 0;
    for (let i = 0; i < length; i++) {
      const weight = Math.exp(scores[start + i]! - max);
      this.#weights[i] = weight;
      total += weight;
    }
    if (Number.isFinite(total)) return total;
    throw new InvalidArgumentError({
      operation: "generate",
      says: "probability tensor contains either `inf`, `nan` or element < 0",
      got: "scores of which none is finite, or some are nan or inf",
      fix: "Set remove_invalid_values: true, or loosen what forbids tokens.",
    });
  }

  /** -1 where nothing has weight. */
  #pick(length: number, target: number): number {
    let sum = 0;
    let last = -1;
    for (let i = 0; i < length; i++) {
      const weight = this.#weights[i]!;
      if (weight === 0) continue;
      sum += weight;
      last = i;
      if (sum > target) return i;
    }
    return last;
  }
}

function firstNotIn(taken: ReadonlySet<number>): number {
  let index = 0;
  while (taken.has(index)) index += 1;
  return index;
}
