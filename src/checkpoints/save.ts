/**
 * Writes a model's weights as save_pretrained of transformers 4.37.2 does (modeling_utils.py: save_pretrained,
 * shard_checkpoint): one file or shards with an index, as safetensors or as torch files, a few megabytes in memory; or with
 * matrices in bytes (quantize.ts), one of them in memory at a time.
 * Departure: nothing is deleted from the folder; it is refused where it holds weights in the way (other-weights.ts).
 */
import { InvalidArgumentError, refuseUnknownOptions } from "../errors.ts";
import type { Files } from "../files.ts";
import type { WeightsFormat } from "../weights-files.ts";
import { filesIn, refuseOtherWeights } from "./other-weights.ts";
import { quantizedTensors } from "./quantize.ts";
import { writeSafetensors } from "./safetensors-write.ts";
import {
  fileNames,
  parseShardSize,
  planShards,
  progressReporter,
  type Shard,
  type SizedTensor,
  type WriteProgress,
  writeIndex,
} from "./shards.ts";
import { type StoredType, showShape } from "./stored-tensor.ts";
import { byteLength, floatBytes, refuseRepeatedName, reported, type TensorToWrite } from "./tensor-to-write.ts";
import { writeTorchFile } from "./torch-write.ts";

export interface WeightToSave {
  readonly name: string;
  readonly shape: readonly number[];
  /** Whether it becomes bytes in a "q8" checkpoint. */
  readonly matrix?: boolean | undefined;
  /** The name of the tensor that this one is too. Torch files keep such names; safetensors leave them out. */
  readonly aliasOf?: string | undefined;
  /** The numbers, row by row. Not called for aliases. */
  stream(): AsyncIterable<Float32Array>;
}

const dtypes = ["fp32", "fp16", "q8"] as const;
type DType = (typeof dtypes)[number];

/** The number format of what is not in bytes. */
const storedTypes = { fp32: "F32", fp16: "F16", q8: "F32" } as const satisfies { [D in DType]: StoredType };

