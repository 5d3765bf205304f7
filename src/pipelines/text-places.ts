/** Where something is in a text, for people: its line, and the sentence that it is said in. */
import { sentencesOf } from "./sentences.ts";

/** The number of the line that a place (UTF-16 code units) is in; the first is 1. */
export function lineAt(text: string, place: number): number {
  let line = 1;
  for (let at = text.indexOf("\n"); at >= 0 && at < place; at = text.indexOf("\n", at + 1)) line += 1;
  return line;
}

/** From the beginning of the sentence that holds `start` to the end of the one that holds `end`. */
export function sentenceAround(text: string, start: number, end: number): { start: number; end: number } {
  // Sentences do not go on over line ends, so no more of the text matters.
  const from = start === 0 ? 0 : text.lastIndexOf("\n", start - 1) + 1;
  const to = text.indexOf("\n", end) < 0 ? text.length : text.indexOf("\n", end);
  const sentences = sentencesOf(text.slice(from, to));
  const first = sentences.findLast((sentence) => from + sentence.start <= start);
  const last = sentences.find((sentence) => from + sentence.end >= end);
  return { start: first === undefined ? start : from + first.start, end: last === undefined ? end : from + last.end };
}
