/**
 * One document to one summary: tokens, truncation to what the model can hold, global attention on the first token (as
 * LED was trained), generation, text.
 */
import { InvalidArgumentError } from "../errors.ts";
import type { GenerateOptions, LEDForConditionalGeneration } from "../models/led/for-conditional-generation.ts";
import type { LEDTokenizer } from "../tokenizers/index.ts";

export interface SummarizeOptions {
  /** Cut a document that is longer than the model's position table; otherwise that is an error. True by default. */
  readonly truncation?: boolean;
  /** Fields of GenerationConfig, signal and progress_callback. */
  readonly generation?: Pick<
    GenerateOptions,
    "num_beams" | "max_new_tokens" | "min_length" | "signal" | "progress_callback"
  >;
}

export interface DocumentSummary {
  readonly summary_text: string;
  /** Tokens of the whole document, with <s> and </s>. */
  readonly source_tokens: number;
  /** How many of them the model did not see. */
  readonly truncated_tokens: number;
  readonly summary_tokens: number;
  /** Positions that attend to and are seen by all others. */
  readonly global_attention: readonly number[];
}

export async function summarizeDocument(
  model: LEDForConditionalGeneration,
  tokenizer: LEDTokenizer,
  text: string,
  { truncation = true, generation = {} }: SummarizeOptions = {},
): Promise<DocumentSummary> {
  const limit = model.config.max_encoder_position_embeddings;
  const encoding = tokenizer(text, { truncation, ...(truncation ? { max_length: limit } : {}), verbose: false });
  const ids = encoding.input_ids as number[];
  if (ids.length > limit) {
    throw new InvalidArgumentError({
      operation: "summarize",
      expected: `at most ${limit} tokens, what the model holds`,
      got: `a document of ${ids.length}`,
      fix: "Allow truncation, split the document, or use a model with a longer position table.",
    });
  }
  const truncated = encoding.num_truncated as number;
  const sequences = await model.generate({
    ...generation,
    input_ids: [ids],
    attention_mask: [ids.map(() => 1)],
    global_attention_mask: [ids.map((_, position) => (position === 0 ? 1 : 0))],
  });
  const summary = (sequences.tolist() as number[][])[0]!;
  return {
    summary_text: tokenizer.decode(summary, { skip_special_tokens: true }).trim(),
    source_tokens: ids.length + truncated,
    truncated_tokens: truncated,
    summary_tokens: summary.length,
    global_attention: [0],
  };
}
