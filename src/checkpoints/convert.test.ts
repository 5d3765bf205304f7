import { describe, expect, test } from "vitest";
import {
  fixtureBytes,
  fixtureFolder,
  fixtureJson,
  folderWith,
  safetensorsFile,
} from "../../tests/support/checkpoint-files.ts";
import { memoryFiles } from "../files.ts";
import { type ConvertOptions, convertToSafetensors } from "./convert.ts";
import { type Checkpoint, openCheckpoint } from "./open.ts";
import { readTensor } from "./read.ts";

const tied = fixtureJson<{ models: { lm: { tied: string[][] } } }>("loading_cases.json").models.lm.tied;
const aliases = tied[0]!;

describe("gives what save_pretrained of transformers 4.37.2 gave, byte for byte", () => {
  test.each([
    ["tiny_lm_bin", "tiny_lm", {}],
    ["tiny_lm_bin_shards", "tiny_lm", {}],
    ["tiny_lm_bin", "tiny_lm_shards", { max_shard_size: 1200 }],
  ] satisfies [string, string, ConvertOptions][])("%s -> %s", async (from, to, options) => {
    const target = memoryFiles([]);
    const checkpoint = await openCheckpoint(fixtureFolder(from));
    const result = await convertToSafetensors(checkpoint, target, { tied, ...options });
    const expected = fixtureFolder(to);
    expect(await target.list()).toEqual(await expected.list());
    for (const name of await expected.list())
      expect(target.contents.get(name), name).toEqual(expected.contents.get(name));
    expect(result.removed).toEqual([...aliases.slice(1)].sort());
    expect([...result.files].sort()).toEqual(await expected.list());
  });
});

/** The fixture's file with only some of the tied names, the same numbers under each. */
function withAliases(checkpoint: Checkpoint, names: string[], rename = (name: string): string => name): Checkpoint {
  const shared = checkpoint.tensors.get(aliases[0]!)!;
  const rest = [...checkpoint.tensors].filter(([name]) => !aliases.includes(name));
  const all = [...rest, ...names.map((name) => [name, { ...shared, name }] as const)];
  return {
    ...checkpoint,
    tensors: new Map(all.map(([name, tensor]) => [rename(name), { ...tensor, name: rename(name) }])),
  };
}

describe("tied names", () => {
  test.each(aliases)("%s alone becomes led.shared.weight", async (alias) => {
    const checkpoint = withAliases(await openCheckpoint(fixtureFolder("tiny_lm")), [alias]);
    const target = memoryFiles([]);
    await convertToSafetensors(checkpoint, target, { tied });
    expect(target.contents.get("model.safetensors")).toEqual(fixtureBytes("tiny_lm/model.safetensors"));
  });

  test("of a base file are found without led.", async () => {
    const whole = await openCheckpoint(fixtureFolder("tiny_lm"));
    const noHead = { ...whole, tensors: new Map([...whole.tensors].filter(([name]) => name.startsWith("led."))) };
    const base = withAliases(noHead, [aliases[1]!, aliases[2]!], (name) => name.replace(/^led\./, ""));
    const target = memoryFiles([]);
    const { removed } = await convertToSafetensors(base, target, { tied });
    expect(removed).toEqual(["decoder.embed_tokens.weight", "encoder.embed_tokens.weight"]);
    expect((await openCheckpoint(target)).tensors.has("shared.weight")).toBe(true);
  });

  test("that disagree: the model's last one survives", async () => {
    const f32 = (begin: number): object => ({ dtype: "F32", shape: [1], data_offsets: [begin, begin + 4] });
    const header = { [aliases[3]!]: f32(0), [aliases[0]!]: f32(4) };
    const data = new Uint8Array(Float32Array.of(7, 8).buffer);
    const checkpoint = await openCheckpoint(folderWith("model.safetensors", safetensorsFile(header, data)));
    const target = memoryFiles([]);
    await convertToSafetensors(checkpoint, target, { tied });
    expect((await readTensor(await openCheckpoint(target), aliases[0]!)).tolist()).toEqual([7]);
  });

  test("outside the groups are all kept", async () => {
    const checkpoint = await openCheckpoint(fixtureFolder("tiny_lm_bin"));
    const target = memoryFiles([]);
    const { removed } = await convertToSafetensors(checkpoint, target);
    expect(removed).toEqual([]);
    expect([...(await openCheckpoint(target)).tensors.keys()].sort()).toEqual([...checkpoint.tensors.keys()].sort());
  });

  test("of two shapes are refused", async () => {
    const header = {
      [aliases[0]!]: { dtype: "U8", shape: [1], data_offsets: [0, 1] },
      [aliases[1]!]: { dtype: "U8", shape: [2], data_offsets: [1, 3] },
    };
    const checkpoint = await openCheckpoint(folderWith("model.safetensors", safetensorsFile(header, 3)));
    await expect(convertToSafetensors(checkpoint, memoryFiles([]), { tied })).rejects.toThrow(
      "convertToSafetensors: expected one shape for the tied led.shared.weight, led.encoder.embed_tokens.weight, " +
        "got [2] for `led.encoder.embed_tokens.weight`",
    );
  });
});

