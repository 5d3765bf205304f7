/** Fixtures that the scripts of tests/oracle wrote, and how far a tensor is from one. */
import { readFileSync } from "node:fs";
import type { Tensor } from "../../src/tensor.ts";

export interface OracleTensor {
  readonly dims: number[];
  /** A number that JSON cannot hold is its name. */
  readonly data: (number | "Infinity" | "-Infinity")[];
  /** `data` has every n-th value only; `checksum` is a weighted sum over all of them (oracle/led_classes_cases.py). */
  readonly every?: number;
  readonly checksum?: number;
  /** Values of -1e8 and less, which do not count in the checksum: of tokens and beams that are ruled out. */
  readonly infinite?: number;
}

export function readFixture<T>(name: string): T {
  return JSON.parse(readFileSync(new URL(`../oracle/fixtures/${name}`, import.meta.url), "utf8")) as T;
}

/**
 * The largest absolute difference; infinite when the dims differ or a number is not finite. A checksum's difference
 * counts divided by the square root of the number of values, which is how rounding errors add up.
 */
export function distance(got: Tensor, expected: OracleTensor): number {
  if (got.dims.join() !== expected.dims.join()) return Number.POSITIVE_INFINITY;
  const { data, every = 1, checksum, infinite = 0 } = expected;
  const differences = data.map((value, i) => {
    const at = got.at(i * every);
    return at === Number(value) ? 0 : Math.abs(at - Number(value));
  });
  if (checksum !== undefined) differences.push(Math.abs(checksumOf(got) - checksum) / Math.sqrt(got.data.length));
  if (checksum !== undefined && ruledOut(got) !== infinite) return Number.POSITIVE_INFINITY;
  // NaN must not be smaller than anything.
  return differences.reduce((most, d) => (d <= most ? most : Number.isNaN(d) ? Number.POSITIVE_INFINITY : d), 0);
}

const isRuledOut = (value: number): boolean => value <= -1e8;

function ruledOut(tensor: Tensor): number {
  let count = 0;
  for (let i = 0; i < tensor.data.length; i++) if (isRuledOut(tensor.at(i))) count += 1;
  return count;
}

function checksumOf(tensor: Tensor): number {
  let sum = 0;
  for (let i = 0; i < tensor.data.length; i++) {
    const value = tensor.at(i);
    if (!isRuledOut(value)) sum += (value * (((i * 37) % 101) - 50)) / 50;
  }
  return sum;
}
