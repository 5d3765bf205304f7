/** Against sacreBLEU 2.4.3. */
import { describe, expect, test } from "vitest";
import { readFixture } from "../../tests/support/oracle.ts";
import { type BleuOptions, type BleuScore, bleu } from "./bleu.ts";

const { bleu: cases } = readFixture<{
  bleu: { options: BleuOptions; predictions: string[]; references: string[][]; score: BleuScore }[];
}>("metrics.json");

test.each(cases)("$options", ({ options, predictions, references, score }) => {
  const got = bleu(predictions, references, options);
  expect(got.counts).toEqual(score.counts);
  expect(got.totals).toEqual(score.totals);
  expect([got.sys_len, got.ref_len]).toEqual([score.sys_len, score.ref_len]);
  for (const [n, precision] of score.precisions.entries()) expect(got.precisions[n]).toBeCloseTo(precision, 10);
  expect(got.bp).toBeCloseTo(score.bp, 12);
  expect(got.score).toBeCloseTo(score.score, 10);
});

test("one reference may stand alone", () => {
  expect(bleu(["a b c d e"], ["a b c d e"]).score).toBeCloseTo(100, 10);
});

describe("refuses", () => {
  test.each<[() => unknown, string]>([
    [() => bleu(["a"], ["a"], { tokenize: "intl" as "13a" }), "expected `tokenize` among 13a, char, none, got intl"],
    [() => bleu(["a"], ["a"], { lower: true } as BleuOptions), "lower"],
    [
      () => bleu(["a"], []),
      "expected references for each of at least one translation, got 1 translations and references for 0",
    ],
    [() => bleu(["a"], [[]]), "expected a reference of translation 0, got none"],
  ])("%s", (call, message) => {
    expect(call).toThrow(message);
  });
});
