/**
 * Byte-pair merging without merging: a search for the symbols that a text merges to, from left to right, in linear time.
 *
 * It rests on this. Symbols t1 t2 ... tn are what their bytes merge to exactly if every two neighbours, as a text of their
 * own, merge to just these two. For consider the first merge across one of the boundaries: all merges before it were
 * inside symbols, and those inside its two neighbours happen in the same order when these are alone, so it would happen
 * there too. The other way round, what never crosses a boundary in the whole text does not between two neighbours.
 *
 * So the search settles the longest symbol that fits its neighbour, and if none fits takes the last one back for a
 * shorter one. The bytes before a boundary merge to one sequence only: a place that turned out to be no boundary is
 * never tried again.
 *
 * Whether two symbols fit is read off the merges that make them, which needs a table where merges happen in the order of
 * their ranks (MergeTable.monotone).
 */
import { InternalError } from "../../errors.ts";
import { type MergeTable, NO_MERGE } from "./merge-table.ts";
import { SymbolTrie } from "./merging-trie.ts";

/** Texts up to this many bytes need no memory of their own for the places that are no boundary. */
const SHORT = 1024;
/** In `#madeAt`, and where there is no symbol. */
const NONE = -1;

export class MergeSearch {
  readonly #table: MergeTable;
  readonly #trie: SymbolTrie;
  /** The rank of the merge that makes each symbol from its bytes; NONE for the bytes, and for what its bytes do not merge to. */
  readonly #madeAt: Int32Array;
  /** The rank from which on the first byte of each symbol is no longer free to merge with a byte before it. */
  readonly #firstFree: Int32Array;
  /** The same of the last byte and a byte after it. */
  readonly #lastFree: Int32Array;
  /** 1 at the places of a short text that are no boundary; zeros between calls. */
  readonly #wrong = new Uint8Array(SHORT);

  /** `table` must be monotone. */
  constructor(table: MergeTable) {
    const count = table.symbols.length;
    this.#table = table;
    this.#madeAt = new Int32Array(count).fill(NONE);
    this.#firstFree = new Int32Array(count).fill(NO_MERGE);
    this.#lastFree = new Int32Array(count).fill(NO_MERGE);
    this.#trie = new SymbolTrie(count);
    this.#findSymbols().forEach((ranks) => {
      for (const rank of ranks) {
        this.#trie.add(table.product(rank), table.left(rank), table.symbols[table.right(rank)]!);
      }
    });
  }

  /** Fills the tables by symbol. Gives the ranks at which bytes become what they merge to, in lists by length. */
  #findSymbols(): number[][] {
    const table = this.#table;
    const isSymbol = (symbol: number): boolean => symbol < 256 || this.#madeAt[symbol] !== NONE;
    const firstByte = new Uint8Array(this.#madeAt.length);
    for (let byte = 0; byte < 256; byte++) firstByte[byte] = byte;
    const lastByte = firstByte.slice();
    const byLength: number[][] = [];
    for (let rank = 0; rank < table.ranks; rank++) {
      const left = table.left(rank);
      const right = table.right(rank);
      if (left < 0 || !isSymbol(left) || !isSymbol(right)) continue;
      // Of two merges that make one spelling only one passes: its bytes merge in one way.
      const meeting = this.#meeting(left, lastByte[left]!, firstByte[right]!);
      if (meeting < Math.min(rank, this.#firstFree[right]!) || !this.#fit(left, right, rank)) continue;
      const product = table.product(rank);
      this.#madeAt[product] = rank;
      // Two bytes that merge at the very same rank do so from left to right.
      this.#firstFree[product] = left < 256 ? rank + 1 : this.#firstFree[left]!;
      this.#lastFree[product] = right < 256 ? rank : this.#lastFree[right]!;
      firstByte[product] = firstByte[left]!;
      lastByte[product] = lastByte[right]!;
      const length = table.byteLengths[product]!;
      const same = byLength[length];
      if (same === undefined) byLength[length] = [rank];
      else same.push(rank);
    }
    return byLength;
  }

  /** The symbols that the first `n` of `bytes` merge to. */
  merge(bytes: Uint8Array, n: number): number[] {
    const trie = this.#trie;
    const lengths = this.#table.byteLengths;
    const firstFree = this.#firstFree;
    if (n === 0) return [];
    let symbol = trie.longest(bytes, 0, n);
    if (lengths[symbol] === n) return [symbol];

    const settled: number[] = [];
    const wrong = n <= SHORT ? this.#wrong : new Uint8Array(n);
    let tookBack = false;
    let at = 0;
    let last = NONE;
    let meeting = NO_MERGE;
    for (;;) {
      const end = at + lengths[symbol]!;
      if (
        !(end < n && wrong[end] === 1) &&
        (last === NONE || (meeting >= firstFree[symbol]! && this.#fit(last, symbol, NO_MERGE)))
      ) {
        settled.push(symbol);
        if (end === n) break;
        last = symbol;
        at = end;
        symbol = trie.longest(bytes, at, n);
      } else if (trie.shorter[symbol] !== NONE) {
        symbol = trie.shorter[symbol]!;
        continue;
      } else {
        wrong[at] = 1;
        tookBack = true;
        const taken = settled.pop();
        if (taken === undefined) throw noEnd();
        symbol = taken;
        at -= lengths[symbol]!;
        last = settled.length > 0 ? settled[settled.length - 1]! : NONE;
      }
      if (last !== NONE) meeting = this.#meeting(last, bytes[at - 1]!, bytes[at]!);
    }
    if (tookBack && n <= SHORT) wrong.fill(0, 0, n);
    return settled;
  }

  /** The rank at which the last byte of `left` merges with a byte after it, if it is still free then; or NO_MERGE. */
  #meeting(left: number, last: number, first: number): number {
    const rank = this.#table.find(last, first);
    return rank < this.#lastFree[left]! ? rank : NO_MERGE;
  }

  /**
   * Whether two neighbours, each of which its bytes merge to, are not joined by a merge of a rank below `limit`; not asking
   * about the bytes where they meet (`#meeting`, which most pairs fail that do not fit). Goes back in time from the whole
   * symbols: what was made last falls apart, and in each state the two symbols that meet are looked up. They are joined if
   * their rank comes before the state ends. Of equal ranks the left one was first: of two equal symbols the right one falls
   * apart first, and the end of a right part is a rank too late for it.
   */
  #fit(left: number, right: number, limit: number): boolean {
    const table = this.#table;
    const madeAt = this.#madeAt;
    let leftMade = madeAt[left]!;
    let rightMade = madeAt[right]!;
    while (leftMade !== NONE || rightMade !== NONE) {
      if (table.find(left, right) < limit) return false;
      if (leftMade > rightMade) {
        limit = leftMade;
        left = table.right(leftMade);
        leftMade = madeAt[left]!;
      } else {
        limit = rightMade + 1;
        right = table.left(rightMade);
        rightMade = madeAt[right]!;
      }
    }
    return true;
  }
}

function noEnd(): InternalError {
  return new InternalError({
    operation: "search for the symbols of a text",
    expected: "symbols that fit each other to its end",
    got: "none",
  });
}
