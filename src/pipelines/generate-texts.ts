/** Texts to token ids of what a model writes about them: the way of summaries and of all text generation. */
import { InvalidArgumentError, refuseUnknownOptions } from "../errors.ts";
import type { TokenSpan } from "../generation/extractive.ts";
import type { GenerateOptions, LEDForConditionalGeneration } from "../models/led/for-conditional-generation.ts";
import type { ByteLevelTokenizer, TruncationStrategy } from "../tokenizers/index.ts";
import { type GlobalAttentionOption, globalAttentionMask } from "./global-attention.ts";
import type { CitedSentence, Passage } from "./passages.ts";
import { tokenSpans } from "./sentences.ts";

/** What generating needs of the model, which may compute in a worker. */
export type TextGeneratingModel = Pick<LEDForConditionalGeneration, "config" | "generation_config" | "generate">;

/** A text as the model takes it. */
export interface ReadPassage {
  /** The first tokens where not all fit, with <s> and </s>. */
  readonly ids: readonly number[];
  /** How many tokens do not. */
  readonly truncated: number;
  /** What an extractive output may consist of. */
  readonly cited: readonly { readonly span: TokenSpan; readonly cited: CitedSentence }[] | undefined;
}

export interface ReadOptions {
  /** What errors call the call. */
  readonly operation: string;
  /** Tokens that the model holds. */
  readonly limit: number;
  /** Cut what is longer; otherwise it is an error. */
  readonly truncation: boolean | TruncationStrategy;
  /** Put before the text. */
  readonly prefix?: string;
  /** Whether to look for sentences that can be cited. */
  readonly extractive?: boolean;
}

/** Throws an InvalidArgumentError for a text that is too long, and for one of which nothing can be cited. */
export function readPassage(
  tokenizer: ByteLevelTokenizer,
  { text, sentences }: Passage,
  { operation, limit, truncation, prefix = "", extractive = false }: ReadOptions,
): ReadPassage {
  if (extractive) requireOffsets(operation, tokenizer);
  const cuts = truncation !== false && truncation !== "do_not_truncate";
  const encoding = tokenizer(prefix + text, {
    truncation,
    ...(cuts ? { max_length: limit } : {}),
    ...(extractive ? { return_offsets_mapping: true, offset_unit: "utf16" as const } : {}),
    verbose: false,
  });
  const ids = encoding.input_ids as number[];
  if (ids.length > limit) {
    throw new InvalidArgumentError({
      operation,
      expected: `a document of at most ${limit} tokens, what the model holds`,
      got: `${ids.length} tokens`,
      fix: "Allow truncation, split the document, or use a model with a longer position table.",
    });
  }
  const truncated = encoding.num_truncated as number;
  if (!extractive) return { ids, truncated, cited: undefined };
  const places = sentences.map(({ start, end, cited }) => ({
    start: start + prefix.length,
    end: end + prefix.length,
    cited,
  }));
  const found = tokenSpans(places, encoding.offset_mapping as [number, number][], truncated > 0);
  if (found.length === 0) {
    throw new InvalidArgumentError({
      operation: `${operation}, extractive`,
      expected: "a document with at least one whole sentence in what is read of it",
      got: "none",
    });
  }
  return { ids, truncated, cited: found.map(({ sentence, span }) => ({ span, cited: sentence.cited })) };
}

function requireOffsets(operation: string, tokenizer: ByteLevelTokenizer): void {
  if (tokenizer.is_fast) return;
  throw new InvalidArgumentError({
    operation: `${operation}, extractive`,
    expected: "a tokenizer that knows the place of each token",
    got: "LEDTokenizer",
    fix: "Load LEDTokenizerFast, or AutoTokenizer.",
  });
}

/** true: as many sentences as the length allows. */
export type ExtractiveOption = boolean | { readonly max_sentences?: number | undefined };

export interface GenerateTextsOptions {
  readonly extractive: ExtractiveOption;
  readonly global_attention: GlobalAttentionOption;
  readonly generation: GenerateOptions;
}

/** One output. */
export interface GeneratedText {
  /** With the start token, and padded to the longest output of the batch. */
  readonly ids: readonly number[];
  /** Where it is extractive, the sentences in its order. */
  readonly sentences?: readonly CitedSentence[];
}

/** For each of the texts, which are computed together, its outputs; shorter texts are padded to the longest. */
export async function generateTexts(
  model: TextGeneratingModel,
  tokenizer: ByteLevelTokenizer,
  texts: readonly ReadPassage[],
  { extractive, global_attention, generation }: GenerateTextsOptions,
): Promise<GeneratedText[][]> {
  if (typeof extractive === "object") refuseUnknownOptions("option `extractive`", extractive, ["max_sentences"]);
  const width = Math.max(...texts.map(({ ids }) => ids.length));
  const padded = (row: readonly number[], value: number) => [
    ...row,
    ...new Array<number>(width - row.length).fill(value),
  ];
  const masks = texts.map(({ ids }) => ids.map(() => 1));
  const maskOf = globalAttentionMask(global_attention, tokenizer);
  const spans = texts.map(({ cited }) => (cited ?? []).map(({ span }) => span));
  const max_sentences = typeof extractive === "object" ? extractive.max_sentences : undefined;
  const { sequences, chosen_sentences } = await model.generate({
    ...generation,
    ...(extractive === false ? {} : { extractive: { sentences: spans, max_sentences } }),
    return_dict_in_generate: true,
    input_ids: texts.map(({ ids }) => padded(ids, tokenizer.pad_token_id ?? model.config.pad_token_id ?? 0)),
    attention_mask: masks.map((mask) => padded(mask, 0)),
    global_attention_mask: texts.map(({ ids }, i) => padded(maskOf({ input_ids: ids, attention_mask: masks[i]! }), 0)),
  });
  const rows = sequences.tolist() as number[][];
  const each = rows.length / texts.length;
  return texts.map(({ cited }, i) =>
    rows.slice(i * each, (i + 1) * each).map((ids, j) => {
      const chosen = chosen_sentences?.[i * each + j];
      return cited === undefined || chosen === undefined
        ? { ids }
        : { ids, sentences: chosen.map((sentence) => cited[sentence]!.cited) };
    }),
  );
}
