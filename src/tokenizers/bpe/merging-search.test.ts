import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { dataText, noReleasedVocabulary, releasedText } from "../../../tests/support/tokenizer-fixtures.ts";
import { byteToChar, utf8Bytes } from "./byte-level.ts";
import { MergeTable } from "./merge-table.ts";
import { mergeByHeap, mergeByScanning } from "./merging.ts";
import { MergeSearch } from "./merging-search.ts";
import { parseMerges } from "./vocabulary.ts";

type Pair = readonly [string, string];

const search = (table: MergeTable, text: string): number[] => {
  const bytes = utf8Bytes(text);
  return new MergeSearch(table).merge(bytes, bytes.length);
};

/** Merges of two letters that could have been trained: each takes what is there by then. `twice`: spellings may come again. */
const monotoneMerges = (twice: boolean): fc.Arbitrary<Pair[]> =>
  fc.array(fc.tuple(fc.nat(), fc.nat()), { maxLength: 40 }).map((choices) => {
    const known = ["a", "b"];
    const merges: Pair[] = [];
    for (const [x, y] of choices) {
      const merge = [known[x % known.length]!, known[y % known.length]!] as const;
      const product = merge.join("");
      const again = known.includes(product);
      if (again && !(twice && merges.every((other) => !other.includes(product)))) continue;
      if (!again) known.push(product);
      merges.push(merge);
    }
    return merges;
  });

const letters = (maxLength: number): fc.Arbitrary<string> =>
  fc.array(fc.constantFrom("a", "b"), { minLength: 1, maxLength }).map((parts) => parts.join(""));
/** Runs and periods, up to 3,000 letters, between something else. */
const periodic = fc
  .tuple(letters(5), letters(7), fc.integer({ min: 1, max: 3000 }), letters(5))
  .map(([before, period, length, after]) => before + period.repeat(length).slice(0, length) + after);

describe("MergeSearch", () => {
  it.each([false, true])("gives what merging gives, spellings with two merges: %s", (twice) => {
    fc.assert(
      fc.property(monotoneMerges(twice), fc.array(letters(60), { minLength: 5, maxLength: 5 }), (merges, texts) => {
        const table = new MergeTable(merges);
        expect(table.monotone).toBe(true);
        for (const text of texts) {
          const expected = mergeByScanning(table, utf8Bytes(text), "leftmost");
          expect(search(table, text)).toEqual(expected);
          expect(mergeByScanning(table, utf8Bytes(text), "passes")).toEqual(expected);
        }
      }),
      { numRuns: 3000 },
    );
  });

  it("gives what merging gives on long runs and periods", () => {
    fc.assert(
      fc.property(monotoneMerges(true), periodic, (merges, text) => {
        const table = new MergeTable(merges);
        expect(search(table, text)).toEqual(mergeByHeap(table, utf8Bytes(text)));
      }),
      { numRuns: 1000 },
    );
  });

  it("takes back what its right neighbour leaves no place for", () => {
    // The longest first symbol is abc, but b merges with c only after cd took the c.
    const table = new MergeTable([
      ["c", "d"],
      ["b", "c"],
      ["a", "bc"],
      ["a", "b"],
    ]);
    expect(search(table, "abcd").map((symbol) => table.symbols[symbol])).toEqual(["ab", "cd"]);
    expect(search(table, "abc").map((symbol) => table.symbols[symbol])).toEqual(["abc"]);
  });

  it("never gives a symbol that its own bytes do not merge to", () => {
    const table = new MergeTable([
      ["b", "c"],
      ["a", "b"],
      ["ab", "c"],
    ]);
    expect(search(table, "abc").map((symbol) => table.symbols[symbol])).toEqual(["a", "bc"]);
  });

  it("goes far back where the end decides, and is the same again after", () => {
    // Neighbours in the byte order merge, the last ones first: with an odd number, the first byte stays single, which is
    // found out at the end.
    const chars = byteToChar.slice(0, 201);
    const table = new MergeTable(
      chars
        .slice(1)
        .map((char, i) => [chars[i]!, char] as const)
        .reverse(),
    );
    const finder = new MergeSearch(table);
    const repeated = (length: number, times: number): Uint8Array =>
      Uint8Array.from({ length: times * length }, (_, i) => i % length);
    for (const length of [200, 201]) {
      for (const times of [1, 2, 5, 6, 20]) {
        const bytes = repeated(length, times);
        const expected = mergeByHeap(table, bytes);
        expect(expected.length).toBe(times * Math.ceil(length / 2));
        expect(expected[0]! < 256).toBe(length === 201);
        expect(finder.merge(bytes, bytes.length)).toEqual(expected);
        expect(finder.merge(bytes, bytes.length)).toEqual(expected);
      }
    }
    // Place 200 is no boundary of the first, and one of the second.
    expect(finder.merge(repeated(201, 1), 201)).toEqual(mergeByHeap(table, repeated(201, 1)));
    expect(finder.merge(repeated(200, 2), 400)).toEqual(mergeByHeap(table, repeated(200, 2)));
  });

  it("takes no text, one byte, and the beginning of a longer buffer", () => {
    const finder = new MergeSearch(new MergeTable([["a", "b"]]));
    expect(finder.merge(utf8Bytes("ab"), 0)).toEqual([]);
    expect(finder.merge(utf8Bytes("ab"), 1)).toEqual([97]);
    expect(finder.merge(utf8Bytes("abab"), 3)).toEqual([256, 97]);
  });
});

describe.skipIf(noReleasedVocabulary)(
  `MergeSearch of the released vocabulary${noReleasedVocabulary ? `: ${noReleasedVocabulary}` : ""}`,
  () => {
    const table = new MergeTable(noReleasedVocabulary ? [] : parseMerges(releasedText("merges.txt"), "test"));
    const finder = new MergeSearch(table);
    const document = (): string => dataText("documents/wells-salvaging-of-civilization.txt");
    const same = (text: string): void => {
      const bytes = utf8Bytes(text);
      expect(finder.merge(bytes, bytes.length)).toEqual(mergeByHeap(table, bytes));
    };

    it("is monotone", () => {
      expect(table.monotone).toBe(true);
    });

    it("gives what merging gives on 100 kB of letters, and on a text without white space", () => {
      same(
        document()
          .replace(/[^A-Za-z]/g, "")
          .slice(0, 100_000),
      );
      same(document().replace(/\s/g, "").slice(0, 100_000));
    });

    it("gives what merging gives on all runs and many periods", () => {
      for (let byte = 0; byte < 256; byte++) same(byteToChar[byte]!.repeat(300));
      const marks = [..."-=*. aeé0"];
      for (const x of marks) for (const y of marks) for (const z of marks) same(`${x}${y}${y}${z}`.repeat(70));
    });

    it("gives what merging gives on random bytes, letters and digits", () => {
      const any = fc.oneof(
        fc.string({ unit: "binary", maxLength: 300 }),
        fc.string({ unit: "grapheme", maxLength: 300 }),
        fc.string({ unit: fc.constantFrom(..."0123456789abcdef"), maxLength: 600 }),
        fc.string({ unit: fc.constantFrom(..."etaoin"), maxLength: 600 }),
        fc.array(fc.constantFrom(...table.symbols.slice(256, 5000)), { maxLength: 100 }).map((parts) => parts.join("")),
      );
      fc.assert(fc.property(any, same), { numRuns: 500 });
    });
  },
);
