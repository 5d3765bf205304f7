import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  noReleasedVocabulary,
  readFixture,
  releasedText,
  type TextCase,
  type TokenizerFixture,
  tinyText,
} from "../../tests/support/tokenizer-fixtures.ts";
import { setLogger } from "../log.ts";
import { Tensor } from "../tensor.ts";
import { AddedToken, LEDTokenizer } from "./index.ts";
import type { LEDTokenizerSettings } from "./settings.ts";

const fixture = readFixture<TokenizerFixture>("tokenizer.json");

const tiny = (settings: LEDTokenizerSettings = {}): Promise<LEDTokenizer> =>
  LEDTokenizer.from_files({ vocab_file: tinyText("vocab.json"), merges_file: tinyText("merges.txt"), ...settings });

/** The tokenizer of `with_added` in tests/oracle/tokenizer.py. */
async function withAdded(): Promise<LEDTokenizer> {
  const tokenizer = await tiny();
  const added = tokenizer.add_tokens([
    new AddedToken("<ent>"),
    new AddedToken("[L]", { lstrip: true }),
    new AddedToken("[R]", { rstrip: true }),
    new AddedToken("[LR]", { lstrip: true, rstrip: true }),
    new AddedToken("zzqx", { single_word: true }),
    ...["abc", "b", "id_1", "id_100", "two words", "Ġwind"].map((content) => new AddedToken(content)),
  ]);
  expect(added).toBe(9);
  expect(tokenizer.add_special_tokens({ additional_special_tokens: ["<sp>"] })).toBe(1);
  return tokenizer;
}

let said: string[] = [];
beforeEach(() => {
  said = [];
  setLogger({ warn: (message) => said.push(message) });
});
afterEach(() => {
  setLogger(null);
});

const title = <T extends { text: unknown }>(row: T): [string, T] => [JSON.stringify(row.text), row];

function checkText(tokenizer: LEDTokenizer, row: TextCase): void {
  expect(tokenizer.tokenize(row.text)).toEqual(row.tokens);
  expect(tokenizer(row.text).input_ids).toEqual(row.ids);
  expect(tokenizer.convert_ids_to_tokens(row.ids.slice(1, -1))).toEqual(row.tokens);
  expect(tokenizer.decode(row.ids)).toBe(row.decoded);
  expect(tokenizer.decode(row.ids, { clean_up_tokenization_spaces: false })).toBe(row.raw);
  expect(tokenizer.decode(row.ids, { skip_special_tokens: true, clean_up_tokenization_spaces: false })).toBe(
    row.skipped,
  );
}

describe("texts, as transformers 4.37.2 encodes and decodes them", async () => {
  const plain = await tiny();
  it.each(fixture.plain.map(title))("%s", (_, row) => checkText(plain, row));

  const added = await withAdded();
  it("added tokens get the reference's ids", () => expect(added.get_added_vocab()).toEqual(fixture.added_vocab));
  it.each(fixture.added.map(title))("with added tokens: %s", (_, row) => checkText(added, row));

  const prefixed = await tiny({ add_prefix_space: true });
  it.each(fixture.prefixed.map(title))("with add_prefix_space: %s", (_, row) => {
    expect(prefixed.encode(row.text)).toEqual(row.ids);
  });
});

describe("bytes that are no UTF-8", async () => {
  for (const errors of ["replace", "ignore", "backslashreplace"] as const) {
    const tokenizer = await tiny({ errors });
    it.each(fixture.decodes.map((row) => [JSON.stringify(row.ids), row] as const))(`${errors}: %s`, (_, row) => {
      expect(tokenizer.decode(row.ids, { clean_up_tokenization_spaces: false })).toBe(row[errors]);
    });
  }
});

