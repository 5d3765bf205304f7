/**
 * Byte-pair encoding of one piece of text into symbols (transformers 4.37.2, models/led/tokenization_led.py: bpe; tokenizers
 * 0.15.2, models/bpe/model.rs).
 *
 * Departures, all unseen in the result: pairs are symbol numbers instead of strings; the symbols are searched for instead of
 * merged (merging-search.ts), in time that grows as the piece does, where the references take n^2 and n log n; no piece is
 * remembered, because a cache of words won a tenth on English and lost a fifth where words do not come again.
 */
import { utf8Bytes } from "./byte-level.ts";
import type { MergeTable } from "./merge-table.ts";
import { type MergeOrder, mergeByHeap, mergeByScanning } from "./merging.ts";
import { MergeSearch } from "./merging-search.ts";

/** Pieces up to this many UTF-16 units are written into one buffer: for a word, TextEncoder takes longer than the search. */
const SHORT = 256;
/** From this many bytes on the heap takes less time than scanning (measured on English without spaces). */
const HEAP_FROM = 24;

export class BytePairEncoder {
  readonly table: MergeTable;
  readonly #order: MergeOrder;
  /** Made with the first piece: it takes as long as reading the merges, and who only decodes needs none. */
  #search: MergeSearch | undefined;
  readonly #bytes = new Uint8Array(3 * SHORT);

  /** `order` matters to tables only that are not monotone (merging.ts); these are merged pair by pair. */
  constructor(table: MergeTable, order: MergeOrder = "passes") {
    this.table = table;
    this.#order = order;
  }

  /** The symbols of the piece of `text` from `start` to `end`, positions in UTF-16 units. */
  encode(text: string, start: number, end: number): readonly number[] {
    if (end - start <= SHORT) return this.#merge(this.#bytes, writeUtf8(text, start, end, this.#bytes));
    const bytes = utf8Bytes(text.slice(start, end));
    return this.#merge(bytes, bytes.length);
  }

  #merge(bytes: Uint8Array, n: number): number[] {
    if (this.table.monotone) {
      this.#search ??= new MergeSearch(this.table);
      return this.#search.merge(bytes, n);
    }
    const merge = n < HEAP_FROM ? mergeByScanning : mergeByHeap;
    return merge(this.table, bytes.subarray(0, n), this.#order);
  }
}

/** Writes a part of a text as UTF-8, as `utf8Bytes` of the part has it, and returns how many bytes these are. */
function writeUtf8(text: string, start: number, end: number, into: Uint8Array): number {
  let n = 0;
  for (let at = start; at < end; at++) {
    let code = text.charCodeAt(at);
    if (code < 0x80) {
      into[n++] = code;
      continue;
    }
    if (code < 0x800) {
      into[n++] = 0xc0 | (code >> 6);
      into[n++] = 0x80 | (code & 0x3f);
      continue;
    }
    if (code >= 0xd800 && code <= 0xdfff) {
      const low = code <= 0xdbff && at + 1 < end ? text.charCodeAt(at + 1) : 0;
      if (low >= 0xdc00 && low <= 0xdfff) {
        at++;
        code = 0x10000 + ((code & 0x3ff) << 10) + (low & 0x3ff);
        into[n++] = 0xf0 | (code >> 18);
        into[n++] = 0x80 | ((code >> 12) & 0x3f);
        into[n++] = 0x80 | ((code >> 6) & 0x3f);
        into[n++] = 0x80 | (code & 0x3f);
        continue;
      }
      code = 0xfffd;
    }
    into[n++] = 0xe0 | (code >> 12);
    into[n++] = 0x80 | ((code >> 6) & 0x3f);
    into[n++] = 0x80 | (code & 0x3f);
  }
  return n;
}
