/**
 * Where tokens begin and end for the caller: without the spaces that a token's spelling holds
 * (tokenizers 0.15.2, pre_tokenizers/byte_level.rs: process_offsets), and in code points where those are asked for.
 */
import { isRegexSpace } from "../bpe/split.ts";
import type { TokenBuffer } from "./token-buffer.ts";

/** A text, or with is_split_into_words the words: what offsets point into. */
export type OffsetSource = string | readonly string[];

/** How a space is spelled in byte-level tokens. */
const SPACE = "Ġ".charCodeAt(0);

const isSpace = (unit: number): boolean => unit === SPACE || isRegexSpace(unit);

/** Leading and trailing spaces of a token's spelling. */
export function spacesOf(token: string): { leading: number; trailing: number } {
  let leading = 0;
  while (leading < token.length && isSpace(token.charCodeAt(leading))) leading++;
  let trailing = 0;
  while (trailing < token.length && isSpace(token.charCodeAt(token.length - 1 - trailing))) trailing++;
  return { leading, trailing };
}

/** The same for all ids at once. */
export class SpaceTable {
  readonly leading: Int32Array;
  readonly trailing: Int32Array;

  constructor(tokens: ReadonlyMap<number, string>) {
    let size = 0;
    for (const id of tokens.keys()) if (id >= size) size = id + 1;
    this.leading = new Int32Array(size);
    this.trailing = new Int32Array(size);
    for (const [id, token] of tokens) {
      const { leading, trailing } = spacesOf(token);
      this.leading[id] = leading;
      this.trailing[id] = trailing;
    }
  }
}

/** Takes the spaces of tokens `from` to `to` off their spans, which lie in `starts` and `ends` from `at` on. */
export function trimSpaces(
  buffer: TokenBuffer,
  from: number,
  to: number,
  columns: { readonly starts: Int32Array; readonly ends: Int32Array },
  at: number,
  how: {
    readonly table: SpaceTable;
    readonly add_prefix_space: boolean;
    readonly textOf: ((word: number) => string) | null;
  },
): void {
  const { starts, ends } = columns;
  const { leading: leadingOf, trailing: trailingOf } = how.table;
  const anyMatched = buffer.matched.size > 0;
  for (let i = from, o = at; i < to; i++, o++) {
    const id = buffer.ids[i]!;
    let leading = leadingOf[id]!;
    let trailing = trailingOf[id]!;
    const matched = anyMatched ? buffer.matched.get(i) : undefined;
    if (matched !== undefined) ({ leading, trailing } = spacesOf(matched));
    // A single space at the beginning is the one that add_prefix_space put there: it is no part of the text.
    if (leading === 1 && how.add_prefix_space && (i === from || starts[o] === 0)) leading = 0;
    if (leading > 0) {
      const text = how.textOf?.(buffer.words[i]!);
      starts[o] = Math.min(text === undefined ? starts[o]! + leading : skip(text, starts[o]!, leading), ends[o]!);
    }
    if (trailing > 0 && ends[o]! >= trailing) ends[o] = Math.max(ends[o]! - trailing, starts[o]!);
  }
}

/** `count` characters on. Spaces are single code units, but one that add_prefix_space put there stands on another character. */
function skip(text: string, at: number, count: number): number {
  for (; count > 0; count--) at += text.codePointAt(at)! > 0xffff ? 2 : 1;
  return at;
}

/** Turns the places of tokens `from` to `to` from UTF-16 code units into code points. */
export function toCodePoints(buffer: TokenBuffer, from: number, to: number, source: OffsetSource): void {
  const { starts, ends, words } = buffer;
  let text = "";
  let unit = 0;
  let point = 0;
  const advance = (to: number): void => {
    for (; unit < to; point++) unit += text.codePointAt(unit)! > 0xffff ? 2 : 1;
  };
  for (let i = from; i < to; i++) {
    const own = typeof source === "string" ? source : source[words[i]!]!;
    const start = starts[i]!;
    if (own !== text || start < unit) {
      text = own;
      unit = 0;
      point = 0;
    }
    advance(start);
    const [startUnit, startPoint] = [unit, point];
    starts[i] = point;
    advance(ends[i]!);
    ends[i] = point;
    unit = startUnit;
    point = startPoint;
  }
}
