/**
 * One document to one summary: tokens, truncation to what the model can hold, global attention on the first token (as
 * LED was trained), generation, text. What cannot work is refused before anything is computed.
 */
import { InvalidArgumentError } from "../errors.ts";
import type { GenerationConfig } from "../generation/config.ts";
import type { TokenSpan } from "../generation/extractive.ts";
import type { GenerateOptions, LEDForConditionalGeneration } from "../models/led/for-conditional-generation.ts";
import type { ByteLevelTokenizer } from "../tokenizers/index.ts";
import { requireMatchingTokenizer } from "./matching-tokenizer.ts";
import { sentencesOf, tokenSpans } from "./sentences.ts";
import { unwrapLines } from "./unwrap-lines.ts";

export interface SummarizeOptions {
  /** Cut a document that is longer than the model's position table; otherwise that is an error. True by default. */
  readonly truncation?: boolean;
  /** Read wrapped lines of a paragraph as one line (unwrap-lines.ts). True by default. */
  readonly unwrap?: boolean;
  /** The summary is whole sentences of the document, this many at most (true: as many as the length allows). */
  readonly extractive?: boolean | { readonly max_sentences?: number };
  /** Fields of GenerationConfig, signal and progress_callback. */
  readonly generation?: Pick<
    GenerateOptions,
    "num_beams" | "max_new_tokens" | "min_length" | "signal" | "progress_callback"
  >;
}

/** What summarizing needs of the model, which may compute in a worker. */
export type SummarizingModel = Pick<LEDForConditionalGeneration, "config" | "generation_config" | "generate">;

/** A sentence of the document that a summary consists of. */
export interface CitedSentence {
  readonly text: string;
  /** UTF-16 code units of the document. */
  readonly start: number;
  readonly end: number;
  /** Of its beginning; the first is 1. */
  readonly line: number;
}

export interface DocumentSummary {
  readonly summary_text: string;
  /** Where it is extractive, the sentences in its order. */
  readonly sentences?: readonly CitedSentence[];
  /** Tokens of the whole document, with <s> and </s>. */
  readonly source_tokens: number;
  /** Line breaks within paragraphs that were read as spaces. */
  readonly unwrapped_lines: number;
  /** How many tokens the model did not see. */
  readonly truncated_tokens: number;
  readonly summary_tokens: number;
  /** Positions that attend to and are seen by all others. */
  readonly global_attention: readonly number[];
  /** How the summary was searched for: fields of GenerationConfig, lengths in tokens, the start token included. */
  readonly generation: GenerationSettings;
}

export type GenerationSettings = Readonly<Record<(typeof shownSettings)[number], unknown>>;

const shownSettings = [
  "num_beams",
  "max_length",
  "min_length",
  "length_penalty",
  "early_stopping",
  "no_repeat_ngram_size",
  "encoder_no_repeat_ngram_size",
  "repetition_penalty",
  "do_sample",
] as const;

/**
 * Throws an InvalidArgumentError for a tokenizer of another model, a summary longer than the decoder's positions, and,
 * without truncation, a document longer than the encoder's.
 */
export async function summarizeDocument(
  model: SummarizingModel,
  tokenizer: ByteLevelTokenizer,
  text: string,
  options: SummarizeOptions = {},
): Promise<DocumentSummary> {
  requireMatchingTokenizer(tokenizer, model.config);
  const settings = generationSettings(model, options.generation);
  const [summary] = await summarizeRead(
    model,
    tokenizer,
    [readDocument(model, tokenizer, text, options)],
    settings,
    options,
  );
  return summary!;
}

/** A document as the model takes it. */
export interface ReadDocument {
  /** The first tokens where not all fit, with <s> and </s>. */
  readonly ids: readonly number[];
  readonly truncated_tokens: number;
  readonly unwrapped_lines: number;
  /** What an extractive summary may consist of. */
  readonly cited: readonly { readonly span: TokenSpan; readonly cited: CitedSentence }[] | undefined;
}

export function readDocument(
  { config }: SummarizingModel,
  tokenizer: ByteLevelTokenizer,
  text: string,
  { truncation = true, unwrap = true, extractive = false }: SummarizeOptions,
): ReadDocument {
  const limit = config.max_encoder_position_embeddings;
  const source = unwrap ? unwrapLines(text) : { text, joined: 0 };
  if (extractive !== false) requireOffsets(tokenizer);
  const encoding = tokenizer(source.text, {
    truncation,
    ...(truncation ? { max_length: limit } : {}),
    ...(extractive === false ? {} : { return_offsets_mapping: true }),
    verbose: false,
  });
  const ids = encoding.input_ids as number[];
  if (ids.length > limit) {
    throw new InvalidArgumentError({
      operation: "summarize",
      expected: `a document of at most ${limit} tokens, what the model holds`,
      got: `${ids.length} tokens`,
      fix: "Allow truncation, split the document, or use a model with a longer position table.",
    });
  }
  const truncated_tokens = encoding.num_truncated as number;
  return {
    ids,
    truncated_tokens,
    unwrapped_lines: source.joined,
    cited:
      extractive === false
        ? undefined
        : citable(text, source.text, encoding.offset_mapping as [number, number][], truncated_tokens > 0),
  };
}

