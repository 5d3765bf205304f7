/** What question answering, text classification and filling masks refuse; long documents; models in a worker. */
import { afterAll, beforeAll, beforeEach, describe, expect, expectTypeOf, test } from "vitest";
import {
  type InWorker,
  LEDConfig,
  LEDForConditionalGeneration,
  LEDForQuestionAnswering,
  LEDForSequenceClassification,
  LEDTokenizer,
  LEDTokenizerFast,
} from "../src/index.ts";
import { setLogger } from "../src/log.ts";
import { FillMaskPipeline, type MaskFillingModel } from "../src/pipelines/fill-mask.ts";
import type { PipelineProgress } from "../src/pipelines/model-rows.ts";
import {
  type AnsweringModel,
  QuestionAnsweringPipeline,
  type QuestionAnsweringResult,
} from "../src/pipelines/question-answering.ts";
import {
  type ClassificationResult,
  type ClassifyingModel,
  TextClassificationPipeline,
} from "../src/pipelines/text-classification.ts";
import { tinyFiles } from "./support/tokenizer-fixtures.ts";

const sizes = {
  vocab_size: 1000,
  d_model: 8,
  encoder_layers: 1,
  encoder_attention_heads: 2,
  encoder_ffn_dim: 12,
  max_encoder_position_embeddings: 96,
  decoder_layers: 1,
  decoder_attention_heads: 4,
  decoder_ffn_dim: 10,
  max_decoder_position_embeddings: 64,
  attention_window: [8],
  init_std: 0.5,
};
const overEncoder = (more: object = {}): LEDConfig => {
  const config = LEDConfig.from_dict({ ...sizes, num_labels: 3, ...more });
  config.update({ head: "encoder" });
  return config;
};

/** Calls that types would refuse are made too. */
type Loose = (...given: unknown[]) => Promise<unknown>;

let tokenizer: LEDTokenizerFast;
let slow: LEDTokenizer;
let answering: LEDForQuestionAnswering;
let classifying: LEDForSequenceClassification;
let generating: LEDForConditionalGeneration;
let ask: QuestionAnsweringPipeline;
let classify: TextClassificationPipeline;
let fill: FillMaskPipeline;

beforeAll(async () => {
  setLogger({ warn: () => {} });
  tokenizer = await LEDTokenizerFast.from_pretrained(tinyFiles());
  slow = await LEDTokenizer.from_pretrained(tinyFiles());
  answering = await LEDForQuestionAnswering.from_config(overEncoder());
  classifying = await LEDForSequenceClassification.from_config(overEncoder());
  generating = await LEDForConditionalGeneration.from_config(LEDConfig.from_dict(sizes));
  ask = new QuestionAnsweringPipeline({ task: "question-answering", model: answering, tokenizer });
  classify = new TextClassificationPipeline({ task: "text-classification", model: classifying, tokenizer });
  fill = new FillMaskPipeline({ task: "fill-mask", model: generating, tokenizer });
});
beforeEach(() => {
  setLogger({ warn: () => {} });
});
afterAll(async () => {
  setLogger(null);
  for (const pipe of [ask, classify, fill]) await pipe.dispose();
});

const context = "Ada wrote a letter to the harbour. ".repeat(12);
const one = { question: "Who?", context };

