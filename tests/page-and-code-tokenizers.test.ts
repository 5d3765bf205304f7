/** Where the reference's LED page and the code of its tokenizers disagree, as page-and-code.test.ts. */
import { expect, test } from "vitest";
import { LEDTokenizer, LEDTokenizerFast } from "../src/index.ts";
import { tinyVocabulary } from "./support/tiny-led.ts";
import { tinyText } from "./support/tokenizer-fixtures.ts";

const files = { vocab: tinyVocabulary, merges: [] };
const slow = (more: object = {}) => new LEDTokenizer({ ...files, ...more });
const fast = (more: object = {}) => new LEDTokenizerFast({ ...files, ...more });

test("LEDTokenizer pads global_attention_mask by -1, as BART's does not", () => {
  // The page: LEDTokenizer is an alias of BartTokenizer.
  const rows = [
    { input_ids: [0, 4, 5, 2], global_attention_mask: [1, 0, 0, 0] },
    { input_ids: [0, 4, 2], global_attention_mask: [1, 0, 0] },
  ];
  expect(slow().pad(rows).global_attention_mask).toEqual([
    [1, 0, 0, 0],
    [1, 0, 0, -1],
  ]);
});

test("LEDTokenizerFast takes add_prefix_space when it is made only", () => {
  // The page: also when you call it on some text. LEDTokenizer does take it there.
  expect(slow()("ab", { add_prefix_space: true }).input_ids).toEqual(slow()(" ab").input_ids);
  expect(() => fast()("ab", { add_prefix_space: true } as object)).toThrow(/add_prefix_space/);
  expect(fast({ add_prefix_space: true })("ab").input_ids).toEqual(fast()(" ab").input_ids);
});

test("LEDTokenizerFast builds inputs with bos and eos, LEDTokenizer with cls and sep", () => {
  // The page: of both, cls and sep.
  const other = { cls_token: "a", sep_token: "b" };
  const { a, b } = tinyVocabulary;
  expect(slow(other).build_inputs_with_special_tokens([9])).toEqual([a, 9, b]);
  expect(fast(other).build_inputs_with_special_tokens([9])).toEqual([0, 9, 2]);
});

test("LEDTokenizerFast drops what the vocabulary lacks, LEDTokenizer makes it <unk>", () => {
  // The page: of both, it is set to be the unknown token.
  expect(slow()("a7b").input_ids).toEqual([0, tinyVocabulary.a, 3, tinyVocabulary.b, 2]);
  expect(fast()("a7b").input_ids).toEqual([0, tinyVocabulary.a, tinyVocabulary.b, 2]);
});

test("errors counts in LEDTokenizerFast", async () => {
  // As the page says; here it is the code of the reference that takes it and always replaces.
  const whole = { vocab_file: tinyText("vocab.json"), merges_file: tinyText("merges.txt") };
  const frog = (await LEDTokenizerFast.from_files(whole))("🐸", { add_special_tokens: false }).input_ids as number[];
  const first = frog.slice(0, 1);
  const decoded = async (errors: "replace" | "ignore") =>
    (await LEDTokenizerFast.from_files({ ...whole, errors })).decode(first);
  expect([await decoded("replace"), await decoded("ignore")]).toEqual(["\ufffd", ""]);
});
