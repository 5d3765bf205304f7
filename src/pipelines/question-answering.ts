/**
 * Answers to questions about texts, as pieces of the texts (transformers 4.37.2, pipelines/question_answering.py). A text that is
 * longer than the model is read in windows that overlap.
 *
 * Departures, each in a test: windows are as long as the model holds, where the reference's are of 384 tokens (max_seq_len: 384
 * gives its results); every token of the question gets global attention, where the reference gives none ("none" does); the
 * question is cut by max_question_len, which the reference reads with its slow tokenizers alone; more than one answer asked for
 * gives a list, also of one. Others are in answer-spans.ts and question-inputs.ts.
 */
import { Callable } from "../callable.ts";
import type { QuestionWindow } from "../datasets/index.ts";
import { InvalidArgumentError } from "../errors.ts";
import { headPlace } from "../models/led/class-specs.ts";
import type { LEDForQuestionAnswering } from "../models/led/for-question-answering.ts";
import type { ByteLevelTokenizer, Encoding } from "../tokenizers/index.ts";
import { answerSpans, type TokenAnswer, type WindowLogits } from "./answer-spans.ts";
import { type ModelBatch, overRows } from "./model-rows.ts";
import { requireOutput, requirePipelineModel } from "./pipeline-model.ts";
import type { PipelineParts } from "./pipeline-parts.ts";
import { type QuestionInput, type QuestionInputs, questionCall } from "./question-inputs.ts";
import { type QuestionAnsweringPipelineOptions, type QuestionSettings, questionSettings } from "./question-settings.ts";

export interface QuestionAnsweringResult {
  /** Probability within its window. */
  readonly score: number;
  /** UTF-16 code units: `context.slice(start, end)` is the answer. */
  readonly start: number;
  readonly end: number;
  /** "" for no answer. */
  readonly answer: string;
  /** How many windows the context took, where it is more than one. The same answer may come from two of them. */
  readonly windows?: number;
  /** How many tokens max_question_len cut off the question. */
  readonly truncated?: number;
}

/** One answer, or a list where the options ask for more than one. */
export type AnswersFor<O> = O extends { readonly top_k: infer K } | { readonly topk: infer K }
  ? K extends 1 | undefined
    ? QuestionAnsweringResult
    : number extends K
      ? QuestionAnsweringResult | QuestionAnsweringResult[]
      : QuestionAnsweringResult[]
  : QuestionAnsweringResult;

type Options = QuestionAnsweringPipelineOptions;

/** Where the number of answers is said: among the keywords, or in the options behind. */
type Counted<I, O> = O extends { readonly top_k: number } | { readonly topk: number } ? O : I;

export interface AskQuestions {
  <const O extends Options>(question: string, context: string, options?: O): Promise<AnswersFor<O>>;
  <const O extends Options>(
    questions: readonly string[],
    context: string | readonly string[],
    options?: O,
  ): Promise<AnswersFor<O>[]>;
  <const O extends Options>(inputs: readonly QuestionInput[], options?: O): Promise<AnswersFor<O>[]>;
  <const I extends QuestionInput & Options, const O extends Options>(
    input: I,
    options?: O,
  ): Promise<AnswersFor<Counted<I, O>>>;
  <const I extends QuestionInputs & Options, const O extends Options>(
    inputs: I,
    options?: O,
  ): Promise<AnswersFor<Counted<I, O>>[]>;
}

/** What the pipeline needs of its model, which may compute in a worker. */
export type AnsweringModel = Pick<LEDForQuestionAnswering, "config" | "forward" | "dispose">;

const className = "LEDForQuestionAnswering";
/** A question as the model reads it. */
interface Asked {
  readonly context: string;
  readonly windows: readonly QuestionWindow[];
  /** Of each window. */
  readonly encodings: readonly Encoding[];
  readonly truncated: number;
}

export class QuestionAnsweringPipeline extends Callable<AskQuestions> {
  readonly task: string;
  readonly model: AnsweringModel;
  readonly tokenizer: ByteLevelTokenizer;

  /** Throws an InvalidArgumentError for a model of another class and for a tokenizer that is not the model's. */
  constructor(parts: PipelineParts<AnsweringModel>) {
    super();
    requirePipelineModel(parts, className);
    this.task = parts.task;
    this.model = parts.model;
    this.tokenizer = parts.tokenizer;
  }

