import { describe, expect, test } from "vitest";
import { bootstrap, percentile } from "./bootstrap.ts";

// Irregular numbers, so that different samples have different means.
const rows = Array.from({ length: 40 }, (_, i) => Math.sqrt(i / 40)).map((x) => ({ x, y: 1 - x }));

test("a percentile lies between neighbours, and no neighbour is missed by rounding", () => {
  const numbers = Float64Array.of(1, 2, 4, 8);
  expect([0, 0.25, 0.5, 0.75, 1].map((share) => percentile(numbers, share))).toEqual([1, 1.75, 3, 5, 8]);
  expect(percentile(Float64Array.of(3), 0.7)).toBe(3);
  expect(percentile(Float64Array.of(0.1, 0.1, 0.1), 0.3)).toBe(0.1);
});

test("a seed gives the same interval again, another seed or stream another one", () => {
  const first = bootstrap(rows, ["x"], { seed: 1 });
  expect(bootstrap(rows, ["x"], { seed: 1 })).toEqual(first);
  expect(bootstrap(rows, ["x"], { seed: 2 })).not.toEqual(first);
  expect(bootstrap(rows, ["x"], { seed: 1, stream: 1 })).not.toEqual(first);
});

test("a sample takes rows as a whole", () => {
  const { low, mid, high } = bootstrap(rows, ["x", "y"], { seed: 4 });
  expect(low.x + high.y).toBeCloseTo(1, 12);
  expect(mid.x + mid.y).toBeCloseTo(1, 12);
  expect(low.x).toBeLessThan(mid.x);
  expect(mid.x).toBeLessThan(high.x);
});

describe("refuses", () => {
  test.each<[() => unknown, string]>([
    [() => bootstrap([], ["x"]), "bootstrap: expected at least one row, got 0"],
    [() => bootstrap(rows, ["x"], { confidence_interval: 95 }), "expected `confidence_interval` of 0 to 1, got 95"],
    [() => bootstrap(rows, ["x"], { confidence_interval: Number.NaN }), "got NaN"],
    [() => bootstrap(rows, ["x"], { n_samples: 0 }), "expected `n_samples`, a whole number above 0, got 0"],
  ])("%s", (call, message) => {
    expect(call).toThrow(message);
  });
});
