/** Whether numbers are drawn from a normal distribution as the reference's are: equal moments, not equal numbers. */
import { expect } from "vitest";

/** Mean and standard deviation within five standard errors of those of as many numbers of the reference. */
export function expectDrawnLike(values: readonly number[], mean: number, deviation: number, what: string): void {
  const n = values.length;
  const ownMean = values.reduce((sum, value) => sum + value, 0) / n;
  const squares = values.reduce((sum, value) => sum + (value - ownMean) ** 2, 0);
  // Both sides are samples, which is a factor of √2.
  expect(Math.abs(ownMean - mean), `${what}: mean`).toBeLessThan(5 * deviation * Math.sqrt(2 / n));
  expect(Math.abs(Math.sqrt(squares / (n - 1)) - deviation), `${what}: deviation`).toBeLessThan(
    (5 * deviation) / Math.sqrt(n),
  );
}
