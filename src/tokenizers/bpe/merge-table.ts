/**
 * The merges of a BPE as a table over symbol numbers: (left, right) -> rank and the symbol that they make.
 * Open addressing in typed arrays: a lookup costs no allocation and no string, and 50,000 merges take 2 MiB.
 *
 * Symbols 0-255 are the bytes; the others are numbered as the merges name them. The numbering knows no vocabulary: what
 * the reference merges although the vocabulary lacks it (it becomes <unk> afterwards) is a symbol like any other.
 */
import { byteToChar } from "./byte-level.ts";

const EMPTY = -1;

export class MergeTable {
  /** The spelling of each symbol in byte-level characters. */
  readonly symbols: readonly string[];
  readonly #left: Int32Array;
  readonly #right: Int32Array;
  readonly #rank: Int32Array;
  readonly #product: Int32Array;
  readonly #mask: number;

  /** `merges` in the order of their ranks; null takes a rank and merges nothing. Of equal merges the last one's rank counts. */
  constructor(merges: readonly (readonly [string, string] | null)[]) {
    let size = 16;
    while (size < 2 * merges.length) size *= 2;
    this.#mask = size - 1;
    this.#left = new Int32Array(size).fill(EMPTY);
    this.#right = new Int32Array(size);
    this.#rank = new Int32Array(size);
    this.#product = new Int32Array(size);

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
      this.#left[slot] = left;
      this.#right[slot] = right;
      this.#rank[slot] = rank;
      this.#product[slot] = numberOf(merge[0] + merge[1]);
    });
    this.symbols = symbols;
  }

  /** Where the pair is, or would be. */
  #slot(left: number, right: number): number {
    let slot = (Math.imul(left, 0x9e3779b1) ^ Math.imul(right, 0x85ebca6b)) >>> 0;
    slot = (slot ^ (slot >>> 15)) & this.#mask;
    while (this.#left[slot] !== EMPTY && (this.#left[slot] !== left || this.#right[slot] !== right)) {
      slot = (slot + 1) & this.#mask;
    }
    return slot;
  }

  /** A handle of the merge of these symbols for `rank` and `product`, or -1. */
  find(left: number, right: number): number {
    const slot = this.#slot(left, right);
    return this.#left[slot] === EMPTY ? -1 : slot;
  }

  rank(merge: number): number {
    return this.#rank[merge]!;
  }

  product(merge: number): number {
    return this.#product[merge]!;
  }
}
