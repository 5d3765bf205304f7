/**
 * Weights that transformers saved on TensorFlow, read; and files that are spoiled in every way (tests/oracle/tf_checkpoints.py).
 */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { classWeights } from "../../tests/counter-weights.ts";
import type { CounterModel } from "../../tests/support/counter-model.ts";
import { readFixture } from "../../tests/support/oracle.ts";
import { tensorFlowFolder } from "../../tests/support/tensorflow-files.ts";
import { LEDError } from "../errors.ts";
import { memoryFiles } from "../files.ts";
import { openCheckpoint } from "./open.ts";
import { readTensor, streamFloat32 } from "./read.ts";

const { model } = readFixture<{ model: CounterModel }>("tf-checkpoints.json");
const weights = new Map(classWeights(model.config, "LEDForConditionalGeneration", model.seed, model.scales));

describe("openCheckpoint", () => {
  test.each([
    ["lm", "from_tf"],
    ["lm", "tensorflow"],
    ["shards", "from_tf"],
    ["old", "from_tf"],
    ["split-names", "from_tf"],
    ["tf-safetensors", "torch"],
    ["tf-safetensors", "tensorflow"],
  ] as const)("%s, %s: every weight under PyTorch's name, bit for bit", async (folder, search) => {
    const checkpoint = await openCheckpoint(tensorFlowFolder(folder), { search });
    expect(new Set(checkpoint.tensors.keys())).toEqual(new Set(weights.keys()));
    for (const [name, expected] of weights) {
      const got = await readTensor(checkpoint, name);
      expect(got.dims).toEqual(expected.dims);
      expect(got.data).toEqual(expected.data);
    }
  });

  test("numbers lie in the file, row by row but for kernels", async () => {
    const checkpoint = await openCheckpoint(tensorFlowFolder("lm"), { search: "from_tf" });
    const turned = [...checkpoint.tensors.values()].filter(({ transposed }) => transposed);
    expect(turned.map(({ name }) => name)).toEqual(
      [...weights.keys()]
        .filter((name) => /\.weight$/.test(name) && !/norm|embed|shared/.test(name))
        .sort((a, b) => turned.findIndex(({ name }) => name === a) - turned.findIndex(({ name }) => name === b)),
    );
    expect(checkpoint.format).toBe("tensorflow");
    const chunks = [];
    for await (const chunk of streamFloat32(checkpoint, turned[0]!, 16)) chunks.push(chunk);
    expect(chunks).toEqual([weights.get(turned[0]!.name)!.data]);
  });

  test("a base model's file has no bias, and an empty shard is none of a fault", async () => {
    const base = await openCheckpoint(tensorFlowFolder("base"), { search: "from_tf" });
    expect([...weights.keys()].filter((name) => !base.tensors.has(name))).toEqual(["final_logits_bias"]);
    const few = await openCheckpoint(tensorFlowFolder("empty-shard"), { search: "from_tf" });
    expect([...few.tensors.keys()]).toEqual(["led.shared.weight"]);
  });

  test("the other framework's files are named with their option", async () => {
    await expect(openCheckpoint(tensorFlowFolder("lm"))).rejects.toThrow(
      "Error no file named pytorch_model.bin found in directory the folder but there is a file for TensorFlow weights. Use `from_tf=True` to load this model from those weights.",
    );
    await expect(openCheckpoint(tensorFlowFolder("shards"))).rejects.toThrow(/from_tf=True/);
    const torch = memoryFiles([["pytorch_model.bin", ""]], "there");
    await expect(openCheckpoint(torch, { search: "tensorflow" })).rejects.toThrow(
      "Error no file named tf_model.h5 found in directory there but there is a file for PyTorch weights. Use `from_pt=True` to load this model from those weights.",
    );
    const empty = memoryFiles([], "there");
    await expect(openCheckpoint(empty, { search: "tensorflow" })).rejects.toThrow(
      "Error no file named tf_model.h5 or pytorch_model.bin found in directory there.",
    );
    await expect(openCheckpoint(empty, { search: "from_tf" })).rejects.toThrow(
      /tf_model\.h5\.index\.json.*an empty folder/,
    );
  });
});

describe("spoiled files", () => {
  const bytesOf = (folder: string, name = "tf_model.h5"): Promise<Uint8Array> =>
    readWhole(tensorFlowFolder(folder), name);
  const opened = (bytes: Uint8Array) =>
    openCheckpoint(memoryFiles([["tf_model.h5", bytes]], "the folder"), { search: "from_tf" });

  test("cut short anywhere", async () => {
    const bytes = await bytesOf("lm");
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: bytes.length - 1 }), async (length) => {
        await expect(opened(bytes.slice(0, length))).rejects.toThrow(/read tf_model\.h5 of the folder: expected/);
      }),
      { numRuns: 100 },
    );
  });

  test("bytes changed anywhere: an error of this package, or a checkpoint whose tensors lie in the file", async () => {
    const bytes = await bytesOf("lm");
    const change = fc.record({ at: fc.nat(bytes.length - 1), byte: fc.nat(255) });
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 12 }), async (changes) => {
        const spoiled = bytes.slice();
        for (const { at, byte } of changes) spoiled[at] = byte;
        try {
          const { tensors } = await opened(spoiled);
          for (const { offset, length } of tensors.values()) expect(offset + length).toBeLessThanOrEqual(bytes.length);
        } catch (error) {
          expect(error).toBeInstanceOf(LEDError);
          expect((error as Error).message).toMatch(/^read tf_model\.h5 of the folder: expected .*, got ./s);
        }
      }),
      { numRuns: 300 },
    );
  });

  test("a file of git-lfs, of another format, of nothing", async () => {
    const text = (content: string) => new TextEncoder().encode(content);
    await expect(opened(text("version https://git-lfs.github.com/spec/v1\noid sha256:0\n"))).rejects.toThrow(
      /cloned a repository without having git-lfs installed/,
    );
    await expect(opened(text("PK and so on"))).rejects.toThrow(/expected an HDF5 file, got/);
    await expect(opened(new Uint8Array())).rejects.toThrow(/expected an HDF5 file, got/);
  });

  test("shards that the index names and that are not there", async () => {
    const whole = tensorFlowFolder("shards");
    whole.contents.delete("tf_model-00002-of-00002.h5");
    await expect(openCheckpoint(whole, { search: "from_tf" })).rejects.toThrow(
      /the shard tf_model-00002-of-00002\.h5 in the folder, as the index says/,
    );
  });
});

async function readWhole(files: ReturnType<typeof tensorFlowFolder>, name: string): Promise<Uint8Array> {
  return files.contents.get(name)!;
}
