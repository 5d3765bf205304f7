import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type CallCase, readFixture, type TokenizerFixture, tinyText } from "../../tests/support/tokenizer-fixtures.ts";
import { setLogger } from "../log.ts";
import { Tensor } from "../tensor.ts";
import type { BatchEncoding } from "./batch-encoding.ts";
import { LEDTokenizer } from "./led-tokenizer.ts";
import type { LEDTokenizerSettings } from "./settings.ts";

const fixture = readFixture<TokenizerFixture>("tokenizer.json");

const tiny = (settings: LEDTokenizerSettings = {}): Promise<LEDTokenizer> =>
  LEDTokenizer.from_files({ vocab_file: tinyText("vocab.json"), merges_file: tinyText("merges.txt"), ...settings });

let said: string[] = [];
beforeEach(() => {
  said = [];
  setLogger({ warn: (message) => said.push(message) });
});
afterEach(() => {
  setLogger(null);
});

type AnyCall = (text: unknown, options: object) => BatchEncoding;

function plain(encoding: object): object {
  return Object.fromEntries(
    Object.entries(encoding).map(([name, value]) => [name, value instanceof Tensor ? value.tolist() : value]),
  );
}

/** Calls that go otherwise here: numpy makes an array of lists of ragged rows, and the names of tensor types are ours. */
const departures: { readonly [options: string]: string } = {
  '{"return_tensors":"np"}': "Unable to create tensor, you should probably activate truncation and/or padding",
  '{"return_tensors":"xx"}': "xx is not a valid TensorType, please select one of ['ort', 'pt', 'tf', 'np']",
};

const titleOf = (row: CallCase): string =>
  `${JSON.stringify(row.text)?.slice(0, 40)} ${JSON.stringify(row.options)} ${JSON.stringify(row.settings)}`;

describe("tokenizer(text, options), as transformers 4.37.2", () => {
  it.each(fixture.calls.map((row) => [titleOf(row), row] as const))("%s", async (_, row) => {
    const tokenizer = await tiny(row.settings);
    const call = (): BatchEncoding => (tokenizer as unknown as AnyCall)(row.text, row.options);
    const departure = departures[JSON.stringify(row.options)];
    if (departure !== undefined) {
      expect(call).toThrow(departure);
      return;
    }
    if (row.raises === undefined) {
      const encoding = call();
      expect(plain(encoding)).toEqual(row.gives);
      expect(Object.keys(encoding)).toEqual(Object.keys(row.gives!));
    } else {
      expect(call).toThrow(row.raises);
    }
    expect(said).toEqual(row.says);
  });
});

describe("tokenizer.pad, as transformers 4.37.2", () => {
  it.each(fixture.pads.map((row) => [JSON.stringify(row), row] as const))("%s", async (_, row) => {
    const tokenizer = await tiny(row.settings);
    if (row.raises === undefined) expect({ ...tokenizer.pad(row.encoded, row.options) }).toEqual(row.gives);
    else expect(() => tokenizer.pad(row.encoded, row.options)).toThrow(row.raises);
  });

  it("pads one encoding in place, too", async () => {
    const tokenizer = await tiny();
    const encoding = tokenizer("the wind");
    const padded = tokenizer.pad(encoding, { padding: "max_length", max_length: 6 });
    expect(padded.input_ids).toHaveLength(6);
    expect(encoding.input_ids).toEqual(padded.input_ids);
  });

  it("gives Tensors back for Tensors, and a list of encodings as a batch", async () => {
    const tokenizer = await tiny();
    const one = tokenizer("the wind", { return_tensors: "ort" });
    const padded = tokenizer.pad(one, { padding: "max_length", max_length: 6 });
    expect(padded.input_ids).toBeInstanceOf(Tensor);
    expect((padded.attention_mask as Tensor).tolist()).toEqual([[1, 1, 1, 1, 0, 0]]);
    const rows = tokenizer.pad([{ input_ids: Tensor.from([0, 5, 2]) }, { input_ids: Tensor.from([0, 2]) }]);
    expect((rows.input_ids as Tensor).tolist()).toEqual([
      [0, 5, 2],
      [0, 2, 1],
    ]);
  });

  it("names what the encodings lack", async () => {
    const tokenizer = await tiny();
    expect(() => tokenizer.pad([{ input_ids: [0], x: [1] }, { input_ids: [0] }])).toThrow(
      "tokenizer.pad: expected `x` in every encoding, as in the first, got none at index 1",
    );
    tokenizer.padding_side = "up" as "left";
    expect(() => tokenizer.pad({ input_ids: [[0], [0, 2]] })).toThrow("Invalid padding strategy:up");
  });
});

