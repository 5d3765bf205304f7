/** Text to ids and back: the public face of this room. */
export { AddedToken, type AddedTokenOptions } from "./added-tokens.ts";
export { AutoTokenizer, type AutoTokenizerOptions } from "./auto-tokenizer.ts";
export { BatchEncoding, type EncodingField, type TensorsOption } from "./batch-encoding.ts";
export type { DecodeErrors } from "./bpe/byte-level.ts";
export {
  type TrainBytePairsOptions,
  type TrainedBytePairs,
  type TrainingProgress,
  type TrainingTexts,
  trainBytePairs,
} from "./bpe/trainer.ts";
export type { ByteLevelTokenizer } from "./byte-level-tokenizer.ts";
export { Encoding, Span } from "./fast/encoding.ts";
export type { VocabularyFiles } from "./files/loading.ts";
export { LEDTokenizer } from "./led-tokenizer.ts";
export { LEDTokenizerFast } from "./led-tokenizer-fast.ts";
export type {
  CallOptions,
  DecodeOptions,
  EncodeOptions,
  EncodePairOptions,
  OffsetUnit,
  PaddingStrategy,
  PadOptions,
  PrepareOptions,
  TextInput,
  TextsInput,
  TokenizeOptions,
  TruncationStrategy,
} from "./options.ts";
export type {
  LEDTokenizerFastOptions,
  LEDTokenizerFastSettings,
  LEDTokenizerOptions,
  LEDTokenizerSettings,
} from "./settings.ts";
export type { SpecialTokenOptions, TokenValue } from "./special-tokens.ts";
export type { EncodeInput, EncodePair, TokenizerCall } from "./tokenizer-call.ts";
export { type TrainTokenizerOptions, trainTokenizer } from "./train-tokenizer.ts";
export type { Side } from "./truncation.ts";
