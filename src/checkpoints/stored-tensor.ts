/**
 * Where a tensor's bytes lie: the type, shape and byte range of one tensor in one file of a checkpoint. This is all that
 * opening a checkpoint gives; the numbers stay on the disk until somebody reads or binds them.
 * Type names are those of safetensors 0.4.5 (safetensors/src/tensor.rs, Dtype).
 */
import { CheckpointError } from "../errors.ts";

/** Little-endian and dense: the only layout a StoredTensor can have. */
export type StoredType = "F64" | "F32" | "F16" | "BF16" | "I64" | "I32" | "I16" | "I8" | "U8" | "BOOL";

export interface StoredTensor {
  readonly name: string;
  readonly type: StoredType;
  readonly shape: readonly number[];
  /** Name in the checkpoint's Files. */
  readonly file: string;
  /** First byte in the file; torch files promise no alignment. */
  readonly offset: number;
  /** In bytes. */
  readonly length: number;
  /** The bytes are those of the transpose: the numbers of a matrix column by column. Absent where they are row by row. */
  readonly transposed?: true;
}

export const bytesPerStored: { readonly [T in StoredType]: number } = {
  F64: 8,
  F32: 4,
  F16: 2,
  BF16: 2,
  I64: 8,
  I32: 4,
  I16: 2,
  I8: 1,
  U8: 1,
  BOOL: 1,
};

export function isStoredType(name: string): name is StoredType {
  return Object.hasOwn(bytesPerStored, name);
}

/** The product of `shape`, or undefined where it passes what a number holds exactly. */
export function countElements(shape: readonly number[]): number | undefined {
  // A dimension of 0 makes the product 0 whatever the others are, also where they alone would overflow.
  if (shape.includes(0)) return 0;
  let count = 1;
  for (const dim of shape) {
    count *= dim;
    if (!Number.isSafeInteger(count)) return undefined;
  }
  return count;
}

/** `[2, 3]`, as messages show shapes. */
export function showShape(shape: readonly number[]): string {
  return `[${shape.join(", ")}]`;
}

export const downloadAgain = "The file seems to be cut short or damaged: delete it and download it again.";

/** The sentence transformers 4.37.2 (modeling_utils.py: load_state_dict) has for a pointer file of git-lfs. */
export function refuseLfsPointer(operation: string, start: Uint8Array, size: number): void {
  if (!new TextDecoder("latin1").decode(start).startsWith("version https://git-lfs")) return;
  throw new CheckpointError({
    operation,
    says:
      "You seem to have cloned a repository without having git-lfs installed. Please install git-lfs and run " +
      "`git lfs install` followed by `git lfs pull` in the folder you cloned.",
    expected: "the weights themselves",
    got: `a git-lfs pointer of ${size} bytes`,
  });
}
