/**
 * Opens the weights of a model folder: finds the file or the shards, and learns every tensor's place without reading it. Mirrors
 * the search order and index files of transformers 4.37.2 (modeling_utils.py: from_pretrained; utils/hub.py:
 * get_checkpoint_shard_files). Departures: the index decides alone which tensor comes from which shard, and an index and shards
 * that contradict each other are an error; PyTorch's classes read sharded tf_model.h5 too, and TensorFlow's sharded safetensors.
 */
import { CheckpointError, FileError, refuseUnknownOptions } from "../errors.ts";
import { type Files, readJsonObject } from "../files.ts";
import { type WeightsCandidate, type WeightsFormat, type WeightsSearch, weightsCandidates } from "../weights-files.ts";
import { fromTensorFlow, readKerasFile } from "./keras-file.ts";
import { torchName } from "./keras-names.ts";
import { readSafetensors, type WeightsFile } from "./safetensors.ts";
import type { StoredTensor } from "./stored-tensor.ts";
import { readTorchFile } from "./torch-file.ts";

export interface Checkpoint {
  readonly files: Files;
  /**
   * By PyTorch's names, in file order (safetensors: by place; torch: as the state dict was saved; tensorflow: as the file names
   * them).
   */
  readonly tensors: ReadonlyMap<string, StoredTensor>;
  /** `__metadata__` of safetensors; empty for other files. */
  readonly metadata: ReadonlyMap<string, string>;
  readonly format: WeightsFormat;
}

const readers: { readonly [F in WeightsFormat]: (files: Files, name: string) => Promise<WeightsFile> } = {
  safetensors: readEitherSafetensors,
  torch: readTorchFile,
  tensorflow: readKerasFile,
};

/** The metadata say whose names and matrices they are. */
async function readEitherSafetensors(files: Files, name: string): Promise<WeightsFile> {
  const { tensors, metadata } = await readSafetensors(files, name);
  return { tensors: metadata.get("format") === "tf" ? tensors.map(fromTensorFlow) : tensors, metadata };
}

export interface OpenCheckpointOptions {
  /** `fp16` looks for model.fp16.safetensors and so on. */
  readonly variant?: string;
  /** Which files are looked for; "torch" by default. */
  readonly search?: WeightsSearch;
}

/** @throws FileError when the folder holds no weights; CheckpointError when a file breaks its format. */
export async function openCheckpoint(files: Files, options: OpenCheckpointOptions = {}): Promise<Checkpoint> {
  refuseUnknownOptions("openCheckpoint", options, ["variant", "search"]);
  const { variant, search = "torch" } = options;
  const candidates = weightsCandidates(search, variant);
  for (const { file, index, format } of candidates) {
    if (await files.has(file)) {
      const { tensors, metadata } = await readers[format](files, file);
      return { files, tensors: new Map(tensors.map((tensor) => [tensor.name, tensor])), metadata, format };
    }
    if (await files.has(index)) return openShards(files, index, format);
  }
  throw await noWeights(files, search, candidates);
}

async function openShards(files: Files, index: string, format: WeightsFormat): Promise<Checkpoint> {
  const operation = `read ${index} of ${files.where}`;
  const listed = readWeightMap(await readJsonObject(files, index), operation);
  const weightMap =
    format === "tensorflow" ? new Map([...listed].map(([name, shard]) => [torchName(name).name, shard])) : listed;
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

/** What the options of the other framework are called, where its files are there. */
const otherFrameworks: {
  readonly [S in "torch" | "tensorflow"]: { names: string[]; framework: string; option: string };
} = {
  torch: {
    names: ["tf_model.h5", "tf_model.h5.index.json", "model.ckpt.index"],
    framework: "TensorFlow",
    option: "from_tf",
  },
  tensorflow: { names: ["pytorch_model.bin", "pytorch_model.bin.index.json"], framework: "PyTorch", option: "from_pt" },
};

/** Other names that the reference has looked for before it says that there is none. */
const others: { readonly [search: string]: string } = {
  torch: ", tf_model.h5, model.ckpt.index or flax_model.msgpack",
  tensorflow: " or pytorch_model.bin",
};

async function noWeights(
  files: Files,
  search: WeightsSearch,
  candidates: readonly WeightsCandidate[],
): Promise<FileError> {
  const held = await files.list();
  const shown = held.slice(0, 20).join(", ") + (held.length > 20 ? ` and ${held.length - 20} more` : "");
  const last = candidates.at(-1)!.file;
  if (search === "torch" || search === "tensorflow") {
    const { names, framework, option } = otherFrameworks[search];
    if (names.some((name) => held.includes(name))) {
      return new FileError({
        operation: "openCheckpoint",
        says:
          `Error no file named ${last} found in directory ${files.where} but there is a file for ${framework} weights. ` +
          `Use \`${option}=True\` to load this model from those weights.`,
      });
    }
  }
  // The usual slips: a variant that was not named, a file under another name.
  const other = held.find((name) => /\.(safetensors|bin|pt|pth|h5)$/.test(name));
  return new FileError({
    operation: "openCheckpoint",
    ...(search in others
      ? { says: `Error no file named ${last}${others[search]} found in directory ${files.where}.` }
      : {}),
    expected: `one of ${candidates.flatMap(({ file, index }) => [file, index]).join(", ")}`,
    got: held.length === 0 ? "an empty folder" : shown,
    ...(other === undefined ? {} : { fix: `If ${other} holds this model's weights, rename it or name its variant.` }),
  });
}