describe("question answering refuses", () => {
  test.each<[string, unknown[], string]>([
    [
      "nothing",
      [],
      "Arguments can't be understood (question-answering: expected (question, context), ({ question, context }) or a list of such objects, got undefined)",
    ],
    ["a number", [7], "Arguments can't be understood"],
    ["an empty list", [[]], "question-answering: expected at least one question, got none"],
    ["an empty list beside a context", [[], context], "expected at least one question, got none"],
    [
      "a text without a context",
      ["Who?"],
      "`context` cannot be None (question-answering: expected a text as `context`, got undefined)",
    ],
    ["a number as a question", [{ question: 7, context }], "question-answering: expected a text as `question`, got 7"],
    ["a list with a text", [[one, "Who?"]], "Arguments can't be understood"],
    [
      "an empty question in a list",
      [[one, { ...one, question: "" }]],
      "`question` cannot be empty (question-answering, question 2 of 2: expected a text as `question`, got an empty text)",
    ],
    [
      "another key in a list",
      [[{ ...one, contexts: [] }]],
      "question 1 of 1: expected options among question, context, got `contexts`. Did you mean `context`?",
    ],
    ["too many arguments", ["Who?", context, {}, {}], "then an object of options, got 4 arguments"],
    ["an option twice", [{ ...one, top_k: 2 }, { top_k: 3 }], "expected `top_k` once"],
    ["a misspelt option", [one, { topK: 2 }], "got `topK`. Did you mean `topk`?"],
    [
      "half an answer",
      [one, { top_k: 1.5 }],
      "top_k parameter should be >= 1 (got 1.5) (question-answering: expected a whole number as `top_k`)",
    ],
    ["both names", [one, { top_k: 1, topk: 2 }], "expected `top_k` alone, got `topk` beside it"],
    [
      "windows longer than the model",
      [one, { max_seq_len: 97 }],
      "option `max_seq_len`: expected at most 96, the tokens that the model holds, got 97",
    ],
    [
      "windows that do not move on",
      [one, { max_seq_len: 30, doc_stride: 25 }],
      "expected `doc_stride` of at most 24, so that windows of 30 tokens (max_seq_len) move on, got 25",
    ],
    ["a stride below 0", [one, { doc_stride: -1 }], "doc_stride"],
    [
      "a padding that is none",
      [one, { padding: "longst" }],
      'option `padding`: expected true, false, "longest", "max_length", "do_not_pad", got "longst"',
    ],
    [
      "a policy that is none",
      [one, { global_attention: "all" }],
      'option `global_attention`: expected "first", "none", "question"',
    ],
    [
      "positions beyond the input",
      [{ question: "Who?", context: "Ada" }, { global_attention: [900] }],
      "option `global_attention`: expected positions of 0 to 9, those of an input of 10 tokens, got 900. Give a function of the encoding where inputs differ.",
    ],
    ["an empty batch", [one, { batch_size: 0 }], "option `batch_size`: expected a whole number above 0, got 0"],
    ["a question cut to nothing", [one, { max_question_len: 0 }], "max_question_len"],
  ])("%s", async (_, given, says) => {
    await expect((ask as Loose)(...given)).rejects.toThrow(says);
  });

  test("a question longer than the limit, unless it and its context fit", async () => {
    const question = "Who wrote a letter to the harbour of the old town, and when did she? ".repeat(2);
    const tokens = (tokenizer(question, { add_special_tokens: false }).input_ids as number[]).length;
    await expect(ask(question, context)).rejects.toThrow(
      `question-answering: expected a question of fewer than 44 tokens, what windows of 96 (max_seq_len) with 48 in common (doc_stride) leave, got ${tokens}. Shorten it, cut it with max_question_len, or allow longer windows.`,
    );
    await expect(ask([{ question: question.repeat(4), context: "Ada" }])).rejects.toThrow(
      /question 1: expected a question of/,
    );
    expect((await ask(question, "Ada")).answer).toBe("Ada");
    expect((await ask(question, context, { max_question_len: 20 })).truncated).toBe(tokens - 20);
  });

  test("models and tokenizers that are not for it", async () => {
    expect(
      () => new QuestionAnsweringPipeline({ task: "question-answering", model: generating as never, tokenizer }),
    ).toThrow(
      "The model 'LEDForConditionalGeneration' is not supported for question-answering. Supported models are ['LEDForQuestionAnswering']. Load it with LEDForQuestionAnswering.from_pretrained",
    );
    const pipe = new QuestionAnsweringPipeline({ task: "question-answering", model: answering, tokenizer: slow });
    await expect(pipe(one)).rejects.toThrow(/expected LEDTokenizerFast/);
    // A model in a worker does not tell its class before it answers.
    const unknown = { config: answering.config, forward: async () => ({ logits: 1 }), dispose: async () => {} };
    const late = new QuestionAnsweringPipeline({ task: "question-answering", model: unknown as never, tokenizer });
    await expect(late(one)).rejects.toThrow("The model 'of another class' is not supported for question-answering.");
  });
});

