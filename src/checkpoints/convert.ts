/**
 * Rewrites a checkpoint as safetensors, tensor by tensor, with a few megabytes in memory: `led convert`.
 * Names, tied aliases, shards and index are those of save_pretrained (transformers 4.37.2, modeling_utils.py:
 * save_pretrained, shard_checkpoint): of a tied group one name survives, the group's first. Departure: nothing is deleted
 * from the target; weights that are there already are refused.
 */
import { FileError, InvalidArgumentError, refuseUnknownOptions } from "../errors.ts";
import type { Files } from "../files.ts";
import { matchNames } from "./names.ts";
import type { Checkpoint } from "./open.ts";
import { isQuantized, quantizedTensors } from "./quantize.ts";
import { streamBytes, streamFloat32 } from "./read.ts";
import { writeSafetensors } from "./safetensors-write.ts";
import {
  fileNames,
  parseShardSize,
  planShards,
  progressReporter,
  type SizedTensor,
  type WriteProgress,
  weightsFiles,
  writeIndex,
} from "./shards.ts";
import type { StoredTensor, StoredType } from "./stored-tensor.ts";
import { byteLength, floatBytes, reported, type TensorToWrite } from "./tensor-to-write.ts";

const dtypes = ["fp32", "fp16", "q8"] as const;
export type ConvertDType = (typeof dtypes)[number];

export interface ConvertOptions {
  /** Bytes, or digits with a unit as in Python: "5GB" (default), "200MB", "1GiB". */
  readonly max_shard_size?: number | string;
  /**
   * What floating-point tensors become; without it each keeps its type. Whole numbers keep theirs always. "q8": matrices become
   * bytes (quantize.ts), all others float32.
   */
  readonly dtype?: ConvertDType;
  /** Which tensors are matrices, for "q8". */
  readonly isMatrix?: (tensor: { readonly name: string; readonly shape: readonly number[] }) => boolean;
  /** Groups of the model's names that are one tensor, in state_dict() order (as matchNames takes them). */
  readonly tied?: readonly (readonly string[])[];
  /** "led" by default. */
  readonly base_model_prefix?: string;
  /** Called as tensors are written, with bytes of the new files. */
  readonly progress_callback?: (progress: WriteProgress) => void;
  readonly signal?: AbortSignal;
}

export interface ConvertResult {
  /** Weight files written, then the index where there is one. */
  readonly files: string[];
  /** Bytes of all tensors, as the index's total_size. */
  readonly total_size: number;
  /** Names that were left out because another one holds the same tensor. */
  readonly removed: string[];
}

/** A tensor of the new files. */
interface Planned extends SizedTensor {
  readonly tensor: TensorToWrite;
}

const floating: readonly StoredType[] = ["F64", "F32", "F16", "BF16"];

/**
 * Files appear whole, the index last.
 * @throws FileError when the target holds safetensors weights already; InvalidArgumentError for a value fp16 cannot hold.
 */
export async function convertToSafetensors(
  checkpoint: Checkpoint,
  target: Files,
  options: ConvertOptions = {},
): Promise<ConvertResult> {
  const operation = `convert to safetensors in ${target.where}`;
  refuseUnknownOptions("convertToSafetensors", options, [
    "max_shard_size",
    "dtype",
    "isMatrix",
    "tied",
    "base_model_prefix",
    "progress_callback",
    "signal",
  ]);
  const { dtype } = options;
  if (dtype !== undefined && !dtypes.includes(dtype)) {
    throw new InvalidArgumentError({ operation, expected: `dtype among ${dtypes.join(", ")}`, got: String(dtype) });
  }
  if (dtype !== undefined && isQuantized(checkpoint.tensors.keys())) {
    throw new InvalidArgumentError({
      operation,
      expected: `a checkpoint whose numbers can become ${dtype}`,
      got: "one in bytes (q8)",
      fix: 'Load it with dtype "fp32" and save that, or convert the checkpoint that it was made of.',
    });
  }
  const limit = parseShardSize(options.max_shard_size ?? "5GB", "convertToSafetensors");
  for (const name of weightsFiles("safetensors")) {
    if (!(await target.has(name))) continue;
    throw new FileError({
      operation,
      expected: "a folder without safetensors weights",
      got: `one that holds ${name}`,
      fix: "Choose another folder, or delete those weights.",
    });
  }
  const { planned, removed } = plan(checkpoint, options, operation);
  const sharded = planShards("safetensors", planned, limit);
  const report = progressReporter(sharded.total_size, options);
  for (const { file, tensors } of sharded.shards) {
    const parts = tensors.map(({ tensor }) => reported(tensor, report));
    await writeSafetensors(target, file, parts, { format: "pt" });
  }
  await writeIndex(target, "safetensors", sharded);
  return { files: fileNames("safetensors", sharded), total_size: sharded.total_size, removed };
}