describe("encode and decode", async () => {
  const tokenizer = await tiny({ clean_up_tokenization_spaces: false });

  it("give back any well-formed text", () => {
    const text = fc.oneof(
      fc.string({ unit: "grapheme", maxLength: 60 }),
      fc.string({ unit: "binary", maxLength: 60 }),
      fc
        .array(fc.constantFrom("the", " keeper", "'s", "  ", "\n", "é", "漢", "🙂", " .", "1", "\u0085"), {
          maxLength: 30,
        })
        .map((parts) => parts.join("")),
    );
    fc.assert(
      fc.property(text, (text) => {
        expect(tokenizer.decode(tokenizer.encode(text, { add_special_tokens: false }))).toBe(text);
      }),
      { numRuns: 1000 },
    );
  });

  it("make U+FFFD of lone surrogates, which Python refuses", () => {
    const ids = tokenizer.encode("a\ud800b\udc00", { add_special_tokens: false });
    expect(tokenizer.decode(ids)).toBe("a\ufffdb\ufffd");
    expect(ids).toEqual(tokenizer.encode("a\ufffdb\ufffd", { add_special_tokens: false }));
  });

  it("decode numbers, Tensors and batches", () => {
    const batch = tokenizer(["the wind", "the water"], { return_tensors: "ort" });
    expect(tokenizer.batch_decode(batch.input_ids)).toEqual(["<s>the wind</s>", "<s>the water</s>"]);
    expect(tokenizer.batch_decode([[0, 2], [2]])).toEqual(["<s></s>", "</s>"]);
    expect(tokenizer.decode(0)).toBe("<s>");
    expect(tokenizer.decode(Tensor.from([0, 2]))).toBe("<s></s>");
  });

  it("name ids and shapes that cannot be decoded", () => {
    expect(() => tokenizer.decode([0, 99_999])).toThrow(
      "tokenizer.decode: expected ids of the tokenizer's 1000 tokens, got 99999",
    );
    expect(() => tokenizer.decode(batchOfRows)).toThrow(
      "tokenizer.decode: expected one row of ids, got a batch of rows. Decode a batch with batch_decode.",
    );
    expect(tokenizer.convert_ids_to_tokens([99_999, -1, 0])).toEqual([null, null, "<s>"]);
  });
});
const batchOfRows = Tensor.from([[0, 2]]);

describe("special tokens", async () => {
  const tokenizer = await tiny();

  it("have their ids, masks and places", () => {
    expect([tokenizer.bos_token_id, tokenizer.pad_token_id, tokenizer.eos_token_id, tokenizer.unk_token_id]).toEqual([
      0, 1, 2, 3,
    ]);
    expect([tokenizer.cls_token_id, tokenizer.sep_token_id, tokenizer.mask_token_id]).toEqual([0, 2, 999]);
    expect(tokenizer.all_special_tokens).toEqual(["<s>", "</s>", "<unk>", "<pad>", "<mask>"]);
    expect(tokenizer.all_special_ids).toEqual([0, 2, 3, 1, 999]);
    expect(tokenizer.build_inputs_with_special_tokens([5, 6], [7])).toEqual([0, 5, 6, 2, 2, 7, 2]);
    expect(tokenizer.get_special_tokens_mask([5, 6], [7])).toEqual([1, 0, 0, 1, 1, 0, 1]);
    expect(tokenizer.get_special_tokens_mask([0, 5, 999, 2], null, true)).toEqual([1, 0, 1, 1]);
    expect(tokenizer.create_token_type_ids_from_sequences([5, 6], [7])).toEqual([0, 0, 0, 0, 0, 0, 0]);
    expect([tokenizer.num_special_tokens_to_add(), tokenizer.num_special_tokens_to_add(true)]).toEqual([2, 4]);
    expect(() => tokenizer.get_special_tokens_mask([0], [2], true)).toThrow(
      "You should not supply a second sequence if the provided sequence of ids is already formatted with special tokens for the model.",
    );
  });

  it("can be set by token and by id", async () => {
    const own = await tiny();
    own.pad_token = "</s>";
    expect(own.pad_token_id).toBe(2);
    own.pad_token_id = 1;
    expect(own.pad_token).toBe("<pad>");
    own.pad_token = null;
    expect(own.pad_token_id).toBe(null);
    expect(() => own("a", { padding: true })).toThrow("Asking to pad but the tokenizer does not have a padding token.");
  });

  it("that are needed and missing are named", async () => {
    const own = await tiny({ cls_token: null });
    expect(() => own("a")).toThrow("add special tokens: expected a cls_token, got none. Set tokenizer.cls_token");
    expect(own.encode("a", { add_special_tokens: false })).toEqual(tokenizer.encode("a").slice(1, -1));
  });

  it("count into length but not into vocab_size when the vocabulary lacks them", () => {
    const own = new LEDTokenizer({ vocab: { a: 0, b: 1, ab: 2 }, merges: ["a b"] });
    expect([own.vocab_size, own.length]).toEqual([3, 8]);
    expect(own.get_vocab()).toEqual({ a: 0, b: 1, ab: 2, "<s>": 3, "</s>": 4, "<unk>": 5, "<pad>": 6, "<mask>": 7 });
    expect(own.encode("abab")).toEqual([3, 2, 2, 4]);
    expect(() => own("abc")).toThrow(
      'tokenizer: expected "c", or the unknown token "<unk>", in the vocabulary, got neither. A byte-level vocabulary needs all 256 byte characters',
    );
  });

  it("in the vocabulary stand for bytes that it lacks", () => {
    const own = new LEDTokenizer({ vocab: { a: 0, "<unk>": 1 }, merges: [["a", "b"]] });
    expect(own.encode("aab?", { add_special_tokens: false })).toEqual([0, 1, 1]);
    expect(own.tokenize("aab?")).toEqual(["a", "ab", "?"]);
  });
});

