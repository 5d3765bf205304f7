import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { fixtureFolder } from "../../tests/support/checkpoint-files.ts";
import { LEDConfig } from "../config.ts";
import { type Files, memoryFiles } from "../files.ts";
import { classSpec } from "../models/led/class-specs.ts";
import { geometryOf } from "../models/led/geometry.ts";
import { type Checkpoint, openCheckpoint } from "./open.ts";
import { readTensor, streamFloat32 } from "./read.ts";
import { type SaveWeightsOptions, saveWeights, type WeightToSave } from "./save.ts";

/** The tensors of a torch checkpoint, in its order; names at one place are aliases of the first. */
function weightsOf(checkpoint: Checkpoint): WeightToSave[] {
  const first = new Map<string, string>();
  return [...checkpoint.tensors].map(([name, stored]) => {
    const place = `${stored.file} ${stored.offset}`;
    if (!first.has(place)) first.set(place, name);
    const owner = first.get(place)!;
    return weight(name, stored.shape, () => streamFloat32(checkpoint, stored, 16), owner === name ? undefined : owner);
  });
}

function weight(
  name: string,
  shape: readonly number[],
  stream: WeightToSave["stream"] = async function* () {
    yield new Float32Array(shape.reduce((product, dim) => product * dim, 1));
  },
  aliasOf?: string,
): WeightToSave {
  return { name, shape, stream, ...(aliasOf === undefined ? {} : { aliasOf }) };
}

const numbers = (name: string, shape: number[], ...parts: number[][]): WeightToSave =>
  weight(name, shape, async function* () {
    for (const part of parts) yield Float32Array.from(part);
  });

const tiny = async (): Promise<WeightToSave[]> => weightsOf(await openCheckpoint(fixtureFolder("tiny_lm_bin")));
const weightNames = async (files: Files): Promise<string[]> =>
  (await files.list()).filter((name) => !/^(generation_)?config\.json$/.test(name));

/** A folder that save_pretrained of transformers 4.37.2 wrote, by tests/oracle/models.py. */
function savedModel(folder: string): ReturnType<typeof memoryFiles> {
  const url = new URL(`../../tests/oracle/fixtures/models/saved/${folder}/`, import.meta.url);
  return memoryFiles(
    readdirSync(url).map((name) => [name, new Uint8Array(readFileSync(new URL(name, url)))] as const),
    "the folder",
  );
}

describe("gives what save_pretrained of transformers 4.37.2 gave, byte for byte", () => {
  test.each([
    ["tiny_lm", {}],
    ["tiny_lm_shards", { max_shard_size: 1200 }],
    ["tiny_lm_bin", { safe_serialization: false }],
    ["tiny_lm_bin_shards", { safe_serialization: false, max_shard_size: 1200 }],
  ] satisfies [string, SaveWeightsOptions][])("%s", async (folder, options) => {
    const expected = fixtureFolder(folder);
    const target = memoryFiles([]);
    const { files, total_size } = await saveWeights(target, await tiny(), options);
    expect([...files].sort()).toEqual(await expected.list());
    expect(await target.list()).toEqual(await expected.list());
    for (const name of files) {
      const bytes = expected.contents.get(name)!;
      // A torch file's last entry, and so its directory, is torch's own: see torch-write.test.ts.
      const end = name.endsWith(".bin") ? Buffer.from(bytes).indexOf(".data/serialization_id") - 100 : bytes.length;
      expect(target.contents.get(name)!.subarray(0, end), name).toEqual(bytes.subarray(0, end));
    }
    const stored = [...(await openCheckpoint(fixtureFolder("tiny_lm"))).tensors.values()];
    expect(total_size).toBe(stored.reduce((sum, { length }) => sum + length, 0));
  });

  test.each([
    ["single", undefined],
    ["sharded", "8KB"],
  ])("%s, from the state dict of the model class", async (folder, max_shard_size) => {
    const expected = savedModel(folder);
    const config = await LEDConfig.from_files(expected);
    const checkpoint = await openCheckpoint(expected);
    const { entries } = classSpec("LEDForConditionalGeneration", config, geometryOf(config));
    const weights = entries.map(({ name, shape, storedAs }) =>
      weight(
        name,
        shape,
        () => streamFloat32(checkpoint, checkpoint.tensors.get(name)!),
        storedAs === name ? undefined : storedAs,
      ),
    );
    const target = memoryFiles([]);
    await saveWeights(target, weights, { max_shard_size });
    expect(await target.list()).toEqual(await weightNames(expected));
    for (const [name, bytes] of target.contents) expect(bytes, name).toEqual(expected.contents.get(name));
  });
});

