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

  constructor(table: MergeTable) {
    this.table = table;
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
    return bytes.length < HEAP_FROM ? mergeByScanning(this.table, bytes) : mergeByHeap(this.table, bytes);
  }
}

function isSlice(piece: string, text: string, start: number, end: number): boolean {
  if (piece.length !== end - start) return false;
  for (let i = 0; i < piece.length; i++) {
    if (piece.charCodeAt(i) !== text.charCodeAt(start + i)) return false;
  }
  return true;
}

/** Looks at every pair for each merge: the definition, and the fastest for the length of words. */
export function mergeByScanning(table: MergeTable, bytes: ArrayLike<number>): number[] {
  const symbols: number[] = [];
  for (let i = 0; i < bytes.length; i++) symbols.push(bytes[i]!);
  /** The merge of each symbol with the next, or -1. */
  const merges: number[] = [];
  for (let i = 0; i + 1 < symbols.length; i++) merges.push(table.find(symbols[i]!, symbols[i + 1]!));
  for (;;) {
    let best = -1;
    let bestRank = Number.POSITIVE_INFINITY;
    for (const merge of merges) {
      if (merge < 0 || merge === best) continue;
      const rank = table.rank(merge);
      if (rank < bestRank) {
        best = merge;
        bestRank = rank;
      }
    }
    if (best < 0) return symbols;
    const product = table.product(best);
    // Pairs are looked up anew only beside a product; MADE marks them until all products are in place.
    let kept = 0;
    for (let i = 0; i < symbols.length; kept++) {
      const here = merges[i] === best;
      const after = here ? i + 2 : i + 1;
      symbols[kept] = here ? product : symbols[i]!;
      if (here && kept > 0) merges[kept - 1] = MADE;
      merges[kept] = here ? MADE : (merges[i] ?? -1);
      i = after;
    }
    symbols.length = kept;
    merges.length = Math.max(0, kept - 1);
    for (let i = 0; i < merges.length; i++) {
      if (merges[i] === MADE) merges[i] = table.find(symbols[i]!, symbols[i + 1]!);
    }
  }
}

const MADE = -2;

/**
 * The same by a heap of (rank, position) over a linked list of symbols. All entries of the lowest rank are taken before
 * the pairs that their merges make are entered: a pair that a merge makes may rank lower than that merge, and the
 * reference finishes its pass first.
 */
export function mergeByHeap(table: MergeTable, bytes: ArrayLike<number>): number[] {
  const n = bytes.length;
  const symbol = Int32Array.from(bytes);
  const next = new Int32Array(n);
  const previous = new Int32Array(n);
  for (let at = 0; at < n; at++) {
    next[at] = at + 1;
    previous[at] = at - 1;
  }
  const heap = new NumberHeap(n);

  /** The merge of the symbol at `at` with the one after it, or -1. */
  const mergeAt = (at: number): number => {
    const after = next[at]!;
    return after < n ? table.find(symbol[at]!, symbol[after]!) : -1;
  };
  // One number per entry, ordered by rank and then position; exact, ranks and positions are far below 2^26 each.
  const enter = (at: number): void => {
    const merge = mergeAt(at);
    if (merge >= 0) heap.push(table.rank(merge) * n + at);
  };
  for (let at = 0; at < n - 1; at++) enter(at);

  const dead = -1;
  const merged: number[] = [];
  while (heap.size > 0) {
    const rank = Math.floor(heap.least() / n);
    merged.length = 0;
    while (heap.size > 0 && heap.least() < (rank + 1) * n) {
      const at = heap.pop() - rank * n;
      if (symbol[at] === dead) continue;
      const merge = mergeAt(at);
      if (merge < 0 || table.rank(merge) !== rank) continue;
      const eaten = next[at]!;
      const after = next[eaten]!;
      symbol[at] = table.product(merge);
      symbol[eaten] = dead;
      next[at] = after;
      if (after < n) previous[after] = at;
      merged.push(at);
    }
    for (const at of merged) {
      if (previous[at]! >= 0) enter(previous[at]!);
      enter(at);
    }
  }
  const symbols: number[] = [];
  for (let at = 0; at < n; at = next[at]!) symbols.push(symbol[at]!);
  return symbols;
}

/** A binary heap of numbers, least first. */
class NumberHeap {
  size = 0;
  #items: Float64Array;

  constructor(capacity: number) {
    this.#items = new Float64Array(Math.max(16, capacity));
  }

  least(): number {
    return this.#items[0]!;
  }

  push(item: number): void {
    if (this.size === this.#items.length) {
      const larger = new Float64Array(2 * this.size);
      larger.set(this.#items);
      this.#items = larger;
    }
    const items = this.#items;
    let hole = this.size++;
    while (hole > 0) {
      const parent = (hole - 1) >> 1;
      if (items[parent]! <= item) break;
      items[hole] = items[parent]!;
      hole = parent;
    }
    items[hole] = item;
  }

  pop(): number {
    const items = this.#items;
    const least = items[0]!;
    const item = items[--this.size]!;
    let hole = 0;
    for (let child = 1; child < this.size; child = 2 * hole + 1) {
      if (child + 1 < this.size && items[child + 1]! < items[child]!) child++;
      if (items[child]! >= item) break;
      items[hole] = items[child]!;
      hole = child;
    }
    items[hole] = item;
    return least;
  }
}
