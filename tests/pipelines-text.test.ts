/** What the pipelines that write texts have beyond the reference's, and what they refuse. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import {
  LEDForConditionalGeneration,
  LEDTokenizer,
  LEDTokenizerFast,
  pipeline,
  type SummarizationPipeline,
  summarizeDocument,
  type Text2TextGenerationPipeline,
  type TextProgress,
  TextStreamer,
  type TranslationPipeline,
} from "../src/index.ts";
import { setLogger } from "../src/log.ts";
import type { CounterModel } from "./support/counter-model.ts";
import { counterClass } from "./support/led-classes.ts";
import { readFixture } from "./support/oracle.ts";
import { type ModelFolder, tinyLed } from "./support/tiny-led.ts";
import { tinyFiles } from "./support/tokenizer-fixtures.ts";
import { letChildrenReadSources } from "./support/worker-processes.ts";

letChildrenReadSources();

const { model: described, limit } = readFixture<{ model: CounterModel; limit: number }>("pipelines.json");
const short = "The ships reached the shore.";
const sentences = Array.from({ length: 12 }, (_, i) => `The ship ${"abcdefghijkl"[i]} is here.`);
const long = sentences.join("\n");

let model: LEDForConditionalGeneration;
let tokenizer: LEDTokenizerFast;
let summarize: SummarizationPipeline;
let rewrite: Text2TextGenerationPipeline;
let translate: TranslationPipeline;

beforeAll(async () => {
  tokenizer = await LEDTokenizerFast.from_pretrained(tinyFiles(), { model_max_length: limit });
  model = (await counterClass("LEDForConditionalGeneration", described, {
    max_length: 8,
  })) as unknown as LEDForConditionalGeneration;
  summarize = await pipeline("summarization", model, { tokenizer });
  rewrite = await pipeline("text2text-generation", model, { tokenizer });
  translate = await pipeline("translation", model, { tokenizer });
});
afterAll(() => model.dispose());
beforeEach(() => {
  const before = setLogger({ warn: () => {} });
  return () => setLogger(before);
});

const tokens = (text: string) => (tokenizer(text, { verbose: false }).input_ids as number[]).length;

describe("what the model cannot hold", () => {
  test("is cut, and told", async () => {
    const [cut] = await summarize(long);
    expect(cut).toEqual({ summary_text: expect.any(String), truncated: tokens(long) - limit });
    const [whole] = await summarize(short);
    expect(Object.keys(whole)).toEqual(["summary_text"]);
  });

  test("strategy truncate is reported where it was chosen", async () => {
    const [cut] = await summarize(long, { strategy: "truncate" });
    expect(cut).toMatchObject({ strategy: "truncate", chunks: 1, levels: 1, truncated: tokens(long) - limit });
  });

  test("strategy hierarchical reads all of it", async () => {
    const [first, second] = await summarize([long, short], { strategy: "hierarchical", batch_size: 2 });
    expect(first).not.toHaveProperty("truncated");
    expect(first).toMatchObject({ strategy: "hierarchical" });
    expect(first!.levels).toBeGreaterThan(1);
    expect(first!.chunks).toBeGreaterThanOrEqual(Math.ceil(tokens(long) / limit));
    const [alone] = await summarize(short);
    expect(second).toEqual({ ...alone, strategy: "hierarchical", chunks: 1, levels: 1 });
  });

  test("an extractive summary of summaries cites the document", async () => {
    const options = { strategy: "hierarchical", extractive: { max_sentences: 2 }, max_length: 38, stride: 8 } as const;
    const [{ summary_text, sentences: cited, levels }] = await summarize(long, options);
    expect(levels).toBeGreaterThan(1);
    expect(cited!.length).toBeGreaterThan(0);
    for (const { text, start, end, line } of cited!) {
      expect(long.slice(start, end)).toBe(text);
      expect(sentences[line - 1]).toBe(text);
    }
    expect(summary_text).toBe(cited!.map(({ text }) => text).join(" "));
  });

  test("summarizeDocument has the same strategies", async () => {
    const generation = { max_new_tokens: 36 };
    const options = { strategy: "hierarchical", extractive: { max_sentences: 1 }, generation } as const;
    const summary = await summarizeDocument(model, tokenizer, long, options);
    expect(summary).toMatchObject({ strategy: "hierarchical", truncated_tokens: 0, source_tokens: tokens(long) });
    const [{ text, start, end }] = summary.sentences as unknown as [{ text: string; start: number; end: number }];
    expect(long.slice(start, end)).toBe(text);
    const cut = await summarizeDocument(model, tokenizer, long, { generation: { max_new_tokens: 8 } });
    expect(cut).not.toHaveProperty("strategy");
    expect(cut.truncated_tokens).toBe(tokens(long) - limit);
  });
});

describe("options", () => {
  test("text and ids together", async () => {
    const [{ summary_text, summary_token_ids }] = await summarize(short, { return_text: true, return_tensors: true });
    const ids = summary_token_ids.tolist() as number[];
    expect(tokenizer.decode(ids, { skip_special_tokens: true, clean_up_tokenization_spaces: false })).toBe(
      summary_text,
    );
  });

  test("global attention by position is that of the mask", async () => {
    const { input_ids } = tokenizer([short]);
    const global_attention_mask = input_ids.map((row) => row.map((_, i) => (i === 2 || i === 3 ? 1 : 0)));
    const expected = await model.generate({ input_ids, global_attention_mask });
    for (const global_attention of [[2, 3], () => [3, 2]]) {
      const [{ generated_token_ids }] = await rewrite(short, { global_attention, return_tensors: true });
      expect([generated_token_ids.tolist()]).toEqual(expected.tolist());
    }
  });

  test("the last level streams, and progress tells level and batch", async () => {
    const pieces: string[] = [];
    const told: TextProgress[] = [];
    const streamer = new TextStreamer(tokenizer, {
      skip_prompt: true,
      skip_special_tokens: true,
      clean_up_tokenization_spaces: false,
      write: (text) => pieces.push(text),
    });
    const [{ summary_text, chunks, levels }] = await summarize(long, {
      strategy: "hierarchical",
      streamer,
      progress_callback: (progress) => told.push(progress),
    });
    expect(pieces.join("")).toBe(`${summary_text}\n`);
    const places = [...new Set(told.map(({ level, batch, batches }) => `${level}: ${batch} of ${batches}`))];
    expect(levels).toBeGreaterThan(1);
    expect(places.slice(0, chunks)).toEqual(Array.from({ length: chunks! }, (_, i) => `1: ${i + 1} of ${chunks}`));
    expect(places.at(-1)).toBe(`${levels}: 1 of 1`);
  });

  test("an abort ends a call with its reason", async () => {
    const signal = AbortSignal.abort(new Error("enough"));
    await expect(summarize([short, long], { signal })).rejects.toThrow("enough");
  });
});

describe("refuses", () => {
  type Any = (texts: unknown, options?: object) => Promise<unknown>;
  const wrong = "have the wrong format. The should be either of type `str` or type `list`";

  test.each<[string, unknown, object, string]>([
    ["an empty list", [], {}, "summarization: expected a text, or a list of them, got an empty list"],
    ["no text", undefined, {}, `none ${wrong}`],
    ["a number", 7, {}, `\`args[0]\`: 7 ${wrong} (summarization: expected a text, or a list of them)`],
    ["null in a list", [short, null], {}, "(summarization: expected a text at place 1 of the list)"],
    ["a list in a list", [[short]], {}, `a list ${wrong}`],
    ["an unknown option", short, { num_beam: 2 }, "got `num_beam`. Did you mean `num_beams`?"],
    ["an unknown strategy", short, { strategy: "hierarchal" }, 'got "hierarchal". Did you mean "hierarchical"?'],
    ["a stride of nothing", short, { stride: 4 }, 'expected `stride` beside `strategy: "hierarchical"`'],
    [
      "a negative stride",
      long,
      { strategy: "hierarchical", stride: -1 },
      "option `stride`: expected an integer of at least 0",
    ],
    ["a batch of none", short, { batch_size: 0 }, "option `batch_size`: expected an integer of at least 1, got 0"],
    ["nothing to return", short, { return_text: false }, "expected `return_text` or `return_tensors`, got neither"],
    ["a flag that is none", short, { return_tensors: "pt" }, 'expected `return_tensors` true or false, got "pt"'],
    [
      "outputs of generate",
      short,
      { output_scores: true },
      "got `output_scores`. Call the pipeline's `model.generate` for them.",
    ],
    [
      "a streamer of two texts",
      [short, long],
      { streamer: () => {} },
      "expected one text beside `streamer`, got 2 texts",
    ],
    [
      "a streamer of beams",
      short,
      { streamer: () => {}, num_beams: 2 },
      "`streamer` cannot be used with beam search (yet!)",
    ],
    [
      "a long text uncut",
      long,
      { truncation: false },
      `expected a document of at most ${limit} tokens, what the model holds`,
    ],
    ["an unknown truncation", short, { truncation: "last" }, "last is not a valid TruncationStrategy"],
    ["no stop", short, { stop_sequence: "" }, 'expected a text as `stop_sequence`, got ""'],
    ["unknown global attention", short, { global_attention: "all" }, "option `global_attention`"],
    ["a position that is not there", short, { global_attention: [99] }, "got 99"],
    ["sentences of none", "* * *", { extractive: true }, "expected a document with at least one whole sentence"],
    [
      "a sentence longer than the model",
      `Short.\n${"word ".repeat(90)}`,
      { strategy: "hierarchical" },
      `summarization: expected sentences of at most ${limit} tokens, what the model holds, for strategy "hierarchical"`,
    ],
  ])("%s", async (_, texts, options, message) => {
    await expect((summarize as Any)(texts, options)).rejects.toThrow(message);
  });

  test("languages, and what is for summaries alone, in other tasks", async () => {
    await expect((translate as Any)(short, { src_lang: "en" })).rejects.toThrow(
      'translation: expected no `src_lang`: LED\'s tokenizers have no languages, got "en". A model translates between the languages that it was trained on.',
    );
    await expect((rewrite as Any)(short, { extractive: true })).rejects.toThrow("got `extractive`");
    await expect((translate as Any)(short, { strategy: "truncate" })).rejects.toThrow("got `strategy`");
  });

  test("sentences of a tokenizer without offsets", async () => {
    const slow = await LEDTokenizer.from_pretrained(tinyFiles());
    const pipe = await pipeline("summarization", model, { tokenizer: slow });
    await expect(pipe(short, { extractive: true })).rejects.toThrow("Load LEDTokenizerFast, or AutoTokenizer.");
  });
});

describe("pipeline()", () => {
  type Any = (task: unknown, source?: unknown, options?: object) => Promise<unknown>;
  const any = pipeline as unknown as Any;
  let folder: ModelFolder;
  beforeAll(async () => {
    folder = await tinyLed();
  });
  afterAll(() => folder.remove());

  test("loads model and tokenizer of a folder", async () => {
    const pipe = await pipeline("summarization", folder.path, { use_fast: false, model_kwargs: { prefix: "ab " } });
    expect(pipe.tokenizer.is_fast).toBe(false);
    expect(pipe.model.config.prefix).toBe("ab ");
    const [{ summary_text }] = await pipe("abc def", { max_length: 6 });
    const loaded = await LEDForConditionalGeneration.from_pretrained(folder.path);
    const same = await pipeline("summarization", loaded, { tokenizer: folder.path });
    expect(await same("ab abc def", { max_length: 6 })).toEqual([{ summary_text }]);
    await Promise.all([pipe.dispose(), same.dispose()]);
  });

  test("with worker: true gives the same", async () => {
    const options = { strategy: "hierarchical", max_length: 6, min_length: 0, global_attention: () => [0, 1] } as const;
    const words = "ab cd ef gh.\nij kl mn op.\nqr st uv wx.\nab ef ij.";
    const here = await pipeline("summarization", folder.path);
    const there = await pipeline("summarization", folder.path, { worker: true });
    expect(await there(words, options)).toEqual(await here(words, options));
    await Promise.all([here.dispose(), there.dispose()]);
  });

  test.each<[string, unknown[], string]>([
    [
      "an unknown task",
      ["summarisation", "a"],
      "Unknown task summarisation, available tasks are ['fill-mask', 'question-answering', 'sentiment-analysis', 'summarization', 'text-classification', 'text2text-generation', 'translation', 'translation_XX_to_YY']",
    ],
    ["and says its nearest name", ["summarisation", "a"], 'Did you mean "summarization"?'],
    [
      "a task of other models",
      ["zero-shot-classification", "a"],
      '"zero-shot-classification", a task of other models. LED has no',
    ],
    [
      "half a translation",
      ["translation_en_de", "a"],
      "Invalid translation task translation_en_de, use 'translation_XX_to_YY' format",
    ],
    ["no task", [undefined, "a"], "pipeline: expected a task among summarization, "],
    [
      "no model",
      ["summarization"],
      'pipeline("summarization"): expected a model: a folder, a Hub id such as allenai/led-base-16384, or a model that is loaded, got none. There is no default model.',
    ],
    [
      "loading info",
      ["summarization", "a", { model_kwargs: { output_loading_info: true } }],
      "without `output_loading_info`",
    ],
    ["a misspelt option", ["summarization", "a", { dtyp: "q8" }], "got `dtyp`. Did you mean `dtype`?"],
    [
      "another library's option",
      ["summarization", "a", { torch_dtype: "auto" }],
      'got `torch_dtype`. Write `dtype`: "fp32", "fp16" or "q8".',
    ],
  ])("refuses %s", async (_, given, message) => {
    await expect(any(...(given as [unknown]))).rejects.toThrow(message);
  });

  test("refuses options of a load for what is loaded, and what is no tokenizer", async () => {
    await expect(any("summarization", model, { tokenizer, device: "cpu" })).rejects.toThrow("got `device`");
    await expect(any("summarization", model)).rejects.toThrow(
      "Impossible to guess which tokenizer to use. Please provide a PreTrainedTokenizer class or a path/identifier to a pretrained tokenizer.",
    );
    await expect(any("summarization", model, { tokenizer: 7 })).rejects.toThrow("got `tokenizer` 7");
  });

  test("refuses a checkpoint of another task, before its weights are read", async () => {
    const other = await tinyLed({ architectures: ["LEDForQuestionAnswering"] });
    await expect(any("summarization", other.path)).rejects.toThrow(
      "The model 'LEDForQuestionAnswering' is not supported for summarization. Supported models are ['LEDForConditionalGeneration'].",
    );
    const bare = await tinyLed({ architectures: ["LEDModel"] });
    await expect(any("text-classification", bare.path)).rejects.toThrow("The model 'LEDModel' is not supported");
    await Promise.all([other.remove(), bare.remove()]);
  });

  test("refuses a model of another task", async () => {
    const other = await counterClass("LEDForQuestionAnswering", described);
    await expect(any("summarization", other, { tokenizer })).rejects.toThrow(
      "The model 'LEDForQuestionAnswering' is not supported for summarization.",
    );
    await other.dispose();
  });
});
