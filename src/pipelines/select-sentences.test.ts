import { beforeAll, describe, expect, test } from "vitest";
import { tinyFiles } from "../../tests/support/tokenizer-fixtures.ts";
import { LEDConfig } from "../config.ts";
import { LEDForQuestionAnswering } from "../models/led/for-question-answering.ts";
import { Tensor } from "../tensor.ts";
import { LEDTokenizerFast } from "../tokenizers/index.ts";
import { type SelectingModel, type SelectSentencesOptions, selectSentences } from "./select-sentences.ts";

let tokenizer: LEDTokenizerFast;

beforeAll(async () => {
  tokenizer = await LEDTokenizerFast.from_pretrained(tinyFiles());
});

interface Read {
  readonly ids: number[];
  readonly global: number[];
}

/** Likes the places that spell `wanted`, more the earlier it is named, and remembers what it was given. */
function liking(wanted: readonly string[], keys: Readonly<Record<string, unknown>> = {}) {
  const read: Read[] = [];
  const config = LEDConfig.from_dict({
    head: "encoder",
    vocab_size: tokenizer.vocab_size,
    max_encoder_position_embeddings: 512,
    ...keys,
  });
  const spelt = wanted.map((text) => tokenizer(text, { add_special_tokens: false }).input_ids as number[]);
  const forward = async ({
    input_ids,
    global_attention_mask,
  }: {
    input_ids: number[][];
    global_attention_mask: number[][];
  }) => {
    const [ids] = input_ids as [number[]];
    read.push({ ids, global: global_attention_mask[0]! });
    const [start_logits, end_logits] = [0, 0].map(() => Tensor.zeros("float32", [1, ids.length]));
    spelt.forEach((tokens, rank) => {
      // The first token may be spelt with a space before it: the others tell the place.
      const at = ids.findIndex((_, i) => i > 0 && tokens.slice(1).every((token, k) => ids[i + 1 + k] === token));
      if (at < 0) return;
      start_logits!.data[at] = 20 - rank;
      end_logits!.data[at + tokens.length - 1] = 20 - rank;
    });
    return { start_logits, end_logits };
  };
  return { model: { config, forward } as unknown as SelectingModel, read };
}

const title = "# How ships turn";
const sentences = [
  "The wind came from the west.",
  "A rudder turns the ship.",
  "Nobody was seen.",
  "Small ships turn at once.",
];
const text = `${title}\n\n${sentences.slice(0, 2).join(" ")}\n\n${sentences.slice(2).join(" ")}\n`;

