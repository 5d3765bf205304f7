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

/** Tensors of [tokens, d_model] float32 that an encoder layer holds at its highest point. */
const encoderTensors = 20;

/** For one document of `tokens`. */
export function estimateMemory(config: Geometry, tokens: number): MemoryEstimate {
  const weights = 4 * countParameters(conditionalGenerationParameters(config));
  const row = 4 * config.d_model;
  const source = 2 * config.decoder_layers * tokens * row;
  const encoding = encoderTensors * tokens * row;
  // The encoder's work is over when the decoder's source exists, but its arena stays.
  return { weights, source, peak: weights + encoding + source };
}
