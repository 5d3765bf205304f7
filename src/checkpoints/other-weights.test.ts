import { describe, expect, test } from "vitest";
import { FileError } from "../errors.ts";
import { type Files, memoryFiles } from "../files.ts";
import { openCheckpoint } from "./open.ts";
import { type SaveWeightsOptions, saveWeights, type WeightToSave } from "./save.ts";

const zero = (name: string): WeightToSave => ({
  name,
  shape: [1],
  async *stream() {
    yield new Float32Array(1);
  },
});

const one = [zero("a")];
const two = [zero("a"), zero("b")];
const shards = ["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors", "model.safetensors.index.json"];
const torchShards = [
  "pytorch_model-00001-of-00002.bin",
  "pytorch_model-00002-of-00002.bin",
  "pytorch_model.bin.index.json",
];
const inShards: SaveWeightsOptions = { max_shard_size: 4 };
const torch: SaveWeightsOptions = { safe_serialization: false };
const torchInShards: SaveWeightsOptions = { ...torch, ...inShards };

describe("saves into a folder that holds", () => {
  test.each<[string, string[], WeightToSave[], SaveWeightsOptions]>([
    ["the same file", ["model.safetensors"], one, {}],
    ["the same shards", shards, two, inShards],
    ["the same torch file", ["pytorch_model.bin"], one, torch],
    ["the same torch shards", torchShards, two, torchInShards],
    ["torch files beside new safetensors", ["pytorch_model.bin", ...torchShards], two, inShards],
    ["a variant", ["model.fp16.safetensors"], one, torch],
    [
      "names that are not quite those of shards",
      ["model-1-of-2.safetensors", "my-model-00001-of-00002.safetensors"],
      one,
      {},
    ],
    ["weights of other libraries", ["tf_model.h5", "flax_model.msgpack"], one, torch],
  ])("%s", async (_, held, weights, options) => {
    const target = memoryFiles(held.map((name) => [name, "old"]));
    const { files } = await saveWeights(target, weights, options);
    expect(await target.list()).toEqual([...new Set([...held, ...files])].sort());
    expect([...(await openCheckpoint(target)).tensors.keys()]).toEqual(weights.map(({ name }) => name));
  });
});

describe("refuses a folder that holds", () => {
  const file = "Choose another folder, or delete that file.";
  const files = "Choose another folder, or delete those files.";
  test.each<[string, string[], WeightToSave[], SaveWeightsOptions, string]>([
    [
      "one file, for shards",
      ["model.safetensors"],
      two,
      inShards,
      `model.safetensors, which would be mixed up with model.safetensors.index.json, got one that holds it. ${file}`,
    ],
    [
      "shards, for one file",
      shards,
      one,
      {},
      `${shards[0]}, which would be mixed up with model.safetensors, got one that holds it and ${shards[1]}, ${shards[2]}. ${files}`,
    ],
    [
      "a shard of another number of them",
      ["model-00003-of-00003.safetensors"],
      two,
      inShards,
      `model-00003-of-00003.safetensors, which would be mixed up with model.safetensors.index.json, got one that holds it. ${file}`,
    ],
    [
      "safetensors, for a torch file",
      ["model.safetensors"],
      one,
      torch,
      `model.safetensors, which a load prefers to pytorch_model.bin, got one that holds it. ${file}`,
    ],
    [
      "an index of safetensors, for torch files",
      ["model.safetensors.index.json"],
      two,
      torchInShards,
      `model.safetensors.index.json, which a load prefers to pytorch_model.bin.index.json, got one that holds it. ${file}`,
    ],
    [
      "a torch file, for torch shards",
      ["pytorch_model.bin"],
      two,
      torchInShards,
      `pytorch_model.bin, which would be mixed up with pytorch_model.bin.index.json, got one that holds it. ${file}`,
    ],
    [
      "five",
      [...shards.slice(0, 2), ...torchShards],
      one,
      torch,
      `${shards[0]}, which a load prefers to pytorch_model.bin, got one that holds it and ${shards[1]}, ${torchShards[0]} and 2 more. ${files}`,
    ],
  ])("%s", async (_, held, weights, options, message) => {
    const target = memoryFiles(
      held.map((name) => [name, "old"]),
      "the folder",
    );
    const saved = saveWeights(target, weights, options);
    await expect(saved).rejects.toThrow(FileError);
    await expect(saved).rejects.toThrow(
      expect.objectContaining({ message: `save weights to the folder: expected a folder without ${message}` }),
    );
    expect(target.contents.size).toBe(held.length);
    for (const bytes of target.contents.values()) expect(new TextDecoder().decode(bytes)).toBe("old");
  });
});

test("a folder that does not exist yet is made", async () => {
  const target = memoryFiles([]);
  const absent: Files = {
    ...target,
    async list() {
      throw new FileError({ operation: "list it", expected: "the folder", got: "no such folder" });
    },
  };
  await saveWeights(absent, one);
  expect([...target.contents.keys()]).toEqual(["model.safetensors"]);
});

test("what is wrong with our own listing is not taken for an empty folder", async () => {
  const broken: Files = {
    ...memoryFiles([]),
    async list() {
      throw new TypeError("a bug");
    },
  };
  await expect(saveWeights(broken, one)).rejects.toThrow("a bug");
});