  async _call(...given: readonly unknown[]): Promise<unknown> {
    const { inputs, several, options } = questionCall(given);
    const settings = questionSettings(this, options);
    const asked = inputs.map((input, i) => this.#ask(input, several ? `, question ${i + 1}` : "", settings));
    const logits = await overRows(
      asked.flatMap(({ windows }) => windows),
      settings.rows,
      {
        stage: "answer",
        unit: "windows",
        pad_token_id: this.tokenizer.pad_token_id ?? this.model.config.pad_token_id ?? 0,
        width: settings.width,
      },
      (batch) => this.#logits(batch),
    );
    let at = 0;
    const results = asked.map((one) => {
      const own = logits.slice(at, at + one.windows.length);
      at += own.length;
      const found = answers(one, own, settings);
      return settings.top_k === 1 ? found[0]! : found;
    });
    return several ? results : results[0]!;
  }

  /** Frees the model. */
  async dispose(): Promise<void> {
    await this.model.dispose();
  }

  /** The windows of a question. One that leaves no room for the context to move on is right where it needs one window. */
  #ask(input: QuestionInput, place: string, settings: QuestionSettings): Asked {
    const { context } = input;
    const { question, tokens, truncated } = this.#cut(input.question, settings.max_question_len);
    const { max_seq_len, doc_stride } = settings;
    const room = max_seq_len - this.tokenizer.num_special_tokens_to_add(true);
    const operation = `${this.task}${place}`;
    if (tokens < room) {
      const moves = tokens < room - doc_stride;
      const { windows, encoding } = settings
        .windowsOf(moves ? doc_stride : 0)
        .encoded(question, context, {}, operation);
      if (moves || windows.length === 1) return { context, windows, encodings: encoding.encodings!, truncated };
    }
    throw new InvalidArgumentError({
      operation,
      expected: `a question of fewer than ${room - doc_stride} tokens, what windows of ${max_seq_len} (max_seq_len) with ${doc_stride} in common (doc_stride) leave`,
      got: String(tokens),
      fix: "Shorten it, cut it with max_question_len, or allow longer windows.",
    });
  }

  #cut(question: string, max_length: number | undefined): { question: string; tokens: number; truncated: number } {
    const encoding = this.tokenizer(question, {
      add_special_tokens: false,
      verbose: false,
      ...(max_length === undefined ? {} : { truncation: true, max_length, return_offsets_mapping: true }),
    });
    const tokens = (encoding.input_ids as number[]).length;
    const truncated = encoding.num_truncated as number;
    if (truncated === 0) return { question, tokens, truncated };
    const [, end] = (encoding.offset_mapping as unknown as [number, number][]).at(-1)!;
    return { question: question.slice(0, end), tokens, truncated };
  }

  async #logits(batch: ModelBatch): Promise<WindowLogits[]> {
    // A head over the encoder takes nothing that concerns the decoder.
    const cache = headPlace(this.model.config) === "encoder" ? {} : { use_cache: false };
    const output = await this.model.forward({ ...batch, ...cache });
    const [starts, ends] = [output.start_logits, output.end_logits].map(
      (logits) => requireOutput(logits, this.task, className).data as Float32Array,
    );
    const width = batch.input_ids[0]!.length;
    return batch.input_ids.map((_, row) => ({
      start: starts!.subarray(row * width, (row + 1) * width),
      end: ends!.subarray(row * width, (row + 1) * width),
    }));
  }
}

/** The likeliest first, over all windows of a question. */
function answers(
  { context, windows, encodings, truncated }: Asked,
  logits: readonly WindowLogits[],
  { top_k, max_answer_len, handle_impossible_answer, align_to_words }: QuestionSettings,
): QuestionAnsweringResult[] {
  const more = {
    ...(windows.length > 1 ? { windows: windows.length } : {}),
    ...(truncated > 0 ? { truncated } : {}),
  };
  let none = Number.POSITIVE_INFINITY;
  const found = windows.flatMap(({ offsets }, i): QuestionAnsweringResult[] => {
    const inContext = offsets.map((offset) => offset !== null);
    const best = answerSpans(logits[i]!, inContext, top_k, max_answer_len);
    none = Math.min(none, best.none);
    return best.spans.map((span) => {
      const [start, end] = align_to_words ? wordsOf(encodings[i]!, span) : charactersOf(encodings[i]!, span);
      return { score: span.score, start, end, answer: context.slice(start, end), ...more };
    });
  });
  if (handle_impossible_answer) found.push({ score: none, start: 0, end: 0, answer: "", ...more });
  return found.sort((a, b) => b.score - a.score).slice(0, top_k);
}

function charactersOf(encoding: Encoding, { first, last }: TokenAnswer): [start: number, end: number] {
  return [encoding.token_to_chars(first)!.start, encoding.token_to_chars(last)!.end];
}

/** From the beginning of the first token's word to the end of the last one's, as far as the window has them. */
function wordsOf(encoding: Encoding, span: TokenAnswer): [start: number, end: number] {
  const [from, to] = [span.first, span.last].map((token) => {
    const word = encoding.token_to_word(token);
    return word === null ? null : encoding.word_to_chars(word, 1);
  });
  return from && to ? [from.start, to.end] : charactersOf(encoding, span);
}
