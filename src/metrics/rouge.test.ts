/** Against rouge-score 0.1.2. */
import { describe, expect, test } from "vitest";
import { readFixture } from "../../tests/support/oracle.ts";
import { type RougeOptions, type RougeScore, type RougeType, rouge, rougeWords } from "./rouge.ts";

/** Precision, recall and fmeasure. */
type Numbers = [number, number, number];

interface Scores {
  prediction: string;
  /** By type. */
  plain: Numbers[];
  stemmed: Numbers[];
}

const fixture = readFixture<{
  rouge_types: RougeType[];
  pairs: (Scores & { reference: string })[];
  multi: (Scores & { references: string[] })[];
  words: { text: string; words: string[]; stemmed: string[] }[];
  /** `seed` where the package drew what this package draws; absent where it drew with numpy. */
  intervals: {
    rouge_type: RougeType;
    pairs: number;
    options: RougeOptions<never>;
    seed?: number;
    low_mid_high: Numbers[];
  }[];
}>("rouge.json");

const { rouge_types } = fixture;
const numbersOf = ({ precision, recall, fmeasure }: RougeScore): Numbers => [precision, recall, fmeasure];

function expectNear(got: RougeScore, expected: Numbers, tolerance: number, about: string): void {
  for (const [i, value] of numbersOf(got).entries()) {
    expect(Math.abs(value - expected[i]!), `${about} ${i}: ${value}, ${expected[i]}`).toBeLessThanOrEqual(tolerance);
  }
}

test.each(fixture.words)("the words of $text", ({ text, words, stemmed }) => {
  expect(rougeWords(text)).toEqual(words);
  expect(rougeWords(text, true)).toEqual(stemmed);
});

describe.each(["plain", "stemmed"] as const)("%s", (form) => {
  const settings = { rouge_types, use_stemmer: form === "stemmed", use_aggregator: false } as const;

  test("each pair has the package's scores", () => {
    expect(fixture.pairs.length).toBeGreaterThanOrEqual(60);
    const got = rouge(
      fixture.pairs.map(({ prediction }) => prediction),
      fixture.pairs.map(({ reference }) => reference),
      settings,
    );
    fixture.pairs.forEach((pair, i) => {
      for (const [k, type] of rouge_types.entries())
        expectNear(got[type][i]!, pair[form][k]!, 1e-12, `pair ${i}, ${type}`);
    });
  });

  test("of several references each type takes its best", () => {
    const got = rouge(
      fixture.multi.map(({ prediction }) => prediction),
      fixture.multi.map(({ references }) => references),
      settings,
    );
    fixture.multi.forEach((row, i) => {
      for (const [k, type] of rouge_types.entries())
        expectNear(got[type][i]!, row[form][k]!, 1e-12, `row ${i}, ${type}`);
    });
  });
});

test.each(fixture.intervals)("interval of $rouge_type over $pairs pairs, $options, seed $seed", (row) => {
  const pairs = fixture.pairs.slice(0, row.pairs);
  const { low, mid, high } = rouge(
    pairs.map(({ prediction }) => prediction),
    pairs.map(({ reference }) => reference),
    { ...row.options, rouge_types: [row.rouge_type], use_aggregator: true, seed: row.seed ?? 0 },
  )[row.rouge_type];
  // With other draws: the mean of 70 scores has a deviation of 0.05, its percentiles of 1000 samples one of 0.004.
  const tolerance = row.seed === undefined ? 0.015 : 1e-12;
  [low, mid, high].forEach((got, i) => {
    expectNear(got, row.low_mid_high[i]!, tolerance, ["low", "mid", "high"][i]!);
  });
});

test("without options: four types, an interval of each, the same again", () => {
  const call = () => rouge(["the cat sat", "a dog"], ["the cat sat down", ["the dog", "a dog"]]);
  const got = call();
  expect(Object.keys(got)).toEqual(["rouge1", "rouge2", "rougeL", "rougeLsum"]);
  expect(Object.keys(got.rouge2)).toEqual(["low", "mid", "high"]);
  expect(got.rouge1.mid.fmeasure).toBeCloseTo((6 / 7 + 1) / 2, 12);
  expect(call()).toEqual(got);
});

test("a caller's own words", () => {
  const tokenizer = (text: string) => text.split("");
  const { rouge1, rougeLsum } = rouge(["東京 都"], ["東京"], {
    rouge_types: ["rouge1", "rougeLsum"],
    use_aggregator: false,
    tokenizer,
  });
  expect(numbersOf(rouge1[0]!)).toEqual([0.5, 1, 2 / 3]);
  expect(rougeLsum).toEqual(rouge1);
});

describe("refuses", () => {
  test.each<[() => unknown, string]>([
    [
      () => rouge(["a"], ["a"], { rouge_types: ["rougeLSum" as "rougeL"] }),
      "rouge: expected `rouge_types` among rouge1 to rouge9, rougeL and rougeLsum, at least one, got `rougeLSum`. Did you mean `rougeLsum`?",
    ],
    [() => rouge(["a"], ["a"], { rouge_types: ["rouge0" as "rouge1"] }), "got `rouge0`"],
    [() => rouge(["a"], ["a"], { rouge_types: [] }), "at least one, got none"],
    [() => rouge(["a"], ["a"], { use_stemer: true } as RougeOptions), "Did you mean `use_stemmer`?"],
    [
      () => rouge(["a"], []),
      "expected references for each of at least one prediction, got 1 predictions and references for 0",
    ],
    [() => rouge([], []), "got 0 predictions"],
    [() => rouge(["a", "b"], ["a", []]), "rouge: expected a reference of prediction 1, got none"],
    [() => rouge(["a"], ["a"], { n_samples: 1.5 }), "expected `n_samples`, a whole number above 0, got 1.5"],
  ])("%s", (call, message) => {
    expect(call).toThrow(message);
  });
});
