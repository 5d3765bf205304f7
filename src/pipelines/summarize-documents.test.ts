import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { LEDForConditionalGeneration, LEDTokenizerFast, summarizeDocument, summarizeDocuments } from "../index.ts";
import type { SummarizeManyOptions, SummaryOfMany } from "./summarize-documents.ts";

const embedded = fileURLToPath(new URL("../../models/embedded", import.meta.url));
const generation = { max_new_tokens: 12, min_length: 0, num_beams: 2 };
const sentence = "Backups are kept for thirty days and the oldest of them is deleted first. ";
const texts = [3, 40, 1, 12, 2, 30, 7].map((count, i) => `Note ${i}. ${sentence.repeat(count)}`);

let model: LEDForConditionalGeneration;
let tokenizer: LEDTokenizerFast;

beforeAll(async () => {
  model = await LEDForConditionalGeneration.from_pretrained(embedded);
  tokenizer = await LEDTokenizerFast.from_pretrained(embedded);
});
afterAll(() => model.dispose());

async function all(given: Iterable<string> | AsyncIterable<string>, options: SummarizeManyOptions = {}) {
  const done: SummaryOfMany[] = [];
  for await (const one of summarizeDocuments(model, tokenizer, given, { generation, ...options })) done.push(one);
  return done;
}

test("many documents give what each gives alone, by its number", async () => {
  const done = await all(texts, { batch_size: 3 });
  expect(done.map(({ index }) => index).sort()).toEqual(texts.map((_, i) => i));
  for (const one of done) {
    if ("error" in one) throw one.error;
    expect(one.summary).toEqual(await summarizeDocument(model, tokenizer, texts[one.index]!, { generation }));
  }
});

test("documents of like length go together, the longest first, and padding is told", async () => {
  const done = await all(texts, { batch_size: 2 });
  expect(done.map(({ index }) => index)).toEqual([1, 5, 3, 6, 0, 4, 2]);
  const batches = done.map((one) => ("batch" in one ? one.batch : undefined)!);
  expect(batches.map(({ documents }) => documents)).toEqual([2, 2, 2, 2, 2, 2, 1]);
  const tokens = [1, 5].map((i) => (tokenizer(texts[i]!).input_ids as number[]).length);
  expect(batches[0]!.padding).toBeCloseTo(1 - (tokens[0]! + tokens[1]!) / (2 * tokens[0]!), 10);
  expect(batches.at(-1)!.padding).toBe(0);
});

test.each([
  { batch_tokens: 1 },
  { window: 1, batch_size: 4 },
  { window: 3, batch_size: 2 },
  { window: 2, batch_size: 100 },
])("every document is done once with %o", async (options) => {
  const done = await all(texts, options);
  expect(done.map(({ index }) => index).sort()).toEqual(texts.map((_, i) => i));
  const sizes = done.map((one) => ("batch" in one ? one.batch.documents : 0));
  if (options.batch_tokens === 1) expect(new Set(sizes)).toEqual(new Set([1]));
});

test("no more documents are read than a window holds", async () => {
  let read = 0;
  function* counted() {
    for (const text of texts) {
      read += 1;
      yield text;
    }
  }
  for await (const _ of summarizeDocuments(model, tokenizer, counted(), { generation, window: 2, batch_size: 2 })) {
    break;
  }
  expect(read).toBeLessThanOrEqual(4);
});

test("a document that cannot be summarised is told, and the others are done", async () => {
  const given = [texts[0]!, "* * *", texts[2]!];
  const done = await all(given, { extractive: { max_sentences: 1 } });
  const bad = done.find(({ index }) => index === 1)!;
  expect("error" in bad && bad.error.message).toContain("a document with at least one whole sentence");
  const good = done.filter((one) => "summary" in one);
  expect(good.map(({ index }) => index).sort()).toEqual([0, 2]);
  for (const one of good) {
    if (!("summary" in one)) continue;
    const [cited] = one.summary.sentences!;
    expect(given[one.index]!.slice(cited!.start, cited!.end)).toBe(cited!.text);
  }
});

describe("refuses", () => {
  test.each<[SummarizeManyOptions, string]>([
    [{ batch_size: 0 }, "summarizeDocuments: expected `batch_size` above 0, got 0"],
    [{ window: 1.5 }, "summarizeDocuments: expected `window` above 0, got 1.5"],
    [{ batchsize: 2 } as SummarizeManyOptions, "batchsize"],
  ])("%o", async (options, message) => {
    await expect(all(texts, options)).rejects.toThrow(message);
  });

  test("an abort, with its reason", async () => {
    const signal = AbortSignal.abort(new Error("enough"));
    await expect(all(texts, { generation: { ...generation, signal } })).rejects.toThrow("enough");
  });

  test("no model", async () => {
    const none = summarizeDocuments([], tokenizer, texts);
    await expect(none.next()).rejects.toThrow("summarizeDocuments: expected a model, got none");
  });
});

test("two models share the work", async () => {
  const calls = [0, 0];
  const twice = calls.map((_, which) => ({
    config: model.config,
    generation_config: model.generation_config,
    generate: ((options: never) => {
      calls[which]! += 1;
      return model.generate(options);
    }) as typeof model.generate,
  }));
  const done: SummaryOfMany[] = [];
  for await (const one of summarizeDocuments(twice, tokenizer, texts, { generation, batch_size: 1 })) done.push(one);
  expect(done).toHaveLength(texts.length);
  expect(Math.min(...calls)).toBeGreaterThan(0);
});
