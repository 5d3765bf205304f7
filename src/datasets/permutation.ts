/** Row numbers in an order that a seed decides, the same on every machine. */
import { Philox, shuffledOrder, streamOf } from "../random.ts";

/** 0 to length - 1, shuffled. */
export function permutation(length: number, seed: number | bigint): Uint32Array {
  return shuffledOrder(new Philox(seed, streamOf("data set", "order")), length);
}
