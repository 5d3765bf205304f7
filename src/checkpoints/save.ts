/**
 * Writes a model's weights as save_pretrained does (transformers 4.37.2, modeling_utils.py: save_pretrained): one file or
 * shards with an index, safetensors or torch's own format. Of tied names safetensors holds one, a torch file all.
 * Departure: nothing of the folder is deleted; weights in it that a load would prefer to the new ones are refused.
 */
import { FileError } from "../errors.ts";
import type { Files } from "../files.ts";
import { type TensorToWrite, toFloat16, writeSafetensors } from "./safetensors-write.ts";
import { parseSize, shardNames, splitShards, type WeightsFormat, weightFiles, writeIndex } from "./shards.ts";
import { bytesPerStored, countElements } from "./stored-tensor.ts";
import { maximumTorchFile, writeTorchFile } from "./torch-write.ts";

/** A tensor's numbers, row by row. */
interface NumberStream {
  readonly shape: readonly number[];
  stream(): AsyncIterable<Float32Array>;
}

export interface WeightToSave {
  readonly name: string;
  readonly weight: NumberStream;
  /** Other names of the same tensor. */
  readonly aliases: readonly string[];
}

export interface SaveWeightsOptions {
  /** true by default */
  readonly safe_serialization?: boolean | undefined;
  /** Bytes, or digits with a unit: "5GB", the default. */
  readonly max_shard_size?: number | string | undefined;
  /** fp32 by default */
  readonly dtype?: "fp32" | "fp16" | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Files appear whole, the index last. Returns the names written.
 * @throws FileError where the folder holds weights that a load would prefer; InvalidArgumentError for a value fp16 cannot hold.
 */
export async function saveWeights(
  files: Files,
  weights: readonly WeightToSave[],
  { safe_serialization = true, max_shard_size = "5GB", dtype = "fp32", signal }: SaveWeightsOptions = {},
): Promise<string[]> {
  const operation = `save weights to ${files.where}`;
  const format: WeightsFormat = safe_serialization ? "safetensors" : "torch";
  const limit = parseSize(max_shard_size, "save_pretrained");
  const tensors = weights.map(({ name, weight, aliases }) => {
    const tensor = toWrite(name, weight, dtype, operation, signal);
    return { name, tensor, aliases, size: countElements(tensor.shape)! * bytesPerStored[tensor.type] };
  });
  const shards = splitShards(tensors, format === "torch" ? Math.min(limit, maximumTorchFile) : limit);
  await refusePreferred(files, format, shards.length > 1, operation);
  const names = shardNames(format, shards.length);
  for (const [index, shard] of shards.entries()) {
    signal?.throwIfAborted();
    const name = names[index]!;
    if (format === "safetensors") {
      await writeSafetensors(
        files,
        name,
        shard.map(({ tensor }) => tensor),
      );
    } else await writeTorchFile(files, name, shard.flatMap(allNames));
  }
  if (shards.length > 1) {
    const total = tensors.reduce((sum, { size }) => sum + size, 0);
    const named = format === "safetensors" ? shards : shards.map((shard) => shard.flatMap(allNames));
    names.push(await writeIndex(files, format, named, names, total));
  }
  return names;
}

function allNames({ name, tensor, aliases }: { name: string; tensor: TensorToWrite; aliases: readonly string[] }) {
  return [name, ...aliases].map((each) => ({ name: each, tensor }));
}

function toWrite(
  name: string,
  weight: NumberStream,
  dtype: "fp32" | "fp16",
  operation: string,
  signal: AbortSignal | undefined,
): TensorToWrite {
  return {
    name,
    type: dtype === "fp16" ? "F16" : "F32",
    shape: weight.shape,
    async *data() {
      for await (const chunk of weight.stream()) {
        signal?.throwIfAborted();
        const out = dtype === "fp16" ? toFloat16(chunk, name, operation) : chunk;
        yield new Uint8Array(out.buffer, out.byteOffset, out.byteLength);
      }
    },
  };
}

/** The order of a load: safetensors before torch's files, one file before an index. */
async function refusePreferred(
  files: Files,
  format: WeightsFormat,
  sharded: boolean,
  operation: string,
): Promise<void> {
  const order = [...weightFiles("safetensors"), ...weightFiles("torch")];
  const own = weightFiles(format)[sharded ? 1 : 0]!;
  for (const name of order.slice(0, order.indexOf(own))) {
    if (!(await files.has(name))) continue;
    throw new FileError({
      operation,
      expected: `a folder without ${name}, which a load prefers to ${own}`,
      got: "one that holds it",
      fix: "Choose another folder, or delete those weights.",
    });
  }
}