/** Which tensors are written under which names: all of the file's, with one survivor for each tied group. */
function plan(
  checkpoint: Checkpoint,
  options: ConvertOptions,
  operation: string,
): { planned: Planned[]; removed: string[] } {
  const prefix = options.base_model_prefix ?? "led";
  const survivors = new Map<string, StoredTensor>();
  const dropped = new Set<string>();
  for (const group of options.tied ?? []) {
    const spell = groupSpelling(checkpoint, group, prefix);
    const present = group.map(spell).filter((name) => checkpoint.tensors.has(name));
    if (present.length === 0) continue;
    const shape = checkpoint.tensors.get(present[0]!)!.shape;
    const expected = group.map((name) => ({ name, shape }));
    const match = matchNames(checkpoint, expected, { tied: [group], base_model_prefix: prefix });
    if (match.mismatched_keys.length > 0) {
      throw new InvalidArgumentError({
        operation: "convertToSafetensors",
        expected: `one shape for the tied ${present.join(", ")}`,
        got: match.mismatched_keys.map(([name, got]) => `[${got.join(", ")}] for \`${name}\``).join(", "),
      });
    }
    for (const name of present) dropped.add(name);
    survivors.set(spell(group[0]!), match.bound.get(group[0]!)!);
  }
  const kept = [...checkpoint.tensors].filter(([name]) => !dropped.has(name));
  const planned = [...survivors, ...kept].flatMap(([name, source]) =>
    tensorsOf(checkpoint, name, source, options, operation).map(
      (tensor): Planned => ({ name: tensor.name, tensor, size: byteLength(tensor, operation) }),
    ),
  );
  return { planned, removed: [...dropped].filter((name) => !survivors.has(name)).sort() };
}

/** The group's names as this file has them: with `led.` only where the file has it. */
function groupSpelling(checkpoint: Checkpoint, group: readonly string[], prefix: string): (name: string) => string {
  const has = [...checkpoint.tensors.keys()].some((name) => name.startsWith(prefix));
  const expects = group.some((name) => name.startsWith(prefix));
  if (has === expects) return (name) => name;
  if (has) return (name) => `${prefix}.${name}`;
  return (name) => (name.startsWith(`${prefix}.`) ? name.slice(prefix.length + 1) : name);
}

function newType(type: StoredType, dtype: ConvertDType | undefined): StoredType {
  if (dtype === undefined || !floating.includes(type)) return type;
  return dtype === "fp16" ? "F16" : "F32";
}

/** What a tensor becomes: one, or the two of a matrix in bytes. */
function tensorsOf(
  checkpoint: Checkpoint,
  name: string,
  source: StoredTensor,
  { dtype, isMatrix }: ConvertOptions,
  operation: string,
): TensorToWrite[] {
  const { shape } = source;
  if (dtype === "q8" && floating.includes(source.type) && isMatrix?.({ name, shape })) {
    const { scales, bytes } = quantizedTensors({ name, shape, stream: () => streamFloat32(checkpoint, source) });
    return [scales, bytes];
  }
  const type = newType(source.type, dtype);
  return [{ name, type, shape, data: () => bytesAs(type, checkpoint, source, operation) }];
}

async function* bytesAs(
  type: StoredType,
  checkpoint: Checkpoint,
  source: StoredTensor,
  operation: string,
): AsyncGenerator<Uint8Array> {
  if (type !== source.type && (type === "F32" || type === "F16")) {
    for await (const chunk of streamFloat32(checkpoint, source)) yield floatBytes(chunk, type, source.name, operation);
  } else yield* streamBytes(checkpoint, source);
}
