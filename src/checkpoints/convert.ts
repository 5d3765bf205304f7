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
import { bytesPerStored, countElements, type StoredTensor, type StoredType } from "./stored-tensor.ts";
import { floatBytes, type TensorToWrite } from "./tensor-to-write.ts";

export interface ConvertOptions {
  /** Bytes, or digits with a unit as in Python: "5GB" (default), "200MB", "1GiB". */
  readonly max_shard_size?: number | string;
  /** What floating-point tensors become; without it each keeps its type. Whole numbers keep theirs always. */
  readonly dtype?: "fp32" | "fp16";
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
  readonly source: StoredTensor;
  readonly type: StoredType;
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
    "tied",
    "base_model_prefix",
    "progress_callback",
    "signal",
  ]);
  const { dtype } = options;
  if (dtype !== undefined && dtype !== "fp32" && dtype !== "fp16") {
    throw new InvalidArgumentError({ operation, expected: "dtype fp32 or fp16", got: String(dtype) });
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
  const { planned, removed } = plan(checkpoint, options);
  const sharded = planShards("safetensors", planned, limit);
  const report = progressReporter(sharded.total_size, options);
  for (const { file, tensors } of sharded.shards) {
    const parts = tensors.map((tensor) => toWrite(checkpoint, tensor, report, operation));
    await writeSafetensors(target, file, parts, { format: "pt" });
  }
  await writeIndex(target, "safetensors", sharded);
  return { files: fileNames("safetensors", sharded), total_size: sharded.total_size, removed };
}

/** Which tensors are written under which names: all of the file's, with one survivor for each tied group. */
function plan(checkpoint: Checkpoint, options: ConvertOptions): { planned: Planned[]; removed: string[] } {
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
  const planned = [...survivors, ...kept].map(([name, source]): Planned => {
    const type = newType(source.type, options.dtype);
    return { name, source, type, size: countElements(source.shape)! * bytesPerStored[type] };
  });
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

function newType(type: StoredType, dtype: "fp32" | "fp16" | undefined): StoredType {
  if (dtype === undefined || !floating.includes(type)) return type;
  return dtype === "fp32" ? "F32" : "F16";
}

function toWrite(
  checkpoint: Checkpoint,
  { name, source, type, size }: Planned,
  report: (name: string, bytes: number) => void,
  operation: string,
): TensorToWrite {
  return {
    name,
    type,
    shape: source.shape,
    async *data() {
      if (size === 0) report(name, 0);
      for await (const part of bytesAs(type, checkpoint, source, operation)) {
        yield part;
        report(name, part.length);
      }
    },
  };
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
