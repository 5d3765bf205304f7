import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MergeTable } from "./merge-table.ts";
import { type MergeOrder, mergeByHeap, mergeByScanning } from "./merging.ts";

type Pair = readonly [string, string];

/** The loop of either reference on strings, as the head of merging.ts tells it. */
function mergeStrings(merges: readonly Pair[], word: string[], order: MergeOrder): string[] {
  const ranks = new Map(merges.map((pair, rank) => [pair.join(" "), rank]));
  for (;;) {
    let best: string | undefined;
    for (let i = 0; i + 1 < word.length; i++) {
      const pair = `${word[i]} ${word[i + 1]}`;
      if (ranks.has(pair) && (best === undefined || ranks.get(pair)! < ranks.get(best)!)) best = pair;
    }
    if (best === undefined) return word;
    const next: string[] = [];
    let merged = false;
    for (let i = 0; i < word.length; ) {
      const here: boolean = `${word[i]} ${word[i + 1]}` === best && (order === "passes" || !merged);
      next.push(here ? `${word[i]}${word[i + 1]}` : word[i]!);
      merged ||= here;
      i += here ? 2 : 1;
    }
    word = next;
  }
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const spelled = (table: MergeTable, symbols: readonly number[]): string[] => symbols.map((s) => table.symbols[s]!);
const ways = [mergeByScanning, mergeByHeap];

describe.each(ways)("%o", (merge) => {
  // With vocab.json of these symbols, merges.txt of "ab a" and "a b":
  //   LEDTokenizer(...).tokenize: abab -> ['ab', 'ab'], ababab -> ['ab', 'ab', 'ab'] (transformers 4.37.2)
  //   Tokenizer(models.BPE(...)).encode: abab -> ['aba', 'b'], ababab -> ['aba', 'b', 'ab'] (tokenizers 0.15.2)
  it("finishes a pass before a pair of lower rank that it made, or takes that at once, as the order has it", () => {
    const table = new MergeTable([
      ["ab", "a"],
      ["a", "b"],
    ]);
    expect(spelled(table, merge(table, bytes("abab"), "passes"))).toEqual(["ab", "ab"]);
    expect(spelled(table, merge(table, bytes("abab"), "leftmost"))).toEqual(["aba", "b"]);
    expect(spelled(table, merge(table, bytes("ababab"), "passes"))).toEqual(["ab", "ab", "ab"]);
    expect(spelled(table, merge(table, bytes("ababab"), "leftmost"))).toEqual(["aba", "b", "ab"]);
  });

  it("merges overlapping occurrences from the left", () => {
    const table = new MergeTable([["a", "a"]]);
    for (const order of ["passes", "leftmost"] as const) {
      expect(spelled(table, merge(table, bytes("aaa"), order))).toEqual(["aa", "a"]);
      expect(spelled(table, merge(table, bytes("aaaaa"), order))).toEqual(["aa", "aa", "a"]);
    }
  });

  it("is the loop of the reference, whatever the merges", () => {
    const letters = fc.constantFrom("a", "b", "c");
    const part = fc.array(letters, { minLength: 1, maxLength: 3 }).map((parts) => parts.join(""));
    fc.assert(
      fc.property(
        fc.array(fc.tuple(part, part), { maxLength: 14 }),
        fc.array(letters, { minLength: 1, maxLength: 40 }),
        fc.constantFrom("passes", "leftmost"),
        (merges, word, order) => {
          const table = new MergeTable(merges);
          const expected = mergeStrings(merges, word, order);
          expect(spelled(table, merge(table, bytes(word.join("")), order))).toEqual(expected);
        },
      ),
      { numRuns: 3000 },
    );
  });
});

describe("mergeByHeap", () => {
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
