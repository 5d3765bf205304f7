/**
 * The tokenizers alone: what `import ... from "led-transformers/tokenizers"` gives, in Node and in browsers. No engine is
 * loaded, and names of models lead to Node's disk and cache or to fetch, whichever the place has.
 */
import { env as platformEnv } from "#platform-folders";
import type { FoldersEnv } from "./platform/folders.ts";

/** Where models come from; assign a field to change it. */
export const env: FoldersEnv = platformEnv;

export {
  CheckpointError,
  FileError,
  HubError,
  InternalError,
  InvalidArgumentError,
  LEDError,
} from "./errors.ts";
export { type Files, memoryFiles, type OpenFile } from "./files.ts";
export { HubResponseError, OfflineError } from "./hub/hub-errors.ts";
export type { DownloadProgress, LoadOptions } from "./load-options.ts";
export { type Logger, setLogger } from "./log.ts";
export { type NestedList, type NestedNumbers, Tensor, type TensorType } from "./tensor.ts";
export * from "./tokenizers/index.ts";