describe("tokenize", async () => {
  const tokenizer = await tiny();

  it("takes one text and its own options only", () => {
    expect(tokenizer.tokenize("<s> the", { split_special_tokens: true })).not.toContain("<s>");
    expect(tokenizer.tokenize("the", { add_prefix_space: true })).toEqual(["Ġthe"]);
    expect(() => tokenizer.tokenize(["a"] as unknown as string)).toThrow(
      "tokenizer.tokenize: expected a text, got object",
    );
    expect(() => tokenizer.tokenize("a", { padding: true } as object)).toThrow("got `padding`");
  });
});

describe("add_tokens and add_special_tokens", () => {
  it("count what is new, mark what is there, and extend or replace the additional specials", async () => {
    const tokenizer = await tiny();
    expect(tokenizer.add_tokens("<new>")).toBe(1);
    expect(tokenizer.add_tokens(["<new>", "Ġwind", ""])).toBe(0);
    expect(tokenizer.add_tokens([new AddedToken("<other>")], true)).toBe(1);
    expect(tokenizer.additional_special_tokens).toEqual(["<other>"]);
    expect(tokenizer.add_special_tokens({ additional_special_tokens: ["<more>"] }, false)).toBe(1);
    expect(tokenizer.additional_special_tokens).toEqual(["<other>", "<more>"]);
    expect(tokenizer.add_special_tokens({ additional_special_tokens: ["<only>"], pad_token: "[PAD]" })).toBe(2);
    expect(tokenizer.additional_special_tokens).toEqual(["<only>"]);
    expect(tokenizer.pad_token_id).toBe(1004);
    expect(tokenizer.length).toBe(1005);
    expect(tokenizer.encode("x<new>[PAD]", { add_special_tokens: false }).slice(1)).toEqual([1000, 1004]);
    expect(() => tokenizer.add_special_tokens({ pet_token: "<cat>" } as object)).toThrow(
      "Key pet_token is not a special token",
    );
  });

  it("refuses what is no token", async () => {
    const tokenizer = await tiny();
    expect(() => tokenizer.add_tokens([5] as unknown as string[])).toThrow(
      "Token 5 is not a string but a number. Give a string or an AddedToken.",
    );
  });

  it("refuses an id that the vocabulary holds already", () => {
    expect(() => new LEDTokenizer({ vocab: { a: 0, b: 3 }, merges: [] })).toThrow(
      'add tokens: expected "</s>" in the vocabulary, or id 3, the number of its tokens, free for it, got neither: "b" has that id. Is vocab.json complete?',
    );
  });
});