describe("what was saved reads back", () => {
  test.each<[string, SaveWeightsOptions]>([
    ["safetensors", {}],
    ["safetensors in shards", { max_shard_size: "1KB" }],
    ["a torch file", { safe_serialization: false }],
    ["torch files", { safe_serialization: false, max_shard_size: 1000 }],
    ["safetensors in fp16", { dtype: "fp16" }],
    ["a torch file in fp16", { dtype: "fp16", safe_serialization: false }],
  ])("%s", async (_, options) => {
    const original = await openCheckpoint(fixtureFolder("tiny_lm_bin"));
    const weights = weightsOf(original);
    const target = memoryFiles([]);
    const { total_size } = await saveWeights(target, weights, options);
    const saved = await openCheckpoint(target);
    const torch = options.safe_serialization === false;
    const expected = weights.filter(({ aliasOf }) => torch || aliasOf === undefined).map(({ name }) => name);
    expect([...saved.tensors.keys()].sort()).toEqual([...expected].sort());
    let bytes = 0;
    for (const { name, aliasOf } of weights.filter(({ name }) => expected.includes(name))) {
      const half = options.dtype === "fp16";
      expect((await readTensor(saved, name)).data).toEqual(
        (await readTensor(original, name)).to(half ? "float16" : "float32").data,
      );
      const { file, offset, length } = saved.tensors.get(name)!;
      if (aliasOf === undefined) bytes += length;
      else expect(saved.tensors.get(aliasOf)).toMatchObject({ file, offset });
    }
    expect(bytes).toBe(total_size);
  });

  test("an alias before its tensor lies with it", async () => {
    const target = memoryFiles([]);
    const weights = [weight("b", [2], undefined, "a"), numbers("c", [2], [3, 4]), numbers("a", [2], [1, 2])];
    const { files } = await saveWeights(target, weights, { safe_serialization: false, max_shard_size: 8 });
    expect(files).toEqual([
      "pytorch_model-00001-of-00002.bin",
      "pytorch_model-00002-of-00002.bin",
      "pytorch_model.bin.index.json",
    ]);
    const { tensors } = await openCheckpoint(target);
    expect(tensors.get("b")).toMatchObject({ file: files[0], offset: tensors.get("a")!.offset });
    expect(tensors.get("c")!.file).toBe(files[1]);
  });

  test("index keys stand in Python's order", async () => {
    const target = memoryFiles([]);
    await saveWeights(
      target,
      ["z", "10", "9", "é", "B"].map((name) => weight(name, [1])),
      { max_shard_size: 4 },
    );
    // By Python 3.11: json.dumps({"metadata": {"total_size": 20}, "weight_map": {...}}, indent=2, sort_keys=True) + "\n".
    const shard = (number: number): string => `"model-0000${number}-of-00005.safetensors"`;
    expect(new TextDecoder().decode(target.contents.get("model.safetensors.index.json"))).toBe(
      `{\n  "metadata": {\n    "total_size": 20\n  },\n  "weight_map": {\n    "10": ${shard(2)},\n    "9": ${shard(3)},\n` +
        `    "B": ${shard(5)},\n    "z": ${shard(1)},\n    "\\u00e9": ${shard(4)}\n  }\n}\n`,
    );
  });
});

describe("streams", () => {
  // total_size in the index that transformers wrote for it.
  const totalOfTiny = 2204;

  test("a weight in one piece is converted in parts", async () => {
    const large = weight("a", [3, 2 ** 20], async function* () {
      yield new Float32Array(3 * 2 ** 20).fill(0.5);
    });
    for (const safe_serialization of [true, false]) {
      let [longest, total] = [0, 0];
      const counting: Files = {
        ...memoryFiles([]),
        async write(_, parts) {
          for await (const part of parts) {
            longest = Math.max(longest, part.length);
            total += part.length;
          }
        },
      };
      await saveWeights(counting, [large], { dtype: "fp16", safe_serialization });
      expect(longest).toBe(2 * 2 ** 20);
      expect(total).toBeGreaterThan(6 * 2 ** 20);
    }
  });

  test.each([true, false])(
    "progress counts every byte, aliases once (safe_serialization %s)",
    async (safe_serialization) => {
      const seen: number[] = [];
      const { total_size } = await saveWeights(memoryFiles([]), [...(await tiny()), weight("none", [0, 4])], {
        safe_serialization,
        max_shard_size: "1KB",
        progress_callback: ({ written, total }) => {
          seen.push(written);
          expect(total).toBe(totalOfTiny);
        },
      });
      expect(total_size).toBe(totalOfTiny);
      expect(seen.at(-1)).toBe(total_size);
      expect(seen).toEqual([...seen].sort((a, b) => a - b));
    },
  );

  test("an abort leaves no file", async () => {
    const controller = new AbortController();
    const target = memoryFiles([]);
    const stop = saveWeights(target, await tiny(), {
      signal: controller.signal,
      progress_callback: () => controller.abort(),
    });
    await expect(stop).rejects.toThrow(expect.objectContaining({ name: "AbortError" }));
    expect(await target.list()).toEqual([]);
  });
});

