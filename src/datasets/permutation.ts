/** Row numbers in an order that a seed decides, the same on every machine. */
import { Philox, streamOf } from "../random.ts";

/** 0 to length - 1, shuffled (R. A. Fisher and F. Yates, 1938, in R. Durstenfeld's form of 1964). */
export function permutation(length: number, seed: number | bigint): Uint32Array {
  const random = new Philox(seed, streamOf("data set", "order"));
  const order = Uint32Array.from({ length }, (_, i) => i);
  for (let last = length - 1; last > 0; last--) {
    const other = Math.floor((random.uint32(last) * (last + 1)) / 2 ** 32);
    const moved = order[last]!;
    order[last] = order[other]!;
    order[other] = moved;
  }
  return order;
}
