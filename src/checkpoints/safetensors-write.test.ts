import { expect, test } from "vitest";
import { fixtureBytes, folderWith } from "../../tests/support/checkpoint-files.ts";
import { type Files, memoryFiles } from "../files.ts";
import { openCheckpoint } from "./open.ts";
import { streamBytes } from "./read.ts";
import { writeSafetensors } from "./safetensors-write.ts";
import type { TensorToWrite } from "./tensor-to-write.ts";

const bytesOf = (
  name: string,
  type: TensorToWrite["type"],
  shape: number[],
  ...parts: Uint8Array[]
): TensorToWrite => ({
  name,
  type,
  shape,
  data: () => parts,
});

test("writes what safetensors 0.4.5 wrote, byte for byte", async () => {
  const original = fixtureBytes("every_type.safetensors");
  const checkpoint = await openCheckpoint(folderWith("model.safetensors", original));
  const tensors = [...checkpoint.tensors.values()].reverse();
  const target = memoryFiles([]);
  const toWrite = tensors.map(({ name, type, shape }) => ({
    name,
    type,
    shape,
    data: () => streamBytes(checkpoint, checkpoint.tensors.get(name)!, 8),
  }));
  await writeSafetensors(target, "model.safetensors", toWrite);
  expect(target.contents.get("model.safetensors")).toEqual(original);
});

test("the data is asked for tensor by tensor, in the file's order", async () => {
  const asked: string[] = [];
  const tensor = (name: string, type: "F32" | "I64", bytes: number): TensorToWrite => ({
    name,
    type,
    shape: [1],
    *data() {
      asked.push(name);
      yield new Uint8Array(bytes);
    },
  });
  let parts = 0;
  const counting: Files = {
    ...memoryFiles([]),
    async write(_, stream) {
      for await (const _part of stream) expect(asked.length).toBeLessThanOrEqual(++parts);
    },
  };
  await writeSafetensors(counting, "x", [tensor("b", "F32", 4), tensor("a", "F32", 4), tensor("c", "I64", 8)], {});
  expect(asked).toEqual(["c", "a", "b"]);
});

test.each<[string, TensorToWrite[], string]>([
  [
    "a name twice",
    [bytesOf("a", "U8", [0]), bytesOf("a", "I8", [0])],
    "write x to the folder: expected a name of its own for each tensor, got `a`",
  ],
  [
    "a tensor named as the metadata",
    [bytesOf("__metadata__", "U8", [0])],
    "write x to the folder: expected a name of its own for each tensor, got `__metadata__`",
  ],
  [
    "a negative dimension",
    [bytesOf("a", "U8", [-1])],
    "write x to the folder: expected a shape of whole numbers for tensor `a`, got [-1]",
  ],
  [
    "fewer bytes than the shape says",
    [bytesOf("a", "F32", [2, 3], new Uint8Array(20))],
    "internal: write x to the folder: expected 24 bytes for tensor `a` of type F32 and shape [2, 3], got 20. Please report this.",
  ],
])("refuses %s and writes nothing", async (_, tensors, message) => {
  const target = memoryFiles([], "the folder");
  await expect(writeSafetensors(target, "x", tensors)).rejects.toThrow(expect.objectContaining({ message }));
  expect(await target.list()).toEqual([]);
});
