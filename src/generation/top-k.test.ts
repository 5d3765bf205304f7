import fc from "fast-check";
import { expect, test } from "vitest";
import { argmax, TopK } from "./top-k.ts";

const score = fc.oneof(fc.float({ min: -4, max: 4 }), fc.constantFrom(0, 1, -Infinity, Infinity, Number.NaN));

/** nan first, then by size, equals by index. */
function sorted(scores: readonly number[]): number[] {
  const rank = (value: number) => (Number.isNaN(value) ? [1, 0] : [0, value]);
  return [...scores.keys()].sort((a, b) => {
    const [nanA, valueA] = rank(scores[a]!) as [number, number];
    const [nanB, valueB] = rank(scores[b]!) as [number, number];
    return nanB - nanA || (valueA === valueB ? a - b : valueB - valueA);
  });
}

test("the k largest are those that sorting puts first, in that order", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 4 }),
      fc.integer({ min: 3, max: 11 }),
      fc.array(score, { minLength: 50, maxLength: 50 }),
      fc.array(fc.float({ min: -3, max: 3, noNaN: true }), { minLength: 6, maxLength: 6 }),
      fc.nat(),
      (rows, vocabSize, values, rowScores, seed) => {
        const scores = Float32Array.from(values);
        const k = 1 + (seed % (rows * vocabSize));
        const start = 2;
        const totals = Array.from({ length: rows * vocabSize }, (_, i) =>
          Math.fround(scores[start + i]! + rowScores[1 + Math.floor(i / vocabSize)]!),
        );
        const top = new TopK(k);
        // Twice, since the second finds the arrays in use.
        for (let time = 0; time < 2; time++)
          top.select(scores, start, Float32Array.from(rowScores), 1, rows, vocabSize);
        const expected = sorted(totals).slice(0, k);
        expect([...top.indices]).toEqual(expected);
        expect([...top.scores]).toEqual(expected.map((i) => totals[i]));
      },
    ),
  );
});

test("argmax is the first of the largest, and nan the largest", () => {
  expect(argmax(Float32Array.from([9, 1, 5, 5, 2]), 1, 4)).toBe(1);
  expect(argmax(Float32Array.from([Infinity, Number.NaN, Number.NaN]), 0, 3)).toBe(1);
  expect(argmax(Float32Array.from([-Infinity, -Infinity]), 0, 2)).toBe(0);
});
