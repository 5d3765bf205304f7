/** Paragraphs of a PDF to running text: words that lines divide are whole again, and each place knows its page. */
import type { PageLine } from "./pdf-paragraphs.ts";
import { tidyText } from "./tidy-text.ts";

/** From `start` on (UTF-16 code units), until the next one, a text is on this page. */
export interface PageStart {
  readonly start: number;
  /** The first is 1. */
  readonly page: number;
}

export interface PagedText {
  readonly text: string;
  readonly pages: readonly PageStart[];
}

const divided = /(\p{L}+)[-\u2010\u00ad]$/u;
/** East Asian scripts have no space between words, and so none for a line's end. */
const unspaced = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\u3000-\u303f\uff00-\uffef]/u;
/** From a heading to its page's number in a table of contents. */
const leaders = /(?:\s*[.·…]){4,}\s*/gu;

/** An empty line between paragraphs. */
export function runningText(paragraphs: readonly (readonly PageLine[])[]): PagedText {
  const words = wordsOf(paragraphs);
  const pages: PageStart[] = [];
  let text = "";
  for (const paragraph of paragraphs) {
    if (text !== "") text += "\n\n";
    for (const [i, { text: raw, page }] of paragraph.entries()) {
      const line = lineText(raw);
      if (i > 0) text = withoutLineEnd(text, line, words);
      if (pages.at(-1)?.page !== page) pages.push({ start: text.length, page });
      text += line;
    }
  }
  return { text, pages };
}

/** Soft hyphens at a line's end are told from others by what they divide. */
function lineText(raw: string): string {
  return tidyText(raw.replace(/\u00ad$/, "-"))
    .replaceAll(/\s+/g, " ")
    .replace(leaders, " … ")
    .trim();
}

/** What stands before a line's own text: with the space that the line's end was, or with the divided word's hyphen taken away. */
function withoutLineEnd(text: string, next: string, words: ReadonlySet<string>): string {
  const end = text.at(-1) ?? "";
  const [, first] = divided.exec(text.slice(-60)) ?? [];
  const [second] = /^\p{L}+/u.exec(next) ?? [];
  if (first !== undefined && second !== undefined) {
    // The document itself knows how the word is written elsewhere: "well-" "known" or "sum-" "mary".
    const knows = (word: string) => words.has(word.toLowerCase());
    const compound = knows(`${first}-${second}`) || (knows(first) && knows(second));
    const joins = knows(first + second) || (!compound && /^\p{Ll}/u.test(second) && !/\p{Lu}$/u.test(first));
    return joins ? text.slice(0, -1) : text;
  }
  if (/\p{N}[-\u2010\u2013]$/u.test(text) && /^\p{N}/u.test(next)) return text;
  return unspaced.test(end) && unspaced.test(next[0] ?? "") ? text : `${text} `;
}

/** All words that lines do not divide, in small letters. */
function wordsOf(paragraphs: readonly (readonly PageLine[])[]): Set<string> {
  const words = new Set<string>();
  for (const { text } of paragraphs.flat()) {
    const found = text.replace(/\S*[-\u2010\u00ad]$/u, "").matchAll(/\p{L}+(?:[-\u2010]\p{L}+)*/gu);
    for (const [word] of found) words.add(word.toLowerCase().replaceAll("\u2010", "-"));
  }
  return words;
}

/** The page that a place is on. */
export function pageAt(pages: readonly PageStart[], place: number): number {
  return pages.findLast(({ start }) => start <= place)?.page ?? 1;
}
