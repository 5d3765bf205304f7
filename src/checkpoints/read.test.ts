import { describe, expect, test } from "vitest";
import { fixtureBytes, fixtureJson, folderWith, watched } from "../../tests/support/checkpoint-files.ts";
import { bfloat16ToFloat32Array } from "../half.ts";
import { type Checkpoint, openCheckpoint } from "./open.ts";
import { readTensor, streamBytes, streamFloat32 } from "./read.ts";

type Listed = [name: string, type: string, shape: number[], values: (number | boolean | string)[]];
const listed = fixtureJson<{ tensors: Listed[] }>("every_type.json").tensors;

const forms: [string, string][] = [
  ["every_type.safetensors", "model.safetensors"],
  ["every_type.bin", "pytorch_model.bin"],
  ["every_type_protocol4.bin", "pytorch_model.bin"],
  ["every_type_legacy.bin", "pytorch_model.bin"],
];

/** What torch holds, as the numbers this package gives for it: float64 rounds to float32, the rest is exact. */
function expectedNumbers([, type, , values]: Listed): (number | bigint)[] {
  if (type === "int64") return values.map((value) => BigInt(value as string));
  return values.map((value) => (type === "float64" ? Math.fround(Number(value)) : Number(value)));
}

const tensorTypes: Record<string, string> = { bfloat16: "float32", float64: "float32", int16: "int32" };

describe.each(forms)("%s", (fixture, name) => {
  test.each(listed)("%s (%s): type, shape and every number", async (...entry) => {
    const [tensor, type, shape] = entry;
    const checkpoint = await openCheckpoint(folderWith(name, fixtureBytes(fixture)));
    const read = await readTensor(checkpoint, tensor);
    expect([read.type, read.dims]).toEqual([tensorTypes[type] ?? type, shape]);
    const numbers =
      read.type === "int64" ? [...(read.data as BigInt64Array)] : [...read.data].map((_, i) => read.at(i));
    expect(numbers).toEqual(expectedNumbers(entry));
  });

  test.each(listed)("%s (%s): the same as float32 in chunks of any size", async (...entry) => {
    const checkpoint = await openCheckpoint(folderWith(name, fixtureBytes(fixture)));
    const stored = checkpoint.tensors.get(entry[0])!;
    for (const chunk of [8, 17, 4096]) {
      const numbers: number[] = [];
      for await (const part of streamFloat32(checkpoint, stored, chunk)) {
        expect(part.length).toBeLessThanOrEqual(chunk);
        numbers.push(...part);
      }
      expect(numbers).toEqual(expectedNumbers(entry).map((value) => Math.fround(Number(value))));
    }
  });
});

test("a chunk is all that is read at a time, and the file is closed when the reader stops early", async () => {
  const { files, reads, open } = watched(folderWith("model.safetensors", fixtureBytes("every_type.safetensors")));
  const checkpoint = await openCheckpoint(files);
  const stored = checkpoint.tensors.get("whole")!;
  reads.length = 0;
  for await (const part of streamBytes(checkpoint, stored, 9)) {
    expect(part.length).toBe(8);
    expect(open()).toBe(1);
    break;
  }
  expect(reads).toEqual([[stored.offset, 8]]);
  expect(open()).toBe(0);
});

test("chunks that the engine cuts from a larger buffer, at odd places, are read right", async () => {
  const files = folderWith("model.safetensors", fixtureBytes("every_type.safetensors"));
  const checkpoint: Checkpoint = await openCheckpoint({
    ...files,
    async open(name) {
      const file = await files.open(name);
      return {
        ...file,
        async read(offset, length) {
          const larger = new Uint8Array(length + 5);
          larger.set(await file.read(offset, length), 3);
          return larger.subarray(3, 3 + length);
        },
      };
    },
  });
  const bits = await readTensor(checkpoint, "bf16");
  expect(bits.data).toEqual(bfloat16ToFloat32Array(Uint16Array.of(0x3fc0, 0xff62, 0x0001, 0x3dcd)));
});

describe("refuses", () => {
  const opened = (): Promise<Checkpoint> =>
    openCheckpoint(folderWith("model.safetensors", fixtureBytes("every_type.safetensors")));

  test("a name that is not there", async () => {
    await expect(readTensor(await opened(), "scaler")).rejects.toThrow(
      "readTensor: expected a tensor of the checkpoint in the folder, got `scaler`. Did you mean `scalar`?",
    );
  });

  test("a chunk smaller than an element", async () => {
    const checkpoint = await opened();
    const stream = streamFloat32(checkpoint, checkpoint.tensors.get("f64")!, 7);
    await expect(stream.next()).rejects.toThrow(
      "streamBytes: expected chunkBytes of at least one element (8 bytes), got 7",
    );
  });

  test("a file that became shorter since it was opened", async () => {
    const checkpoint = await opened();
    const shorter = { ...checkpoint, files: folderWith("model.safetensors", new Uint8Array(50)) };
    await expect(readTensor(shorter, "f32")).rejects.toThrow(
      /^read model.safetensors of the folder: expected tensor `f32` to end at byte \d+, got a file of 50 bytes, which was longer when it was opened$/,
    );
  });
});
