/**
 * What byte-pair merging is: by the definition, and by a heap for long texts. pair-encoder.ts asks these where
 * merging-search.ts cannot be used.
 *
 * Both references look for the pair with the lowest rank; they differ in what they do with it:
 * - "passes" (transformers 4.37.2, models/led/tokenization_led.py: bpe): all its occurrences, left to right and not
 *   overlapping, are merged before ranks are looked at again;
 * - "leftmost" (tokenizers 0.15.2, models/bpe/word.rs: merge_all): one is merged, the leftmost.
 * The result is the same unless a merge makes a pair of lower rank than its own, which cannot be in a table that is
 * monotone (MergeTable.monotone), as trained ones are.
 */
import { type MergeTable, NO_MERGE } from "./merge-table.ts";

/** What is merged before ranks are looked at again: all occurrences of the lowest pair, or its leftmost one. */
export type MergeOrder = "passes" | "leftmost";

/** The definition: looks at every pair before each merge or pass. */
export function mergeByScanning(table: MergeTable, bytes: ArrayLike<number>, order: MergeOrder = "passes"): number[] {
  let symbols = Array.from(bytes);
  for (;;) {
    let lowest = NO_MERGE;
    for (let i = 0; i + 1 < symbols.length; i++) lowest = Math.min(lowest, table.find(symbols[i]!, symbols[i + 1]!));
    if (lowest === NO_MERGE) return symbols;
    const merged: number[] = [];
    for (let i = 0; i < symbols.length; i++) {
      // Nothing was merged yet as long as every symbol has kept its place.
      const due = order === "passes" || merged.length === i;
      if (due && i + 1 < symbols.length && table.find(symbols[i]!, symbols[i + 1]!) === lowest) {
        merged.push(table.product(lowest));
        i++;
      } else {
        merged.push(symbols[i]!);
      }
    }
    symbols = merged;
  }
}

/**
 * The same by a heap of (rank, position) over a linked list of symbols: n log n. In passes, all entries of the lowest
 * rank are taken before the pairs that their merges make are entered.
 */
export function mergeByHeap(table: MergeTable, bytes: ArrayLike<number>, order: MergeOrder = "passes"): number[] {
  const n = bytes.length;
  const symbol = Int32Array.from(bytes);
  const next = new Int32Array(n);
  const previous = new Int32Array(n);
  for (let at = 0; at < n; at++) {
    next[at] = at + 1;
    previous[at] = at - 1;
  }
  const heap = new NumberHeap(n);

  /** The rank of the symbol at `at` with the one after it. */
  const rankAt = (at: number): number => {
    const after = next[at]!;
    return after < n ? table.find(symbol[at]!, symbol[after]!) : NO_MERGE;
  };
  // One number per entry, ordered by rank and then position; exact, ranks and positions are far below 2^26 each.
  const enter = (at: number): void => {
    const rank = rankAt(at);
    if (rank !== NO_MERGE) heap.push(rank * n + at);
  };
  for (let at = 0; at < n - 1; at++) enter(at);

  const dead = -1;
  const merged: number[] = [];
  while (heap.size > 0) {
    const rank = Math.floor(heap.least() / n);
    merged.length = 0;
    while (heap.size > 0 && heap.least() < (rank + 1) * n) {
      const at = heap.pop() - rank * n;
      if (symbol[at] === dead || rankAt(at) !== rank) continue;
      const eaten = next[at]!;
      const after = next[eaten]!;
      symbol[at] = table.product(rank);
      symbol[eaten] = dead;
      next[at] = after;
      if (after < n) previous[after] = at;
      merged.push(at);
      if (order === "leftmost") break;
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
