/** Attention of a summary's tokens on sentences of its document, summed to what people can read: sentence by sentence. */

/** From token `first` of a sequence to before token `beyond`. */
export type TokenRange = readonly [first: number, beyond: number];

export interface SentenceAttention {
  /**
   * [summary's sentences][document's sentences]: the share, 0 to 1, of a summary's sentence's attention, the mean over its tokens. What
   * is missing to 1 went to tokens that belong to no sentence: <s>, </s>, rules and the like.
   */
  readonly shares: readonly (readonly number[])[];
  /** [document's sentences]: the same over the tokens of all of the summary's sentences. */
  readonly average: readonly number[];
  /**
   * [summary's sentences][document's sentences], 0 to 1: how much more than on average a sentence of the document got, by the share; 1 is
   * the one that got most. What gets attention at every step whatever is written (first and last tokens, a title) has 0, and so has
   * every row where nothing is above average. A summary of one sentence has `whole` here.
   */
  readonly weights: readonly (readonly number[])[];
  /** [document's sentences], 0 to 1: how much more the whole summary gave than evenly spread attention would have, token by token. */
  readonly whole: readonly number[];
}

/**
 * `rows`: [written tokens][document's sentences], shares of attention (cross-attention.ts). `sentences`: the tokens of each of the
 * summary's sentences, as row numbers. `lengths`: tokens of each of the document's sentences, of `source_tokens` in all.
 */
export function sentenceAttention(
  rows: readonly ArrayLike<number>[],
  sentences: readonly TokenRange[],
  lengths: readonly number[],
  source_tokens: number,
): SentenceAttention {
  const sums = sentences.map(([first, beyond]) =>
    lengths.map((_, j) => rows.slice(first, beyond).reduce((sum, row) => sum + row[j]!, 0)),
  );
  const tokens = sentences.map(([first, beyond]) => beyond - first);
  const all = tokens.reduce((sum, count) => sum + count, 0);
  const shares = sums.map((own, k) => own.map((sum) => sum / tokens[k]!));
  const average = lengths.map((_, j) => (all === 0 ? 0 : sums.reduce((sum, own) => sum + own[j]!, 0) / all));
  const whole = above(
    average,
    lengths.map((length) => length / source_tokens),
  );
  return { shares, average, whole, weights: shares.length === 1 ? [whole] : shares.map((own) => above(own, average)) };
}

/** Less than this is float32's rounding, not attention. */
const least = 1e-7;

/** How far each is above its expectation, where it is; the most is 1. */
function above(shares: readonly number[], expected: readonly number[]): number[] {
  const more = shares.map((share, j) => share - expected[j]!).map((value) => (value < least ? 0 : value));
  const most = more.reduce((a, b) => Math.max(a, b), 0);
  return most === 0 ? more : more.map((value) => value / most);
}