describe("dtype", () => {
  const everyType = (): Promise<Checkpoint> =>
    openCheckpoint(folderWith("pytorch_model.bin", fixtureBytes("every_type.bin")));

  test("fp32 converts floating-point tensors and leaves whole numbers", async () => {
    const checkpoint = await everyType();
    const target = memoryFiles([]);
    await convertToSafetensors(checkpoint, target, { dtype: "fp32" });
    const converted = await openCheckpoint(target);
    for (const [name, { type }] of checkpoint.tensors) {
      expect(converted.tensors.get(name)!.type).toBe(["F64", "F16", "BF16"].includes(type) ? "F32" : type);
      const before = await readTensor(checkpoint, name);
      const after = await readTensor(converted, name);
      if (type === "F16") expect(after.tolist()).toEqual(before.tolist());
      else expect(after.data).toEqual(before.data);
    }
  });

  test("fp16 rounds as torch 2.5.1 does, and halves the file", async () => {
    const checkpoint = await openCheckpoint(folderWith("model.safetensors", fixtureBytes("halves.safetensors")));
    const target = memoryFiles([]);
    await convertToSafetensors(checkpoint, target, { dtype: "fp16" });
    const after = await readTensor(await openCheckpoint(target), "float32");
    const expected = await readTensor(checkpoint, "float16");
    expect(after.type).toBe("float16");
    expect(after.data.length).toBeGreaterThan(600);
    expect(after.data).toEqual(expected.data);
    const tiny = await openCheckpoint(fixtureFolder("tiny_lm_bin"));
    const half = await convertToSafetensors(tiny, memoryFiles([]), { tied, dtype: "fp16" });
    const full = await convertToSafetensors(tiny, memoryFiles([]), { tied });
    expect(half.total_size * 2).toBe(full.total_size);
  });

  test("fp16 refuses what it cannot hold, and leaves no file", async () => {
    const target = memoryFiles([], "the target");
    await expect(convertToSafetensors(await everyType(), target, { dtype: "fp16" })).rejects.toThrow(
      "convert to safetensors in the target: expected values of `bf16` within ±65504, the range of fp16, " +
        "got -3.00405527047391e+38. Keep fp32.",
    );
    expect(await target.list()).toEqual([]);
  });
});

describe("options", () => {
  const tiny = (): Promise<Checkpoint> => openCheckpoint(fixtureFolder("tiny_lm_bin"));

  test("progress counts the bytes of every tensor", async () => {
    const seen: number[] = [];
    const progress_callback = ({ written, total }: { written: number; total: number }): void => {
      seen.push(written);
      expect(written).toBeLessThanOrEqual(total);
    };
    const { total_size } = await convertToSafetensors(await tiny(), memoryFiles([]), { tied, progress_callback });
    expect(seen.at(-1)).toBe(total_size);
    expect(seen).toEqual([...seen].sort((a, b) => a - b));
  });

  test("an abort leaves no file", async () => {
    const controller = new AbortController();
    const target = memoryFiles([]);
    const stop = convertToSafetensors(await tiny(), target, {
      signal: controller.signal,
      progress_callback: () => controller.abort(),
    });
    await expect(stop).rejects.toThrow(expect.objectContaining({ name: "AbortError" }));
    expect(await target.list()).toEqual([]);
  });

  test.each([
    ["5GB", 1],
    ["1KiB", 3],
    ["1200", undefined],
    ["8Kb", 3],
    [0, undefined],
    ["0MB", undefined],
    ["1.5GB", undefined],
    ["5TB", undefined],
  ])("max_shard_size %s: %s files", async (max_shard_size, count) => {
    const target = memoryFiles([]);
    const done = convertToSafetensors(await tiny(), target, { tied, max_shard_size });
    if (count === undefined) {
      await expect(done).rejects.toThrow(
        "`size` is not in a valid format. Use an integer followed by the unit, e.g., '5GB'.",
      );
    } else {
      const { files } = await done;
      expect(files.filter((name) => name.endsWith(".safetensors"))).toHaveLength(count);
      expect((await openCheckpoint(target)).tensors.size).toBeGreaterThan(50);
    }
  });

  test.each(["model.safetensors", "model.safetensors.index.json"])(
    "a target that holds %s is refused",
    async (name) => {
      await expect(convertToSafetensors(await tiny(), memoryFiles([[name, ""]], "the target"))).rejects.toThrow(
        `convert to safetensors in the target: expected a folder without safetensors weights, got one that holds ${name}. ` +
          "Choose another folder, or delete those weights.",
      );
    },
  );

  test("unknown ones are refused", async () => {
    const wrong = { dtype: "bf16" } as unknown as ConvertOptions;
    await expect(convertToSafetensors(await tiny(), memoryFiles([], "m"), wrong)).rejects.toThrow(
      "convert to safetensors in m: expected dtype among fp32, fp16, q8, got bf16",
    );
    const unknown = { max_shard: 3 } as unknown as ConvertOptions;
    await expect(convertToSafetensors(await tiny(), memoryFiles([]), unknown)).rejects.toThrow(/got `max_shard`/);
  });
});
