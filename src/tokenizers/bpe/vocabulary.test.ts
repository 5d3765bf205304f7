import { describe, expect, it } from "vitest";
import { mergesFromValues, parseMerges, parseVocab, Vocabulary } from "./vocabulary.ts";

describe("parseMerges", () => {
  it("drops the first line, whatever it says, and what follows the last newline", () => {
    expect(parseMerges("#version: 0.2\na b\nab c\n", "x")).toEqual([
      ["a", "b"],
      ["ab", "c"],
    ]);
    expect(parseMerges("a b\nab c\nabc d", "x")).toEqual([["ab", "c"]]);
    expect(parseMerges("", "x")).toEqual([]);
    expect(parseMerges("#version: 0.2\n", "x")).toEqual([]);
  });

  it("reads any newline, any spaces between the two, and keeps the rank of an empty line", () => {
    expect(parseMerges("v\r\na b\r\n\rc \t d\n", "x")).toEqual([["a", "b"], null, ["c", "d"]]);
  });

  it("names a line that is no pair", () => {
    expect(() => parseMerges("<html>\n<body>\n</html>\n", "read merges.txt of here")).toThrow(
      'read merges.txt of here: expected two symbols with a space between them in each merge, got line 2 "<body>"',
    );
  });
});

describe("mergesFromValues", () => {
  it("takes strings and pairs, and drops none", () => {
    expect(mergesFromValues(["a b", ["ab", "c"]], "x")).toEqual([
      ["a", "b"],
      ["ab", "c"],
    ]);
    expect(() => mergesFromValues([["a", ""]], "x")).toThrow('got ["a",""] at index 0');
    expect(() => mergesFromValues([7], "x")).toThrow("got 7 at index 0");
  });
});

describe("parseVocab and Vocabulary", () => {
  it("keep every key as a token, also those that objects treat apart", () => {
    const vocabulary = new Vocabulary(parseVocab('{"b": 0, "10": 1, "__proto__": 2, "constructor": 3}', "x"), "x");
    expect(vocabulary.ids.get("__proto__")).toBe(2);
    expect(vocabulary.ids.get("constructor")).toBe(3);
    expect(vocabulary.ids.get("toString")).toBe(undefined);
    expect(vocabulary.tokens.get(1)).toBe("10");
    expect(vocabulary.size).toBe(4);
  });

  it.each([
    ['{"a": 0', "read v: expected JSON, got "],
    ["[1]", 'read v: expected a JSON object of tokens and ids, {"<s>": 0, ...}, got an array'],
    ["null", "got null"],
    ["{}", "read v: expected tokens with their ids, got an empty vocabulary"],
    ['{"a": 1.5}', 'read v: expected an integer from 0 to 2147483647 as the id of each token, got 1.5 for "a"'],
    ['{"a": "0"}', 'got "0" for "a"'],
    ['{"a": -1}', 'got -1 for "a"'],
    ['{"a": 4294967296}', 'got 4294967296 for "a"'],
    ['{"a": 0, "b": 0}', 'read v: expected one token per id, got id 0 for "a" and for "b"'],
  ])("refuse %s", (text, message) => {
    expect(() => new Vocabulary(parseVocab(text, "read v"), "read v")).toThrow(message);
  });
});
