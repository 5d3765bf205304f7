import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { noReleasedVocabulary, releasedText, tinyText } from "../../../tests/support/tokenizer-fixtures.ts";
import { LEDTokenizer, LEDTokenizerFast, type LEDTokenizerFastSettings } from "../index.ts";

type Read = (name: string) => string;

const fast = (read: Read, settings: LEDTokenizerFastSettings = {}): Promise<LEDTokenizerFast> =>
  LEDTokenizerFast.from_files({ vocab_file: read("vocab.json"), merges_file: read("merges.txt"), ...settings });

const slow = (read: Read): Promise<LEDTokenizer> =>
  LEDTokenizer.from_files({ vocab_file: read("vocab.json"), merges_file: read("merges.txt") });

const pieces = [
  ..."the, keeper,'s,'ll,  ,\n,\t,é,e\u0301,漢,字,🙂,👩‍👩‍👧,🇪🇺,👍🏽, .,1,½,\u0085,\u00a0,\u3000,𝟘,𝓗,\u200d,न,ि,한,ㅎ".split(
    ",",
  ),
  " ",
  ",",
];

/** Well-formed texts of all kinds. */
const wellFormed = fc.oneof(
  fc.string({ unit: "grapheme", maxLength: 60 }),
  fc.string({ unit: "binary", maxLength: 60 }),
  fc.array(fc.constantFrom(...pieces), { maxLength: 30 }).map((parts) => parts.join("")),
);

/** Code units in any order: lone surrogates and control characters too. */
const anyUnits = fc
  .array(
    fc.oneof(
      fc.integer({ min: 0, max: 0x1f }),
      fc.integer({ min: 0xd800, max: 0xdfff }),
      fc.integer({ min: 0, max: 0xffff }),
    ),
    {
      maxLength: 40,
    },
  )
  .map((units) => String.fromCharCode(...units));

const runs = { numRuns: 1000 };

describe.each([
  ["the small vocabulary", false, tinyText],
  ["the released vocabulary", noReleasedVocabulary, releasedText],
] as const)("LEDTokenizerFast with %s", (_, absent, read) => {
  describe.skipIf(absent)(absent === false ? "" : absent, () => {
    it("gives back any well-formed text", async () => {
      const tokenizer = await fast(read, { clean_up_tokenization_spaces: false });
      fc.assert(
        fc.property(wellFormed, (text) => {
          expect(tokenizer.decode(tokenizer.encode(text, { add_special_tokens: false }))).toBe(text);
        }),
        runs,
      );
    });

    it("gives LEDTokenizer's ids for any code units, and spans of whole code units in order", async () => {
      const tokenizer = await fast(read);
      const other = await slow(read);
      fc.assert(
        fc.property(fc.oneof(wellFormed, anyUnits), (text) => {
          const encoding = tokenizer(text, { return_offsets_mapping: true, return_special_tokens_mask: true });
          expect(encoding.input_ids).toEqual(other(text).input_ids);
          for (const [start, end] of encoding.offset_mapping!) {
            expect(start).toBeLessThanOrEqual(end);
            expect(end).toBeLessThanOrEqual(text.length);
          }
        }),
        runs,
      );
    });

    it("covers the whole text without gaps where spaces are not trimmed", async () => {
      const tokenizer = await fast(read, { trim_offsets: false });
      fc.assert(
        fc.property(fc.oneof(wellFormed, anyUnits), (text) => {
          const { offset_mapping } = tokenizer(text, { return_offsets_mapping: true, add_special_tokens: false });
          let covered = 0;
          let before = 0;
          for (const [start, end] of offset_mapping!) {
            expect(start).toBeGreaterThanOrEqual(before);
            expect(start).toBeLessThanOrEqual(covered);
            before = start;
            covered = Math.max(covered, end);
          }
          expect(covered).toBe(text.length);
        }),
        runs,
      );
    });

    it("spans the text that a token of whole characters decodes to, without the spaces around it", async () => {
      const tokenizer = await fast(read, { clean_up_tokenization_spaces: false });
      fc.assert(
        fc.property(wellFormed, (text) => {
          const { input_ids, offset_mapping } = tokenizer(text, {
            return_offsets_mapping: true,
            add_special_tokens: false,
          });
          offset_mapping!.forEach(([start, end], i) => {
            const spelled = tokenizer.decode([input_ids[i]!]);
            // U+FFFD stands for a part of a character, unless the text holds one.
            if (spelled.includes("\ufffd")) return;
            expect(text.slice(start, end)).toBe(spelled.replace(/^ +| +$/g, ""));
          });
        }),
        runs,
      );
    });

    it("counts code points where asked to, for the same characters", async () => {
      const tokenizer = await fast(read);
      fc.assert(
        fc.property(wellFormed, (text) => {
          const points = [...text];
          const units = tokenizer(text, { return_offsets_mapping: true }).offset_mapping!;
          const counted = tokenizer(text, { return_offsets_mapping: true, offset_unit: "code_points" });
          const spans = counted.offset_mapping!.map(([start, end]) => points.slice(start, end).join(""));
          expect(spans).toEqual(units.map(([start, end]) => text.slice(start, end)));
        }),
        runs,
      );
    });

    it("finds the token of every character", async () => {
      const tokenizer = await fast(read, { trim_offsets: false });
      fc.assert(
        fc.property(wellFormed, (text) => {
          const encoding = tokenizer(text);
          for (let char = 0; char < text.length; char++) {
            const token = encoding.char_to_token(char);
            const span = encoding.token_to_chars(token!)!;
            expect(span.start <= char && char < span.end).toBe(true);
            expect(encoding.char_to_word(char)).toBe(encoding.token_to_word(token!));
          }
        }),
        { numRuns: 300 },
      );
    });
  });
});
