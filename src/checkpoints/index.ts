/** Bytes to named tensors and back: what other rooms use of checkpoints/. */
export { type ConvertDType, type ConvertOptions, type ConvertResult, convertToSafetensors } from "./convert.ts";
export { type ExpectedParameter, type MatchOptions, matchNames, type NameMatch, requireMatch } from "./names.ts";
export { type Checkpoint, openCheckpoint } from "./open.ts";
export { readTensor, streamBytes, streamFloat32 } from "./read.ts";
export { writeSafetensors } from "./safetensors-write.ts";
export { bytesPerStored, type StoredTensor, type StoredType } from "./stored-tensor.ts";
export type { TensorToWrite } from "./tensor-to-write.ts";
