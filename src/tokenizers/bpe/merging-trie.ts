/**
 * Symbols by their bytes: the longest one that begins at a place of a text, and from there the shorter ones.
 *
 * A trie whose edges, (node, byte) -> node, lie in one open-addressed table, but for those from the first byte to the second,
 * which have a place each: what every search passes is worth 256 KiB (text of short symbols took 0.9 of the time). A symbol
 * is its own node, so that a node below the number of symbols says which symbol ends there; beginnings that are no symbols
 * themselves are numbered after that. The 50,000 merges of the released vocabulary make 97,767 edges: 2.2 MiB.
 */
import { byteToChar } from "./byte-level.ts";

const NONE = -1;

/** The byte of each byte-level character, by its code; all are below U+0144. */
const byteOfCode = new Uint8Array(0x144);
byteToChar.forEach((char, byte) => {
  byteOfCode[char.charCodeAt(0)] = byte;
});

export class SymbolTrie {
  /** The longest other symbol in the trie that each one begins with; NONE (-1) for bytes. */
  readonly shorter: Int32Array;
  readonly #symbols: number;
  #nodes: number;
  /** The node of every two bytes, or NONE. */
  readonly #pairs = new Int32Array(256 * 256).fill(NONE);
  /** Two numbers a slot: node * 256 + byte, or NONE, and the node that this leads to. At most half of the slots are taken. */
  #edges: Int32Array;
  /** 32 less the bits of a slot's number. */
  #shift = 28;
  #taken = 0;

  /** A trie of the bytes, symbols 0-255. Others are below `symbols`, which says what there is room for; it grows if need be. */
  constructor(symbols: number) {
    this.#symbols = symbols;
    this.#nodes = symbols;
    this.shorter = new Int32Array(symbols).fill(NONE);
    while (2 ** (32 - this.#shift) < 4 * symbols && this.#shift > 1) this.#shift--;
    this.#edges = new Int32Array(2 * 2 ** (32 - this.#shift)).fill(NONE);
  }

  /**
   * Adds the symbol that is spelled as `left`, a symbol of the trie, and then `right`, in byte-level characters. Symbols come
   * shorter ones first, so that the node of each is its own before a longer one passes it.
   */
  add(symbol: number, left: number, right: string): void {
    const last = right.length - 1;
    let node = left;
    let shorter = left;
    for (let i = 0; i < last; i++) {
      const byte = byteOfCode[right.charCodeAt(i)]!;
      const next = this.#next(node, byte);
      node = next === NONE ? this.#enter(node, byte, this.#nodes++) : next;
      if (node < this.#symbols) shorter = node;
    }
    this.#enter(node, byteOfCode[right.charCodeAt(last)]!, symbol);
    this.shorter[symbol] = shorter;
  }

  /** The longest symbol that `bytes` have from `at` on and before `end`. */
  longest(bytes: Uint8Array, at: number, end: number): number {
    let node = bytes[at]!;
    let longest = node;
    for (let i = at + 1; i < end; i++) {
      node = this.#next(node, bytes[i]!);
      if (node === NONE) break;
      if (node < this.#symbols) longest = node;
    }
    return longest;
  }

  #next(node: number, byte: number): number {
    const key = (node << 8) | byte;
    return node < 256 ? this.#pairs[key]! : this.#edges[this.#slot(key) + 1]!;
  }

  /** Where the edge is, or would be. */
  #slot(key: number): number {
    const edges = this.#edges;
    const mask = edges.length - 2;
    let slot = (Math.imul(key, 0x9e3779b1) >>> this.#shift) << 1;
    while (edges[slot] !== key && edges[slot] !== NONE) slot = (slot + 2) & mask;
    return slot;
  }

  #enter(node: number, byte: number, next: number): number {
    const key = (node << 8) | byte;
    if (node < 256) {
      this.#pairs[key] = next;
      return next;
    }
    if (4 * this.#taken >= this.#edges.length) this.#spread();
    const slot = this.#slot(key);
    this.#edges[slot] = key;
    this.#edges[slot + 1] = next;
    this.#taken++;
    return next;
  }

  /** Twice as many slots. */
  #spread(): void {
    const old = this.#edges;
    this.#edges = new Int32Array(2 * old.length).fill(NONE);
    this.#shift--;
    for (let from = 0; from < old.length; from += 2) {
      if (old[from] === NONE) continue;
      const slot = this.#slot(old[from]!);
      this.#edges[slot] = old[from]!;
      this.#edges[slot + 1] = old[from + 1]!;
    }
  }
}
