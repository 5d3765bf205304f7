import { describe, expect, test } from "vitest";
import { replaceParts, textParts } from "./text-parts.ts";

/** A token a word. */
const tokens = (part: string): number => part.split(/\s+/).length;

const partsOf = (text: string, size: "paragraph" | "sentence" | "document", limit = 100): string[] =>
  textParts(text, size, { tokens, limit }).map(({ start, end }) => text.slice(start, end));

const text = "# A heading\n\n  One two. Three four five.\n---\n\n- Six seven! (Eight.)  \n";

describe("the parts of a text", () => {
  test("paragraphs are lines that say something", () => {
    expect(partsOf(text, "paragraph")).toEqual(["A heading", "One two. Three four five.", "Six seven! (Eight.)"]);
  });

  test("sentences", () => {
    expect(partsOf(text, "sentence")).toEqual(["A heading", "One two.", "Three four five.", "Six seven!", "(Eight.)"]);
  });

  test("marks of lists, quotes and headings are no text", () => {
    const list = "> 1. One two.\n   12) Three.\n* Four-five\n1984 was\n";
    expect(partsOf(list, "paragraph")).toEqual(["One two.", "Three.", "Four-five", "1984 was"]);
    expect(partsOf(list, "sentence")).toEqual(["One two.", "Three.", "Four-five", "1984 was"]);
  });

  test("the document", () => {
    expect(partsOf(text, "document")).toEqual([text.trim()]);
  });

  test("a paragraph above the limit becomes groups of sentences, as long as may be", () => {
    const long = "A b. C d. E f g h. I. J k.\nL m n.";
    expect(partsOf(long, "paragraph", 4)).toEqual(["A b. C d.", "E f g h.", "I. J k.", "L m n."]);
    expect(partsOf(long, "paragraph", 11)).toEqual(["A b. C d. E f g h. I. J k.", "L m n."]);
  });

  test("nothing is lost: what is between the parts stays", () => {
    for (const size of ["paragraph", "sentence", "document"] as const) {
      const parts = textParts(text, size, { tokens, limit: 100 });
      const same = parts.map(({ start, end }) => text.slice(start, end));
      expect(replaceParts(text, parts, same)).toBe(text);
      const between = replaceParts(
        text,
        parts,
        parts.map(() => ""),
      );
      expect(between).not.toMatch(/[\p{L}\p{N}]/u);
    }
    expect(
      replaceParts("a b.\n\nc.\n", textParts("a b.\n\nc.\n", "paragraph", { tokens, limit: 9 }), ["X", "Y Z"]),
    ).toBe("X\n\nY Z\n");
  });

  test("a sentence or a document above the limit is an error, not a loss", () => {
    expect(() => partsOf("a.\nb c d e.", "paragraph", 3)).toThrow(
      "split a text: expected sentences of at most 3 tokens, what the model holds, got 4 tokens in line 2. " +
        "End sentences with full stops, or use a model that holds more.",
    );
    expect(() => partsOf("a.\nb c d e.", "sentence", 3)).toThrow("4 tokens in line 2");
    expect(() => partsOf("a.\nb c d e.", "document", 3)).toThrow(
      "expected a text of at most 3 tokens, what the model holds, got 5 tokens. Take it by paragraphs.",
    );
  });
});
