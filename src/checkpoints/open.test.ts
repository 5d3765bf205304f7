import { describe, expect, test } from "vitest";
import { fixtureBytes, fixtureFolder, safetensorsFile } from "../../tests/support/checkpoint-files.ts";
import { memoryFiles } from "../files.ts";
import { openCheckpoint } from "./open.ts";

const weights = fixtureBytes("every_type.safetensors");
const torch = fixtureBytes("every_type.bin");
const one = (name: string): Uint8Array =>
  safetensorsFile({ __metadata__: { from: name }, [name]: { dtype: "F32", shape: [1], data_offsets: [0, 4] } }, 4);
const indexOf = (weight_map: unknown): string => JSON.stringify({ metadata: { total_size: 8 }, weight_map });

const folder = (...contents: [string, Uint8Array | string][]): ReturnType<typeof memoryFiles> =>
  memoryFiles(contents, "the folder");

describe("finds the weights", () => {
  test("in the reference's order", async () => {
    const files = folder(
      ["pytorch_model.bin.index.json", indexOf({})],
      ["pytorch_model.bin", torch],
      ["model.safetensors.index.json", indexOf({ b: "b.safetensors" })],
      ["b.safetensors", one("b")],
      ["model.safetensors", one("a")],
    );
    expect([...(await openCheckpoint(files)).tensors.keys()]).toEqual(["a"]);
    files.contents.delete("model.safetensors");
    expect([...(await openCheckpoint(files)).tensors.keys()]).toEqual(["b"]);
    files.contents.delete("model.safetensors.index.json");
    expect((await openCheckpoint(files)).format).toBe("torch");
    files.contents.delete("pytorch_model.bin");
    await expect(openCheckpoint(files)).rejects.toThrow(
      "read pytorch_model.bin.index.json of the folder: expected tensors in weight_map, got none",
    );
  });

  test("of a variant", async () => {
    const files = folder(
      ["model.safetensors", one("a")],
      ["model.fp16.safetensors", one("b")],
      ["model.safetensors.index.q8.json", indexOf({ c: "c.safetensors" })],
      ["c.safetensors", one("c")],
    );
    expect((await openCheckpoint(files, { variant: "fp16" })).tensors.has("b")).toBe(true);
    expect((await openCheckpoint(files, { variant: "q8" })).tensors.has("c")).toBe(true);
  });

  test.each(["tiny_lm_shards", "tiny_lm_bin_shards"])("in the shards of transformers 4.37.2: %s", async (name) => {
    const whole = await openCheckpoint(fixtureFolder(name.replace("_shards", "")));
    const shards = await openCheckpoint(fixtureFolder(name));
    const shown = (tensors: typeof whole.tensors): unknown[] =>
      [...tensors.values()].map(({ name, type, shape, length }) => [name, type, shape, length]).sort();
    expect(shown(shards.tensors)).toEqual(shown(whole.tensors));
    expect(new Set([...shards.tensors.values()].map(({ file }) => file)).size).toBe(2);
    expect(shards.metadata).toEqual(whole.metadata);
  });
});

describe("refuses", () => {
  const index = "model.safetensors.index.json";
  const where = `read ${index} of the folder: expected `;
  const looked = "model.safetensors, model.safetensors.index.json, pytorch_model.bin, pytorch_model.bin.index.json";
  const none =
    "Error no file named pytorch_model.bin, tf_model.h5, model.ckpt.index or flax_model.msgpack found in directory the folder. (openCheckpoint: expected one of ";

  test.each<[string, [string, Uint8Array | string][], string]>([
    ["an empty folder", [], `${none}${looked}, got an empty folder)`],
    [
      "a folder without weights",
      [
        ["config.json", "{}"],
        ["vocab.json", "{}"],
      ],
      `${none}${looked}, got config.json, vocab.json)`,
    ],
    [
      "weights under another name",
      [
        ["config.json", "{}"],
        ["led.bin", torch],
      ],
      `${none}${looked}, got config.json, led.bin) If led.bin holds this model's weights, rename it or name its variant.`,
    ],
    [
      "TensorFlow weights",
      [["tf_model.h5", ""]],
      "Error no file named pytorch_model.bin found in directory the folder but there is a file for TensorFlow weights. Use `from_tf=True` to load this model from those weights.",
    ],
    [
      "a missing shard",
      [
        [index, indexOf({ a: "a.safetensors", b: "b.safetensors" })],
        ["a.safetensors", one("a")],
      ],
      `${where}the shard b.safetensors in the folder, as the index says, got no such file. Download the missing file.`,
    ],
    [
      "a tensor that is not in its shard",
      [
        [index, indexOf({ a: "a.safetensors", b: "a.safetensors" })],
        ["a.safetensors", one("a")],
      ],
      `${where}\`b\` in a.safetensors, got a shard without. The index and the shards are of different models: download them again.`,
    ],
    [
      "a shard outside the folder",
      [[index, indexOf({ a: "../a.safetensors" })]],
      `${where}the name of a file in the folder for \`a\`, got "../a.safetensors"`,
    ],
    [
      "the folder above as a shard",
      [[index, indexOf({ a: ".." })]],
      `${where}the name of a file in the folder for \`a\`, got ".."`,
    ],
    [
      "an absolute shard",
      [[index, indexOf({ a: "/etc/passwd" })]],
      `${where}the name of a file in the folder for \`a\`, got "/etc/passwd"`,
    ],
    [
      "a shard that is a number",
      [[index, indexOf({ a: 3 })]],
      `${where}the name of a file in the folder for \`a\`, got 3`,
    ],
    [
      "an index without a map",
      [[index, "{}"]],
      `${where}weight_map: an object from tensor names to shard names, got none`,
    ],
    [
      "an index with a list",
      [[index, indexOf(["a"])]],
      `${where}weight_map: an object from tensor names to shard names, got ["a"]`,
    ],
    [
      "a damaged shard, by its own name",
      [
        [index, indexOf({ a: "a.safetensors" })],
        ["a.safetensors", weights.slice(0, 100)],
      ],
      "read a.safetensors of the folder: expected at least 1088 bytes, of which the header has 1080, got a file of 100 bytes. The file seems to be cut short or damaged: delete it and download it again.",
    ],
  ])("%s", async (_, contents, message) => {
    await expect(openCheckpoint(folder(...contents))).rejects.toThrow(expect.objectContaining({ message }));
  });

  test("an index that is no JSON, and unknown options", async () => {
    await expect(openCheckpoint(folder([index, "{"]))).rejects.toThrow(`${where}JSON, got `);
    const options = { varaint: "fp16" } as { variant?: string };
    await expect(openCheckpoint(folder(), options)).rejects.toThrow(
      "openCheckpoint: expected options among variant, search, got `varaint`. Did you mean `variant`?",
    );
  });
});
