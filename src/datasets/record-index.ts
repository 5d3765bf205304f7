/** Where each record of a text file begins, in bytes, and on which line: twelve bytes a record, found in one pass. */
import type { OpenFile } from "../files.ts";
import { piecesOf } from "./text-bytes.ts";

export class RecordIndex {
  #starts = new Float64Array(1024);
  #lines = new Uint32Array(1024);
  #length = 0;
  readonly #end: number;

  /** `end`: of the last record, in bytes. */
  constructor(end: number) {
    this.#end = end;
  }

  get length(): number {
    return this.#length;
  }

  /** Records come in their order; the first line is 1. */
  push(start: number, line: number): void {
    if (this.#length === this.#starts.length) {
      const [starts, lines] = [this.#starts, this.#lines];
      this.#starts = new Float64Array(2 * starts.length);
      this.#lines = new Uint32Array(2 * lines.length);
      this.#starts.set(starts);
      this.#lines.set(lines);
    }
    this.#starts[this.#length] = start;
    this.#lines[this.#length] = line;
    this.#length += 1;
  }

  /** Bytes [start, end) of a record, with the line end and blank lines behind it. */
  range(record: number): readonly [start: number, end: number] {
    return [this.#starts[record]!, record + 1 < this.#length ? this.#starts[record + 1]! : this.#end];
  }

  line(record: number): number {
    return this.#lines[record]!;
  }
}

const newline = 0x0a;
const blanks: ReadonlySet<number> = new Set([0x20, 0x09, 0x0d]);

/** Lines that are not blank. */
export async function indexLines(file: OpenFile, start: number): Promise<RecordIndex> {
  const index = new RecordIndex(file.size);
  let line = 1;
  let lineStart = start;
  let blank = true;
  for await (const { at, bytes } of piecesOf(file, start)) {
    for (let from = 0; from < bytes.length; ) {
      const found = bytes.indexOf(newline, from);
      const end = found < 0 ? bytes.length : found;
      for (let i = from; blank && i < end; i++) blank = blanks.has(bytes[i]!);
      if (found < 0) break;
      if (!blank) index.push(lineStart, line);
      line += 1;
      lineStart = at + found + 1;
      blank = true;
      from = found + 1;
    }
  }
  if (!blank) index.push(lineStart, line);
  return index;
}

export interface Quoting {
  /** Codes of ASCII characters. */
  readonly delimiter: number;
  readonly quote: number | null;
}

/** States of the scan: what the byte before says about the next. */
const fieldStart = 0;
const plain = 1;
const quoted = 2;
const behindQuote = 3;

/**
 * Records of delimiter-separated values, in which quoted fields may hold line ends (RFC 4180). Blank lines are none.
 * `onUnclosed` gets the line of a record whose quote nothing closes.
 */
export async function indexSeparated(
  file: OpenFile,
  start: number,
  { delimiter, quote }: Quoting,
  onUnclosed: (line: number) => never,
): Promise<RecordIndex> {
  const index = new RecordIndex(file.size);
  let line = 1;
  let recordLine = 1;
  let recordStart = start;
  let blank = true;
  let state = fieldStart;
  for await (const { at, bytes } of piecesOf(file, start)) {
    for (let i = 0; i < bytes.length; i++) {
      const byte = bytes[i]!;
      if (state === quoted) {
        if (byte === quote) state = behindQuote;
        else if (byte === newline) line += 1;
      } else if (byte === newline) {
        if (!blank) index.push(recordStart, recordLine);
        line += 1;
        recordLine = line;
        recordStart = at + i + 1;
        blank = true;
        state = fieldStart;
      } else {
        if (blank) blank = byte === 0x0d;
        if (byte === quote && state !== plain) state = quoted;
        else state = byte === delimiter ? fieldStart : plain;
      }
    }
  }
  if (state === quoted) onUnclosed(recordLine);
  if (!blank) index.push(recordStart, recordLine);
  return index;
}
