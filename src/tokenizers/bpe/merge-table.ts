/**
 * The merges of a BPE as a table over symbol numbers: (left, right) -> rank, and from a rank the three symbols of its merge.
 * Open addressing in typed arrays: a lookup costs no allocation and no string, and 50,000 merges take 1.4 MiB.
 *
 * Symbols 0-255 are the bytes; the others are numbered as the merges name them. The numbering knows no vocabulary: what
 * the reference merges although the vocabulary lacks it (it becomes <unk> afterwards) is a symbol like any other.
 */
import { byteToChar } from "./byte-level.ts";

/** The rank of a pair that does not merge: behind all others. */
export const NO_MERGE = 2 ** 31 - 1;

const NONE = -1;

export class MergeTable {
  /** The spelling of each symbol in byte-level characters. */
  readonly symbols: readonly string[];
  /** How many bytes each symbol stands for. */
  readonly byteLengths: Int32Array;
  /** Ranks are below this. */
  readonly ranks: number;
  /** Whether every merge ranks behind all merges that make its parts, as trained ones do. */
  readonly monotone: boolean;
  /** By rank: left and right symbol, the left one NONE if nothing merges; and the symbol that is made. */
  readonly #pairs: Int32Array;
  readonly #products: Int32Array;
  /** The rank at each hash of a pair, or NONE. At most half of the slots are taken. */
  readonly #slots: Int32Array;
  /**
   * A bit for each of eight times as many hashes: whether a pair has it. More than half of all lookups find nothing, and
   * nearly all of these end here, in memory that the processor has at hand (with it, text without spaces took 0.8 of the
   * time).
   */
  readonly #filter: Int32Array;

  /** `merges` in the order of their ranks; null takes a rank and merges nothing. Of equal merges the last one's rank counts. */
  constructor(merges: readonly (readonly [string, string] | null)[]) {
    let slots = 16;
    while (slots < 2 * merges.length) slots *= 2;
    this.ranks = merges.length;
    this.#pairs = new Int32Array(2 * merges.length).fill(NONE);
    this.#products = new Int32Array(merges.length).fill(NONE);
    this.#slots = new Int32Array(slots).fill(NONE);
    this.#filter = new Int32Array(slots / 4);

    const symbols = [...byteToChar];
    const numbers = new Map(symbols.map((symbol, number) => [symbol, number]));
    const numberOf = (symbol: string): number => {
      const known = numbers.get(symbol);
      if (known !== undefined) return known;
      numbers.set(symbol, symbols.length);
      return symbols.push(symbol) - 1;
    };
    merges.forEach((merge, rank) => {
      if (merge === null) return;
      this.#enter(numberOf(merge[0]), numberOf(merge[1]), rank);
      this.#products[rank] = numberOf(merge[0] + merge[1]);
    });
    this.symbols = symbols;
    // A byte-level character stands for one byte; with other characters in it, no text comes to a symbol.
    this.byteLengths = new Int32Array(symbols.length);
    for (let symbol = 0; symbol < symbols.length; symbol++) this.byteLengths[symbol] = symbols[symbol]!.length;
    this.monotone = this.#isMonotone();
  }

  #enter(left: number, right: number, rank: number): void {
    const hash = hashOf(left, right);
    const slot = this.#slot(left, right, hash);
    const before = this.#slots[slot]!;
    if (before >= 0) this.#pairs[2 * before] = NONE;
    this.#slots[slot] = rank;
    this.#filter[(hash >>> 5) & (this.#filter.length - 1)]! |= 1 << hash;
    this.#pairs[2 * rank] = left;
    this.#pairs[2 * rank + 1] = right;
  }

  #isMonotone(): boolean {
    /** The last rank that makes each symbol. */
    const made = new Int32Array(this.symbols.length).fill(-1);
    for (let rank = 0; rank < this.ranks; rank++) if (this.left(rank) >= 0) made[this.product(rank)] = rank;
    for (let rank = 0; rank < this.ranks; rank++) {
      const left = this.left(rank);
      if (left >= 0 && (made[left]! >= rank || made[this.right(rank)]! >= rank)) return false;
    }
    return true;
  }

  /** Where the pair is, or would be. */
  #slot(left: number, right: number, hash: number): number {
    const slots = this.#slots;
    const pairs = this.#pairs;
    const mask = slots.length - 1;
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const rank = slots[slot]!;
      if (rank < 0 || (pairs[2 * rank] === left && pairs[2 * rank + 1] === right)) return slot;
    }
  }

  /** The rank at which these symbols merge, or NO_MERGE. */
  find(left: number, right: number): number {
    const hash = hashOf(left, right);
    const filter = this.#filter;
    // Shifts take the last five bits of what they shift by.
    if (((filter[(hash >>> 5) & (filter.length - 1)]! >>> hash) & 1) === 0) return NO_MERGE;
    const rank = this.#slots[this.#slot(left, right, hash)]!;
    return rank < 0 ? NO_MERGE : rank;
  }

  /** The left symbol of the merge of this rank; -1 if nothing merges at it: an empty line, or an equal merge follows. */
  left(rank: number): number {
    return this.#pairs[2 * rank]!;
  }

  /** The right symbol of the merge of this rank. */
  right(rank: number): number {
    return this.#pairs[2 * rank + 1]!;
  }

  /** The symbol that the merge of this rank makes. */
  product(rank: number): number {
    return this.#products[rank]!;
  }
}

function hashOf(left: number, right: number): number {
  const hash = Math.imul(left, 0x9e3779b1) ^ Math.imul(right, 0x85ebca6b);
  return hash ^ (hash >>> 15);
}
