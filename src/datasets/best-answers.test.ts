/** From logits to answers, against a search through all pairs. */
import { describe, expect, test } from "vitest";
import { Philox } from "../random.ts";
import { type AnsweredWindow, bestAnswers } from "./index.ts";

const context = "alpha beta gamma delta epsilon zeta";
const words = [...context.matchAll(/\w+/g)].map(({ index, 0: word }) => [index, index + word.length] as const);

/** `<s> question </s></s>` and words `from` to `to` and `</s>`, with the same logit everywhere but at some places. */
function window(from: number, to: number, start: Record<number, number>, end: Record<number, number>): AnsweredWindow {
  const offsets = [null, null, null, null, ...words.slice(from, to), null];
  const logits = (given: Record<number, number>) => Float32Array.from(offsets, (_, i) => given[i] ?? -5);
  return { offsets, start_logits: logits(start), end_logits: logits(end) };
}

/** Token of a word in a window that begins at word 0. */
const token = (word: number) => word + 4;

test("the best span, its place, and probabilities that sum to 1", () => {
  const { best, n_best, score_diff } = bestAnswers(context, [
    window(0, 6, { [token(1)]: 3, [token(0)]: 2 }, { [token(2)]: 4, [token(1)]: 1 }),
  ]);
  expect(best).toMatchObject({ text: "beta gamma", start: 6, end: 16, start_logit: 3, end_logit: 4 });
  expect(n_best.map(({ text }) => text).slice(0, 3)).toEqual(["beta gamma", "alpha beta gamma", "beta"]);
  expect(n_best.reduce((sum, { probability }) => sum + probability, 0)).toBeCloseTo(1, 12);
  expect(n_best[0]!.probability / n_best[1]!.probability).toBeCloseTo(Math.E, 5);
  expect(score_diff).toBeUndefined();
});

test("of several windows, with offsets into the whole context", () => {
  const windows = [window(0, 4, { 5: 1 }, { 5: 1 }), window(2, 6, { 6: 4 }, { 7: 4 })];
  expect(bestAnswers(context, windows).best).toMatchObject({ text: "epsilon zeta", start: 23, end: 35 });
});

test("lengths in tokens, and how many are given", () => {
  const logits = [{ [token(0)]: 5 }, { [token(4)]: 5, [token(1)]: 1 }] as const;
  expect(bestAnswers(context, [window(0, 6, ...logits)], { max_answer_length: 4 }).best.text).toBe("alpha beta");
  expect(bestAnswers(context, [window(0, 6, ...logits)], { max_answer_length: 5 }).best.text).toBe(
    "alpha beta gamma delta epsilon",
  );
  expect(bestAnswers(context, [window(0, 6, ...logits)], { n_best_size: 2 }).n_best.length).toBe(2);
});

describe("no answer", () => {
  const windows = [
    window(0, 3, { 0: 4, [token(1)]: 2 }, { 0: 4, [token(1)]: 2 }),
    window(3, 6, { 0: 1, [token(1)]: 1 }, { 0: 1, [token(1)]: 1 }),
  ];
  const negative = { version_2_with_negative: true };

  test("is the least likely of the windows' own, and must be better by the threshold", () => {
    // The first window says 8 and the second 2; the best span has 4.
    const refused = bestAnswers(context, windows, negative);
    expect([refused.best.text, refused.score_diff]).toEqual(["beta", -2]);
    const given = bestAnswers(context, windows, { ...negative, null_score_diff_threshold: -3 });
    expect(given.best).toMatchObject({ text: "", start: 0, end: 0, start_logit: 1, end_logit: 1 });
    expect(bestAnswers(context, windows).n_best.some(({ text }) => text === "")).toBe(false);
  });

  test("is among the best whatever its score", () => {
    const found = window(0, 3, { [token(1)]: 2 }, { [token(1)]: 2 });
    const { n_best } = bestAnswers(context, [found, windows[1]!], { ...negative, n_best_size: 1 });
    expect(n_best.map(({ text }) => text)).toEqual(["beta", ""]);
  });

  test("where no span is possible it is all there is", () => {
    const empty = { offsets: [null, null], start_logits: [1, 2], end_logits: [1, 2] };
    expect(bestAnswers(context, [empty]).best).toMatchObject({ text: "", probability: 1 });
    expect(bestAnswers(context, [empty], negative)).toMatchObject({
      best: { text: "", start_logit: 1 },
      score_diff: 2,
    });
  });
});

test("against all pairs of the best starts and ends, on random logits with padding", () => {
  const random = new Philox(11);
  let at = 0;
  for (let round = 0; round < 50; round++) {
    const windows = Array.from({ length: 1 + (round % 3) }, (_, w) => {
      const offsets = [null, null, ...words.slice(w, w + 4), null];
      const logits = () =>
        Float32Array.from({ length: offsets.length + 2 }, (_, i) => (i < offsets.length ? random.normal(at++) : 90));
      return { offsets, start_logits: logits(), end_logits: logits() };
    });
    const options = { n_best_size: 3 + (round % 4), max_answer_length: 1 + (round % 5) };
    const { n_best } = bestAnswers(context, windows, options);
    const expected = all(windows, options);
    expect(n_best.length).toBe(Math.max(1, expected.length));
    if (expected.length === 0) expect(n_best[0]!.text).toBe("");
    n_best.slice(0, expected.length).forEach((answer, i) => {
      expect([answer.start, answer.end]).toEqual(expected[i]!.slice(1));
      expect(answer.start_logit + answer.end_logit).toBe(expected[i]![0]);
    });
  }
});

/** [score, start, end], best first, the slow way. */
function all(
  windows: readonly AnsweredWindow[],
  { n_best_size, max_answer_length }: { n_best_size: number; max_answer_length: number },
) {
  const spans: [number, number, number][] = [];
  for (const { offsets, start_logits, end_logits } of windows) {
    const among = (logits: ArrayLike<number>, i: number) =>
      offsets.filter((_, other) => logits[other]! > logits[i]!).length < n_best_size;
    for (let first = 0; first < offsets.length; first++) {
      for (let last = first; last < Math.min(offsets.length, first + max_answer_length); last++) {
        const [from, to] = [offsets[first], offsets[last]];
        if (!from || !to || !among(start_logits, first) || !among(end_logits, last)) continue;
        spans.push([start_logits[first]! + end_logits[last]!, from[0], to[1]]);
      }
    }
  }
  return spans.sort((a, b) => b[0] - a[0]).slice(0, n_best_size);
}

test.each([
  { windows: [], options: {}, says: "bestAnswers: expected at least one window, got none" },
  {
    windows: [{ offsets: [null, [0, 5] as const], start_logits: [1], end_logits: [1, 2] }],
    options: {},
    says: "expected a start and an end logit for each of the 2 tokens of window 0, at least one, got 1",
  },
  {
    windows: [window(0, 2, {}, {})],
    options: { n_best_size: 0 },
    says: "option `n_best_size`: expected an integer of at least 1, got 0",
  },
  {
    windows: [window(0, 2, {}, {})],
    options: { max_answer_len: 3 } as object,
    says: "Did you mean `max_answer_length`?",
  },
])("refused: $says", ({ windows, options, says }) => {
  expect(() => bestAnswers(context, windows, options)).toThrow(says);
});
