/**
 * Rows of token columns with their special tokens and padding
 * (tokenizers 0.15.2: processors/roberta.rs, utils/padding.rs).
 *
 * `<s> A </s>`, or of a pair `<s> A </s></s> B </s>`. Specials and padding have the offsets (0, 0), no word and no sequence.
 */
import type { Side } from "../truncation.ts";
import type { EncodingParts, TokenRange } from "./encoding.ts";
import { type OffsetSource, type SpaceTable, trimSpaces } from "./offsets.ts";
import type { TokenBuffer } from "./token-buffer.ts";
import type { Row } from "./windows.ts";

/** One of the input's texts: where its tokens are in the buffer. */
export interface Sequence {
  readonly first: number;
  readonly length: number;
  readonly source: OffsetSource;
}

export interface RowOptions {
  /** Ids of the tokens around sequences; null for none. */
  readonly specials: { readonly cls: number; readonly sep: number } | null;
  /** null keeps the spaces within the spans. */
  readonly trim: { readonly table: SpaceTable; readonly add_prefix_space: boolean } | null;
  /** Whether the buffer's places are code points. */
  readonly code_points: boolean;
  readonly tokenOf: (id: number) => string;
}

/** The row's stretches of the sequences, put together. */
export function assembleRow(
  buffer: TokenBuffer,
  sequences: readonly Sequence[],
  row: Row,
  options: RowOptions,
): EncodingParts {
  const { specials } = options;
  const around = specials === null ? 0 : 2;
  const length = row.reduce((sum, { start, end }) => sum + end - start + around, 0);
  const columns = {
    ids: new Int32Array(length),
    words: new Int32Array(length).fill(-1),
    starts: new Int32Array(length),
    ends: new Int32Array(length),
    special_tokens_mask: new Uint8Array(length),
    attention_mask: new Uint8Array(length).fill(1),
  };
  const matched = new Map<number, string>();
  const ranges: TokenRange[] = [];
  let at = 0;
  const special = (id: number): void => {
    columns.ids[at] = id;
    columns.special_tokens_mask[at++] = 1;
  };
  row.forEach(({ start, end }, index) => {
    const { first, source } = sequences[index]!;
    const [from, to] = [first + start, first + end];
    if (specials !== null) special(index === 0 ? specials.cls : specials.sep);
    columns.ids.set(buffer.ids.subarray(from, to), at);
    columns.words.set(buffer.words.subarray(from, to), at);
    columns.starts.set(buffer.starts.subarray(from, to), at);
    columns.ends.set(buffer.ends.subarray(from, to), at);
    for (const [i, text] of buffer.matched) if (i >= from && i < to) matched.set(at + i - from, text);
    if (options.trim !== null) {
      const textOf = (word: number): string => (typeof source === "string" ? source : source[word]!);
      trimSpaces(buffer, from, to, columns, at, { ...options.trim, textOf: options.code_points ? null : textOf });
    }
    ranges.push({ start: at, end: at + to - from });
    at += to - from;
    if (specials !== null) special(specials.sep);
  });
  const tokens = sequences.reduce((sum, sequence) => sum + sequence.length, 0);
  const kept = ranges.reduce((sum, { start, end }) => sum + end - start, 0);
  return { ...columns, ranges, matched, num_truncated: tokens - kept, tokenOf: options.tokenOf };
}

/** The row with padding up to `length` tokens, unless it is that long. */
export function padParts(parts: EncodingParts, length: number, pad_token_id: number, side: Side): EncodingParts {
  const missing = length - parts.ids.length;
  if (missing <= 0) return parts;
  const at = side === "left" ? missing : 0;
  const numbers = (column: Int32Array, filler: number): Int32Array => {
    const padded = new Int32Array(length).fill(filler);
    padded.set(column, at);
    return padded;
  };
  const flags = (column: Uint8Array, filler: number): Uint8Array => {
    const padded = new Uint8Array(length).fill(filler);
    padded.set(column, at);
    return padded;
  };
  return {
    ids: numbers(parts.ids, pad_token_id),
    words: numbers(parts.words, -1),
    starts: numbers(parts.starts, 0),
    ends: numbers(parts.ends, 0),
    special_tokens_mask: flags(parts.special_tokens_mask, 1),
    attention_mask: flags(parts.attention_mask, 0),
    ranges: parts.ranges.map(({ start, end }) => ({ start: start + at, end: end + at })),
    matched: new Map([...parts.matched].map(([index, text]) => [index + at, text])),
    num_truncated: parts.num_truncated,
    tokenOf: parts.tokenOf,
  };
}
