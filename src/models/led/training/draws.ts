/**
 * What chance decides in a training step: which numbers dropout keeps, and which layers LayerDrop leaves out. Every decision is a
 * function of (seed, step, site), so that a layer that is computed again drops the same, and so that training on another
 * machine, or resumed, drops the same.
 *
 * Departure from the reference: PyTorch draws from one running generator, so a seed gives other masks there than here.
 */
import { Philox, streamOf } from "../../../random.ts";

/** Numbers of a site's mask from one index on, into a row of ones (kept) and zeros. */
export type FillMask = (into: Uint8Array, start: number) => void;

export class Draws {
  readonly #seed: number;
  readonly #step: number;

  /** `step` tells the calls of one training apart. */
  constructor(seed: number, step: number) {
    this.#seed = seed;
    this.#step = step;
  }

  /** Each number of the site's mask is 0 with probability p, to within 2^-17. */
  mask(site: string, p: number): FillMask {
    const random = new Philox(this.#seed, streamOf("dropout", this.#step, site));
    const threshold = Math.round(p * 2 ** 16);
    return (into, start) => {
      random.fillAtLeast(into, threshold, start);
    };
  }

  leavesOut(layer: string, p: number): boolean {
    return p > 0 && new Philox(this.#seed, streamOf("layerdrop", this.#step, layer)).uniform(0) < p;
  }
}
