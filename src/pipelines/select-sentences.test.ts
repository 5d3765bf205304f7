import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, test } from "vitest";
import { LEDConfig } from "../config.ts";
import { LEDForQuestionAnswering } from "../models/led/for-question-answering.ts";
import { Tensor } from "../tensor.ts";
import { LEDTokenizerFast } from "../tokenizers/index.ts";
import { type SelectingModel, type SelectSentencesOptions, selectSentences } from "./select-sentences.ts";
import { cuesPerSentence, sentenceCues } from "./sentence-cues.ts";
import { sentencesOf } from "./sentences.ts";

const folder = (name: string) => fileURLToPath(new URL(`../../models/${name}`, import.meta.url));
let tokenizer: LEDTokenizerFast;

beforeAll(async () => {
  tokenizer = await LEDTokenizerFast.from_pretrained(folder("sentences"));
});

interface Read {
  readonly ids: number[];
  readonly global: number[];
}

/** `<s>`, one cue of the document, `</s></s>`. */
const before = 4;

/** Likes the sentences of `wanted`, places among all that can be chosen, more the earlier they are named. */
function liking(wanted: readonly number[], keys: Readonly<Record<string, unknown>> = {}) {
  const read: Read[] = [];
  const config = LEDConfig.from_dict({
    head: "encoder",
    vocab_size: tokenizer.vocab_size,
    max_encoder_position_embeddings: 512,
    task_specific_params: { sentence_selection: {} },
    ...keys,
  });
  let seen = 0;
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
    const here = (ids.length - before - 1) / cuesPerSentence;
    wanted.forEach((sentence, rank) => {
      if (sentence < seen || sentence >= seen + here) return;
      const at = before + (sentence - seen) * cuesPerSentence;
      start_logits!.data[at] = 20 - rank / 2;
      end_logits!.data[at + cuesPerSentence - 1] = 20 - rank / 2;
    });
    seen += here;
    return { start_logits, end_logits };
  };
  return { model: { config, forward } as unknown as SelectingModel, read };
}

const title = "# How ships turn";
const sentences = [
  "The wind came from the west.",
  "A rudder turns the ship.",
  "Nobody at all was seen.",
  "Small ships turn at once.",
];
const text = `${title}\n\n${sentences.slice(0, 2).join(" ")}\n\n${sentences.slice(2).join(" ")}\n`;

describe("chosen sentences", () => {
  test("are those that the model likes, in the document's order, with their places", async () => {
    const { model, read } = liking([3, 1]);
    const chosen = await selectSentences(model, tokenizer, text);
    expect(chosen.sentences.map((sentence) => sentence.text)).toEqual([sentences[1], sentences[3]]);
    for (const { start, end, text: own } of chosen.sentences) expect(text.slice(start, end)).toBe(own);
    expect(chosen.sentences.map(({ line }) => line)).toEqual([3, 5]);
    expect(chosen.sentences[1]!.score).toBeGreaterThan(chosen.sentences[0]!.score);
    expect(chosen).toMatchObject({
      summary_text: `${sentences[1]} ${sentences[3]}`,
      title: "How ships turn",
      total_sentences: 4,
      candidates: 4,
      windows: 1,
      unwrapped_lines: 0,
    });
    // The model reads cues, and what is known of the whole sees and is seen by everything.
    const body = text.slice(title.length);
    const { question, context } = sentenceCues("How ships turn", body, sentencesOf(body));
    const ids = tokenizer(question, { text_pair: context }).input_ids as number[];
    expect(read[0]!.ids).toEqual(ids);
    expect(read[0]!.global).toEqual(ids.map((_, i) => (i < 2 ? 1 : 0)));
  });

  test("are as many as asked for, or as come near the best", async () => {
    const all = [3, 2, 1, 0];
    const with_ = (selection: object) => liking(all, { task_specific_params: { sentence_selection: selection } }).model;
    const count = async (max_sentences?: number) =>
      (await selectSentences(with_({ least_share: 0, max_sentences: 4 }), tokenizer, text, { max_sentences })).sentences
        .length;
    expect([await count(), await count(1), await count(2)]).toEqual([4, 1, 2]);
    const strict = with_({ least_share: 0.9 });
    expect((await selectSentences(strict, tokenizer, text)).sentences.map((one) => one.text)).toEqual([sentences[3]]);
  });

  test("a title is given, found, or missing", async () => {
    const titleOf = async (of: string, given?: string) =>
      (await selectSentences(liking([1]).model, tokenizer, of, { title: given })).title;
    expect(await titleOf(text, "Ships")).toBe("Ships");
    expect(await titleOf(text)).toBe("How ships turn");
    expect(await titleOf(sentences.join("\n"))).toBe("");
    expect(await titleOf("Ships")).toBe("");
  });

  test("without prose any line can be chosen", async () => {
    const { sentences: found, candidates } = await selectSentences(
      liking([2]).model,
      tokenizer,
      "- oars\n- sails\n- rope",
    );
    expect(found.map((one) => one.text)).toEqual(["- rope"]);
    expect(candidates).toBe(3);
  });

  test("wrapped lines are read as one, and places are the document's", async () => {
    const wrapped =
      "The rudder of a ship that goes fast enough to be steered\nturns it as soon as the water presses on its blade.";
    const document = `Ships\n\n${wrapped}\n`;
    const { sentences: found, unwrapped_lines } = await selectSentences(liking([0]).model, tokenizer, document);
    expect(found.map((one) => one.text)).toEqual([wrapped.replace("\n", " ")]);
    expect(unwrapped_lines).toBe(1);
    const apart = await selectSentences(liking([0]).model, tokenizer, document, { unwrap: false });
    expect(apart).toMatchObject({ unwrapped_lines: 0, total_sentences: 2, candidates: 1 });
    expect(apart.sentences.map((one) => one.text)).toEqual([wrapped.split("\n")[1]]);
  });

  test("a document longer than the model is read in windows of whole sentences", async () => {
    const many = Array.from({ length: 60 }, (_, i) => `Sentence number ${i} says very little.`);
    const { model, read } = liking([50, 3], { max_encoder_position_embeddings: 128 });
    const chosen = await selectSentences(model, tokenizer, `Numbers\n${many.join(" ")}`);
    expect(chosen.windows).toBe(read.length);
    expect(read.map(({ ids }) => ids.length - before - 1)).toEqual([120, 120, 120, 120, 120, 120]);
    expect(chosen.sentences.map((one) => one.text)).toEqual([many[3], many[50]]);
  });
});

