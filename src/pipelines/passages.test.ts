import fc from "fast-check";
import { expect, test } from "vitest";
import { type PassageLimits, partOf, partsOf, passageOf, passageOfSentences } from "./passages.ts";

/** A token a word, and two around a text. */
const tokens = (text: string) => 2 + (text.match(/\S+/g) ?? []).length;
const limits = (limit: number, stride = 0): PassageLimits => ({ operation: "summarize", tokens, limit, stride });
const text = "One two three. Four five.\n\nSix! ***\nSeven eight nine ten. Eleven twelve.";
const document = passageOf(text, text);
const texts = (limit: number, stride = 0) => partsOf(document, limits(limit, stride)).map((part) => part.text);

test("sentences know their places and lines", () => {
  expect(document.sentences.map(({ cited }) => cited)).toEqual([
    { text: "One two three.", start: 0, end: 14, line: 1 },
    { text: "Four five.", start: 15, end: 25, line: 1 },
    { text: "Six!", start: 27, end: 31, line: 3 },
    { text: "Seven eight nine ten.", start: 36, end: 57, line: 4 },
    { text: "Eleven twelve.", start: 58, end: 72, line: 4 },
  ]);
});

test("sentences of a text with its lines joined are cited as they are read, from where they are", () => {
  const [sentence] = passageOf("Not a\nline.", "Not a line.").sentences;
  expect(sentence!.cited).toEqual({ text: "Not a line.", start: 0, end: 11, line: 1 });
});

test("parts of a passage cite the document", () => {
  const part = partOf(document, 2, 4);
  expect(part.text).toBe("Six! ***\nSeven eight nine ten.");
  for (const { start, end, cited } of part.sentences) {
    expect(part.text.slice(start, end)).toBe(cited.text);
    expect(text.slice(cited.start, cited.end)).toBe(cited.text);
  }
});

test("so do passages of chosen sentences, a line each", () => {
  const chosen = [3, 1].map((i) => document.sentences[i]!.cited);
  const passage = passageOfSentences(chosen);
  expect(passage.text).toBe("Seven eight nine ten.\nFour five.");
  expect(passage.sentences.map(({ start, end }) => passage.text.slice(start, end))).toEqual(
    chosen.map((one) => one.text),
  );
});

test.each<[number, string[]]>([
  [100, ["One two three. Four five.\n\nSix! ***\nSeven eight nine ten. Eleven twelve."]],
  // Twelve words and a mark: seven and six rather than eleven and two.
  [13, ["One two three. Four five.\n\nSix!", "Seven eight nine ten. Eleven twelve."]],
  [6, ["One two three.", "Four five.\n\nSix!", "Seven eight nine ten.", "Eleven twelve."]],
])("parts of at most %i tokens are few, and about equally long", (limit, expected) => {
  expect(texts(limit)).toEqual(expected);
});

test("parts have sentences in common, as many as the stride holds", () => {
  expect(texts(9, 2)).toEqual([
    "One two three.",
    "Four five.\n\nSix!",
    "Six! ***\nSeven eight nine ten.",
    "Eleven twelve.",
  ]);
});

test("a sentence that is too long by itself is refused with its line", () => {
  expect(() => texts(5)).toThrow(
    'summarize: expected sentences of at most 5 tokens, what the model holds, for strategy "hierarchical", got 6 tokens in line 4. ' +
      'End sentences with full stops, use strategy "truncate", or a model that holds more.',
  );
});

test("a stride of more than half a part is refused", () => {
  expect(() => texts(12, 6)).toThrow("summarize: expected `stride` of at most 5 tokens, half a part, got 6");
});

test("every sentence is in a part, in order, and every part fits", () => {
  const sentence = fc
    .array(fc.constantFrom("a", "bc", "def"), { minLength: 1, maxLength: 6 })
    .map((words) => `X${words.join(" ")}.`);
  const property = fc.property(
    fc.array(sentence, { minLength: 1, maxLength: 40 }),
    fc.integer({ min: 8, max: 30 }),
    fc.nat(3),
    (all, limit, stride) => {
      const joined = all.join("\n");
      const parts = partsOf(passageOf(joined, joined), limits(limit, stride));
      const starts = parts.flatMap((part) => part.sentences.map(({ cited }) => cited.start));
      const places = [...new Set(starts)];
      expect(places).toEqual([...places].sort((a, b) => a - b));
      expect(places).toHaveLength(all.length);
      for (const part of parts) expect(tokens(part.text)).toBeLessThanOrEqual(limit);
      if (stride === 0) expect(starts).toHaveLength(all.length);
    },
  );
  fc.assert(property);
});
