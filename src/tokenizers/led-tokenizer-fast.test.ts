import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import {
  type AddedCase,
  type FastText,
  fastFixture as fixture,
  outcomeOf,
  revived,
  tinyFast,
  tinySlow,
  wordsOf,
} from "../../tests/support/fast-tokenizer-fixture.ts";
import { memoryFiles } from "../files.ts";
import { characterClass } from "./bpe/split.ts";
import type { LEDTokenizer, LEDTokenizerFast } from "./index.ts";

function encoded(tokenizer: LEDTokenizerFast, text: string): Pick<FastText, "ids" | "tokens" | "offsets" | "words"> {
  const encoding = tokenizer(text, { return_offsets_mapping: true });
  return {
    ids: encoding.input_ids,
    tokens: encoding.tokens(),
    offsets: encoding.offset_mapping!.flat(),
    words: encoding.word_ids(),
  };
}

const decoded = (tokenizer: LEDTokenizer | LEDTokenizerFast, ids: number[]) => ({
  raw: tokenizer.decode(ids, { clean_up_tokenization_spaces: false }),
  decoded: tokenizer.decode(ids),
  skipped: tokenizer.decode(ids, { skip_special_tokens: true, clean_up_tokenization_spaces: false }),
});

/** What the fixture leaves out is what follows from the text. */
function expectedDecodes(row: Pick<FastText, "text" | "raw" | "decoded" | "skipped">) {
  const raw = row.raw ?? `<s>${row.text}</s>`;
  return { raw, decoded: row.decoded ?? raw, skipped: row.skipped ?? row.text };
}

const columns = ({ ids, tokens, offsets, words }: FastText) => ({ ids, tokens, offsets, words });

/** Kawi digits are digits since Unicode 15: here they are words of their own, to the older native library they are no digits. */
const kawi = /[\u{11f50}-\u{11f59}]/u;

function checkColumns(tokenizer: LEDTokenizerFast, row: FastText): void {
  const got = encoded(tokenizer, row.text);
  if (kawi.test(row.text)) expect(got.words).not.toEqual(row.words);
  else expect(got).toEqual(columns(row));
}

describe("texts, as transformers 4.37.2 encodes and decodes them with both classes", async () => {
  const fast = await tinyFast();
  const slow = await tinySlow();

  it("are at least five hundred", () => expect(fixture.texts.length).toBeGreaterThanOrEqual(500));

  it.each(fixture.texts.map((row) => [JSON.stringify(row.text), row] as const))("%s", (_, row) => {
    const { text } = row;
    checkColumns(fast, row);
    expect(decoded(fast, row.ids)).toEqual(expectedDecodes(row));
    const ids = row.slow?.ids ?? row.ids;
    expect(slow(text).input_ids).toEqual(ids);
    expect(slow.tokenize(text)).toEqual(row.slow?.tokens ?? row.tokens.slice(1, -1));
    expect(decoded(slow, ids)).toEqual({ ...expectedDecodes({ ...row, ...row.slow }) });
  });
});

describe("spans and prefixes, as transformers 4.37.2", async () => {
  const spans = (tokenizer: LEDTokenizerFast, text: string) =>
    tokenizer(text, { return_offsets_mapping: true }).offset_mapping!.flat();

  const untrimmed = await tinyFast({ trim_offsets: false });
  it.each(fixture.untrimmed.map((row) => [JSON.stringify(row.text), row] as const))("untrimmed: %s", (_, row) => {
    expect(spans(untrimmed, row.text)).toEqual(row.offsets);
  });

  const prefixed = await tinyFast({ add_prefix_space: true });
  const slow = await tinySlow({ add_prefix_space: true });
  it.each(fixture.prefixed.map((row) => [JSON.stringify(row.text), row] as const))("prefixed: %s", (_, row) => {
    checkColumns(prefixed, row);
    expect(slow(row.text).input_ids).toEqual(row.slow_ids ?? row.ids);
  });

  const both = await tinyFast({ add_prefix_space: true, trim_offsets: false });
  it.each(fixture.prefixed_untrimmed.map((row) => [JSON.stringify(row.text), row] as const))(
    "prefixed, untrimmed: %s",
    (_, row) => expect(spans(both, row.text)).toEqual(row.offsets),
  );
});

