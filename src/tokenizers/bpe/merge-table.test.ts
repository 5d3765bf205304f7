import { describe, expect, it } from "vitest";
import { byteToChar } from "./byte-level.ts";
import { MergeTable, NO_MERGE } from "./merge-table.ts";

const [a, b, c] = [97, 98, 99];

describe("MergeTable", () => {
  it("numbers the bytes first and takes the last rank of equal merges", () => {
    const table = new MergeTable([["a", "b"], ["b", "c"], null, ["a", "b"]]);
    expect(table.symbols.slice(0, 256)).toEqual(byteToChar);
    expect(table.find(a, b)).toBe(3);
    expect(table.find(b, c)).toBe(1);
    expect(table.find(a, c)).toBe(NO_MERGE);
    expect(table.symbols[table.product(3)]).toBe("ab");
    expect([table.left(3), table.right(3)]).toEqual([a, b]);
    expect(table.ranks).toBe(4);
    expect([0, 1, 2, 3].map((rank) => table.left(rank))).toEqual([-1, b, -1, a]);
  });

  it("gives one symbol to a spelling that two merges make", () => {
    const table = new MergeTable([
      ["a", "b"],
      ["ab", "c"],
      ["b", "c"],
      ["a", "bc"],
    ]);
    expect(new Set(table.symbols).size).toBe(table.symbols.length);
    expect(table.product(1)).toBe(table.product(3));
  });

  it("knows how many bytes a symbol stands for", () => {
    // "Ġ" is a space, "Ã" and "©" are the two bytes of "é".
    const table = new MergeTable([
      ["Ġ", "a"],
      ["Ã", "©"],
      ["Ġa", "Ã©"],
    ]);
    expect([...table.byteLengths.subarray(0, 256)]).toEqual(new Array(256).fill(1));
    expect([0, 1, 2].map((rank) => table.byteLengths[table.product(rank)])).toEqual([2, 2, 4]);
  });

  it("finds each of many pairs, and no others", () => {
    const size = 60;
    const letters = byteToChar.slice(100, 100 + size);
    const merges = letters.flatMap((left, i) =>
      letters.flatMap((right, j) => ((i + j) % 3 === 0 ? [[left, right] as const] : [])),
    );
    const table = new MergeTable(merges);
    let found = 0;
    for (let i = 0; i < size; i++) {
      for (let j = 0; j < size; j++) {
        const rank = table.find(100 + i, 100 + j);
        if ((i + j) % 3 === 0) expect(rank).toBe(found++);
        else expect(rank).toBe(NO_MERGE);
      }
    }
    expect(found).toBe(merges.length);
  });

  it.each([
    { merges: [], monotone: true },
    {
      merges: [
        ["a", "b"],
        ["ab", "c"],
        ["ab", "ab"],
      ],
      monotone: true,
    },
    {
      merges: [
        ["ab", "c"],
        ["a", "b"],
      ],
      monotone: false,
    },
    {
      merges: [
        ["c", "ab"],
        ["a", "b"],
      ],
      monotone: false,
    },
    // What one spelling's second merge makes comes after a merge that takes it.
    {
      merges: [
        ["a", "a"],
        ["aa", "a"],
        ["aaa", "b"],
        ["a", "aa"],
      ],
      monotone: false,
    },
    // The same, before it.
    {
      merges: [
        ["a", "a"],
        ["aa", "a"],
        ["a", "aa"],
        ["aaa", "b"],
      ],
      monotone: true,
    },
    // An empty line merges nothing, and of equal merges the last one counts.
    { merges: [["a", "b"], null, ["ab", "c"], ["a", "b"]], monotone: false },
    { merges: [["ab", "c"], null, ["a", "b"], ["ab", "c"]], monotone: true },
  ] as const)("of $merges: monotone is $monotone", ({ merges, monotone }) => {
    expect(new MergeTable(merges).monotone).toBe(monotone);
  });
});
