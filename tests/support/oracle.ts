/** Fixtures that the scripts of tests/oracle wrote, and how far a tensor is from one. */
import { readFileSync } from "node:fs";
import type { Tensor } from "../../src/tensor.ts";

export interface OracleTensor {
  readonly dims: number[];
  readonly data: number[];
  /** `data` has every n-th value only; `checksum` is a weighted sum over all of them (oracle/led_classes_cases.py). */
  readonly every?: number;
  readonly checksum?: number;
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
  const { data, every = 1, checksum } = expected;
  const differences = data.map((value, i) => Math.abs(got.at(i * every) - value));
  if (checksum !== undefined) differences.push(Math.abs(checksumOf(got) - checksum) / Math.sqrt(got.data.length));
  // NaN must not be smaller than anything.
  return differences.reduce((most, d) => (d <= most ? most : Number.isNaN(d) ? Number.POSITIVE_INFINITY : d), 0);
}

function checksumOf(tensor: Tensor): number {
  let sum = 0;
  for (let i = 0; i < tensor.data.length; i++) sum += (tensor.at(i) * (((i * 37) % 101) - 50)) / 50;
  return sum;
}