describe("where it differs from transformers 4.37.2", async () => {
  const fast = await tinyFast();

  it.each(fixture.lone_surrogates)(
    "a lone surrogate is one U+FFFD, there one for each of its bytes: $units",
    ({ units, fast: theirs }) => {
      const ids = fast(String.fromCharCode(...units)).input_ids;
      expect(ids).not.toEqual(theirs);
      expect(ids).toEqual(
        fast(String.fromCharCode(...units.map((unit) => (unit >= 0xd800 && unit <= 0xdfff ? 0xfffd : unit)))).input_ids,
      );
    },
  );

  it("digits of Unicode 15 are digits; the native library of 0.15.2 is older", () => {
    const kawiDigit = 0x11f50;
    const newer = (fixture.classes.number as unknown as { only_regex: [number, number][] }).only_regex;
    expect(newer.some(([first, last]) => first <= kawiDigit && kawiDigit <= last)).toBe(true);
    expect(characterClass(kawiDigit)).toBe(characterClass("0".charCodeAt(0)));
  });
});

/** A tokenizer of the fixture's `added`, made by the same steps. */
async function withSteps({ settings, steps }: AddedCase): Promise<LEDTokenizerFast> {
  const tokenizer = await tinyFast(settings);
  for (const { method, given, options, ...expected } of steps) {
    const tokens = revived(given) as never;
    const { special_tokens = false, replace_additional_special_tokens = true } = options as Record<string, boolean>;
    const outcome = await outcomeOf(() =>
      method === "add_tokens"
        ? tokenizer.add_tokens(tokens, special_tokens)
        : tokenizer.add_special_tokens(tokens, replace_additional_special_tokens),
    );
    expect(outcome.gives).toEqual(expected.gives);
    if (expected.raises !== undefined) expect(outcome.raises).toContain(wordsOf(expected.raises));
  }
  return tokenizer;
}

describe.each(fixture.added.map((row) => [row.name, row] as const))("added tokens: %s", async (_, row) => {
  const tokenizer = await withSteps(row);

  it("have the reference's ids and flags", () => {
    const flags = ["single_word", "lstrip", "rstrip", "normalized", "special"] as const;
    const decoder = [...tokenizer.added_tokens_decoder].map(([id, token]) => [
      id,
      token.content,
      flags.filter((flag) => token[flag]).join(" "),
    ]);
    expect(decoder).toEqual(row.decoder);
    expect(tokenizer.length).toBe(row.length);
    expect(tokenizer.vocab_size).toBe(row.vocab_size);
    expect(tokenizer.get_added_vocab()).toEqual(row.vocab);
    expect(tokenizer.all_special_tokens).toEqual(row.special_tokens);
    expect(tokenizer.all_special_ids).toEqual(row.special_ids);
    expect(tokenizer.special_tokens_map).toEqual(row.map);
  });

  it("are saved in the reference's tokenizer.json, byte for byte", async () => {
    const files = memoryFiles([]);
    await tokenizer.save_pretrained(files, { legacy_format: false });
    const bytes = files.contents.get("tokenizer.json")!;
    expect(JSON.parse(new TextDecoder().decode(bytes)).post_processor).toEqual(row.tokenizer_json.post_processor);
    expect(createHash("sha256").update(bytes).digest("hex")).toBe(row.tokenizer_json.sha256);
  });

  it.each(row.texts.map((text) => [JSON.stringify(text.text), text] as const))("%s", (__, text) => {
    if (
      row.settings.split_special_tokens === true &&
      tokenizer.all_special_tokens.some((token) => text.text.includes(token))
    ) {
      // The reference takes this option and ignores it.
      expect(encoded(tokenizer, text.text).ids).not.toEqual(text.ids);
      return;
    }
    expect(encoded(tokenizer, text.text)).toEqual(columns(text));
    expect(decoded(tokenizer, text.ids)).toEqual(expectedDecodes(text));
  });
});