/** Summaries of documents that are computed together; shorter ones are padded to the longest. */
export async function summarizeRead(
  model: SummarizingModel,
  tokenizer: ByteLevelTokenizer,
  documents: readonly ReadDocument[],
  settings: GenerationSettings,
  { extractive = false, generation = {} }: SummarizeOptions,
): Promise<DocumentSummary[]> {
  const width = Math.max(...documents.map(({ ids }) => ids.length));
  const rows = (value: (document: ReadDocument, position: number) => number): number[][] =>
    documents.map((document) => Array.from({ length: width }, (_, position) => value(document, position)));
  const max_sentences = typeof extractive === "object" ? extractive.max_sentences : undefined;
  const spans = documents.flatMap(({ cited }) => (cited === undefined ? [] : [cited.map(({ span }) => span)]));
  const { sequences, chosen_sentences } = await model.generate({
    ...generation,
    ...(extractive === false ? {} : { extractive: { sentences: spans, max_sentences } }),
    return_dict_in_generate: true,
    input_ids: rows(({ ids }, position) => ids[position] ?? tokenizer.pad_token_id!),
    attention_mask: rows(({ ids }, position) => (position < ids.length ? 1 : 0)),
    global_attention_mask: rows((_, position) => (position === 0 ? 1 : 0)),
  });
  const { pad_token_id } = model.config;
  return (sequences.tolist() as number[][]).map((padded, i) => {
    const { ids, truncated_tokens, unwrapped_lines, cited } = documents[i]!;
    const end = padded.findLastIndex((id) => id !== pad_token_id) + 1;
    const summary = padded.slice(0, end);
    const sentences = cited && chosen_sentences?.[i]?.map((sentence) => cited[sentence]!.cited);
    return {
      summary_text:
        sentences?.map(({ text }) => text).join(" ") ?? tokenizer.decode(summary, { skip_special_tokens: true }).trim(),
      ...(sentences && { sentences }),
      source_tokens: ids.length + truncated_tokens,
      unwrapped_lines,
      truncated_tokens,
      summary_tokens: summary.length,
      global_attention: [0],
      generation: settings,
    };
  });
}

/** The document's sentences that a summary may consist of, with the tokens of each. `read`: the text as it was read. */
function citable(
  text: string,
  read: string,
  offsets: readonly [number, number][],
  truncated: boolean,
): { span: TokenSpan; cited: CitedSentence }[] {
  const found = tokenSpans(sentencesOf(read), offsets, truncated);
  if (found.length === 0) {
    throw new InvalidArgumentError({
      operation: "summarize, extractive",
      expected: "a document with at least one whole sentence in what is read of it",
      got: "none",
    });
  }
  let line = 1;
  let at = 0;
  return found.map(({ sentence: { start, end }, span }) => {
    for (; at < start; at++) if (text[at] === "\n") line += 1;
    return { span, cited: { text: read.slice(start, end), start, end, line } };
  });
}

function requireOffsets(tokenizer: ByteLevelTokenizer): void {
  if (tokenizer.is_fast) return;
  throw new InvalidArgumentError({
    operation: "summarize, extractive",
    expected: "a tokenizer that knows the place of each token",
    got: "LEDTokenizer",
    fix: "Load LEDTokenizerFast, or AutoTokenizer.",
  });
}

/** The settings that generate() will use, their lengths checked against the decoder's position table. */
export function generationSettings(
  model: SummarizingModel,
  { num_beams, max_new_tokens, min_length }: NonNullable<SummarizeOptions["generation"]> = {},
): GenerationSettings {
  model.generation_config = model.generation_config.following(model.config);
  const config = model.generation_config.copy();
  config.update({ num_beams, max_new_tokens, min_length });
  const max_length = longestSequence(config);
  const rows = model.config.max_decoder_position_embeddings;
  // The last token of a summary is not read by the decoder, so it needs no position.
  if (max_length > rows + 1) {
    throw new InvalidArgumentError({
      operation: "summarize",
      expected: `a summary of at most ${rows} new tokens, the positions of the decoder (max_decoder_position_embeddings)`,
      got: `${max_length - 1}, from ${max_new_tokens === undefined ? "the model's generation settings" : "max_new_tokens"}`,
      fix: `Set max_new_tokens to ${rows} or less.`,
    });
  }
  if ((min_length ?? 0) > max_length) {
    throw new InvalidArgumentError({
      operation: "summarize",
      expected: `\`min_length\` of at most ${max_length}, the longest summary with its start token`,
      got: String(min_length),
      fix: "Lower min_length, or raise max_new_tokens.",
    });
  }
  return Object.fromEntries(
    shownSettings.map((name) => [name, name === "max_length" ? max_length : config[name]]),
  ) as GenerationSettings;
}

function longestSequence({ max_new_tokens, max_length }: GenerationConfig): number {
  return max_new_tokens === null ? Number(max_length) : max_new_tokens + 1;
}
