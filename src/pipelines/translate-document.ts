/**
 * A document to another text, part by part, so that nothing is left out: headings, list items and paragraphs stay where they are,
 * and so does what is between them. The reference's pipeline takes a text as a whole, and what is beyond the model fails there.
 */
import { InvalidArgumentError, refuseUnknownOptions } from "../errors.ts";
import type { GenerateOptions } from "../models/led/for-conditional-generation.ts";
import type { ByteLevelTokenizer } from "../tokenizers/index.ts";
import { requireInteger } from "../tokenizers/options.ts";
import { generateTexts, type ReadPassage, readPassage, type TextGeneratingModel } from "./generate-texts.ts";
import { inBatches } from "./hierarchical.ts";
import { requireMatchingTokenizer } from "./matching-tokenizer.ts";
import type { PipelineProgress } from "./model-rows.ts";
import { type PartSize, partSizes, replaceParts, type TextPart, textParts } from "./text-parts.ts";
import { lineAt } from "./text-places.ts";
import { unwrapLines } from "./unwrap-lines.ts";

export interface TranslateDocumentOptions {
  /** What is translated at once; "paragraph" by default, of which one that is too long is taken by groups of sentences. */
  readonly by?: PartSize | undefined;
  /** Read wrapped lines of a paragraph as one line (unwrap-lines.ts). True by default. */
  readonly unwrap?: boolean | undefined;
  /** Put before each part; the config's `prefix` by default. */
  readonly prefix?: string | undefined;
  /** Parts that are computed together; 8 by default. Those of like length go together. */
  readonly batch_size?: number | undefined;
  /**
   * Fields of GenerationConfig, and signal. Without max_new_tokens a part may become twice as long and 32 tokens longer, or what
   * the model's settings allow if that is more; at most what the decoder holds.
   */
  readonly generation?: Pick<GenerateOptions, "num_beams" | "max_new_tokens" | "signal"> | undefined;
  /** Called at the start and after each batch. */
  readonly progress_callback?: ((progress: PipelineProgress) => void) | undefined;
}

export interface TranslatedPart {
  /** UTF-16 code units of the document. */
  readonly start: number;
  readonly end: number;
  /** Of its beginning; the first is 1. */
  readonly line: number;
  readonly translation_text: string;
  /** With <s>, </s> and the prefix. */
  readonly source_tokens: number;
  /** Whether the length ended it, and not the model: something may be missing. */
  readonly cut: boolean;
}

export interface DocumentTranslation {
  readonly translation_text: string;
  /** In the document's order. */
  readonly parts: readonly TranslatedPart[];
  /** Line breaks within paragraphs that were read as spaces. */
  readonly unwrapped_lines: number;
}

const operation = "translate";
const optionNames = [
  "by",
  "unwrap",
  "prefix",
  "batch_size",
  "generation",
  "progress_callback",
] as const satisfies readonly (keyof TranslateDocumentOptions)[];

/**
 * Throws an InvalidArgumentError for a tokenizer of another model, for a sentence (or with "document" a text) that is longer than
 * the model, and for more new tokens than the decoder has positions.
 */
export async function translateDocument(
  model: TextGeneratingModel,
  tokenizer: ByteLevelTokenizer,
  text: string,
  options: TranslateDocumentOptions = {},
): Promise<DocumentTranslation> {
  refuseUnknownOptions("translateDocument", options, optionNames);
  const { by = "paragraph", unwrap = true, batch_size = 8, generation = {}, progress_callback } = options;
  const prefix = options.prefix ?? model.config.prefix ?? "";
  if (!partSizes.includes(by)) {
    throw new InvalidArgumentError({ operation: "option `by`", expected: partSizes.join(", "), got: String(by) });
  }
  requireInteger("batch_size", batch_size, 1);
  requireMatchingTokenizer(tokenizer, model.config);
  model.generation_config = model.generation_config.following(model.config);
  const roomFor = roomOf(model, generation.max_new_tokens);
  const source = unwrap ? unwrapLines(text) : { text, joined: 0 };
  const limit = Math.min(model.config.max_encoder_position_embeddings, tokenizer.model_max_length);
  const tokens = (part: string) => (tokenizer(prefix + part, { verbose: false }).input_ids as number[]).length;
  const parts = textParts(source.text, by, { tokens, limit });
  const read = parts.map(({ start, end }) =>
    readPassage(
      tokenizer,
      { text: source.text.slice(start, end), sentences: [] },
      { operation, limit, truncation: false, prefix },
    ),
  );
  const written = new Array<Written>(parts.length);
  const tell = (done: number) => progress_callback?.({ stage: operation, done, total: parts.length, unit: "parts" });
  tell(0);
  // The longest first: shorter ones of a batch are padded to its longest.
  const order = [...read.keys()].sort((a, b) => read[b]!.ids.length - read[a]!.ids.length || a - b);
  let done = 0;
  await inBatches(order, batch_size, async (batch) => {
    const texts = batch.map((i) => read[i]!);
    const outputs = await write(model, tokenizer, texts, { ...generation, max_new_tokens: roomFor(texts) });
    for (const [j, i] of batch.entries()) written[i] = outputs[j]!;
    done += batch.length;
    tell(done);
    return outputs;
  });
  return {
    translation_text: replaceParts(
      source.text,
      parts,
      written.map((one) => one.text),
    ),
    parts: parts.map((part, i) => translated(text, part, read[i]!, written[i]!)),
    unwrapped_lines: source.joined,
  };
}

interface Written {
  readonly text: string;
  readonly cut: boolean;
}

async function write(
  model: TextGeneratingModel,
  tokenizer: ByteLevelTokenizer,
  texts: readonly ReadPassage[],
  generation: GenerateOptions,
): Promise<Written[]> {
  const ends = [model.generation_config.eos_token_id].flat();
  const outputs = await generateTexts(model, tokenizer, texts, {
    extractive: false,
    global_attention: "first",
    generation: { ...generation, num_return_sequences: 1 },
  });
  return outputs.map(([output]) => {
    const { ids } = output!;
    return {
      text: tokenizer.decode(ids, { skip_special_tokens: true }).trim(),
      // The start token may be an end token too.
      cut: !ids.slice(1).some((id) => ends.includes(id)),
    };
  });
}

/** New tokens that a batch is given. */
function roomOf(
  { config, generation_config }: TextGeneratingModel,
  given: number | null | undefined,
): (texts: readonly ReadPassage[]) => number {
  // The last token of an output is not read by the decoder, so it needs no position.
  const rows = config.max_decoder_position_embeddings;
  if (typeof given === "number") {
    if (given > rows) {
      throw new InvalidArgumentError({
        operation,
        expected: `\`max_new_tokens\` of at most ${rows}, the positions of the decoder (max_decoder_position_embeddings)`,
        got: String(given),
      });
    }
    return () => given;
  }
  const usual = generation_config.max_new_tokens ?? Number(generation_config.max_length) - 1;
  return (texts) => Math.min(rows, Math.max(usual, 2 * Math.max(...texts.map(({ ids }) => ids.length)) + 32));
}

function translated(text: string, { start, end }: TextPart, read: ReadPassage, written: Written): TranslatedPart {
  return {
    start,
    end,
    line: lineAt(text, start),
    translation_text: written.text,
    source_tokens: read.ids.length,
    cut: written.cut,
  };
}
