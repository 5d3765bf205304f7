/**
 * tf.random.stateless_categorical (tensorflow 2.15: stateless_random_ops, random_ops' multinomial on the CPU), with which
 * generate() draws: the same seed at every step, so that a row tends to the same quantile. Philox4x32-10, whose first block makes
 * a key of the seed; each row takes two of its 32-bit words, as a number of 52 bits.
 *
 * Seen of batches that one thread draws; TensorFlow may begin the stream again in parts of very large ones.
 */
import { InvalidArgumentError } from "../errors.ts";
import { Sampler } from "../generation/draws.ts";
import { philox4x32 } from "../random.ts";

/** Two whole numbers, of which the low 64 bits count. */
export type StatelessSeed = readonly [number, number];

const seedKey = [0x3ec8f720, 0x02461e29] as const;

/** Draws row by row, as searches ask; `vocabSize` tells the rows apart. */
export class StatelessSampler extends Sampler {
  readonly #key: readonly [number, number];
  readonly #counter: readonly [number, number];
  readonly #vocabSize: number;

  constructor(seed: StatelessSeed, vocabSize: number) {
    super(() => {
      throw new InvalidArgumentError({ operation: "generate", expected: "one token a row", got: "several" });
    });
    const [low0, high0] = wordsOf(seed[0]);
    const [low1, high1] = wordsOf(seed[1]);
    const block = new Uint32Array(4);
    philox4x32(block, low0, high0, low1, high1, ...seedKey);
    this.#key = [block[0]!, block[1]!];
    this.#counter = [block[2]!, block[3]!];
    this.#vocabSize = vocabSize;
  }

  /** The first index whose running sum of exp(score) exceeds u times the sum of all. */
  override one(scores: Float32Array, start: number, length: number): number {
    const uniform = this.#uniform(start / this.#vocabSize);
    let most = Number.NEGATIVE_INFINITY;
    for (let i = start; i < start + length; i++) {
      const score = scores[i]!;
      if (Number.isFinite(score) && score > most) most = score;
    }
    const weights = Float64Array.from(scores.subarray(start, start + length), (score) =>
      Number.isFinite(score) ? Math.exp(score - most) : 0,
    );
    const target = uniform * weights.reduce((sum, weight) => sum + weight, 0);
    let sum = 0;
    for (let i = 0; i < length; i++) {
      sum += weights[i]!;
      if (sum > target) return i;
    }
    throw new InvalidArgumentError({
      operation: "generate",
      expected: "a finite score in each row to draw a token from",
      got: "none",
      fix: "Loosen what forbids tokens.",
    });
  }

  /** In [0, 1), a multiple of 2^-52. */
  #uniform(row: number): number {
    const block = new Uint32Array(4);
    philox4x32(block, row >>> 1, 0, ...this.#counter, ...this.#key);
    const [high, low] = row % 2 === 0 ? [block[0]!, block[1]!] : [block[2]!, block[3]!];
    return ((high & 0xfffff) * 2 ** 32 + low) * 2 ** -52;
  }
}

/** The low and the high half of a number's 64 bits. */
function wordsOf(value: number): [low: number, high: number] {
  const bits = BigInt.asUintN(64, BigInt(value));
  return [Number(bits & 0xffffffffn), Number(bits >> 32n)];
}
