/**
 * Answers among the spans of a window (transformers 4.37.2, pipelines/question_answering.py: select_starts_ends, decode_spans).
 * datasets/best-answers.ts is another rule, that of the evaluation scripts: it tries the best starts and ends by the sums of their
 * logits; here all spans count, by the product of probabilities.
 *
 * Departures: in float64; only spans of the context are candidates, where the reference fills up with impossible ones of score 0 when
 * more are asked for than there are; of the tokens outside the context only the first takes part in the softmax, where the
 * reference counts each `<s>`, also one in the question; of equal scores the first span counts, where numpy's order is open.
 */

export interface WindowLogits {
  /** Of the window's tokens; more are of padding. */
  readonly start: ArrayLike<number>;
  readonly end: ArrayLike<number>;
}

export interface AnswerSpans {
  /** The likeliest first; tokens, both inclusive. */
  readonly spans: readonly TokenAnswer[];
  /** That the window holds no answer: what the first token says. */
  readonly none: number;
}

export interface TokenAnswer {
  readonly first: number;
  readonly last: number;
  readonly score: number;
}

/** `inContext`: whether each token of the window may be in an answer. At most `top_k` spans of at most `max_answer_len` tokens. */
export function answerSpans(
  logits: WindowLogits,
  inContext: readonly boolean[],
  top_k: number,
  max_answer_len: number,
): AnswerSpans {
  const counts = inContext.map((is, token) => is || token === 0);
  const starts = probabilities(logits.start, counts);
  const ends = probabilities(logits.end, counts);
  const spans: TokenAnswer[] = [];
  for (let first = 1; first < inContext.length; first++) {
    if (!inContext[first]) continue;
    const beyond = Math.min(first + max_answer_len, inContext.length);
    for (let last = first; last < beyond && inContext[last]; last++) {
      const score = starts[first]! * ends[last]!;
      if (spans.length === top_k && score <= spans[top_k - 1]!.score) continue;
      insert(spans, { first, last, score });
      if (spans.length > top_k) spans.pop();
    }
  }
  return { spans, none: starts[0]! * ends[0]! };
}

/** Behind those of the same score. */
function insert(spans: TokenAnswer[], span: TokenAnswer): void {
  let low = 0;
  for (let high = spans.length; low < high; ) {
    const middle = (low + high) >> 1;
    if (spans[middle]!.score >= span.score) low = middle + 1;
    else high = middle;
  }
  spans.splice(low, 0, span);
}

/** What the reference puts in place of the logits of other tokens. */
const excluded = -10000;

function probabilities(logits: ArrayLike<number>, counts: readonly boolean[]): number[] {
  const masked = counts.map((is, token) => (is ? logits[token]! : excluded));
  const most = masked.reduce((a, b) => Math.max(a, b));
  const weights = masked.map((logit) => Math.exp(logit - most));
  const sum = weights.reduce((a, b) => a + b);
  return weights.map((weight) => weight / sum);
}
