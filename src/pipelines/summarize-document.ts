/**
 * One document to one summary: tokens, truncation to what the model can hold, global attention on the first token (as
 * LED was trained), generation, text. What cannot work is refused before anything is computed.
 */
import { InvalidArgumentError } from "../errors.ts";
import type { GenerationConfig } from "../generation/config.ts";
import type { GenerateOptions } from "../models/led/for-conditional-generation.ts";
import type { ByteLevelTokenizer } from "../tokenizers/index.ts";
import { requireStrategy, type Strategy, type StrategyReport } from "./condense.ts";
import {
  type ExtractiveOption,
  type GeneratedText,
  generateTexts,
  type ReadPassage,
  readPassage,
  type TextGeneratingModel,
} from "./generate-texts.ts";
import { condensePassage, type TextProgress, told } from "./hierarchical.ts";
import { requireMatchingTokenizer } from "./matching-tokenizer.ts";
import { type CitedSentence, type Passage, passageOf } from "./passages.ts";
import { unwrapLines } from "./unwrap-lines.ts";

export type { CitedSentence } from "./passages.ts";

export interface SummarizeOptions {
  /** Cut a document that is longer than the model's position table; otherwise that is an error. True by default. */
  readonly truncation?: boolean;
  /**
   * What becomes of a document that is longer: "truncate", the default, does as `truncation` says; "hierarchical" leaves nothing out:
   * it summarises parts, and then the summaries.
   */
  readonly strategy?: Strategy;
  /** With "hierarchical", tokens that a part has in common with the one before it, at most; whole sentences. 0 by default. */
  readonly stride?: number;
  /** Read wrapped lines of a paragraph as one line (unwrap-lines.ts). True by default. */
  readonly unwrap?: boolean;
  /** The summary is whole sentences of the document, this many at most (true: as many as the length allows). */
  readonly extractive?: ExtractiveOption;
  /** Fields of GenerationConfig, signal and progress_callback. */
  readonly generation?: Pick<GenerateOptions, "num_beams" | "max_new_tokens" | "min_length" | "signal"> & {
    readonly progress_callback?: ((progress: TextProgress) => void) | undefined;
  };
}

/** What summarizing needs of the model, which may compute in a worker. */
export type SummarizingModel = TextGeneratingModel;

/** With `strategy`, `chunks` and `levels` where the caller chose a strategy. */
export interface DocumentSummary extends Partial<StrategyReport> {
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

const operation = "summarize";
const global_attention = "first";

/**
 * Throws an InvalidArgumentError for a tokenizer of another model, a summary longer than the decoder's positions; without
 * truncation, for a document longer than the encoder's; with strategy "hierarchical", for a sentence longer than those.
 */
export async function summarizeDocument(
  model: SummarizingModel,
  tokenizer: ByteLevelTokenizer,
  text: string,
  options: SummarizeOptions = {},
): Promise<DocumentSummary> {
  requireMatchingTokenizer(tokenizer, model.config);
  const settings = generationSettings(model, options.generation);
  const { strategy, stride = 0, extractive = false, generation = {} } = options;
  requireStrategy(operation, strategy, options.stride);
  if (strategy !== "hierarchical") {
    const document = readDocument(model, tokenizer, text, options);
    const [summary] = await summarizeRead(model, tokenizer, [document], settings, options);
    return { ...summary!, ...(strategy && { strategy, chunks: 1, levels: 1 }) };
  }
  const { passage, unwrapped_lines } = passageOfDocument(text, options, true);
  const { progress_callback, ...rest } = generation;
  const { passage: left, ...report } = await condensePassage(model, tokenizer, passage, {
    ...{ stride, extractive, global_attention, progress_callback },
    generation: rest,
    read: { operation, limit: model.config.max_encoder_position_embeddings, truncation: false },
    batch_size: 1,
  });
  const document = { ...readOne(model, tokenizer, left, options), unwrapped_lines };
  const [summary] = await summarizeRead(model, tokenizer, [document], settings, options, report.levels);
  const source_tokens = (tokenizer(passage.text, { verbose: false }).input_ids as number[]).length;
  return { ...summary!, source_tokens, strategy, ...report };
}

/** A document as the model takes it. */
export interface ReadDocument extends ReadPassage {
  readonly unwrapped_lines: number;
}

export function readDocument(
  model: SummarizingModel,
  tokenizer: ByteLevelTokenizer,
  text: string,
  options: SummarizeOptions,
): ReadDocument {
  const { passage, unwrapped_lines } = passageOfDocument(text, options, (options.extractive ?? false) !== false);
  return { ...readOne(model, tokenizer, passage, options), unwrapped_lines };
}

function passageOfDocument(
  text: string,
  { unwrap = true }: SummarizeOptions,
  sentences: boolean,
): { passage: Passage; unwrapped_lines: number } {
  const read = unwrap ? unwrapLines(text) : { text, joined: 0 };
  const passage = sentences ? passageOf(text, read.text) : { text: read.text, sentences: [] };
  return { passage, unwrapped_lines: read.joined };
}

function readOne(
  { config }: SummarizingModel,
  tokenizer: ByteLevelTokenizer,
  passage: Passage,
  { truncation = true, extractive = false }: SummarizeOptions,
): ReadPassage {
  const limit = config.max_encoder_position_embeddings;
  return readPassage(tokenizer, passage, { operation, limit, truncation, extractive: extractive !== false });
}

/** Summaries of documents that are computed together; shorter ones are padded to the longest. */
export async function summarizeRead(
  model: SummarizingModel,
  tokenizer: ByteLevelTokenizer,
  documents: readonly ReadDocument[],
  settings: GenerationSettings,
  options: SummarizeOptions,
  level = 1,
): Promise<DocumentSummary[]> {
  const outputs = await writeSummaries(model, tokenizer, documents, options, level);
  return outputs.map((output, i) => summaryOf(model, tokenizer, documents[i]!, output, settings));
}

/** What the model writes about each of them. */
export async function writeSummaries(
  model: SummarizingModel,
  tokenizer: ByteLevelTokenizer,
  documents: readonly ReadDocument[],
  { extractive = false, generation = {} }: SummarizeOptions,
  level = 1,
): Promise<GeneratedText[]> {
  const { progress_callback, ...rest } = generation;
  const outputs = await generateTexts(model, tokenizer, documents, {
    extractive,
    global_attention,
    generation: { ...rest, ...told(progress_callback, { level, batch: 1, batches: 1 }) },
  });
  return outputs.map(([output]) => output!);
}

export function summaryOf(
  { config: { pad_token_id } }: SummarizingModel,
  tokenizer: ByteLevelTokenizer,
  { ids, truncated, unwrapped_lines }: ReadDocument,
  { ids: padded, sentences }: GeneratedText,
  generation: GenerationSettings,
): DocumentSummary {
  const end = padded.findLastIndex((id) => id !== pad_token_id) + 1;
  const summary = padded.slice(0, end);
  return {
    summary_text:
      sentences?.map(({ text }) => text).join(" ") ?? tokenizer.decode(summary, { skip_special_tokens: true }).trim(),
    ...(sentences && { sentences }),
    source_tokens: ids.length + truncated,
    unwrapped_lines,
    truncated_tokens: truncated,
    summary_tokens: summary.length,
    global_attention: [0],
    generation,
  };
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
