import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { AddedToken, AddedVocabulary, Trie } from "./added-tokens.ts";
import { Vocabulary } from "./bpe/vocabulary.ts";

function trieOf(...words: string[]): Trie {
  const trie = new Trie();
  for (const word of words) trie.add(word);
  return trie;
}

describe("Trie", () => {
  it("finds the longest of the leftmost words, and what lies between", () => {
    expect(trieOf("[CLS]", "extra_id_1", "extra_id_100").split("[CLS] This is a extra_id_100")).toEqual([
      "[CLS]",
      " This is a ",
      "extra_id_100",
    ]);
    expect(trieOf("blowing", "lower").split("blower")).toEqual(["b", "lower"]);
    expect(trieOf("ab", "a").split("aabx")).toEqual(["a", "ab", "x"]);
    expect(trieOf("TOKEN]", "[SPECIAL_TOKEN]").split("[SPECIAL_TOKEN]")).toEqual(["[SPECIAL_TOKEN]"]);
    expect(trieOf("").split("a")).toEqual(["a"]);
    expect(trieOf("a").split("")).toEqual([]);
  });

  it("looks ahead with a candidate that has failed, as the reference does", () => {
    expect(trieOf("abc", "b").split("abdc")).toEqual(["abdc"]);
  });

  it("cuts as an alternation of the words, the longest first, when none begins inside another", () => {
    const words = ["<a>", "<ab>", "<a>>", "[x]", "[x]y"];
    const trie = trieOf(...words);
    const pattern = /(<a>>|<ab>|<a>|\[x\]y|\[x\])/;
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom("<", "a", "b", ">", "[", "x", "]", "y", ...words), { maxLength: 30 }),
        (parts) => {
          const text = parts.join("");
          expect(trie.split(text)).toEqual(text.split(pattern).filter((part) => part !== ""));
        },
      ),
      { numRuns: 2000 },
    );
  });

  it("loses nothing of a text", () => {
    const word = fc.string({ unit: fc.constantFrom("a", "b", "c"), maxLength: 4 });
    fc.assert(
      fc.property(fc.array(word), fc.string({ unit: fc.constantFrom("a", "b", "c", "d") }), (words, text) => {
        expect(
          trieOf(...words)
            .split(text)
            .join(""),
        ).toBe(text);
      }),
    );
  });
});

describe("AddedToken", () => {
  it("is normalized unless special, as in the tokenizers library", () => {
    expect(new AddedToken("x").state()).toEqual({
      content: "x",
      single_word: false,
      lstrip: false,
      rstrip: false,
      special: false,
      normalized: true,
    });
    expect(new AddedToken("x", { special: true }).normalized).toBe(false);
    expect(String(new AddedToken("x"))).toBe("x");
    const becomesSpecial = new AddedToken("x");
    becomesSpecial.special = true;
    expect(becomesSpecial.normalized).toBe(false);
    const stays = new AddedToken("x", { normalized: true });
    stays.special = true;
    expect(stays.normalized).toBe(true);
  });
});

describe("AddedVocabulary", () => {
  const base = new Vocabulary([["a", 0]], "test");

  it("gives new ids after the full vocabulary and keeps known ones", () => {
    const added = new AddedVocabulary(base, [[5, new AddedToken("<saved>")]]);
    const put: string[] = [];
    const count = added.add([new AddedToken("a"), new AddedToken("<saved>"), new AddedToken("<new>")], (token) =>
      put.push(token.content),
    );
    expect(count).toBe(1);
    expect(put).toEqual(["a", "<saved>", "<new>"]);
    expect([...added.encoder]).toEqual([
      ["<saved>", 5],
      ["a", 0],
      ["<new>", 2],
    ]);
    expect(added.fullSize).toBe(3);
  });

  it("does not give away an id that another added token has", () => {
    const added = new AddedVocabulary(base, [[2, new AddedToken("<saved>")]]);
    expect(() => added.add([new AddedToken("<new>")], () => {})).toThrow(
      'add tokens: expected "<new>" in the vocabulary, or id 2, the number of its tokens, free for it, got neither: "<saved>" has that id.',
    );
  });
});