describe("over shards of an earlier save", () => {
  const inShards: SaveWeightsOptions = { max_shard_size: 4 };
  const old = [numbers("a", [1], [1]), numbers("b", [1], [2])];

  test("a failure between two of them leaves none that read as a whole", async () => {
    const target = memoryFiles([]);
    await saveWeights(target, old, inShards);
    const failing = weight("b", [1], () => {
      throw new Error("no more");
    });
    await expect(saveWeights(target, [numbers("a", [1], [3]), failing], inShards)).rejects.toThrow("no more");
    await expect(openCheckpoint(target)).rejects.toThrow("weight_map");
    await saveWeights(target, old, inShards);
    expect((await openCheckpoint(target)).tensors.size).toBe(2);
  });

  test("a failure in the first leaves them all", async () => {
    const target = memoryFiles([]);
    await saveWeights(target, old, inShards);
    await expect(saveWeights(target, [numbers("a", [1]), weight("b", [1])], inShards)).rejects.toThrow("internal:");
    expect((await readTensor(await openCheckpoint(target), "a")).tolist()).toEqual([1]);
  });
});

describe("refuses, and writes nothing:", () => {
  const saved = "save weights to the folder: expected ";
  test.each<[string, WeightToSave[], SaveWeightsOptions, string]>([
    [
      "a name twice",
      [weight("a", [1]), weight("b", [1]), weight("a", [2])],
      { max_shard_size: 4 },
      `${saved}a name of its own for each tensor, got \`a\``,
    ],
    [
      "an alias of nothing",
      [weight("a", [1], undefined, "b")],
      {},
      `${saved}\`a\` to be another name of a tensor of shape [1], got no \`b\``,
    ],
    [
      "an alias of itself",
      [weight("a", [1], undefined, "a")],
      {},
      `${saved}\`a\` to be another name of a tensor of shape [1], got \`a\`, which is another name itself`,
    ],
    [
      "an alias of another shape",
      [weight("a", [1]), weight("b", [2, 1], undefined, "a")],
      {},
      `${saved}\`b\` to be another name of a tensor of shape [2, 1], got \`a\` of shape [1]`,
    ],
    ["half a dimension", [weight("a", [0.5])], {}, `${saved}a shape of whole numbers for tensor \`a\`, got [0.5]`],
    [
      "a tensor named as the metadata",
      [weight("__metadata__", [1])],
      {},
      "write model.safetensors to the folder: expected a name of its own for each tensor, got `__metadata__`",
    ],
    [
      "too few numbers",
      [numbers("a", [2, 2], [1, 2], [3])],
      {},
      "internal: write model.safetensors to the folder: expected 16 bytes for tensor `a` of type F32 and shape [2, 2], got 12. Please report this.",
    ],
    [
      "too many numbers",
      [numbers("a", [2], [1, 2], [3])],
      { safe_serialization: false, dtype: "fp16" },
      "internal: write pytorch_model.bin to the folder: expected 4 bytes for tensor `a` of type F16 and shape [2], got 6. Please report this.",
    ],
    [
      "what fp16 cannot hold",
      [numbers("a", [3], [65504, -65520, 0])],
      { dtype: "fp16" },
      `${saved}values of \`a\` within ±65504, the range of fp16, got -65520. Keep fp32.`,
    ],
    [
      "another dtype",
      [],
      { dtype: "bf16" } as unknown as SaveWeightsOptions,
      `${saved}dtype among fp32, fp16, q8, got bf16`,
    ],
    [
      "a size without a unit",
      [],
      { max_shard_size: "5" },
      "`size` is not in a valid format. Use an integer followed by the unit, e.g., '5GB'. (save weights to the folder: got \"5\")",
    ],
    [
      "unknown options",
      [],
      { safe: false } as SaveWeightsOptions,
      "saveWeights: expected options among safe_serialization, max_shard_size, dtype, progress_callback, signal, got `safe`",
    ],
  ])("%s", async (_, weights, options, message) => {
    const target = memoryFiles([], "the folder");
    await expect(saveWeights(target, weights, options)).rejects.toThrow(expect.objectContaining({ message }));
    expect(await target.list()).toEqual([]);
  });

  test("nothing for infinities and NaN, which fp16 has", async () => {
    const target = memoryFiles([]);
    await saveWeights(target, [numbers("a", [3], [Number.POSITIVE_INFINITY, Number.NaN, 1])], { dtype: "fp16" });
    expect([...(await readTensor(await openCheckpoint(target), "a")).data]).toEqual([0x7c00, 0x7e00, 0x3c00]);
  });
});