describe("text classification refuses", () => {
  test.each<[string, unknown[], string]>([
    ["nothing", [], "text-classification: expected a text, or { text, text_pair } with two of them, got undefined"],
    ["a number", [7], "with two of them, got 7"],
    ["an empty list", [[]], "text-classification: expected at least one text, got an empty list"],
    ["a list with null", [["Ada", null]], "text-classification, text 2 of 2: expected a text"],
    ["another key", [{ text: "Ada", pair: "x" }], "got an object with text, pair"],
    ["a pair of numbers", [{ text: "Ada", text_pair: 7 }], "got an object with text, text_pair"],
    ["a misspelt option", ["Ada", { topk: 2 }], "got `topk`. Did you mean `top_k`?"],
    ["an option of the tokenizer that changes nothing", ["Ada", { return_tensors: "pt" }], "got `return_tensors`"],
    [
      "top_k 0",
      ["Ada", { top_k: 0 }],
      "text-classification: expected a whole number above 0 as `top_k`, or null for all classes, got 0",
    ],
    [
      "two ways of saying how many",
      ["Ada", { top_k: 1, return_all_scores: true }],
      "expected `top_k` alone, got `return_all_scores` beside it",
    ],
    [
      "more than the model holds",
      [context, { max_length: 97 }],
      "option `max_length`: expected at most 96, the tokens that the model holds, got 97",
    ],
    [
      "a long text that may not be cut",
      [context, { truncation: false }],
      "text-classification: expected a text of 1 to 96 tokens, what the model holds, got ",
    ],
    ["no token", ["", { add_special_tokens: false }], "expected a text of 1 to 96 tokens, what the model holds, got 0"],
    ["a padding that is none", ["Ada", { padding: "max" }], "option `padding`"],
    ["half a batch", ["Ada", { batch_size: 0.5 }], "option `batch_size`"],
  ])("%s", async (_, given, says) => {
    await expect((classify as Loose)(...given)).rejects.toThrow(says);
  });

  test("labels that are missing", async () => {
    const { id2label } = classifying.config;
    try {
      for (const [names, missing] of [
        [{ 0: "a" }, 1],
        [{ 0: "a", 1: "b", 7: "c" }, 2],
      ] as const) {
        classifying.config.id2label = names as unknown as typeof id2label;
        await expect(classify("Ada")).rejects.toThrow(
          `text-classification: expected a name for each of the model's 3 classes in config.id2label, got none for ${missing}.`,
        );
      }
    } finally {
      classifying.config.id2label = id2label;
    }
  });

  test("a model of another class", () => {
    expect(
      () => new TextClassificationPipeline({ task: "sentiment-analysis", model: answering as never, tokenizer }),
    ).toThrow(
      "The model 'LEDForQuestionAnswering' is not supported for sentiment-analysis. Supported models are ['LEDForSequenceClassification'].",
    );
  });
});

describe("filling masks refuses", () => {
  test.each<[string, unknown[], string]>([
    ["a number", [7], "fill-mask: expected a text, or a list of texts, got number"],
    ["an empty list", [[]], "fill-mask: expected a text, or a list of texts, got an empty list"],
    [
      "no mask",
      ["Ada"],
      "No mask_token (<mask>) found on the input (fill-mask: expected <mask> where a token is to be found, got none)",
    ],
    ["a mask that was cut", [`${context}${context}<mask>`], "got none in what is left of a text of which"],
    ["no mask in a list", [["<mask>", "Ada"]], "fill-mask, text 2 of 2: expected <mask>"],
    ["a misspelt option", ["<mask>", { topk: 2 }], "got `topk`. Did you mean `top_k`?"],
    [
      "a misspelt option of the tokenizer",
      ["<mask>", { tokenizer_kwargs: { truncated: true } }],
      "fill-mask, tokenizer_kwargs: expected options among truncation",
    ],
    ["top_k 0", ["<mask>", { top_k: 0 }], "fill-mask: expected a whole number above 0 as `top_k`, got 0"],
    [
      "targets that are numbers",
      ["<mask>", { targets: [5] }],
      "fill-mask: expected a text or a list of texts as `targets`, got [5]",
    ],
    [
      "a long text that may not be cut",
      [`<mask>${context}`, { tokenizer_kwargs: { truncation: false } }],
      "expected a text of 1 to 64 tokens",
    ],
  ])("%s", async (_, given, says) => {
    await expect((fill as Loose)(...given)).rejects.toThrow(says);
  });

  test("a tokenizer without a mask, a target beyond the model's tokens", async () => {
    const other = await LEDTokenizerFast.from_pretrained(tinyFiles());
    other.add_tokens(["lantern"]);
    const pipe = new FillMaskPipeline({ task: "fill-mask", model: generating, tokenizer: other });
    await expect(pipe("<mask>", { targets: "lantern" })).rejects.toThrow(
      "expected targets among the 1000 tokens of the model, got lantern (id 1000)",
    );
    other.mask_token = null;
    expect(() => new FillMaskPipeline({ task: "fill-mask", model: generating, tokenizer: other })).toThrow(
      "The tokenizer does not define a `mask_token`.",
    );
  });
});

test("what was cut is told", async () => {
  const tokens = (tokenizer(context).input_ids as number[]).length;
  expect(await classify(context)).toMatchObject([{ truncated: tokens - 96 }]);
  expect(await classify([context, "Ada"], { top_k: 2 })).toMatchObject([
    [{ truncated: tokens - 96 }, { truncated: tokens - 96 }],
    [{}, {}],
  ]);
  expect((await classify(["Ada"]))[0]).not.toHaveProperty("truncated");
  const [filled] = await fill(`<mask>${context}`, { top_k: 1 });
  // The space before the text is the mask's.
  expect(filled).toMatchObject({ truncated: tokens + 1 - 64 });
});

