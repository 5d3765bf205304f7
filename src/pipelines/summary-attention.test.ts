import { expect, test } from "vitest";
import { sentenceAttention } from "./summary-attention.ts";

/** Six written tokens over three sentences of 2, 4 and 2 of 10 source tokens; the last token belongs to no sentence. */
const rows = [
  [0.5, 0.1, 0.2],
  [0.3, 0.1, 0.2],
  [0.1, 0.4, 0.2],
  [0.1, 0.2, 0.2],
  [0.1, 0.6, 0.2],
  [0, 0, 1],
];
const lengths = [2, 4, 2];

test("a sentence's share is the mean of its tokens', and the average that of all sentences' tokens", () => {
  const { shares, average } = sentenceAttention(
    rows,
    [
      [0, 2],
      [2, 5],
    ],
    lengths,
    10,
  );
  expect(shares[0]![0]).toBeCloseTo(0.4, 12);
  expect(shares[1]![1]).toBeCloseTo(0.4, 12);
  average.forEach((value, j) => {
    expect(5 * value).toBeCloseTo(2 * shares[0]![j]! + 3 * shares[1]![j]!, 12);
    expect(5 * value).toBeCloseTo(
      rows.slice(0, 5).reduce((sum, row) => sum + row[j]!, 0),
      12,
    );
  });
});

test("weights are what is above the average, the most being 1; what gets the same at every step has none", () => {
  const { weights } = sentenceAttention(
    rows,
    [
      [0, 2],
      [2, 5],
    ],
    lengths,
    10,
  );
  expect(weights).toEqual([
    [1, 0, 0],
    [0, 1, 0],
  ]);
});

test("of the whole summary they are what is above the evenly spread share", () => {
  const { whole, average } = sentenceAttention(
    rows,
    [
      [0, 2],
      [2, 5],
    ],
    lengths,
    10,
  );
  // Averages 0.22, 0.28 and 0.2 beside lengths of 0.2, 0.4 and 0.2.
  expect(average.map((value) => Number(value.toFixed(12)))).toEqual([0.22, 0.28, 0.2]);
  expect(whole).toEqual([1, 0, 0]);
});

test("one sentence is the whole summary; with none all are 0", () => {
  const one = sentenceAttention(rows, [[0, 5]], lengths, 10);
  expect(one.weights).toEqual([one.whole]);
  expect(one.whole[0]).toBe(1);
  expect(sentenceAttention(rows, [], lengths, 10)).toEqual({
    shares: [],
    average: [0, 0, 0],
    weights: [],
    whole: [0, 0, 0],
  });
});

test("where two sentences are written with the same attention, neither is above the average", () => {
  const same = [rows[0]!, rows[0]!];
  expect(
    sentenceAttention(
      same,
      [
        [0, 1],
        [1, 2],
      ],
      lengths,
      10,
    ).weights,
  ).toEqual([
    [0, 0, 0],
    [0, 0, 0],
  ]);
});
