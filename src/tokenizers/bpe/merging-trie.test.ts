import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { byteToChar } from "./byte-level.ts";
import { SymbolTrie } from "./merging-trie.ts";

/** A trie of the bytes and of these spellings, numbered from 256 on. */
function trieOf(spellings: readonly string[]): SymbolTrie {
  const trie = new SymbolTrie(256 + spellings.length);
  const byLength = [...spellings.keys()].sort((x, y) => spellings[x]!.length - spellings[y]!.length);
  for (const i of byLength) trie.add(256 + i, byteToChar.indexOf(spellings[i]![0]!), spellings[i]!.slice(1));
  return trie;
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

describe("SymbolTrie", () => {
  it("gives the longest symbol and the shorter ones that it begins with", () => {
    const trie = trieOf(["abcde", "ab", "abc", "bcd"]);
    expect(trie.longest(bytes("xabcdey"), 1, 7)).toBe(256);
    expect(trie.longest(bytes("xabcdey"), 1, 5)).toBe(258);
    expect(trie.longest(bytes("abcdx"), 0, 5)).toBe(258);
    expect(trie.longest(bytes("abcdx"), 1, 5)).toBe(259);
    expect(trie.longest(bytes("a"), 0, 1)).toBe(97);
    expect([256, 258, 257, 97].map((symbol) => trie.shorter[symbol])).toEqual([258, 257, 97, -1]);
  });

  it("is what a look at every symbol gives", () => {
    const text = fc
      .array(fc.constantFrom("a", "b", "é"), { minLength: 1, maxLength: 9 })
      .map((parts) => parts.join(""));
    const inChars = (part: string): string => Array.from(bytes(part), (byte) => byteToChar[byte]!).join("");
    fc.assert(
      fc.property(fc.array(text, { maxLength: 30 }), text, text, (parts, before, after) => {
        const others = [...new Set(parts.map(inChars).filter((spelling) => spelling.length > 1))];
        const spellings = [...byteToChar, ...others];
        const trie = trieOf(others);
        const chars = inChars(after);
        const fitting = spellings.filter((spelling) => chars.startsWith(spelling)).sort((x, y) => y.length - x.length);
        const got: string[] = [];
        const start = bytes(before).length;
        let symbol = trie.longest(bytes(before + after), start, start + chars.length);
        for (; symbol >= 0; symbol = trie.shorter[symbol]!) got.push(spellings[symbol]!);
        expect(got).toEqual(fitting);
      }),
    );
  });

  it("keeps its edges when there are many", () => {
    const others = byteToChar.slice(0, 90).flatMap((x) => byteToChar.slice(0, 90).map((y) => `${x}${y}${x}`));
    const trie = trieOf(others);
    for (let i = 0; i < others.length; i++) {
      const [x, y] = [Math.floor(i / 90), i % 90];
      expect(trie.longest(Uint8Array.of(x, y, x), 0, 3)).toBe(256 + i);
    }
  });
});
