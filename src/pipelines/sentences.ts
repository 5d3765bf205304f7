/** The sentences of a text, and the tokens they are made of. */
import type { TokenSpan } from "../generation/extractive.ts";

export interface Sentence {
  /** UTF-16 code units: text.slice(start, end) is the sentence without the white space around it. */
  readonly start: number;
  readonly end: number;
}

/** How an item of a list begins, in a line. */
export const listItem = /^\s*(?:[-*+•]|\d+[.)])\s/;

/**
 * By the Unicode rules for sentences (UAX #29) within each line, since a line of its own, such as a heading, ends where its
 * author ended it. Without letters or digits nothing is a sentence.
 */
export function sentencesOf(text: string, locale = "en"): Sentence[] {
  const segmenter = new Intl.Segmenter(locale, { granularity: "sentence" });
  const sentences: Sentence[] = [];
  for (let lineStart = 0; lineStart <= text.length; ) {
    const lineEnd = text.indexOf("\n", lineStart) < 0 ? text.length : text.indexOf("\n", lineStart);
    for (const { segment, index } of segmenter.segment(text.slice(lineStart, lineEnd))) {
      const inner = segment.trim();
      if (!/[\p{L}\p{N}]/u.test(inner)) continue;
      const start = lineStart + index + segment.indexOf(inner);
      sentences.push({ start, end: start + inner.length });
    }
    lineStart = lineEnd + 1;
  }
  return sentences;
}

/**
 * For each sentence its tokens, those that begin in it; `offsets` [start, end] of each token, empty for those that are no text.
 * A sentence of which no token begins is left out, and one that a truncation has cut.
 */
export function tokenSpans<S extends Sentence>(
  sentences: readonly S[],
  offsets: readonly (readonly [start: number, end: number])[],
  truncated: boolean,
): { readonly sentence: S; readonly span: TokenSpan }[] {
  const last = truncated ? (offsets.findLast(([start, end]) => end > start)?.[1] ?? 0) : Number.POSITIVE_INFINITY;
  let token = 0;
  return sentences.flatMap((sentence) => {
    if (sentence.end > last) return [];
    const isText = (i: number) => offsets[i]![1] > offsets[i]![0];
    while (token < offsets.length && (!isText(token) || offsets[token]![0] < sentence.start)) token += 1;
    const first = token;
    let end = token;
    for (; token < offsets.length && (!isText(token) || offsets[token]![0] < sentence.end); token += 1) {
      if (isText(token)) end = token + 1;
    }
    return end > first ? [{ sentence, span: [first, end] as const }] : [];
  });
}
