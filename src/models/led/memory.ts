/** What a model takes to run, from its geometry alone. */
import { conditionalGenerationParameters, countParameters, type Geometry } from "./parameters.ts";

export interface MemoryEstimate {
  /** Bytes of the weights in float32. */
  readonly weights: number;
  /** Bytes of keys and values of the source that the decoder reads. */
  readonly source: number;
  /** Bytes at the highest point, weights and source included. */
  readonly peak: number;
}

/**
 * Tensors of [tokens, d_model] in float32 that encoding holds at its highest point, and bytes that the process and the
 * engine take whatever they run. Measured with led-base's geometry at 1,024, 4,096 and 16,384 tokens and two threads: peaks of
 * 1,060, 1,283 and 2,081 MB.
 */
const encodingTensors = 12;
const fixedBytes = 150e6;

/** For one document of `tokens`. */
export function estimateMemory(config: Geometry, tokens: number): MemoryEstimate {
  const weights = 4 * countParameters(conditionalGenerationParameters(config));
  const row = 4 * config.d_model;
  // The token table serves as a table and, repacked, as the head.
  const table = config.tie_word_embeddings ? config.vocab_size * row : 0;
  const source = 2 * config.decoder_layers * tokens * row;
  const encoding = encodingTensors * tokens * row;
  // Encoding is over when the source exists, but the engine keeps its memory.
  return { weights, source, peak: fixedBytes + weights + table + encoding + source };
}
