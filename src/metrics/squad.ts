/**
 * How well answers to questions agree with references: exact match and the F1 of words, as SQuAD's own evaluation (transformers 4.37.2,
 * data/metrics/squad_metrics.py): case, punctuation, English articles and white space do not count.
 */
import { InvalidArgumentError } from "../errors.ts";

const punctuation = /[!"#$%&'()*+,\-./:;<=>?@[\\\]^_`{|}~]/g;
// Python's idea of a word's end, which knows more letters than JavaScript's \b.
const articles = /(?<![\p{L}\p{N}_])(?:a|an|the)(?![\p{L}\p{N}_])/gu;
// What Python's split() takes for white space.
// biome-ignore lint/suspicious/noControlCharactersInRegex: the separators among ASCII's control characters are some of it
const spaces = /[\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+/u;

/** The words of an answer that count. */
export function answerWords(answer: string): string[] {
  return answer.toLowerCase().replace(punctuation, "").replace(articles, " ").split(spaces).filter(Boolean);
}

export function exactMatch(prediction: string, reference: string): boolean {
  return answerWords(prediction).join(" ") === answerWords(reference).join(" ");
}

/** Of words that both have, as often as both have them. An answer without words agrees with its like alone. */
export function wordF1(prediction: string, reference: string): number {
  const [own, other] = [answerWords(prediction), answerWords(reference)];
  if (own.length === 0 || other.length === 0) return own.length === other.length ? 1 : 0;
  const left = new Map<string, number>();
  for (const word of other) left.set(word, (left.get(word) ?? 0) + 1);
  let common = 0;
  for (const word of own) {
    const count = left.get(word) ?? 0;
    if (count > 0) common += 1;
    left.set(word, count - 1);
  }
  return (2 * common) / (own.length + other.length);
}

export interface SquadScores {
  /** Per cent, of all questions. */
  readonly exact: number;
  readonly f1: number;
  readonly total: number;
  /** Of questions that have an answer, and of those that have none; absent where there are none. */
  readonly HasAns_exact?: number;
  readonly HasAns_f1?: number;
  readonly HasAns_total?: number;
  readonly NoAns_exact?: number;
  readonly NoAns_f1?: number;
  readonly NoAns_total?: number;
}

/**
 * Each prediction against its references, of which the best counts. A question without an answer has no references
 * and is answered by "".
 */
export function squad(predictions: readonly string[], references: readonly (readonly string[])[]): SquadScores {
  if (predictions.length !== references.length || predictions.length === 0) {
    throw new InvalidArgumentError({
      operation: "squad",
      expected: "references for each of at least one prediction",
      got: `${predictions.length} predictions and references for ${references.length}`,
    });
  }
  const scores = predictions.map((prediction, i) => {
    const answers = references[i]!.filter((answer) => answerWords(answer).length > 0);
    const golds = answers.length > 0 ? answers : [""];
    return {
      answered: references[i]!.length > 0,
      exact: golds.some((gold) => exactMatch(prediction, gold)) ? 1 : 0,
      f1: Math.max(...golds.map((gold) => wordF1(prediction, gold))),
    };
  });
  const mean = (of: typeof scores, what: "exact" | "f1"): number =>
    (100 * of.reduce((sum, score) => sum + score[what], 0)) / of.length;
  const part = (name: "HasAns" | "NoAns", of: typeof scores) =>
    of.length === 0
      ? {}
      : { [`${name}_exact`]: mean(of, "exact"), [`${name}_f1`]: mean(of, "f1"), [`${name}_total`]: of.length };
  return {
    exact: mean(scores, "exact"),
    f1: mean(scores, "f1"),
    total: scores.length,
    ...part(
      "HasAns",
      scores.filter(({ answered }) => answered),
    ),
    ...part(
      "NoAns",
      scores.filter(({ answered }) => !answered),
    ),
  };
}