describe("beyond the reference", () => {
  it("counts what truncation cut, without showing it to a model", async () => {
    const tokenizer = await tiny();
    const long = tokenizer("the keeper of the lighthouse", { truncation: true, max_length: 5 });
    const full = tokenizer("the keeper of the lighthouse").input_ids.length;
    expect(long.num_truncated).toBe(full - 5);
    expect(Object.keys(long)).toEqual(["input_ids", "attention_mask"]);
    expect("num_truncated" in { ...long }).toBe(false);
    const batch = tokenizer(["the keeper of the lighthouse", "the"], {
      truncation: true,
      max_length: 5,
      padding: true,
    });
    expect(batch.num_truncated).toEqual([full - 5, 0]);
    expect(tokenizer("a", { text_pair: "the keeper", truncation: "only_second", max_length: 6 }).num_truncated).toBe(
      tokenizer("a", { text_pair: "the keeper" }).input_ids.length - 6,
    );
  });

  it("refuses options that do not exist or make no sense, by name", async () => {
    const tokenizer = await tiny();
    const call = (options: object) => () => tokenizer("a", options);
    expect(call({ max_lenght: 5 })).toThrow("Did you mean `max_length`?");
    expect(call({ max_length: -1 })).toThrow("option `max_length`: expected an integer of at least 0, got -1");
    expect(call({ max_length: 2.5 })).toThrow("option `max_length`: expected an integer of at least 0, got 2.5");
    expect(call({ stride: -2 })).toThrow("option `stride`: expected an integer of at least 0, got -2");
    expect(call({ padding: true, pad_to_multiple_of: 0 })).toThrow(
      "option `pad_to_multiple_of`: expected an integer of at least 1, got 0",
    );
    expect(call({ return_overflowing_tokens: true })).toThrow(
      "return_overflowing_tokens: expected a max_length, or truncation with the tokenizer's model_max_length, got neither. Give truncation: true and max_length.",
    );
    expect(() => tokenizer.batch_encode_plus([["a", "b", "c"] as unknown as [string, string]])).toThrow(
      "batch_encode_plus: expected texts, or pairs of texts, as the batch's elements, got an array of 3. Give is_split_into_words: true",
    );
    expect(() => tokenizer(["a", 5] as unknown as string[])).toThrow(
      "Input is not valid. Should be a string, a list/tuple of strings or a list/tuple of integers.",
    );
    expect(() => tokenizer([], { is_split_into_words: true })).toThrow(
      "Input [] is not valid. Should be a string or a list/tuple of strings when `is_split_into_words=True`.",
    );
  });

  it("takes ids and tokens where encode_plus does, and batches of pairs", async () => {
    const tokenizer = await tiny();
    const ids = tokenizer.encode("the wind", { add_special_tokens: false });
    expect(tokenizer.encode(ids)).toEqual([0, ...ids, 2]);
    expect(tokenizer.encode(tokenizer.tokenize("the wind"))).toEqual([0, ...ids, 2]);
    expect(tokenizer.prepare_for_model(ids, { max_length: 3, truncation: true }).input_ids).toEqual([0, ids[0], 2]);
    expect(tokenizer.batch_encode_plus([["a", "b"], "a"]).input_ids).toEqual([
      tokenizer("a", { text_pair: "b" }).input_ids,
      tokenizer("a").input_ids,
    ]);
    expect(tokenizer.encode("a", { return_tensors: "pt" }).dims).toEqual([1, 3]);
    expect(tokenizer.truncate_sequences([1, 2, 3, 4], { num_tokens_to_remove: 2, stride: 1 })).toEqual([
      [1, 2],
      null,
      [2, 3, 4],
    ]);
    expect([tokenizer.max_len_single_sentence, tokenizer.max_len_sentences_pair]).toEqual([1e30 - 2, 1e30 - 4]);
  });
});

describe("BatchEncoding", () => {
  it("has no offsets with this class, and says so as the reference does", async () => {
    const encoding = (await tiny())("a");
    expect(encoding.is_fast).toBe(false);
    expect(() => encoding.word_ids()).toThrow(
      "word_ids() is not available when using non-fast tokenizers (e.g. instance of a `XxxTokenizerFast` class).",
    );
    expect(() => encoding.char_to_token(0)).toThrow(
      "char_to_token() is not available when using Python based tokenizers",
    );
  });

  it("becomes Tensors in place", async () => {
    const encoding = (await tiny())("a").convert_to_tensors("ort", true) as unknown as BatchEncoding<Tensor>;
    expect(encoding.input_ids.dims).toEqual([1, 3]);
    expect(encoding.input_ids.type).toBe("int64");
  });
});