test("progress and an abort", async () => {
  const heard: PipelineProgress[] = [];
  await ask([one, one], {
    max_seq_len: 50,
    doc_stride: 10,
    batch_size: 3,
    progress_callback: (progress) => heard.push(progress),
  });
  const { total } = heard[0]!;
  expect(heard[0]).toEqual({ stage: "answer", done: 0, total, unit: "windows" });
  expect(heard.map(({ done }) => done)).toEqual([...Array.from({ length: heard.length - 1 }, (_, i) => 3 * i), total]);
  expect(total).toBeGreaterThan(6);
  for (const pipe of [ask, classify, fill] as unknown as Loose[]) {
    const signal = AbortSignal.abort(new Error("enough"));
    await expect(pipe(pipe === (ask as unknown) ? one : "Ada <mask>", { signal })).rejects.toThrow("enough");
  }
  const controller = new AbortController();
  const stop = {
    signal: controller.signal,
    progress_callback: ({ done }: PipelineProgress) => done > 0 && controller.abort(),
  };
  await expect(classify(["Ada", "Ada"], stop)).rejects.toThrow(/abort/i);
});

test("a document of 16,384 tokens", async () => {
  const config = overEncoder({ max_encoder_position_embeddings: 16384, attention_window: [512] });
  const model = await LEDForQuestionAnswering.from_config(config, { seed: 3 });
  const long = await LEDTokenizerFast.from_pretrained(tinyFiles(), { model_max_length: 16384 });
  const pipe = new QuestionAnsweringPipeline({ task: "question-answering", model, tokenizer: long });
  try {
    const lines = Array.from({ length: 1300 }, (_, i) => `Ship ${i} brought 🙂 ${(7919 * i) % 1000} lamps.`);
    const document = lines.join("\n");
    const question = "Which ship brought lamps?";
    const tokens = (long(question, { text_pair: document, verbose: false }).input_ids as number[]).length;
    expect(tokens).toBeGreaterThan(16384);
    const answers = await pipe(question, document, { top_k: 5, max_answer_len: 8 });
    expect(answers).toHaveLength(5);
    for (const { start, end, answer, score, windows } of answers) {
      expect(document.slice(start, end)).toBe(answer);
      expect(answer.trim()).not.toBe("");
      expect(score).toBeGreaterThan(0);
      expect(windows).toBe(Math.ceil((tokens - 16384) / (16384 - 128)) + 1);
    }
    const whole = await pipe(question, lines.slice(0, 60).join("\n"));
    expect(whole).not.toHaveProperty("windows");
    expect(document.slice(whole.start, whole.end)).toBe(whole.answer);
  } finally {
    await pipe.dispose();
  }
});

test("models in a worker do, as far as types tell", () => {
  expectTypeOf<InWorker<LEDForQuestionAnswering>>().toExtend<AnsweringModel>();
  expectTypeOf<InWorker<LEDForSequenceClassification>>().toExtend<ClassifyingModel>();
  expectTypeOf<InWorker<LEDForConditionalGeneration>>().toExtend<MaskFillingModel>();
});

test("types say whether a result is a list", () => {
  expectTypeOf(() => ask("q", "c")).returns.resolves.toEqualTypeOf<QuestionAnsweringResult>();
  expectTypeOf(() => ask("q", "c", { top_k: 1 })).returns.resolves.toEqualTypeOf<QuestionAnsweringResult>();
  expectTypeOf(() => ask("q", "c", { top_k: 3, doc_stride: 1 })).returns.resolves.toEqualTypeOf<
    QuestionAnsweringResult[]
  >();
  expectTypeOf(() => ask({ question: "q", context: "c" })).returns.resolves.toEqualTypeOf<QuestionAnsweringResult>();
  expectTypeOf(() => ask({ question: "q", context: "c", top_k: 2 })).returns.resolves.toEqualTypeOf<
    QuestionAnsweringResult[]
  >();
  expectTypeOf(() => ask([one])).returns.resolves.toEqualTypeOf<QuestionAnsweringResult[]>();
  expectTypeOf(() => ask({ question: ["q"], context: "c" }, { top_k: 2 })).returns.resolves.toEqualTypeOf<
    QuestionAnsweringResult[][]
  >();
  expectTypeOf(() => classify("t")).returns.resolves.toEqualTypeOf<ClassificationResult[]>();
  expectTypeOf(() => classify("t", { top_k: null })).returns.resolves.toEqualTypeOf<ClassificationResult[]>();
  expectTypeOf(() => classify({ text: "t", text_pair: "p" })).returns.resolves.toEqualTypeOf<ClassificationResult>();
  expectTypeOf(() => classify(["t"])).returns.resolves.toEqualTypeOf<ClassificationResult[]>();
  expectTypeOf(() => classify(["t"], { top_k: 2 })).returns.resolves.toEqualTypeOf<ClassificationResult[][]>();
});
