/** The package's public face in Node: what `import ... from "led-transformers"` gives. */
import "./platform/node.ts";

export { LEDConfig, type LEDConfigOptions } from "./config.ts";
export {
  CheckpointError,
  EngineError,
  FileError,
  HubError,
  InternalError,
  InvalidArgumentError,
  LEDError,
} from "./errors.ts";
export type { Files, OpenFile } from "./files.ts";
export { GenerationConfig, type GenerationOptions } from "./generation/index.ts";
export { type Env, env, folderFiles, HubResponseError, OfflineError } from "./hub/index.ts";
export type { DownloadProgress, LoadOptions } from "./load-options.ts";
export { type Logger, setLogger } from "./log.ts";
export {
  type ForwardInputs,
  type GenerateOptions,
  type GenerateProgress,
  LEDForConditionalGeneration,
} from "./models/led/for-conditional-generation.ts";
export type { PretrainedOptions } from "./models/led/loading.ts";
export type { EncoderOutputs, TensorLike } from "./models/led/model-inputs.ts";
export type { LEDSeq2SeqLMOutput, PastKeyValues } from "./models/led/outputs.ts";
export { type DocumentSummary, type SummarizeOptions, summarizeDocument } from "./pipelines/summarize-document.ts";
export { type NestedList, type NestedNumbers, Tensor, type TensorType } from "./tensor.ts";
export * from "./tokenizers/index.ts";
