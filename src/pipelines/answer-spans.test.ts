/** Spans of a window beside all products of probabilities, counted out. */
import { expect, test } from "vitest";
import { Philox } from "../random.ts";
import { answerSpans } from "./answer-spans.ts";

/** softmax over the first token and those of the context. */
function softmax(logits: readonly number[], inContext: readonly boolean[]): number[] {
  const weights = logits.map((logit, i) => (i === 0 || inContext[i] ? Math.exp(logit) : 0));
  const sum = weights.reduce((a, b) => a + b);
  return weights.map((weight) => weight / sum);
}

test.each([
  [1, 1],
  [1, 15],
  [7, 3],
  [20, 4],
  [1000, 100],
])("the best %i of at most %i tokens", (top_k, longest) => {
  const random = new Philox(top_k + longest);
  const inContext = [false, false, false, ...Array<boolean>(17).fill(true), false];
  const numbers = (first: number) => inContext.map((_, i) => random.uint32(first + i) / 1e9);
  // Those behind the window are of padding.
  const [start, end] = [
    [...numbers(0), 99],
    [...numbers(100), 99],
  ];
  const { spans, none } = answerSpans({ start, end }, inContext, top_k, longest);
  const [starts, ends] = [softmax(start, inContext), softmax(end, inContext)];
  const all = starts.flatMap((p, first) =>
    ends.flatMap((q, last) => {
      const fits = inContext[first] && inContext[last] && first <= last && last - first < longest;
      return fits ? [{ first, last, score: p * q }] : [];
    }),
  );
  all.sort((a, b) => b.score - a.score);
  expect(spans.map(({ first, last }) => [first, last])).toEqual(
    all.slice(0, top_k).map(({ first, last }) => [first, last]),
  );
  spans.forEach(({ score }, i) => {
    expect(score).toBeCloseTo(all[i]!.score, 12);
  });
  expect(none).toBeCloseTo(starts[0]! * ends[0]!, 12);
});

test("of equal scores the first span counts, and probabilities that underflow still give one", () => {
  const inContext = [false, true, true, true];
  const same = { start: [0, 5, 5, 5], end: [0, 5, 5, 5] };
  expect(answerSpans(same, inContext, 2, 1).spans.map(({ first }) => first)).toEqual([1, 2]);
  const far = { start: [0, 0, 0, 4000], end: [0, 4000, 0, 0] };
  expect(answerSpans(far, inContext, 1, 3).spans).toEqual([{ first: 1, last: 1, score: 0 }]);
});
