import { expect, test } from "vitest";
import { condense, type PartSummary, requireStrategy } from "./condense.ts";
import { type Passage, type PassageLimits, passageOf } from "./passages.ts";

/** A token a word, and two around a text. */
const tokens = (text: string) => 2 + (text.match(/\S+/g) ?? []).length;
const limits = (limit: number, stride = 0): PassageLimits => ({ operation: "summarize", tokens, limit, stride });
const sentences = Array.from({ length: 16 }, (_, i) => `Sentence number ${i} is here.`);
const text = sentences.join("\n");
const document = passageOf(text, text);

/** The first two words of each part. */
const shorten = async (parts: readonly Passage[]): Promise<PartSummary[]> =>
  parts.map((part) => ({ text: ` ${part.text.split(/\s+/).slice(0, 2).join(" ")}.` }));
/** The last sentence of each part. */
const lastSentence = async (parts: readonly Passage[]): Promise<PartSummary[]> =>
  parts.map((part) => ({ text: "", sentences: [part.sentences.at(-1)!.cited] }));

test("what fits is left as it is", async () => {
  const condensed = await condense(document, limits(100), async () => {
    throw new Error("nothing is to be summarised");
  });
  expect(condensed).toEqual({ passage: document, chunks: 1, levels: 1 });
});

test("what does not becomes the summaries of its parts, a line each", async () => {
  const levels: number[][] = [];
  const condensed = await condense(document, limits(22), (parts, level) => {
    levels.push([level, parts.length]);
    return shorten(parts);
  });
  expect(levels).toEqual([[1, 4]]);
  expect(condensed).toMatchObject({ chunks: 4, levels: 2 });
  expect(condensed.passage.text).toBe("Sentence number.\nSentence number.\nSentence number.\nSentence number.");
});

test("and again, as often as it takes", async () => {
  const levels: number[][] = [];
  const condensed = await condense(document, limits(9), (parts, level) => {
    levels.push([level, parts.length]);
    return shorten(parts);
  });
  expect(levels).toEqual([
    [1, 16],
    [2, 6],
    [3, 2],
  ]);
  expect(condensed).toMatchObject({ chunks: 16, levels: 4 });
  expect(tokens(condensed.passage.text)).toBeLessThanOrEqual(9);
});

test("chosen sentences keep their places in the document through all levels", async () => {
  const { passage, levels } = await condense(document, limits(12), lastSentence);
  expect(levels).toBeGreaterThan(2);
  for (const { start, end, cited } of passage.sentences) {
    expect(passage.text.slice(start, end)).toBe(cited.text);
    expect(text.slice(cited.start, cited.end)).toBe(cited.text);
    expect(sentences[cited.line - 1]).toBe(cited.text);
  }
});

test("a sentence that two parts have in common and both chose comes once, in the document's order", async () => {
  const four = sentences.slice(0, 4).join("\n");
  const all = async (parts: readonly Passage[]): Promise<PartSummary[]> =>
    parts.map((part, i) => ({
      text: "",
      sentences: i === 0 ? [part.sentences[1]!.cited] : [part.sentences[1]!.cited, part.sentences[0]!.cited],
    }));
  const { passage } = await condense(passageOf(four, four), limits(17, 5), all);
  expect(passage.text).toBe(sentences.slice(1, 3).join("\n"));
});

test("marks at the end that were too much are left out without a level", async () => {
  const marked = `${sentences[0]}\n${"*** ".repeat(40)}`;
  const condensed = await condense(passageOf(marked, marked), limits(20), shorten);
  expect(condensed).toMatchObject({ passage: { text: sentences[0] }, chunks: 1, levels: 1 });
});

test("summaries that are no shorter are refused, since that would never end", async () => {
  const same = async (parts: readonly Passage[]) => parts.map((part) => ({ text: part.text }));
  await expect(condense(document, limits(22), same)).rejects.toThrow(
    'summarize: expected summaries that are shorter than their parts, for strategy "hierarchical", got 4 summaries of 82 tokens in all, of a text of 82. Lower max_new_tokens and min_length, or max_sentences.',
  );
});

test("a long text without sentences is refused", async () => {
  const marks = "*** ".repeat(40);
  await expect(condense(passageOf(marks, marks), limits(20), shorten)).rejects.toThrow(
    'summarize: expected sentences, by which a text of 42 tokens can be divided for strategy "hierarchical", got a text without letters and digits',
  );
});

test("names of strategies", () => {
  expect(() => requireStrategy("summarize", "hierarchic", undefined)).toThrow(
    'summarize, option `strategy`: expected "truncate" or "hierarchical", got "hierarchic". Did you mean "hierarchical"?',
  );
  expect(() => requireStrategy("summarize", "truncate", 8)).toThrow(
    'summarize: expected `stride` beside `strategy: "hierarchical"`, whose parts have so much in common, got it beside "truncate"',
  );
  expect(() => requireStrategy("summarize", undefined, 8)).toThrow("got it alone");
});
