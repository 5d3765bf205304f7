/** Words of a sentence without knowing its language: which of them tell what it is about, and whether it is prose at all. */

export interface Words {
  readonly count: number;
  /** Beginnings of its words of content, each once, with how often they stand in it. */
  readonly stems: ReadonlyMap<string, number>;
  readonly opening: string;
}

const word = /[\p{L}\p{M}\p{N}]+/gu;
/** Scripts that put no spaces between words, and write them with few characters. */
const unspaced = /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Thai}\p{sc=Lao}\p{sc=Khmer}\p{sc=Myanmar}]/u;
/** Words that are shorter mostly say how a sentence is built. */
const shortestContent = 4;
/** Inflections of a word begin alike. */
const stemLength = 6;
/** Words and what stands around them in a sentence; addresses, attributes and calls are none. */
const plainWord = /^["'“”‘’«»()*_[\]]*[\p{L}\p{M}\p{N}][\p{L}\p{M}\p{N}'’\-/.]*["'“”‘’«»()*_[\].,;:!?…]*$/u;
/** A line of fewer words, or without an end of a sentence, is a heading, an item or a piece of code. */
const fewestWords = 5;
const sentenceEnd = /[.!?…。！？।۔]["'”’»)\]*_`]*$/u;

export function wordsOf(text: string): Words {
  const found = wordsIn(text.toLowerCase());
  const stems = new Map<string, number>();
  for (const one of found) {
    if (one.length < (unspaced.test(one) ? shortestContent / 2 : shortestContent)) continue;
    const stem = one.slice(0, stemLength);
    stems.set(stem, (stems.get(stem) ?? 0) + 1);
  }
  return { count: found.length, stems, opening: found[0] ?? "" };
}

export function isProse(text: string): boolean {
  return sentenceEnd.test(text) && plainWords(text) >= fewestWords;
}

function plainWords(text: string): number {
  if (unspaced.test(text)) return wordsIn(text.replaceAll(/\S*:\/\/\S*/g, "")).length;
  // Of Markdown's links the text counts.
  const read = text.replaceAll(/\]\([^)]*\)/g, "]");
  return read.split(/\s+/).filter((one) => plainWord.test(one)).length;
}

function wordsIn(text: string): readonly string[] {
  if (!unspaced.test(text)) return text.match(word) ?? [];
  const segmenter = new Intl.Segmenter(undefined, { granularity: "word" });
  return Array.from(segmenter.segment(text)).flatMap(({ segment, isWordLike }) => (isWordLike ? [segment] : []));
}
