/** A text in parts that a model holds, with nothing left out: what is between them is white space and marks, and stays as it is. */
import { InvalidArgumentError } from "../errors.ts";
import { type Sentence, sentencesOf } from "./sentences.ts";
import { lineAt } from "./text-places.ts";

export const partSizes = ["paragraph", "sentence", "document"] as const;

/** A paragraph is a line: wrapped ones are joined before (unwrap-lines.ts). */
export type PartSize = (typeof partSizes)[number];

/** UTF-16 code units: text.slice(start, end) without the white space around it, and the marks of lists and headings before it. */
export type TextPart = Sentence;

const marks = /^(?:(?:[-*+>•]|#{1,6}|\d{1,3}[.)])(?:\s+|$))+/;

export interface PartLimit {
  /** Tokens of a part, those included that are put around it. */
  readonly tokens: (part: string) => number;
  /** Tokens that a part has at most. */
  readonly limit: number;
}

/**
 * The parts in their order. A paragraph above the limit becomes groups of its sentences, each as long as it may be. Throws an
 * InvalidArgumentError for a sentence, or with "document" a text, that is above the limit by itself.
 */
export function textParts(text: string, size: PartSize, { tokens, limit }: PartLimit): TextPart[] {
  const fits = ({ start, end }: TextPart): boolean => tokens(text.slice(start, end)) <= limit;
  const refuse = (part: TextPart): never => {
    throw new InvalidArgumentError({
      operation: "split a text",
      expected: `${size === "document" ? "a text" : "sentences"} of at most ${limit} tokens, what the model holds`,
      got: `${tokens(text.slice(part.start, part.end))} tokens${size === "document" ? "" : ` in line ${lineAt(text, part.start)}`}`,
      fix:
        size === "document"
          ? "Take it by paragraphs."
          : "End sentences with full stops, or use a model that holds more.",
    });
  };
  if (size === "document")
    return [trimmed(text, 0, text.length)].flatMap((part) => (fits(part) ? [part] : refuse(part)));
  const sentences = sentencesOf(text)
    .map((sentence) => unmarked(text, sentence))
    .filter(({ start, end }) => start < end);
  if (size === "sentence") return sentences.map((sentence) => (fits(sentence) ? sentence : refuse(sentence)));
  return paragraphsOf(text, sentences).flatMap(({ part, sentences: own }) =>
    fits(part) ? [part] : groups(own, fits, refuse),
  );
}

/** The text with each part's other text in its place. */
export function replaceParts(text: string, parts: readonly TextPart[], others: readonly string[]): string {
  let result = "";
  let at = 0;
  for (const [i, { start, end }] of parts.entries()) {
    result += text.slice(at, start) + others[i]!;
    at = end;
  }
  return result + text.slice(at);
}

interface Paragraph {
  readonly part: TextPart;
  readonly sentences: readonly Sentence[];
}

/** Lines that say something. */
function paragraphsOf(text: string, sentences: readonly Sentence[]): Paragraph[] {
  const paragraphs: Paragraph[] = [];
  let next = 0;
  for (let start = 0; start <= text.length; ) {
    const end = text.indexOf("\n", start) < 0 ? text.length : text.indexOf("\n", start);
    const first = next;
    while (next < sentences.length && sentences[next]!.start < end) next += 1;
    if (next > first) {
      paragraphs.push({ part: unmarked(text, trimmed(text, start, end)), sentences: sentences.slice(first, next) });
    }
    start = end + 1;
  }
  return paragraphs;
}

function groups(
  sentences: readonly Sentence[],
  fits: (part: TextPart) => boolean,
  refuse: (part: TextPart) => never,
): TextPart[] {
  const found: TextPart[] = [];
  for (const sentence of sentences) {
    const last = found.at(-1);
    const longer = last && { start: last.start, end: sentence.end };
    if (longer !== undefined && fits(longer)) found[found.length - 1] = longer;
    else found.push(fits(sentence) ? sentence : refuse(sentence));
  }
  return found;
}

function unmarked(text: string, { start, end }: TextPart): TextPart {
  return { start: start + (marks.exec(text.slice(start, end))?.[0].length ?? 0), end };
}

function trimmed(text: string, start: number, end: number): TextPart {
  const whole = text.slice(start, end);
  const inner = whole.trim();
  const first = start + whole.indexOf(inner);
  return { start: first, end: first + inner.length };
}
