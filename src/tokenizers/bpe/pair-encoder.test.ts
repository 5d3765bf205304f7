import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { byteToChar } from "./byte-level.ts";
import { MergeTable, NO_MERGE } from "./merge-table.ts";
import { BytePairEncoder, mergeByHeap, mergeByScanning } from "./pair-encoder.ts";

type Pair = readonly [string, string];

/** The reference's loop on strings, word for word what the docstring of bpe.ts says. */
function mergeStrings(merges: readonly Pair[], word: string[]): string[] {
  const ranks = new Map(merges.map((pair, rank) => [pair.join(" "), rank]));
  for (;;) {
    let best: string | undefined;
    for (let i = 0; i + 1 < word.length; i++) {
      const pair = `${word[i]} ${word[i + 1]}`;
      if (ranks.has(pair) && (best === undefined || ranks.get(pair)! < ranks.get(best)!)) best = pair;
    }
    if (best === undefined) return word;
    const next: string[] = [];
    for (let i = 0; i < word.length; ) {
      const here = `${word[i]} ${word[i + 1]}` === best;
      next.push(here ? `${word[i]}${word[i + 1]}` : word[i]!);
      i += here ? 2 : 1;
    }
    word = next;
  }
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const spelled = (table: MergeTable, symbols: readonly number[]): string[] => symbols.map((s) => table.symbols[s]!);

describe("merging", () => {
  it("finishes a pass before a pair that it made, even where that ranks lower", () => {
    const merges: Pair[] = [
      ["ab", "a"],
      ["a", "b"],
    ];
    const table = new MergeTable(merges);
    expect(spelled(table, mergeByScanning(table, bytes("abab")))).toEqual(["ab", "ab"]);
    expect(spelled(table, mergeByHeap(table, bytes("abab")))).toEqual(["ab", "ab"]);
  });

  it("merges overlapping occurrences from the left", () => {
    const table = new MergeTable([["a", "a"]]);
    expect(spelled(table, mergeByScanning(table, bytes("aaa")))).toEqual(["aa", "a"]);
    expect(spelled(table, mergeByHeap(table, bytes("aaaaa")))).toEqual(["aa", "aa", "a"]);
  });

  it("by scanning and by heap is the loop of the reference, whatever the merges", () => {
    const letters = fc.constantFrom("a", "b", "c");
    const part = fc.array(letters, { minLength: 1, maxLength: 3 }).map((parts) => parts.join(""));
    fc.assert(
      fc.property(
        fc.array(fc.tuple(part, part), { maxLength: 14 }),
        fc.array(letters, { minLength: 1, maxLength: 40 }),
        (merges, word) => {
          const table = new MergeTable(merges);
          const expected = mergeStrings(merges, word);
          expect(spelled(table, mergeByScanning(table, bytes(word.join(""))))).toEqual(expected);
          expect(spelled(table, mergeByHeap(table, bytes(word.join(""))))).toEqual(expected);
        },
      ),
      { numRuns: 3000 },
    );
  });

  it("goes through a word of a million letters", () => {
    const table = new MergeTable([
      ["a", "a"],
      ["aa", "aa"],
      ["aaaa", "aaaa"],
    ]);
    const symbols = mergeByHeap(table, bytes("a".repeat(1_000_003)));
    expect(symbols.length).toBe(125_000 + 2);
    expect(spelled(table, symbols.slice(-3))).toEqual(["aaaaaaaa", "aa", "a"]);
  });
});

describe("MergeTable", () => {
  it("numbers the bytes first and takes the last rank of equal merges", () => {
    const table = new MergeTable([["a", "b"], ["b", "c"], null, ["a", "b"]]);
    expect(table.symbols.slice(0, 256)).toEqual(byteToChar);
    const [a, b, c] = [97, 98, 99];
    expect(table.find(a!, b!)).toBe(3);
    expect(table.find(b!, c!)).toBe(1);
    expect(table.find(a!, c!)).toBe(NO_MERGE);
    expect(table.symbols[table.product(table.find(a!, b!))]).toBe("ab");
  });

  it("gives one symbol to a spelling that two merges make", () => {
    const table = new MergeTable([
      ["a", "b"],
      ["ab", "c"],
      ["b", "c"],
      ["a", "bc"],
    ]);
    expect(new Set(table.symbols).size).toBe(table.symbols.length);
  });
});

describe("BytePairEncoder", () => {
  it("gives the same with and without its cache, and for more pieces than the cache holds", () => {
    const merges: Pair[] = [
      ["1", "2"],
      ["12", "3"],
      ["0", "0"],
    ];
    const table = new MergeTable(merges);
    const encoder = new BytePairEncoder(table);
    const word = (i: number): string => String(i).padStart(6, "0");
    for (let round = 0; round < 2; round++) {
      for (let i = 0; i < 150_000; i += 1) {
        const text = `<${word(i)}>`;
        const symbols = encoder.encode(text, 1, text.length - 1);
        if (i % 997 === 0) expect(symbols).toEqual(mergeByScanning(table, bytes(word(i))));
      }
    }
  });

  it("keeps pieces apart that differ in length, case or place only", () => {
    const encoder = new BytePairEncoder(new MergeTable([["a", "b"]]));
    expect(encoder.encode("xabx", 1, 3)).toEqual([256]);
    expect(encoder.encode("abx", 0, 2)).toEqual([256]);
    expect(encoder.encode("aBx", 0, 2)).toEqual([97, 66]);
    expect(encoder.encode("abab", 0, 4)).toEqual([256, 256]);
  });
});
