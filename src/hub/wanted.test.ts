import { expect, test } from "vitest";
import { type WeightsSearch, withVariant } from "../weights-files.ts";
import type { Presence } from "./cache.ts";
import { type Library, noWeights, planFiles, shardNames } from "./wanted.ts";

function library(present: string[], others: Presence = "absent", shards: string[] = []): Library {
  return { look: async (file) => (present.includes(file) ? "present" : others), shards: async () => shards };
}

const TOKENIZER = ["vocab.json", "merges.txt"];

test("takes the configuration, the tokenizer and one set of weights, in the reference's order", async () => {
  const all = ["tf_model.h5", "pytorch_model.bin", "model.safetensors", "README.md", "config.json", ...TOKENIZER];
  expect(await planFiles(library(all), {})).toEqual({
    files: ["config.json", ...TOKENIZER, "model.safetensors"],
    missing: [],
    certain: true,
  });
  const index = ["model.safetensors.index.json", "pytorch_model.bin", "b", "a"];
  expect((await planFiles(library(index, "absent", ["a", "b"]), { parts: ["weights"] })).files).toEqual([
    "model.safetensors.index.json",
    "a",
    "b",
  ]);
  const bin = ["pytorch_model.bin.index.json", "a"];
  expect(await planFiles(library(bin, "absent", ["a", "b"]), { parts: ["weights"] })).toMatchObject({
    files: ["pytorch_model.bin.index.json", "a"],
    missing: [{ part: "weights", files: "b", shard: true }],
  });
});

test("takes the variant's names only", async () => {
  expect(withVariant("pytorch_model.bin.index.json", "fp16")).toBe("pytorch_model.bin.index.fp16.json");
  const files = ["model.safetensors", "model.fp16.safetensors", "config.json"];
  const plan = await planFiles(library(files), { parts: ["weights"], variant: "fp16" });
  expect(plan.files).toEqual(["model.fp16.safetensors"]);
});

test("says what is missing, and does not miss a tokenizer that does not exist", async () => {
  const { missing, certain } = await planFiles(library([], "unknown"), {});
  expect(certain).toBe(false);
  expect(missing.map(({ files }) => files)).toEqual([
    "config.json",
    "vocab.json with merges.txt or tokenizer.json",
    "model.safetensors or model.safetensors.index.json or pytorch_model.bin or pytorch_model.bin.index.json",
  ]);
  expect((await planFiles(library([]), { parts: ["tokenizer"] })).missing).toEqual([]);
  expect((await planFiles(library(["vocab.json"]), { parts: ["tokenizer"] })).missing).toHaveLength(1);
  expect((await planFiles(library(["tokenizer.json"], "unknown"), { parts: ["tokenizer"] })).missing).toEqual([]);
});

test("looks for the weights of the framework that is asked for", async () => {
  const all = library(["model.safetensors", "tf_model.h5", "pytorch_model.bin"]);
  const first = async (weights: WeightsSearch) => (await planFiles(all, { parts: ["weights"], weights })).files;
  expect(await first("torch")).toEqual(["model.safetensors"]);
  expect(await first("tensorflow")).toEqual(["model.safetensors"]);
  expect(await first("from_tf")).toEqual(["tf_model.h5"]);
  expect(await first("from_pt")).toEqual(["pytorch_model.bin"]);
  const shards = library(["tf_model.h5.index.json"], "absent", ["tf_model-00001-of-00001.h5"]);
  expect((await planFiles(shards, { parts: ["weights"], weights: "from_tf" })).files[0]).toBe("tf_model.h5.index.json");
  const message = async (present: string[], search: WeightsSearch) =>
    (await noWeights("a/b", library(present), undefined, search)).message;
  expect(await message(["pytorch_model.bin"], "tensorflow")).toContain(
    "a/b does not appear to have a file named tf_model.h5 but there is a file for PyTorch weights. Use `from_pt=True` to load this model from those weights.",
  );
  expect(await message([], "from_tf")).toContain("a/b does not appear to have a file named tf_model.h5.");
});

test("explains in the reference's words why there are no weights", async () => {
  const says = async (present: string[], variant?: string) =>
    (await noWeights("a/b", library(present), variant)).message;
  expect(await says([])).toContain(
    "a/b does not appear to have a file named pytorch_model.bin, tf_model.h5, model.ckpt or flax_model.msgpack.",
  );
  expect(await says(["model.safetensors"], "fp16")).toContain(
    "a/b does not appear to have a file named pytorch_model.fp16.bin but there is a file without the variant fp16. " +
      "Use `variant=None` to load this model from those weights.",
  );
  expect(await says(["tf_model.h5"])).toContain("but there is a file for TensorFlow weights. Use `from_tf=True`");
  expect(await says(["flax_model.msgpack"])).toContain("but there is a file for Flax weights. Use `from_flax=True`");
});

test("reads shard names and refuses those that lead elsewhere", () => {
  const map = { weight_map: { x: "m-2.bin", y: "m-1.bin", z: "m-2.bin" } };
  expect(shardNames(JSON.stringify(map), "the index")).toEqual(["m-1.bin", "m-2.bin"]);
  const refused = (value: unknown) => () => shardNames(JSON.stringify(value), "the index");
  const opening = 'read the index: expected a "weight_map" of tensor names to files, got ';
  expect(refused({ weight_map: { x: "../../etc/passwd" } })).toThrow(`${opening}the file name "../../etc/passwd"`);
  expect(refused({ weight_map: { x: 3 } })).toThrow(`${opening}the file name 3`);
  expect(refused({ weight_map: {} })).toThrow(`${opening}an empty one`);
  expect(refused([])).toThrow(`${opening}none`);
  expect(() => shardNames("{", "the index")).toThrow(opening);
});
