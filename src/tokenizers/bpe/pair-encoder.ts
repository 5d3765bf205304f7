/**
 * Byte-pair encoding of one piece of text into symbols (transformers 4.37.2, models/led/tokenization_led.py: bpe):
 * again and again, all occurrences of the adjacent pair with the lowest rank are merged, left to right and not
 * overlapping, until no pair has a rank.
 *
 * Departures, all unseen in the result: pairs are symbol numbers instead of strings; pieces are remembered in a cache of
 * bounded size; a long piece goes through a heap of pairs, n log n instead of n^2 (a single word of a million letters).
 */
import { utf8Bytes } from "./byte-level.ts";
import type { MergeTable } from "./merge-table.ts";
import { type MergeOrder, mergeByHeap, mergeByScanning } from "./merging.ts";

export { mergeByHeap, mergeByScanning };

/** From this many bytes on the heap is used (measured on English: at 32 bytes both take the same, at 16 scanning 0.7 of it). */
const HEAP_FROM = 40;
/** Pieces of more UTF-16 units than this are hardly met twice. */
const CACHED_LENGTH = 32;
/** Slots of the cache, a power of two. Full of words it holds 14 MB (measured). */
const CACHE_SLOTS = 1 << 16;

export class BytePairEncoder {
  readonly table: MergeTable;
  // Direct-mapped: a piece has one slot, and the last piece that fell there stays. No piece that is found costs a substring.
  readonly #pieces: string[] = new Array<string>(CACHE_SLOTS).fill("");
  readonly #symbols: (readonly number[])[] = new Array<readonly number[]>(CACHE_SLOTS).fill([]);

  readonly #order: MergeOrder;

  constructor(table: MergeTable, order: MergeOrder = "passes") {
    this.table = table;
    this.#order = order;
  }

  /** The symbols of the piece of `text` from `start` to `end`. The result is shared with the cache: read it only. */
  encode(text: string, start: number, end: number): readonly number[] {
    if (end - start > CACHED_LENGTH) return this.#merge(text.slice(start, end));
    let hash = end - start;
    for (let i = start; i < end; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x9e3779b1);
    const slot = (hash ^ (hash >>> 15)) & (CACHE_SLOTS - 1);
    if (isSlice(this.#pieces[slot]!, text, start, end)) return this.#symbols[slot]!;
    const piece = text.slice(start, end);
    const symbols = this.#merge(piece);
    // V8 keeps a slice of 13 characters and more as a view that holds the whole document in memory; this makes a copy.
    this.#pieces[slot] = piece.length < 13 ? piece : ` ${piece}`.slice(1);
    this.#symbols[slot] = symbols;
    return symbols;
  }

  #merge(piece: string): readonly number[] {
    const bytes = utf8Bytes(piece);
    return bytes.length < HEAP_FROM
      ? mergeByScanning(this.table, bytes, this.#order)
      : mergeByHeap(this.table, bytes, this.#order);
  }
}

function isSlice(piece: string, text: string, start: number, end: number): boolean {
  if (piece.length !== end - start) return false;
  for (let i = 0; i < piece.length; i++) {
    if (piece.charCodeAt(i) !== text.charCodeAt(start + i)) return false;
  }
  return true;
}
