/** Generation: search for sequences over a decoder that is given. */

export { GenerationConfig, type GenerationOptions, generationConfigName, type ModelConfig } from "./config.ts";
export type { SequenceBias } from "./config-keys.ts";
export {
  Constraint,
  ConstraintListState,
  type ConstraintUpdate,
  DisjunctiveConstraint,
  PhrasalConstraint,
} from "./constraints.ts";
export type { Decoder, Generated, Step } from "./decoder.ts";
export type { Extractive, TokenSpan } from "./extractive.ts";
export { type GenerateOptions, generate, type SearchOptions } from "./generate.ts";
export { LogitsProcessor, LogitsProcessorList } from "./processor-class.ts";
export * from "./processor-classes.ts";
export {
  type GenerationProgress,
  MaxLengthCriteria,
  MaxTimeCriteria,
  StoppingCriteria,
  StoppingCriteriaList,
} from "./stopping.ts";
export {
  BaseStreamer,
  TextIteratorStreamer,
  type TextIteratorStreamerOptions,
  TextStreamer,
  type TextStreamerOptions,
} from "./streamers.ts";
export type { AllowedTokens } from "./token-processors.ts";
