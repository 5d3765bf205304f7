/** Which of the tokens that a model wrote make up which sentence of its summary. */
import type { ByteLevelTokenizer } from "../tokenizers/index.ts";
import type { GeneratedText, ReadPassage } from "./generate-texts.ts";
import { sentencesOf } from "./sentences.ts";
import type { TokenRange } from "./summary-attention.ts";

export interface SummarySentence {
  readonly text: string;
  /** Places in the ids, of which the start token is the first. */
  readonly tokens: TokenRange;
}

/** In the order of the summary. Special tokens belong to none, and neither does what has no letter or digit. */
export function summarySentences(
  tokenizer: ByteLevelTokenizer,
  { ids, sentences }: GeneratedText,
  { cited = [] }: ReadPassage,
): SummarySentence[] {
  if (sentences === undefined) return writtenSentences(tokenizer, ids);
  // An extractive summary is its sentences' tokens, one sentence after the other.
  let beyond = 1;
  return sentences.map((sentence) => {
    const [start, end] = cited.find((one) => one.cited === sentence)!.span;
    const first = beyond;
    beyond += end - start;
    return { text: sentence.text, tokens: [first, beyond] };
  });
}

function writtenSentences(tokenizer: ByteLevelTokenizer, ids: readonly number[]): SummarySentence[] {
  const decoded = (count: number) => tokenizer.decode(ids.slice(0, count), { skip_special_tokens: true });
  const text = decoded(ids.length);
  const special = new Set(tokenizer.all_special_ids);
  // Where each token's text begins, the space before a word left out.
  const begins = ids.map((_, i) => {
    const { length } = decoded(i);
    return length + (/^\s*/.exec(text.slice(length))?.[0].length ?? 0);
  });
  let token = 1;
  return sentencesOf(text).flatMap(({ start, end }) => {
    // <s> may be written first, as in LED's own summaries.
    while (token < ids.length && (special.has(ids[token]!) || begins[token]! < start)) token += 1;
    const first = token;
    while (token < ids.length && !special.has(ids[token]!) && begins[token]! < end) token += 1;
    return token > first ? [{ text: text.slice(start, end), tokens: [first, token] as const }] : [];
  });
}
