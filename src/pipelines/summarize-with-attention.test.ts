import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { tinyLed } from "../../tests/support/tiny-led.ts";
import { LEDForConditionalGeneration, LEDTokenizer, LEDTokenizerFast, summarizeDocument } from "../index.ts";
import { attentionOnSpans } from "./cross-attention.ts";
import { summarizeWithAttention } from "./summarize-with-attention.ts";

const embedded = fileURLToPath(new URL("../../models/embedded", import.meta.url));
const generation = { max_new_tokens: 30, min_length: 20, num_beams: 3 };
const text = `The harbour
The new harbour opens in May, three years after the first stone was laid by the mayor.
Ferries to the islands leave from the old pier until then.

---
Fishermen asked for cold stores. The town will build two of them this autumn.`;

let model: LEDForConditionalGeneration;
let tokenizer: LEDTokenizerFast;

beforeAll(async () => {
  model = await LEDForConditionalGeneration.from_pretrained(embedded);
  tokenizer = await LEDTokenizerFast.from_pretrained(embedded);
});
afterAll(() => model.dispose());

test("the pass after the search finds the attention of the search, along the beam that won", async () => {
  // A model with random weights changes its mind more often than one that copies.
  const folder = await tinyLed();
  const model = await LEDForConditionalGeneration.from_pretrained(folder.path);
  onTestFinished(async () => {
    await model.dispose();
    await folder.remove();
  });
  const source = [0, 11, 7, 25, 30, 9, 4, 17, 30, 22, 5, 13, 2];
  const global_attention = [0];
  const output = await model.generate({
    num_beams: 4,
    input_ids: [source],
    global_attention_mask: [source.map((_, i) => (i === 0 ? 1 : 0))],
    output_attentions: true,
    output_scores: true,
    return_dict_in_generate: true,
  });
  if (!("beam_indices" in output)) throw new Error("the search had no beams");
  const { sequences, cross_attentions, beam_indices } = output;
  const target = (sequences.tolist() as number[][])[0]!;
  const places = source.map((_, i) => [i, i + 1] as const);
  const rows = await attentionOnSpans(model, { source, global_attention, target, spans: places });

  const [beams] = beam_indices!.tolist() as number[][];
  expect(new Set(beams!.filter((beam) => beam >= 0)).size).toBeGreaterThan(1);
  expect(rows).toHaveLength(target.length - 1);
  rows.forEach((row, step) => {
    const expected = new Float64Array(source.length);
    const layers = cross_attentions![step]!;
    for (const { data, dims } of layers) {
      const heads = dims[1]!;
      for (let head = 0; head < heads; head++) {
        const start = (beams![step]! * heads + head) * source.length;
        expected.forEach((_, i) => {
          expected[i]! += data[start + i]! / (heads * layers.length);
        });
      }
    }
    expected.forEach((value, i) => void expect(row[i]).toBeCloseTo(value, 5));
    expect(row.reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 5);
  });
});

test("in pieces it is the same, and progress goes by pieces", async () => {
  const source = tokenizer(text).input_ids as number[];
  const call = { source, global_attention: [0], target: [2, 0, ...source.slice(3, 12)], spans: [[1, 9] as const] };
  const whole = await attentionOnSpans(model, call);
  const done: number[] = [];
  const perToken = 3 * 4 * source.length;
  const pieces = await attentionOnSpans(model, call, {
    most_weights: 4 * perToken,
    progress: (count, total) => void done.push(count, total),
  });
  expect(done).toEqual([0, 10, 4, 10, 8, 10, 10, 10]);
  pieces.forEach((row, i) => void expect(row[0]).toBeCloseTo(whole[i]![0]!, 5));
  const least = await attentionOnSpans(model, call, { most_weights: 1 });
  least.forEach((row, i) => void expect(row[0]).toBeCloseTo(whole[i]![0]!, 5));
});

test("the summary is summarizeDocument's, the sentences are the document's, and shares are parts of 1", async () => {
  const { summary, attention } = await summarizeWithAttention(model, tokenizer, text, { generation });
  expect(summary).toEqual(await summarizeDocument(model, tokenizer, text, { generation }));
  const { source_sentences, summary_sentences, shares, weights, average, whole } = attention;
  expect(source_sentences.map(({ line }) => line)).toEqual([1, 2, 3, 6, 6]);
  for (const { start, end, text: own } of source_sentences) expect(text.slice(start, end)).toBe(own);
  expect(summary_sentences.length).toBeGreaterThan(0);
  expect(summary_sentences.join(" ")).toBe(summary.summary_text);
  for (const [k, row] of shares.entries()) {
    const sum = row.reduce((a, b) => a + b, 0);
    expect(sum).toBeGreaterThan(0.5);
    expect(sum).toBeLessThan(1);
    expect(weights[k]).toHaveLength(source_sentences.length);
  }
  for (const row of [average, whole]) expect(row).toHaveLength(source_sentences.length);
});

test("sentences of an extractive summary got most attention from themselves", async () => {
  const { summary, attention } = await summarizeWithAttention(model, tokenizer, text, {
    extractive: { max_sentences: 3 },
    generation: { max_new_tokens: 80, num_beams: 1 },
  });
  const { source_sentences, summary_sentences, weights } = attention;
  expect(summary_sentences).toEqual(summary.sentences!.map((sentence) => sentence.text));
  expect(summary_sentences.length).toBeGreaterThan(1);
  for (const [k, row] of weights.entries()) {
    expect(source_sentences[row.indexOf(1)]!.text).toBe(summary_sentences[k]);
  }
});

test("of a document that is cut, the sentences that were read, with the one that is cut", async () => {
  const { max_encoder_position_embeddings } = model.config;
  const long = "A sentence that says as much as all the others do. ".repeat(500);
  const { summary, attention } = await summarizeWithAttention(model, tokenizer, long, {
    generation: { ...generation, num_beams: 1 },
  });
  expect(summary.source_tokens - summary.truncated_tokens).toBe(max_encoder_position_embeddings);
  const last = attention.source_sentences.at(-1)!;
  const before = tokenizer(long.slice(0, last.start).trimEnd()).input_ids as number[];
  const through = tokenizer(long.slice(0, last.end)).input_ids as number[];
  expect(before.length).toBeLessThan(max_encoder_position_embeddings);
  expect(through.length).toBeGreaterThanOrEqual(max_encoder_position_embeddings);
});

test("what cannot work is refused before anything is computed", async () => {
  const slow = await LEDTokenizer.from_pretrained(embedded);
  await expect(summarizeWithAttention(model, slow, text)).rejects.toThrow(
    "summarizeWithAttention: expected a tokenizer that knows the place of each token, got LEDTokenizer. Load LEDTokenizerFast",
  );
  await expect(summarizeWithAttention(model, tokenizer, text, { strategy: "truncate" } as object)).rejects.toThrow(
    /strategy/,
  );
  await expect(summarizeWithAttention(model, tokenizer, text, { most_attention_weights: 0 })).rejects.toThrow(
    "summarizeWithAttention: expected `most_attention_weights` above 0, got 0",
  );
  const generation = { signal: AbortSignal.abort(new Error("enough")) };
  await expect(summarizeWithAttention(model, tokenizer, text, { generation })).rejects.toThrow("enough");
});
