/** Options of question answering, their defaults and what is refused of them. */

import type { LEDConfig } from "../config.ts";
import { type QuestionWindows, questionWindows } from "../datasets/index.ts";
import { InvalidArgumentError, refuseUnknownOptions } from "../errors.ts";
import { warn } from "../log.ts";
import { headPlace } from "../models/led/class-specs.ts";
import type { PaddingStrategy } from "../tokenizers/index.ts";
import { requireInteger } from "../tokenizers/options.ts";
import { type GlobalAttentionOption, globalAttentionPolicy } from "./global-attention.ts";
import { type RowOptions, rowOptionNames } from "./model-rows.ts";
import { longestSource } from "./pipeline-model.ts";
import type { PipelineParts } from "./pipeline-parts.ts";

export interface QuestionAnsweringPipelineOptions extends RowOptions {
  /** Answers at most; 1 by default. There may be fewer. */
  readonly top_k?: number | undefined;
  /** The reference's deprecated name of top_k. */
  readonly topk?: number | undefined;
  /** Tokens of the context that windows have in common; half a window by default, 128 at most. */
  readonly doc_stride?: number | undefined;
  /** Tokens of an answer at most; 15 by default. */
  readonly max_answer_len?: number | undefined;
  /** Tokens of a window at most, with question and special tokens; by default what model and tokenizer hold (the reference: 384 of those). */
  readonly max_seq_len?: number | undefined;
  /** Tokens of the question at most; what is beyond is cut and told as `truncated`. No limit by default. */
  readonly max_question_len?: number | undefined;
  /** Whether "" may be the answer: that the context holds none. false by default. */
  readonly handle_impossible_answer?: boolean | undefined;
  /** Whether answers begin and end where words do. true by default. */
  readonly align_to_words?: boolean | undefined;
  /** "max_length" pads windows to max_seq_len. Results are the same; otherwise windows are padded to the longest of their batch. */
  readonly padding?: boolean | PaddingStrategy | undefined;
  /** Of each window; "question" by default. */
  readonly global_attention?: GlobalAttentionOption | undefined;
}

const optionNames = [
  "top_k",
  "topk",
  "doc_stride",
  "max_answer_len",
  "max_seq_len",
  "max_question_len",
  "handle_impossible_answer",
  "align_to_words",
  "padding",
  "global_attention",
  ...rowOptionNames,
] as const satisfies readonly (keyof QuestionAnsweringPipelineOptions)[];
const paddings = [true, false, "longest", "max_length", "do_not_pad"] as const;

export interface QuestionSettings {
  readonly top_k: number;
  readonly max_answer_len: number;
  readonly max_seq_len: number;
  readonly doc_stride: number;
  readonly max_question_len: number | undefined;
  readonly handle_impossible_answer: boolean;
  readonly align_to_words: boolean;
  /** Tokens to which windows are padded, where not to the longest. */
  readonly width: number | undefined;
  readonly rows: RowOptions;
  /** Windows of max_seq_len with so many tokens in common. */
  readonly windowsOf: (stride: number) => QuestionWindows;
}

type Parts = PipelineParts<{ readonly config: LEDConfig }>;

/** Throws an InvalidArgumentError for options that are unknown, or that the model cannot serve. */
export function questionSettings(parts: Parts, options: QuestionAnsweringPipelineOptions): QuestionSettings {
  const { task, tokenizer } = parts;
  refuseUnknownOptions(task, options, optionNames);
  const { topk, max_answer_len = 15, max_question_len, batch_size, signal, progress_callback } = options;
  const { handle_impossible_answer = false, align_to_words = true, padding = false } = options;
  if (topk !== undefined && options.top_k === undefined) {
    warn("topk parameter is deprecated, use top_k instead");
  } else if (topk !== undefined) {
    throw new InvalidArgumentError({ operation: task, expected: "`top_k` alone", got: "`topk` beside it" });
  }
  const top_k = options.top_k ?? topk ?? 1;
  for (const [name, value] of Object.entries({ top_k, max_answer_len })) {
    if (Number.isInteger(value) && value >= 1) continue;
    throw new InvalidArgumentError({
      operation: task,
      says: `${name} parameter should be >= 1 (got ${value})`,
      expected: `a whole number as \`${name}\``,
    });
  }
  if (max_question_len !== undefined) requireInteger("max_question_len", max_question_len, 1);
  if (!paddings.includes(padding)) {
    throw new InvalidArgumentError({
      operation: "option `padding`",
      expected: paddings.map((one) => JSON.stringify(one)).join(", "),
      got: JSON.stringify(padding),
    });
  }
  const lengths = lengthsOf(parts, options);
  const global_attention = globalAttentionPolicy(options.global_attention ?? "question");
  const windowsOf = (stride: number) =>
    questionWindows(tokenizer, { max_length: lengths.max_seq_len, stride, global_attention });
  const rows: RowOptions = { batch_size, signal, progress_callback };
  const width = padding === "max_length" ? lengths.max_seq_len : undefined;
  return {
    ...lengths,
    ...{ top_k, max_answer_len, max_question_len, handle_impossible_answer, align_to_words, width, rows, windowsOf },
  };
}

function lengthsOf(
  { task, model, tokenizer }: Parts,
  options: QuestionAnsweringPipelineOptions,
): { max_seq_len: number; doc_stride: number } {
  const held = longestSource(model.config);
  const max_seq_len = options.max_seq_len ?? Math.min(held, tokenizer.model_max_length);
  requireInteger("max_seq_len", max_seq_len, 1);
  const doc_stride = options.doc_stride ?? Math.min(Math.floor(max_seq_len / 2), 128);
  requireInteger("doc_stride", doc_stride, 0);
  if (max_seq_len > held) {
    throw new InvalidArgumentError({
      operation: "option `max_seq_len`",
      expected: `at most ${held}, the tokens that the model holds`,
      got: String(max_seq_len),
      ...(headPlace(model.config) === "encoder"
        ? {}
        : { fix: 'A head over the encoder (config key head: "encoder") reads as far as the encoder\'s table.' }),
    });
  }
  if (doc_stride > max_seq_len) {
    throw new InvalidArgumentError({
      operation: task,
      says: `\`doc_stride\` (${doc_stride}) is larger than \`max_seq_len\` (${max_seq_len})`,
    });
  }
  const most = max_seq_len - tokenizer.num_special_tokens_to_add(true) - 2;
  if (doc_stride > most) {
    throw new InvalidArgumentError({
      operation: task,
      expected: `\`doc_stride\` of at most ${most}, so that windows of ${max_seq_len} tokens (max_seq_len) move on`,
      got: String(doc_stride),
    });
  }
  return { max_seq_len, doc_stride };
}
