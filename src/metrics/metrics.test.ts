/** Against transformers' SQuAD evaluation, scikit-learn and SciPy. */
import { describe, expect, test } from "vitest";
import { readFixture } from "../../tests/support/oracle.ts";
import {
  type Average,
  accuracy,
  type ClassificationScores,
  classificationScores,
  matthewsCorrelation,
  pearson,
  spearman,
} from "./classification.ts";
import { answerWords, exactMatch, type SquadScores, squad, wordF1 } from "./squad.ts";

const fixture = readFixture<{
  squad: {
    words: { text: string; words: string[] }[];
    pairs: { prediction: string; reference: string; exact: number; f1: number }[];
    sets: { predictions: string[]; references: string[][]; scores: SquadScores }[];
  };
  classification: {
    predictions: number[];
    references: number[];
    scores: Partial<Record<Average, ClassificationScores>>;
    accuracy: number;
    matthews: number;
  }[];
  regression: { predictions: number[]; references: number[]; pearson: number; spearman: number }[];
}>("metrics.json");

function expectNear(got: object, expected: object): void {
  expect(Object.keys(got)).toEqual(Object.keys(expected));
  for (const [name, value] of Object.entries(expected)) {
    expect((got as Record<string, number>)[name], name).toBeCloseTo(value as number, 10);
  }
}

describe("squad", () => {
  test.each(fixture.squad.words)("the words of $text", ({ text, words }) => {
    expect(answerWords(text)).toEqual(words);
  });

  test("each pair of answers", () => {
    for (const { prediction, reference, exact, f1 } of fixture.squad.pairs) {
      expect(Number(exactMatch(prediction, reference)), `${prediction} | ${reference}`).toBe(exact);
      expect(wordF1(prediction, reference), `${prediction} | ${reference}`).toBeCloseTo(f1, 12);
    }
  });

  test.each(fixture.squad.sets)("a set of questions", ({ predictions, references, scores }) => {
    expectNear(squad(predictions, references), scores);
  });

  test("refuses another number of references, and none", () => {
    expect(() => squad(["a"], [])).toThrow("squad: expected references for each of at least one prediction");
    expect(() => squad([], [])).toThrow("got 0 predictions and references for 0");
  });
});

test.each(fixture.classification)("classes", ({ predictions, references, scores, ...expected }) => {
  expect(accuracy(predictions, references)).toBeCloseTo(expected.accuracy, 12);
  expect(matthewsCorrelation(predictions, references)).toBeCloseTo(expected.matthews, 12);
  for (const [average, values] of Object.entries(scores)) {
    expectNear(classificationScores(predictions, references, { average: average as Average }), values);
  }
});

test.each(fixture.regression)("numbers", ({ predictions, references, ...expected }) => {
  expect(pearson(predictions, references)).toBeCloseTo(expected.pearson, 10);
  expect(spearman(predictions, references)).toBeCloseTo(expected.spearman, 10);
});

test("a constant has no correlation", () => {
  expect(pearson([1, 1, 1], [1, 2, 3])).toBeNaN();
});

test("names are classes too, and more than two are not binary", () => {
  const [predictions, references] = [
    ["yes", "no"],
    ["yes", "yes"],
  ];
  expect(classificationScores(predictions, references, { positive: "yes" })).toEqual({
    precision: 1,
    recall: 0.5,
    f1: 2 / 3,
  });
  expect(() => classificationScores(["a", "b", "c"], ["a", "b", "c"])).toThrow(
    'expected two classes for `average` binary, got 3: a, b, c. Choose average "micro", "macro" or "weighted".',
  );
  expect(() => accuracy(["a"], [])).toThrow(
    "accuracy: expected as many predictions as references, at least 1, got 1 and 0",
  );
});
