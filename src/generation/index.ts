/** Generation: search for sequences over a decoder that is given. */

export { GenerationConfig, type GenerationOptions, generationConfigName, type ModelConfig } from "./config.ts";
export type { SequenceBias } from "./config-keys.ts";
export type { Decoder, Generated, Step } from "./decoder.ts";
export { type GenerateOptions, generate } from "./generate.ts";
export type { GenerationProgress } from "./stopping.ts";
export type { AllowedTokens } from "./token-processors.ts";
