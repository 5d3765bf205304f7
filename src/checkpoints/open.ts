/**
 * Opens the weights of a model folder: finds the file or the shards, and learns every tensor's place without reading it.
 * Mirrors the search order and index files of transformers 4.37.2 (modeling_utils.py: from_pretrained;
 * utils/hub.py: get_checkpoint_shard_files). Departure: the index decides alone which tensor comes from which shard, and an
 * index and shards that contradict each other are an error.
 */
import { CheckpointError, FileError, refuseUnknownOptions } from "../errors.ts";
import { type Files, readJsonObject } from "../files.ts";
import { readSafetensors, type WeightsFile } from "./safetensors.ts";
import type { StoredTensor } from "./stored-tensor.ts";
import { readTorchFile } from "./torch-file.ts";

export interface Checkpoint {
  readonly files: Files;
  /** By name, in file order (safetensors: by place; torch: as the state dict was saved). */
  readonly tensors: ReadonlyMap<string, StoredTensor>;
  /** `__metadata__` of safetensors; empty for torch files. */
  readonly metadata: ReadonlyMap<string, string>;
  readonly format: "safetensors" | "torch";
}

type Format = Checkpoint["format"];

const readers: { readonly [F in Format]: (files: Files, name: string) => Promise<WeightsFile> } = {
  safetensors: readSafetensors,
  torch: readTorchFile,
};

const candidates: readonly { name: string; format: Format; index: boolean }[] = [
  { name: "model.safetensors", format: "safetensors", index: false },
  { name: "model.safetensors.index.json", format: "safetensors", index: true },
  { name: "pytorch_model.bin", format: "torch", index: false },
  { name: "pytorch_model.bin.index.json", format: "torch", index: true },
];

/**
 * @param options.variant `fp16` looks for model.fp16.safetensors and so on.
 * @throws FileError when the folder holds no weights; CheckpointError when a file breaks its format.
 */
export async function openCheckpoint(files: Files, options: { variant?: string } = {}): Promise<Checkpoint> {
  refuseUnknownOptions("openCheckpoint", options, ["variant"]);
  const names = candidates.map(({ name }) => withVariant(name, options.variant));
  for (const [i, { format, index }] of candidates.entries()) {
    const name = names[i]!;
    if (!(await files.has(name))) continue;
    if (index) return openShards(files, name, format);
    const { tensors, metadata } = await readers[format](files, name);
    return { files, tensors: new Map(tensors.map((tensor) => [tensor.name, tensor])), metadata, format };
  }
  throw await noWeights(files, names);
}

/** `model.safetensors.index.json` with variant `fp16`: `model.safetensors.index.fp16.json`. */
function withVariant(name: string, variant: string | undefined): string {
  if (variant === undefined) return name;
  const dot = name.lastIndexOf(".");
  return `${name.slice(0, dot)}.${variant}${name.slice(dot)}`;
}

async function openShards(files: Files, index: string, format: Format): Promise<Checkpoint> {
  const operation = `read ${index} of ${files.where}`;
  const weightMap = readWeightMap(await readJsonObject(files, index), operation);
  const shards = new Map<string, Map<string, StoredTensor>>();
  const metadata = new Map<string, string>();
  for (const shard of [...new Set(weightMap.values())].sort()) {
    if (!(await files.has(shard))) {
      throw new FileError({
        operation,
        expected: `the shard ${shard} in ${files.where}, as the index says`,
        got: "no such file",
        fix: "Download the missing file.",
      });
    }
    const read = await readers[format](files, shard);
    shards.set(shard, new Map(read.tensors.map((tensor) => [tensor.name, tensor])));
    for (const [key, value] of read.metadata) metadata.set(key, value);
  }
  const tensors = new Map<string, StoredTensor>();
  const absent: string[] = [];
  for (const [name, shard] of weightMap) {
    const tensor = shards.get(shard)!.get(name);
    if (tensor === undefined) absent.push(`\`${name}\` in ${shard}`);
    else tensors.set(name, tensor);
  }
  if (absent.length > 0) {
    throw new CheckpointError({
      operation,
      expected: absent.slice(0, 10).join(", ") + (absent.length > 10 ? ` and ${absent.length - 10} more` : ""),
      got: `${absent.length === 1 ? "a shard" : "shards"} without`,
      fix: "The index and the shards are of different models: download them again.",
    });
  }
  return { files, tensors, metadata, format };
}

function readWeightMap(index: { [key: string]: unknown }, operation: string): Map<string, string> {
  const { weight_map } = index;
  if (typeof weight_map !== "object" || weight_map === null || Array.isArray(weight_map)) {
    throw new CheckpointError({
      operation,
      expected: "weight_map: an object from tensor names to shard names",
      got: weight_map === undefined ? "none" : JSON.stringify(weight_map).slice(0, 60),
    });
  }
  const map = new Map<string, string>();
  for (const [name, shard] of Object.entries(weight_map)) {
    // A name that could leave the folder must not reach the file system.
    if (typeof shard !== "string" || !/^[\w.-]+$/.test(shard) || /^\.+$/.test(shard)) {
      throw new CheckpointError({
        operation,
        expected: `the name of a file in the folder for \`${name}\``,
        got: JSON.stringify(shard),
      });
    }
    map.set(name, shard);
  }
  if (map.size === 0) throw new CheckpointError({ operation, expected: "tensors in weight_map", got: "none" });
  return map;
}

async function noWeights(files: Files, looked: readonly string[]): Promise<FileError> {
  const held = await files.list();
  const shown = held.slice(0, 20).join(", ") + (held.length > 20 ? ` and ${held.length - 20} more` : "");
  const missing = `Error no file named ${looked[2]}`;
  if (held.includes("tf_model.h5") || held.includes("model.ckpt.index")) {
    return new FileError({
      operation: "openCheckpoint",
      says:
        `${missing} found in directory ${files.where} but there is a file for TensorFlow weights. Use \`from_tf=True\` ` +
        "to load this model from those weights.",
    });
  }
  // The usual slips: a variant that was not named, a file under another name.
  const other = held.find((name) => /\.(safetensors|bin|pt|pth)$/.test(name));
  return new FileError({
    operation: "openCheckpoint",
    says: `${missing}, tf_model.h5, model.ckpt.index or flax_model.msgpack found in directory ${files.where}.`,
    expected: `one of ${looked.join(", ")}`,
    got: held.length === 0 ? "an empty folder" : shown,
    ...(other === undefined ? {} : { fix: `If ${other} holds this model's weights, rename it or name its variant.` }),
  });
}