describe("chosen sentences", () => {
  test("are those that the model likes, in the document's order, with their places", async () => {
    const { model, read } = liking([sentences[3]!, sentences[1]!]);
    const chosen = await selectSentences(model, tokenizer, text);
    expect(chosen.sentences.map((sentence) => sentence.text)).toEqual([sentences[1], sentences[3]]);
    for (const { start, end, text: own } of chosen.sentences) expect(text.slice(start, end)).toBe(own);
    expect(chosen.sentences.map(({ line }) => line)).toEqual([3, 5]);
    expect(chosen.sentences[1]!.score).toBeGreaterThan(chosen.sentences[0]!.score);
    expect(chosen).toMatchObject({
      summary_text: `${sentences[1]} ${sentences[3]}`,
      title: "How ships turn",
      windows: 1,
      unwrapped_lines: 0,
    });
    // The model is asked for the title, which sees and is seen by everything, and does not read it twice.
    const question = tokenizer("How ships turn", { text_pair: text.slice(title.length) }).input_ids as number[];
    expect(read[0]!.ids).toEqual(question);
    expect(read[0]!.global).toEqual(question.map((_, i) => (i < question.indexOf(2) ? 1 : 0)));
    expect(chosen.source_tokens).toBe(question.length);
  });

  test("are as many as asked for, or as come near the best", async () => {
    const all = [...sentences].reverse();
    const { model } = liking(all, {
      task_specific_params: { sentence_selection: { least_share: 0, max_sentences: 4 } },
    });
    const count = async (max_sentences?: number) =>
      (await selectSentences(model, tokenizer, text, { max_sentences })).sentences.length;
    expect([await count(), await count(1), await count(2)]).toEqual([4, 1, 2]);
    const { model: strict } = liking(all, { task_specific_params: { sentence_selection: { least_share: 0.9 } } });
    expect((await selectSentences(strict, tokenizer, text)).sentences.map((one) => one.text)).toEqual([sentences[3]]);
  });

  test("a title is given, found, or stood in for", async () => {
    const { model } = liking([sentences[1]!]);
    const titleOf = async (of: string, given?: string) =>
      (await selectSentences(model, tokenizer, of, { title: given })).title;
    expect(await titleOf(text, "Ships")).toBe("Ships");
    expect(await titleOf(sentences.join("\n"))).toBe("Summary");
    expect(await titleOf("Ships")).toBe("Summary");
    const named = liking([], { task_specific_params: { sentence_selection: { untitled: "What is it?" } } }).model;
    expect((await selectSentences(named, tokenizer, sentences[0]!)).title).toBe("What is it?");
  });

  test("wrapped lines are read as one, and places are the document's", async () => {
    const wrapped =
      "The rudder of a ship that goes fast enough to be steered\nturns it as soon as the water presses on its blade.";
    const { model } = liking([wrapped.replace("\n", " ")]);
    const { sentences: found, unwrapped_lines } = await selectSentences(model, tokenizer, `Ships\n\n${wrapped}\n`);
    expect(found.map((one) => one.text)).toEqual([wrapped.replace("\n", " ")]);
    expect(unwrapped_lines).toBe(1);
    const apart = await selectSentences(model, tokenizer, `Ships\n\n${wrapped}\n`, { unwrap: false, max_sentences: 9 });
    expect(apart.unwrapped_lines).toBe(0);
    expect(apart.sentences.map((one) => one.text)).toEqual(wrapped.split("\n"));
  });

  test("a document longer than the model is read in windows, and no sentence is chosen twice", async () => {
    const many = Array.from({ length: 60 }, (_, i) => `Sentence number ${i} says little.`);
    const { model, read } = liking([many[50]!, many[3]!], { max_encoder_position_embeddings: 128 });
    const chosen = await selectSentences(model, tokenizer, `Numbers\n${many.join(" ")}`, { max_sentences: 60 });
    expect(read.length).toBeGreaterThan(2);
    expect(chosen.windows).toBe(read.length);
    expect(chosen.source_tokens).toBe(read.reduce((sum, { ids }) => sum + ids.length, 0));
    for (const { ids } of read) expect(ids.length).toBeLessThanOrEqual(128);
    const texts = chosen.sentences.map((one) => one.text);
    expect(texts).toContain(many[50]);
    expect(texts).toContain(many[3]);
    expect(new Set(texts).size).toBe(texts.length);
  });
});

describe("a real model", () => {
  test("gives scores that are probabilities", async () => {
    const config = LEDConfig.from_dict({
      ...{ head: "encoder", vocab_size: tokenizer.vocab_size, d_model: 16, encoder_layers: 1, decoder_layers: 1 },
      ...{ encoder_attention_heads: 2, decoder_attention_heads: 2, encoder_ffn_dim: 16, decoder_ffn_dim: 16 },
      ...{ attention_window: [8], max_encoder_position_embeddings: 64, init_std: 0.5 },
    });
    const model = await LEDForQuestionAnswering.from_config(config, { seed: 1 });
    const { sentences: found, windows } = await selectSentences(model, tokenizer, text.repeat(2), { batch_size: 2 });
    await model.dispose();
    expect(windows).toBeGreaterThan(1);
    expect(found.length).toBeGreaterThan(0);
    for (const { score } of found) expect(score > 0 && score < 1).toBe(true);
  });
});

describe("what cannot work is refused", () => {
  const options = [
    [{ max_sentences: 0 }, "`max_sentences` above 0, got 0"],
    [{ max_sentence: 2 }, "Did you mean `max_sentences`?"],
    [{ batch_size: 0 }, "a whole number above 0"],
  ] as const;

  test.each(options)("%j", async (given, message) => {
    await expect(selectSentences(liking([]).model, tokenizer, text, given as SelectSentencesOptions)).rejects.toThrow(
      message,
    );
  });

  test("a head over the decoder, a text without sentences", async () => {
    const { model } = liking([], { head: "decoder" });
    await expect(selectSentences(model, tokenizer, text)).rejects.toThrow("its head over the encoder");
    await expect(selectSentences(liking([]).model, tokenizer, "---\n***")).rejects.toThrow("at least one sentence");
  });
});
