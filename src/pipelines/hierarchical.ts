/** Strategy "hierarchical" with a model: every level but the last, a batch of parts at a time. */
import type { GenerateOptions, GenerateProgress } from "../models/led/for-conditional-generation.ts";
import type { ByteLevelTokenizer } from "../tokenizers/index.ts";
import { requireInteger } from "../tokenizers/options.ts";
import { type Condensed, condense } from "./condense.ts";
import {
  type GenerateTextsOptions,
  generateTexts,
  type ReadOptions,
  readPassage,
  type TextGeneratingModel,
} from "./generate-texts.ts";
import type { Passage } from "./passages.ts";

/** How far a batch is, and which one it is. */
export interface TextProgress extends GenerateProgress {
  /** Of summaries; the first is 1. */
  readonly level: number;
  /** The batch of the level; the first is 1. */
  readonly batch: number;
  readonly batches: number;
}

export interface LevelOptions extends GenerateTextsOptions {
  readonly read: ReadOptions;
  /** Tokens that a part has in common with the one before it, at most. */
  readonly stride: number;
  readonly batch_size: number;
  readonly progress_callback: ((progress: TextProgress) => void) | undefined;
}

/** What of the passage the model can hold. Only the last level streams, and gives several sequences where they are asked for. */
export async function condensePassage(
  model: TextGeneratingModel,
  tokenizer: ByteLevelTokenizer,
  passage: Passage,
  options: LevelOptions,
): Promise<Condensed> {
  const { read, stride, batch_size } = options;
  const { operation, limit, prefix = "" } = read;
  const tokens = (text: string) => (tokenizer(prefix + text, { verbose: false }).input_ids as number[]).length;
  requireInteger("stride", stride, 0);
  const extractive = options.extractive !== false;
  const generation = { ...options.generation, streamer: undefined, num_return_sequences: 1 };
  return condense(passage, { operation, tokens, limit, stride }, async (parts, level) => {
    const written = await inBatches(parts, batch_size, (batch, at) =>
      generateTexts(
        model,
        tokenizer,
        batch.map((part) => readPassage(tokenizer, part, { ...read, truncation: true, extractive })),
        { ...options, generation: { ...generation, ...told(options.progress_callback, { level, ...at }) } },
      ),
    );
    return written.map(([output]) => {
      const { ids, sentences } = output!;
      return {
        text: tokenizer.decode(ids, { skip_special_tokens: true }),
        ...(sentences && { sentences }),
      };
    });
  });
}

/** Which of how many. */
export interface BatchPlace {
  readonly batch: number;
  readonly batches: number;
}

/** What `run` makes of each, in order. */
export async function inBatches<T, R>(
  all: readonly T[],
  size: number,
  run: (batch: readonly T[], place: BatchPlace) => Promise<readonly R[]>,
): Promise<R[]> {
  const batches = Math.ceil(all.length / size);
  const results: R[] = [];
  for (let batch = 1; batch <= batches; batch++) {
    results.push(...(await run(all.slice((batch - 1) * size, batch * size), { batch, batches })));
  }
  return results;
}

/** generate()'s option that tells of a batch. */
export function told(
  progress_callback: ((progress: TextProgress) => void) | undefined,
  place: BatchPlace & { readonly level: number },
): Pick<GenerateOptions, "progress_callback"> {
  return progress_callback === undefined
    ? {}
    : { progress_callback: (progress) => progress_callback({ ...progress, ...place }) };
}