describe("what it is made of", () => {
  it("is checked", async () => {
    const make = (options: object) => () => new LEDTokenizer(options as ConstructorParameters<typeof LEDTokenizer>[0]);
    expect(make({ vocab: { a: 0 }, merges: [], ad_prefix_space: true })).toThrow("Did you mean `add_prefix_space`?");
    expect(make({ merges: [] })).toThrow(
      "LEDTokenizer option `vocab`: expected {token: id}, got undefined. LEDTokenizer.from_files takes the contents",
    );
    expect(make({ vocab: { a: 0 } })).toThrow('LEDTokenizer option `merges`: expected an array of "a b" or ["a", "b"]');
    expect(make({ vocab: { a: 0 }, merges: ["a b c"] })).toThrow(
      'LEDTokenizer option `merges`: expected two symbols with a space between them in each merge, got "a b c" at index 0',
    );
    expect(make({ vocab: { a: 0, b: 0 }, merges: [] })).toThrow(
      'LEDTokenizer option `vocab`: expected one token per id, got id 0 for "a" and for "b"',
    );
    expect(make({ vocab: { a: 0 }, merges: [], errors: "explode" })).toThrow(
      "tokenizer option `errors`: expected one of replace, strict, ignore, backslashreplace, surrogateescape, surrogatepass, got explode",
    );
    expect(make({ vocab: { a: 0 }, merges: [], padding_side: "up" })).toThrow(
      "Padding side should be selected between 'right' and 'left', current value: up",
    );
    expect(make({ vocab: { a: 0 }, merges: [], model_max_length: -1 })).toThrow(
      "option `model_max_length`: expected a positive number of tokens, got -1",
    );
    expect(make({ vocab: { a: 0 }, merges: [], bos_token: 5 })).toThrow(
      "Special token bos_token has to be either str or AddedToken but got: number",
    );
  });
});

describe.skipIf(noReleasedVocabulary)(
  `the released vocabulary${noReleasedVocabulary ? ` (skipped: ${noReleasedVocabulary})` : ""}`,
  () => {
    const load = (): Promise<LEDTokenizer> =>
      LEDTokenizer.from_files({ vocab_file: releasedText("vocab.json"), merges_file: releasedText("merges.txt") });

    it("gives the reference's ids", async () => {
      const tokenizer = await load();
      const { texts } = readFixture<{ texts: { text: string; ids: number[] }[] }>("tokenizer-released.json");
      for (const { text, ids } of texts) expect(tokenizer(text, { verbose: false }).input_ids, text).toEqual(ids);
    });

    it("gives the ids that LED's documentation and tests name", async () => {
      const tokenizer = await load();
      expect(tokenizer("Hello world").input_ids).toEqual([0, 31414, 232, 2]);
      expect(tokenizer(" Hello world").input_ids).toEqual([0, 20920, 232, 2]);
      expect(tokenizer("A long paragraph for summarization.").input_ids).toEqual([
        0, 250, 251, 17818, 13, 39186, 1938, 4, 2,
      ]);
      expect(tokenizer("A, <mask> AllenNLP sentence.").input_ids).toEqual([
        0, 250, 6, 50264, 3823, 487, 21992, 3645, 4, 2,
      ]);
      expect(tokenizer.length).toBe(50265);
      const frogs = tokenizer(["I am a small frog".repeat(1024), "I am a small frog"], {
        padding: true,
        truncation: true,
        return_tensors: "pt",
      });
      expect(frogs.input_ids.dims).toEqual([2, 5122]);
      const summaries = tokenizer(["Summary of the text.", "Another summary."]);
      const padded = tokenizer.pad({
        ...summaries,
        global_attention_mask: summaries.input_ids.map((row) => row.map(() => 0)),
      });
      expect(padded.global_attention_mask).toEqual([
        [0, 0, 0, 0, 0, 0, 0],
        [0, 0, 0, 0, 0, -1, -1],
      ]);
    });
  },
);
