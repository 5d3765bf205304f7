import { describe, expect, test } from "vitest";
import { fixtureBytes, fixtureJson, folderWith } from "../../tests/support/checkpoint-files.ts";
import { type Files, memoryFiles } from "../files.ts";
import { type Checkpoint, openCheckpoint } from "./open.ts";
import { streamBytes } from "./read.ts";
import type { StoredTensor } from "./stored-tensor.ts";
import type { TensorToWrite } from "./tensor-to-write.ts";
import { type StateDictToWrite, writeTorchFile } from "./torch-write.ts";

/** The checkpoint's tensors in its order; names that lie at one place become one tensor. */
function stateDict(checkpoint: Checkpoint): StateDictToWrite {
  const made = new Map<string, TensorToWrite>();
  const tensorOf = (stored: StoredTensor): TensorToWrite => {
    const place = `${stored.file} ${stored.offset} ${stored.shape}`;
    const known = made.get(place);
    if (known !== undefined) return known;
    const { name, type, shape } = stored;
    const tensor = { name, type, shape, data: () => streamBytes(checkpoint, stored, 16) };
    made.set(place, tensor);
    return tensor;
  };
  return new Map([...checkpoint.tensors].map(([name, stored]) => [name, tensorOf(stored)]));
}

/** The file's bytes before the entry that only torch's C++ can make, which is the last. */
function withoutSerializationId(bytes: Uint8Array, stem: string): Uint8Array {
  const name = Buffer.from(`${stem}/.data/serialization_id`);
  return bytes.subarray(0, Buffer.from(bytes).indexOf(name) - 30);
}

describe("gives the bytes of torch 2.5.1 up to .data/serialization_id", () => {
  test.each([
    ["tiny_lm_bin", "pytorch_model.bin"],
    ["tiny_lm_bin_shards", "pytorch_model-00001-of-00002.bin"],
    ["tiny_lm_bin_shards", "pytorch_model-00002-of-00002.bin"],
  ])("%s/%s", async (folder, file) => {
    const target = memoryFiles([]);
    const original = await openCheckpoint(folderWith("pytorch_model.bin", fixtureBytes(`${folder}/${file}`)));
    await writeTorchFile(target, file, stateDict(original));
    const expected = withoutSerializationId(fixtureBytes(`${folder}/${file}`), file.slice(0, -".bin".length));
    expect(expected.length).toBeGreaterThan(7000);
    expect(target.contents.get(file)!.subarray(0, expected.length)).toEqual(expected);
  });
});

test("every type reads back, aliases at one place", async () => {
  const original = await openCheckpoint(folderWith("pytorch_model.bin", fixtureBytes("every_type.bin")));
  const target = memoryFiles([]);
  await writeTorchFile(target, "pytorch_model.bin", stateDict(original));
  const written = await openCheckpoint(target);
  const described = fixtureJson<{ tensors: [string, string, number[]][] }>("every_type.json").tensors;
  expect([...written.tensors.keys()]).toEqual(described.map(([name]) => name));
  for (const [name, stored] of original.tensors) {
    const copy = written.tensors.get(name)!;
    expect([copy.type, copy.shape]).toEqual([stored.type, stored.shape]);
    for await (const bytes of streamBytes(original, stored)) {
      expect(await (await target.open("pytorch_model.bin")).read(copy.offset, copy.length)).toEqual(bytes);
    }
  }
  expect(written.tensors.get("alias")!.offset).toBe(written.tensors.get("whole")!.offset);
});

test("nothing and empty tensors are written", async () => {
  const target = memoryFiles([]);
  const empty: TensorToWrite = { name: "none", type: "F32", shape: [0, 3], data: () => [] };
  await writeTorchFile(target, "pytorch_model.bin", new Map([["none", empty]]));
  expect([...(await openCheckpoint(target)).tensors.values()]).toMatchObject([
    { name: "none", shape: [0, 3], length: 0 },
  ]);
  await writeTorchFile(target, "pytorch_model.bin", new Map());
  expect((await openCheckpoint(target)).tensors.size).toBe(0);
});

test("data is asked for in the file's order, one tensor at a time", async () => {
  const asked: string[] = [];
  const dict = new Map(
    Array.from({ length: 12 }, (_, i): [string, TensorToWrite] => {
      const name = `t${i}`;
      const data = function* () {
        asked.push(name);
        yield new Uint8Array(4);
      };
      return [name, { name, type: "F32", shape: [1], data }];
    }),
  );
  let behind = 0;
  const counting: Files = {
    ...memoryFiles([]),
    async write(_, parts) {
      for await (const part of parts) if (part.length === 4) expect(asked.length).toBe(++behind);
    },
  };
  await writeTorchFile(counting, "x.bin", dict);
  expect(asked).toEqual(["t0", "t1", "t10", "t11", "t2", "t3", "t4", "t5", "t6", "t7", "t8", "t9"]);
});

test.each<[string, TensorToWrite, string]>([
  [
    "fewer bytes than the shape says",
    { name: "a", type: "F16", shape: [2, 3], data: () => [new Uint8Array(8)] },
    "internal: write x.bin to the folder: expected 12 bytes for tensor `a` of type F16 and shape [2, 3], got 8. Please report this.",
  ],
  [
    "half a dimension",
    { name: "a", type: "F16", shape: [2.5], data: () => [] },
    "write x.bin to the folder: expected a shape of whole numbers for tensor `a`, got [2.5]",
  ],
])("refuses %s and writes nothing", async (_, tensor, message) => {
  const target = memoryFiles([], "the folder");
  await expect(writeTorchFile(target, "x.bin", new Map([["a", tensor]]))).rejects.toThrow(
    expect.objectContaining({ message }),
  );
  expect(await target.list()).toEqual([]);
});
