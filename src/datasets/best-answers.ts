/**
 * From the logits of a question's windows to its answers (transformers 4.37.2, examples/pytorch/question-answering/utils_qa.py:
 * postprocess_qa_predictions). Departures: where no span can be an answer the answer is "", where the reference says "empty"; of
 * equal logits the first counts, where numpy's order is undefined.
 *
 * It lies with the data because it undoes question-windows.ts: both know what a window's offsets mean. `led evaluate` uses it; the
 * reference's pipeline has a rule of its own (pipelines/answer-spans.ts).
 */
import { InvalidArgumentError, refuseUnknownOptions } from "../errors.ts";
import { requireInteger } from "../tokenizers/options.ts";
import type { QuestionWindow } from "./question-windows.ts";

export interface AnswerOptions {
  /** How many starts and ends of a window are tried, and how many answers are given at most; 20 by default. */
  readonly n_best_size?: number | undefined;
  /** In tokens; 30 by default. */
  readonly max_answer_length?: number | undefined;
  /** Whether a question may have no answer (SQuAD 2); false by default. */
  readonly version_2_with_negative?: boolean | undefined;
  /** How much better "no answer" must score than the best answer to be given; 0 by default. */
  readonly null_score_diff_threshold?: number | undefined;
}

/** A window with what the model says about each of its tokens; logits may be longer, for padding. */
export interface AnsweredWindow extends Pick<QuestionWindow, "offsets"> {
  readonly start_logits: ArrayLike<number>;
  readonly end_logits: ArrayLike<number>;
}

export interface Answer {
  /** `context.slice(start, end)`; "" for no answer. */
  readonly text: string;
  /** UTF-16 code units of the context. */
  readonly start: number;
  readonly end: number;
  readonly start_logit: number;
  readonly end_logit: number;
  /** Among the answers given beside it. */
  readonly probability: number;
}

export interface BestAnswers {
  /** The answer: the best one, or no answer where that is allowed and better by more than the threshold. */
  readonly best: Answer;
  /** The best first. The same span may come from two windows. */
  readonly n_best: readonly Answer[];
  /** With version_2_with_negative: the score of no answer less that of the best answer. */
  readonly score_diff?: number;
}

type Candidate = Omit<Answer, "text" | "probability"> & { readonly score: number };

const optionNames = ["n_best_size", "max_answer_length", "version_2_with_negative", "null_score_diff_threshold"];

/** `windows` are all those of one question. */
export function bestAnswers(
  context: string,
  windows: readonly AnsweredWindow[],
  options: AnswerOptions = {},
): BestAnswers {
  refuseUnknownOptions("bestAnswers", options, optionNames);
  const { n_best_size = 20, max_answer_length = 30, version_2_with_negative = false } = options;
  const { null_score_diff_threshold = 0 } = options;
  requireInteger("n_best_size", n_best_size, 1);
  requireInteger("max_answer_length", max_answer_length, 1);
  windows.forEach(requireLogits);
  if (windows.length === 0) {
    throw new InvalidArgumentError({ operation: "bestAnswers", expected: "at least one window", got: "none" });
  }
  const found = windows.flatMap((window) => candidates(window, n_best_size, max_answer_length));
  const none = windows.map(noAnswer).reduce((least, one) => (one.score < least.score ? one : least));
  const offered = version_2_with_negative ? [...found, none] : found;
  const kept = offered.sort((a, b) => b.score - a.score).slice(0, n_best_size);
  if (version_2_with_negative && !kept.includes(none)) kept.push(none);
  const nothing = { start: 0, end: 0, score: 0, start_logit: 0, end_logit: 0 };
  const n_best = withProbabilities(kept.length === 0 ? [nothing] : kept, context);
  if (!version_2_with_negative) return { best: n_best[0]!, n_best };
  const answer = n_best.find(({ text }) => text !== "");
  const noText = n_best[kept.indexOf(none)]!;
  if (answer === undefined) return { best: noText, n_best, score_diff: none.score };
  const score_diff = none.score - answer.start_logit - answer.end_logit;
  return { best: score_diff > null_score_diff_threshold ? noText : answer, n_best, score_diff };
}

/** Spans of the window's context between one of the best starts and one of the best ends. */
function candidates(
  { offsets, start_logits, end_logits }: AnsweredWindow,
  count: number,
  longest: number,
): Candidate[] {
  const starts = highest(start_logits, offsets.length, count);
  const ends = highest(end_logits, offsets.length, count);
  return starts.flatMap((first) =>
    ends.flatMap((last) => {
      const [from, to] = [offsets[first], offsets[last]];
      if (!from || !to || last < first || last - first + 1 > longest) return [];
      const [start_logit, end_logit] = [start_logits[first]!, end_logits[last]!];
      return [{ start: from[0], end: to[1], start_logit, end_logit, score: start_logit + end_logit }];
    }),
  );
}

/** What the first token says: that the window holds no answer. */
function noAnswer({ start_logits, end_logits }: AnsweredWindow): Candidate {
  const [start_logit, end_logit] = [start_logits[0]!, end_logits[0]!];
  return { start: 0, end: 0, start_logit, end_logit, score: start_logit + end_logit };
}

/** Indices of the highest of the first `length` values, the highest first. */
function highest(values: ArrayLike<number>, length: number, count: number): number[] {
  const indices = Array.from({ length }, (_, i) => i);
  return indices.sort((a, b) => values[b]! - values[a]! || a - b).slice(0, count);
}

function withProbabilities(kept: readonly Candidate[], context: string): Answer[] {
  const most = Math.max(...kept.map(({ score }) => score));
  const weights = kept.map(({ score }) => Math.exp(score - most));
  const sum = weights.reduce((a, b) => a + b);
  return kept.map(({ start, end, start_logit, end_logit }, i) => ({
    text: context.slice(start, end),
    start,
    end,
    start_logit,
    end_logit,
    probability: weights[i]! / sum,
  }));
}

function requireLogits({ offsets, start_logits, end_logits }: AnsweredWindow, index: number): void {
  const short = Math.min(start_logits.length, end_logits.length);
  if (offsets.length > 0 && short >= offsets.length) return;
  throw new InvalidArgumentError({
    operation: "bestAnswers",
    expected: `a start and an end logit for each of the ${offsets.length} tokens of window ${index}, at least one`,
    got: String(short),
  });
}