export interface SaveWeightsOptions {
  /** true, the default: safetensors. false: files of torch.save. */
  readonly safe_serialization?: boolean | undefined;
  /** Bytes, or digits with a unit as in Python: "5GB" (default), "200MB", "1GiB". */
  readonly max_shard_size?: number | string | undefined;
  /** Number format in the files; fp32 by default. "q8" goes with safetensors alone. */
  readonly dtype?: DType | undefined;
  /** Called as tensors are written, with bytes of the new files. */
  readonly progress_callback?: ((progress: WriteProgress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface SavedWeights {
  /** Weight files, then the index where there is one. */
  readonly files: string[];
  /** Bytes of all tensors, aliases counted once, as the index's total_size. */
  readonly total_size: number;
}

/** Floats that are converted at a time, so that a weight in one piece is not held twice. */
const pieceLength = 2 ** 20;

/** A name of the new files. */
interface Planned extends SizedTensor {
  /** The name of the tensor that it is. */
  readonly storage: string;
  readonly tensor: TensorToWrite;
}

/**
 * Writes the tensors of a state dict, in its order. Files appear whole, the index last; files of the same names are
 * replaced.
 * @throws FileError when the folder holds other weights in the way; InvalidArgumentError for a repeated name, an alias
 * without its tensor, and a value that fp16 cannot hold; InternalError where a stream is not as long as its shape.
 */
export async function saveWeights(
  target: Files,
  tensors: Iterable<WeightToSave>,
  options: SaveWeightsOptions = {},
): Promise<SavedWeights> {
  refuseUnknownOptions("saveWeights", options, [
    "safe_serialization",
    "max_shard_size",
    "dtype",
    "progress_callback",
    "signal",
  ]);
  const operation = `save weights to ${target.where}`;
  const { safe_serialization = true, max_shard_size = "5GB", dtype = "fp32", signal } = options;
  if (!dtypes.includes(dtype)) {
    throw new InvalidArgumentError({ operation, expected: `dtype among ${dtypes.join(", ")}`, got: String(dtype) });
  }
  const limit = parseShardSize(max_shard_size, operation);
  const format = safe_serialization ? "safetensors" : "torch";
  if (dtype === "q8" && format === "torch") {
    throw new InvalidArgumentError({
      operation,
      expected: "safetensors for weights in bytes",
      got: "safe_serialization: false",
      fix: "Leave safe_serialization unset.",
    });
  }
  const sharded = planShards(format, plan(tensors, format, dtype, operation), limit);
  const report = progressReporter(sharded.total_size, options);
  const files = fileNames(format, sharded);
  const held = await filesIn(target);
  refuseOtherWeights(held, format, files, operation);

  const index = sharded.shards.length > 1 ? files.at(-1)! : undefined;
  for (const [i, shard] of sharded.shards.entries()) {
    signal?.throwIfAborted();
    await writeShard(target, format, shard, report);
    // Until the new index is there, one of an earlier save would mix its shards and the new ones. Readers refuse this one.
    if (i === 0 && index !== undefined && held.includes(index)) {
      await target.write(index, [new TextEncoder().encode("{}\n")]);
    }
  }
  await writeIndex(target, format, sharded);
  return { files, total_size: sharded.total_size };
}

/** The names that the files will have, each with its tensor. */
function plan(weights: Iterable<WeightToSave>, format: WeightsFormat, dtype: DType, operation: string): Planned[] {
  const byName = new Map<string, WeightToSave>();
  for (const weight of weights) {
    refuseRepeatedName(weight.name, byName, operation);
    byName.set(weight.name, weight);
  }
  const planned: Planned[] = [];
  for (const { name, shape, aliasOf } of byName.values()) {
    const storage = aliasOf ?? name;
    const weight = byName.get(storage);
    if (weight === undefined || weight.aliasOf !== undefined || weight.shape.join() !== shape.join()) {
      throw new InvalidArgumentError({
        operation,
        expected: `\`${name}\` to be another name of a tensor of shape ${showShape(shape)}`,
        got:
          weight === undefined
            ? `no \`${storage}\``
            : weight.aliasOf !== undefined
              ? `\`${storage}\`, which is another name itself`
              : `\`${storage}\` of shape ${showShape(weight.shape)}`,
      });
    }
    if (format === "safetensors" && aliasOf !== undefined) continue;
    for (const tensor of tensorsOf(weight, dtype, operation)) {
      const size = byteLength(tensor, operation);
      // An alias of a torch file is another name of the tensor.
      planned.push({ name: aliasOf === undefined ? tensor.name : name, storage: tensor.name, tensor, size });
    }
  }
  return planned;
}

/** What a weight is in the files: a tensor, or the two of a matrix in bytes. */
function tensorsOf(weight: WeightToSave, dtype: DType, operation: string): TensorToWrite[] {
  if (dtype !== "q8" || weight.matrix !== true) return [encoded(weight, storedTypes[dtype], operation)];
  const { scales, bytes } = quantizedTensors(weight);
  return [scales, bytes];
}

function encoded({ name, shape, stream }: WeightToSave, type: "F32" | "F16", operation: string): TensorToWrite {
  return {
    name,
    type,
    shape,
    async *data() {
      for await (const chunk of stream()) {
        for (let at = 0; at < chunk.length; at += pieceLength) {
          yield floatBytes(chunk.subarray(at, at + pieceLength), type, name, operation);
        }
      }
    },
  };
}

async function writeShard(
  target: Files,
  format: WeightsFormat,
  { file, tensors }: Shard<Planned>,
  report: (name: string, bytes: number) => void,
): Promise<void> {
  const made = new Map(tensors.map(({ storage, tensor }) => [storage, reported(tensor, report)]));
  if (format === "safetensors") await writeSafetensors(target, file, made.values(), { format: "pt" });
  else await writeTorchFile(target, file, new Map(tensors.map(({ name, storage }) => [name, made.get(storage)!])));
}
