/**
 * Lines of a PDF to paragraphs. The file says where letters stand and nothing of paragraphs, so they are seen as people see them: by the
 * space before a line, by its indent, by the size of its letters, and by a line that ends although the next word had fitted.
 */
import { hasBullet, hasNumber } from "./list-marks.ts";
import type { Line } from "./pdf-lines.ts";

export interface PageLine extends Line {
  /** The first is 1. */
  readonly page: number;
}

/** What one block's lines have in common. */
interface Measure {
  readonly left: number;
  readonly right: number;
}

const sentenceEnd = /[.!?:;…。！？]["'”’»)\]\d]*$/u;
const hyphenEnd = /\p{L}[-\u2010\u00ad]$/u;

/** Each paragraph's lines; one goes on in the next column or on the next page where its sentence does. */
export function paragraphsOf(lines: readonly PageLine[]): PageLine[][] {
  const measures = measuresOf(lines);
  const pitches = pitchesOf(lines);
  const body = bodySize(lines);
  const paragraphs: PageLine[][] = [];
  for (const [i, line] of lines.entries()) {
    const before = lines[i - 1];
    const sameBlock = before !== undefined && blockKey(before) === blockKey(line);
    const open = sameBlock ? paragraphs.at(-1) : unfinished(paragraphs, line, measures);
    if (open === undefined || (sameBlock && begins(line, open))) paragraphs.push([line]);
    else open.push(line);
  }
  return paragraphs;

  /** Whether a line is the first of its paragraph, and not one more of the paragraph above it. */
  function begins(line: PageLine, paragraph: readonly PageLine[]): boolean {
    const before = paragraph.at(-1)!;
    const { size } = line;
    if (!likeSize(before, line) || hasBullet(line.text) || line.spread || before.spread) return true;
    const distance = line.y - before.y;
    if (distance < 0 || distance > 1.35 * pitches(size)) return true;
    if (hyphenEnd.test(before.text)) return false;
    // A heading of two lines is broken where it pleases.
    const isHeading = size > 1.15 * body;
    const { left, right } = measures.get(blockKey(line))!;
    const ended = sentenceEnd.test(before.text);
    const width = line.right - line.left;
    const firstWord =
      (width * (line.text.indexOf(" ") < 0 ? line.text.length : line.text.indexOf(" "))) / line.text.length;
    // Its own indent is no part of what a line had room for.
    const room = right - before.right;
    if (!isHeading && room > firstWord + size && (ended || room > 0.25 * (right - left))) return true;
    if (hasNumber(line.text) && (ended || room > size)) return true;
    if (line.left - before.left > 0.8 * size)
      return ended && line.left - left > 0.8 * size && !hasBullet(paragraph[0]!.text);
    // Lines behind the first hang to the right of it.
    return before.left - line.left > 0.8 * size && paragraph.length > 1;
  }
}

/** The paragraph that goes on with a line at the top of a column or page. Notes at a page's foot may stand between. */
function unfinished(
  paragraphs: readonly PageLine[][],
  line: PageLine,
  measures: ReadonlyMap<string, Measure>,
): PageLine[] | undefined {
  if (hasBullet(line.text) || hasNumber(line.text)) return undefined;
  const recent = paragraphs.slice(-8).filter((paragraph) => paragraph.at(-1)!.page >= line.page - 1);
  const open = recent.findLast((paragraph) => likeSize(paragraph.at(-1)!, line));
  const last = open?.at(-1);
  if (last === undefined) return undefined;
  if (hyphenEnd.test(last.text)) return open;
  if (sentenceEnd.test(last.text)) return undefined;
  if (/^\p{Ll}/u.test(line.text)) return open;
  // A name may begin the line; the sentence goes on if the line before was full.
  const { left, right } = measures.get(blockKey(last))!;
  const isFull = right - last.right < 2 * last.size && last.right - last.left > 0.5 * (right - left);
  return open === recent.at(-1) && isFull && open!.length > 1 ? open : undefined;
}

function likeSize(a: PageLine, b: PageLine): boolean {
  return Math.abs(a.size - b.size) <= 0.07 * Math.max(a.size, b.size);
}

function blockKey({ page, block }: PageLine): string {
  return `${page}/${block}`;
}

function measuresOf(lines: readonly PageLine[]): Map<string, Measure> {
  const measures = new Map<string, Measure>();
  for (const line of lines) {
    const key = blockKey(line);
    const { left, right } = measures.get(key) ?? line;
    measures.set(key, { left: Math.min(left, line.left), right: Math.max(right, line.right) });
  }
  return measures;
}

/** From one line to the next within a paragraph, by size of letters: a quarter of all distances are smaller. */
function pitchesOf(lines: readonly PageLine[]): (size: number) => number {
  const distances = new Map<number, number[]>();
  for (const [i, line] of lines.entries()) {
    const before = lines[i - 1];
    if (before === undefined || blockKey(before) !== blockKey(line) || !likeSize(before, line)) continue;
    const distance = line.y - before.y;
    if (distance <= 0.5 * line.size || distance > 3 * line.size) continue;
    const key = Math.round(line.size);
    distances.set(key, [...(distances.get(key) ?? []), distance]);
  }
  const pitches = new Map(
    [...distances].map(([key, own]) => [key, own.sort((a, b) => a - b)[Math.floor(own.length / 4)]!]),
  );
  return (size) => pitches.get(Math.round(size)) ?? 1.2 * size;
}

/** The size of most letters. */
function bodySize(lines: readonly PageLine[]): number {
  const letters = new Map<number, number>();
  for (const { size, text } of lines) {
    const key = Math.round(2 * size) / 2;
    letters.set(key, (letters.get(key) ?? 0) + text.length);
  }
  return [...letters].reduce((best, one) => (one[1] > best[1] ? one : best), [0, 0])[0];
}
