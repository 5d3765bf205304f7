/**
 * The merges of a BPE as a table over symbol numbers: (left, right) -> rank, and rank -> the symbol that is made.
 * Open addressing in typed arrays: a lookup costs no allocation and no string, and 50,000 merges take 2.2 MiB.
 *
 * Symbols 0-255 are the bytes; the others are numbered as the merges name them. The numbering knows no vocabulary: what
 * the reference merges although the vocabulary lacks it (it becomes <unk> afterwards) is a symbol like any other.
 */
import { byteToChar } from "./byte-level.ts";

/** The rank of a pair that does not merge: behind all others. */
export const NO_MERGE = 2 ** 31 - 1;

const EMPTY = -1;

export class MergeTable {
  /** The spelling of each symbol in byte-level characters. */
  readonly symbols: readonly string[];
  /** How many bytes each symbol stands for. */
  readonly byteLengths: Int32Array;
  /** Whether no merge makes what a merge of lower rank takes. All orders of merging agree then (see merging.ts). */
  readonly monotone: boolean;
  /** Four numbers a slot, so that a lookup touches one cache line: left, right, rank, nothing. */
  readonly #slots: Int32Array;
  readonly #mask: number;
  readonly #products: Int32Array;

  /** `merges` in the order of their ranks; null takes a rank and merges nothing. Of equal merges the last one's rank counts. */
  constructor(merges: readonly (readonly [string, string] | null)[]) {
    let size = 16;
    while (size < 2 * merges.length) size *= 2;
    this.#mask = size - 1;
    this.#slots = new Int32Array(4 * size).fill(EMPTY);
    this.#products = new Int32Array(merges.length);

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
      const left = numberOf(merge[0]);
      const right = numberOf(merge[1]);
      const slot = this.#slot(left, right);
      this.#slots[slot] = left;
      this.#slots[slot + 1] = right;
      this.#slots[slot + 2] = rank;
      this.#products[rank] = numberOf(merge[0] + merge[1]);
    });
    this.symbols = symbols;
    // Every byte-level character is one byte.
    this.byteLengths = Int32Array.from(symbols, (symbol) => symbol.length);
    this.monotone = this.#isMonotone();
  }

  #isMonotone(): boolean {
    const slots = this.#slots;
    /** The highest rank that makes each symbol. */
    const made = new Int32Array(this.symbols.length).fill(-1);
    for (let slot = 0; slot < slots.length; slot += 4) {
      const rank = slots[slot + 2]!;
      if (slots[slot] === EMPTY) continue;
      const product = this.#products[rank]!;
      if (made[product]! < rank) made[product] = rank;
    }
    for (let slot = 0; slot < slots.length; slot += 4) {
      if (slots[slot] === EMPTY) continue;
      const rank = slots[slot + 2]!;
      if (made[slots[slot]!]! >= rank || made[slots[slot + 1]!]! >= rank) return false;
    }
    return true;
  }

  /** Where the pair is, or would be. */
  #slot(left: number, right: number): number {
    const slots = this.#slots;
    let slot = (Math.imul(left, 0x9e3779b1) ^ Math.imul(right, 0x85ebca6b)) >>> 0;
    slot = (slot ^ (slot >>> 15)) & this.#mask;
    while (slots[4 * slot] !== EMPTY && (slots[4 * slot] !== left || slots[4 * slot + 1] !== right)) {
      slot = (slot + 1) & this.#mask;
    }
    return 4 * slot;
  }

  /** The rank at which these symbols merge, or NO_MERGE. */
  find(left: number, right: number): number {
    const slot = this.#slot(left, right);
    return this.#slots[slot] === EMPTY ? NO_MERGE : this.#slots[slot + 2]!;
  }

  /** The symbol that the merge of this rank makes. */
  product(rank: number): number {
    return this.#products[rank]!;
  }
}
