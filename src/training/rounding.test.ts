import { expect, test } from "vitest";
import { roundTo, speed_metrics } from "./rounding.ts";

// What Python 3.11's round gives.
test.each([
  [2.00005, 4, 2],
  [0.03125, 4, 0.0312],
  [0.09375, 4, 0.0938],
  [-0.03125, 4, -0.0312],
  [-0.09375, 4, -0.0938],
  [2.5, 0, 2],
  [3.5, 0, 4],
  [0.5, 0, 0],
  [1.005, 2, 1],
  [0.125, 2, 0.12],
  [0.375, 2, 0.38],
  [12345.678951, 4, 12345.679],
  [1e22, 2, 1e22],
])("round(%s, %s) is %s", (value, decimals, expected) => {
  expect(roundTo(value, decimals)).toBe(expected);
});

test("what is no number stays as it is", () => {
  expect(roundTo(Number.NaN, 4)).toBeNaN();
  expect(roundTo(Number.POSITIVE_INFINITY, 4)).toBe(Number.POSITIVE_INFINITY);
});

test("speeds have the reference's names", () => {
  const work = { num_samples: 10, num_steps: 5, num_tokens: 40 };
  expect(Object.keys(speed_metrics("eval", performance.now() - 10, work))).toEqual([
    "eval_runtime",
    "eval_samples_per_second",
    "eval_steps_per_second",
    "eval_tokens_per_second",
  ]);
});
