/** TensorFlow's classes: what the public face has of this room. */
export type { TFConditionalGenerationInputs, TFEncoderOutputs, TFModelInputs } from "./call-arguments.ts";
export type { CompileOptions, FitOptions, FitProgress, History } from "./fit.ts";
export { TFLEDForConditionalGeneration, type TFLossAndGradients } from "./for-conditional-generation.ts";
export type { TFGenerateOptions } from "./generate.ts";
export {
  TFBeamSampleEncoderDecoderOutput,
  TFBeamSearchEncoderDecoderOutput,
  TFContrastiveSearchEncoderDecoderOutput,
  TFGreedySearchEncoderDecoderOutput,
  TFSampleEncoderDecoderOutput,
} from "./generate-outputs.ts";
export { TFLEDModel } from "./led-model.ts";
export type { TFPretrainedOptions } from "./loading.ts";
export {
  Adam,
  type AdamOptions,
  KerasOptimizer,
  type LearningRate,
  RMSprop,
  type RMSpropOptions,
  SGD,
  type SGDOptions,
} from "./optimizers.ts";
export {
  TFBaseModelOutputWithPastAndCrossAttentions,
  TFLEDEncoderBaseModelOutput,
  TFLEDSeq2SeqLMOutput,
  TFLEDSeq2SeqModelOutput,
} from "./outputs.ts";
export type { TFSaveOptions } from "./pretrained-model.ts";
