/** Fixtures that the scripts of tests/oracle wrote, and how far a tensor is from one. */
import { readFileSync } from "node:fs";
import type { Tensor } from "../../src/tensor.ts";

export interface OracleTensor {
  readonly dims: number[];
  readonly data: number[];
}

export function readFixture<T>(name: string): T {
  return JSON.parse(readFileSync(new URL(`../oracle/fixtures/${name}`, import.meta.url), "utf8")) as T;
}

/** The largest absolute difference; infinite when the dims differ or a number is not finite. */
export function distance(got: Tensor, expected: OracleTensor): number {
  if (got.dims.join() !== expected.dims.join()) return Number.POSITIVE_INFINITY;
  let largest = 0;
  for (let i = 0; i < expected.data.length; i++) {
    const difference = Math.abs(got.at(i) - expected.data[i]!);
    // Written so that NaN is not smaller than anything.
    if (!(difference <= largest)) largest = Number.isNaN(difference) ? Number.POSITIVE_INFINITY : difference;
  }
  return largest;
}
