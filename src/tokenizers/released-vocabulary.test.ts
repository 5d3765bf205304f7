import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { dataText, noReleasedVocabulary, readFixture, releasedText } from "../../tests/support/tokenizer-fixtures.ts";
import { LEDTokenizer, LEDTokenizerFast } from "./index.ts";

interface Known {
  text: string;
  ids: number[];
  tokens: string[];
  offsets: number[];
  words: (number | null)[];
  decoded: string;
}

const fixture = readFixture<{
  texts: { text: string; ids: number[]; offsets: number[] }[];
  slow_differs: { text: string; ids: number[] }[];
  known: Known[];
  frogs: { lengths: number[]; unpadded: number[]; begins: number[]; ends: number[]; second: number[] };
  global: Record<string, number[][]>;
  documents: { name: string; tokens: number; words: number; ids: string; offsets: string }[];
}>("tokenizer-fast-released.json");

const sha256 = (numbers: readonly number[]): string =>
  createHash("sha256").update(JSON.stringify(numbers)).digest("hex");

describe.skipIf(noReleasedVocabulary)(
  `the released vocabulary${noReleasedVocabulary ? `: ${noReleasedVocabulary}` : ""}`,
  async () => {
    const files = noReleasedVocabulary
      ? { vocab_file: "{}", merges_file: "" }
      : { vocab_file: releasedText("vocab.json"), merges_file: releasedText("merges.txt") };
    const make = async () => ({
      fast: await LEDTokenizerFast.from_files({ ...files, offset_unit: "code_points", model_max_length: 16384 }),
      slow: await LEDTokenizer.from_files({ ...files, model_max_length: 16384 }),
    });
    const ready = noReleasedVocabulary ? undefined : await make();

    it.each(fixture.texts.map((row) => [JSON.stringify(row.text), row] as const))("%s", (_, { text, ids, offsets }) => {
      const { fast, slow } = ready!;
      const encoding = fast(text, { return_offsets_mapping: true });
      expect([encoding.input_ids, encoding.offset_mapping!.flat()]).toEqual([ids, offsets]);
      const differs = fixture.slow_differs.find((row) => row.text === text);
      expect(slow(text).input_ids).toEqual(differs?.ids ?? ids);
    });

    it.each(fixture.known)("known: $text", ({ text, ids, tokens, offsets, words, decoded }) => {
      const { fast } = ready!;
      const encoding = fast(text, { return_offsets_mapping: true });
      expect(encoding.input_ids).toEqual(ids);
      expect([encoding.tokens(), encoding.offset_mapping!.flat(), encoding.word_ids()]).toEqual([
        tokens,
        offsets,
        words,
      ]);
      expect(fast.decode(ids)).toBe(decoded);
    });

    it("frogs: a batch of a long and a short text", () => {
      const { fast } = ready!;
      const frog = "I am a small frog";
      const { input_ids } = fast([frog.repeat(1024), frog], { padding: true, truncation: true });
      const { frogs } = fixture;
      expect(input_ids.map((row) => row.length)).toEqual(frogs.lengths);
      expect([input_ids[0]!.slice(0, 8), input_ids[0]!.slice(-8), input_ids[1]!.slice(0, 8)]).toEqual([
        frogs.begins,
        frogs.ends,
        frogs.second,
      ]);
    });

    it("pads a global attention mask by -1", () => {
      const { fast } = ready!;
      const encoding = fast(["Summary of the text.", "Another summary."]);
      const global_attention_mask = encoding.input_ids.map((row) => row.map(() => 0));
      expect({ ...fast.pad({ ...encoding, global_attention_mask }) }).toEqual(fixture.global);
    });

    it.each(fixture.documents)("a whole document: $name", ({ name, tokens, words, ids, offsets }) => {
      const { fast, slow } = ready!;
      const text = dataText(`documents/${name}`);
      const encoding = fast(text, { return_offsets_mapping: true, verbose: false });
      expect(encoding.input_ids.length).toBe(tokens);
      expect(encoding.word_ids().at(-2)).toBe(words - 1);
      expect([sha256(encoding.input_ids), sha256(encoding.offset_mapping!.flat())]).toEqual([ids, offsets]);
      expect(slow(text, { verbose: false }).input_ids).toEqual(encoding.input_ids);
    });
  },
);