describe("a real model", () => {
  test("the embedded one says whose contract it is", async () => {
    const model = await LEDForQuestionAnswering.from_pretrained(folder("sentences"));
    const lease = readFileSync(`${folder("sentences")}/recipe/documents/lease.txt`, "utf8");
    const chosen = await selectSentences(model, tokenizer, lease);
    await model.dispose();
    expect(chosen.summary_text).toContain("This agreement is made on 1 September 2026 between Marta Lindqvist");
    expect(chosen.candidates).toBeGreaterThan(15);
  });

  test("gives scores of which all sentences' are 1, whatever the batches", async () => {
    const config = LEDConfig.from_dict({
      ...{ head: "encoder", vocab_size: tokenizer.vocab_size, d_model: 16, encoder_layers: 1, decoder_layers: 1 },
      ...{ encoder_attention_heads: 2, decoder_attention_heads: 2, encoder_ffn_dim: 16, decoder_ffn_dim: 16 },
      ...{ attention_window: [8], max_encoder_position_embeddings: 64, init_std: 0.5 },
      task_specific_params: { sentence_selection: { least_share: 0, max_sentences: 100 } },
    });
    const model = await LEDForQuestionAnswering.from_config(config, { seed: 1 });
    const long = `${text}${sentences.join(" ").repeat(3)}`;
    const [one, two] = [
      await selectSentences(model, tokenizer, long, { batch_size: 1 }),
      await selectSentences(model, tokenizer, long, { batch_size: 2 }),
    ];
    await model.dispose();
    expect(one.windows).toBeGreaterThan(2);
    expect(one.sentences.length).toBe(one.candidates);
    expect(one.sentences.reduce((sum, { score }) => sum + score, 0)).toBeCloseTo(1, 6);
    one.sentences.forEach(({ score }, i) => {
      expect(two.sentences[i]!.score).toBeCloseTo(score, 5);
    });
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

  test("a model for something else, a tokenizer that joins characters, a text without sentences", async () => {
    const { model } = liking([], { task_specific_params: null });
    await expect(selectSentences(model, tokenizer, text)).rejects.toThrow(
      "a model that was trained to choose sentences",
    );
    const joining = await LEDTokenizerFast.from_pretrained(folder("embedded"));
    const other = liking([], { vocab_size: joining.vocab_size }).model;
    await expect(selectSentences(other, joining, text)).rejects.toThrow("one token for each character of ASCII");
    await expect(selectSentences(liking([]).model, tokenizer, "---\n***")).rejects.toThrow("at least one sentence");
  });
});
