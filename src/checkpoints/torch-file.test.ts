import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  concat,
  fixtureBytes,
  fixtureJson,
  folderWith,
  p,
  pickledTensor,
  torchFile,
  watched,
  zipFile,
} from "../../tests/support/checkpoint-files.ts";
import { LEDError } from "../errors.ts";
import { readTorchFile } from "./torch-file.ts";

function read(bytes: Uint8Array): ReturnType<typeof readTorchFile> {
  return readTorchFile(folderWith("pytorch_model.bin", bytes), "pytorch_model.bin");
}

const matrix = pickledTensor({ shape: [2, 3], strides: [3, 1] });
const stateDict = (...items: [string, Uint8Array][]): Uint8Array =>
  p.whole(p.dict(...items.map(([name, value]): [Uint8Array, Uint8Array] => [p.text(name), value])));

describe.each(["every_type.bin", "every_type_protocol4.bin", "every_type_legacy.bin"])("%s of torch 2.5.1", (name) => {
  test("names, types, shapes and order, read without the data", async () => {
    const expected = fixtureJson<{ tensors: [string, string, number[]][] }>("every_type.json").tensors;
    const types = { F32: "float32", F16: "float16", BF16: "bfloat16", F64: "float64", I64: "int64", I32: "int32" };
    const more = { I16: "int16", I8: "int8", U8: "uint8", BOOL: "bool" };
    const { tensors } = await read(fixtureBytes(name));
    expect(tensors.map((tensor) => [tensor.name, { ...types, ...more }[tensor.type], tensor.shape])).toEqual(
      expected.map(([tensor, type, shape]) => [tensor, type, shape]),
    );
    const place = new Map(tensors.map((tensor) => [tensor.name, tensor.offset]));
    expect(place.get("alias")).toBe(place.get("whole"));
    expect(place.get("rows_2_to_4")).toBe(place.get("whole")! + 16);
  });

  test("every truncation is refused", async () => {
    const bytes = fixtureBytes(name);
    for (let length = 0; length < bytes.length; length += 7) {
      await expect(read(bytes.slice(0, length))).rejects.toThrow(LEDError);
    }
  });

  test("changed bytes give a result within the file or an error of this package", async () => {
    const good = fixtureBytes(name);
    const change = fc.tuple(fc.nat(good.length - 1), fc.nat(255));
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 5 }), async (changes) => {
        const bytes = good.slice();
        for (const [at, value] of changes) bytes[at] = value;
        try {
          for (const { offset, length } of (await read(bytes)).tensors) {
            expect(offset + length).toBeLessThanOrEqual(bytes.length);
          }
        } catch (error) {
          expect(error).toBeInstanceOf(LEDError);
        }
      }),
      { numRuns: 1000 },
    );
  });
});

test("tensor data is not read at opening", async () => {
  const big = pickledTensor({ count: 25_000, shape: [25_000], strides: [1] });
  const { files, reads, open } = watched(folderWith("x", torchFile(stateDict(["a", big]), { 0: 100_000 })));
  await readTorchFile(files, "x");
  // The zip directory's search takes 64 KiB from the end.
  expect(reads.reduce((sum, [, length]) => sum + length, 0)).toBeLessThan(70_000);
  expect(open()).toBe(0);
});

test("zip64, sizes after the data and an archive under any name are read", async () => {
  for (const options of [{ zip64: true }, { descriptors: true }, { padding: 40 }]) {
    const { tensors } = await read(torchFile(stateDict(["a", matrix]), { 0: 24 }, [], options));
    expect(tensors).toMatchObject([{ name: "a", type: "F32", shape: [2, 3], length: 24 }]);
  }
  const other = zipFile([
    { name: "my model/data.pkl", data: stateDict(["a", matrix]) },
    { name: "my model/data/0", data: new Uint8Array(24) },
  ]);
  expect((await read(other)).tensors).toHaveLength(1);
});

test("strides of dimensions of size 1 and of empty tensors mean nothing", async () => {
  const odd = pickledTensor({ shape: [1, 3, 1], strides: [77, 1, 5] });
  const none = pickledTensor({ shape: [0, 3], strides: [1, 9] });
  expect((await read(torchFile(stateDict(["odd", odd], ["none", none])))).tensors).toHaveLength(2);
});

const where = "read pytorch_model.bin of the folder: expected ";
const again = " The file seems to be cut short or damaged: delete it and download it again.";
const save = " Save model.state_dict() with torch.save.";
const contiguous = " Save it again with .contiguous() on each tensor of the state dict.";
const trust =
  " Nothing of it was run. A file of plain weights needs no other name: do not load this one in Python unless you trust where it comes from.";
const onlyNames =
  "a pickle that names only collections.OrderedDict, torch._utils._rebuild_tensor_v2, torch._utils._rebuild_parameter and storages of known element types, got ";
const view = "as a transposed, strided or expanded view has.";

/** Runs `rm -rf /` in Python's own reader. */
const hostile = concat(p.global("os", "system"), p.tuple(p.text("rm -rf /")), "R");
const hostile4 = concat("\x80\x04\x8c\x05posix\x8c\x06system\x93\x8c\x02ls\x85R.");

const refused: [string, Uint8Array, string][] = [
  ["a pickle that names os.system", torchFile(p.whole(hostile)), `${onlyNames}\`os.system\`.${trust}`],
  [
    "os.system inside a state dict",
    torchFile(stateDict(["a", matrix], ["b", hostile])),
    `${onlyNames}\`os.system\`.${trust}`,
  ],
  ["os.system in a bare pickle of protocol 4", hostile4, `${onlyNames}\`posix.system\`.${trust}`],
  ["eval under torch", torchFile(p.whole(p.global("torch", "load"))), `${onlyNames}\`torch.load\`.${trust}`],
  [
    "a storage of another module",
    torchFile(p.whole(p.global("evil", "FloatStorage"))),
    `${onlyNames}\`evil.FloatStorage\`.${trust}`,
  ],
  ["complex numbers", fixtureBytes("complex.bin"), `${onlyNames}\`torch.ComplexFloatStorage\`.${trust}`],
  [
    "calling a storage type",
    torchFile(p.whole(p.call(p.global("torch", "FloatStorage"), p.int(2n ** 40n)))),
    "arguments that fit torch.FloatStorage, got 1 others",
  ],
  ["calling a string", torchFile(p.whole(p.call(p.text("os.system")))), 'a function to call, got "os.system"'],
  [
    "a transposed view",
    fixtureBytes("transposed.bin"),
    `tensor \`turned\` of shape [3, 2] to lie row by row, got strides [1, 3], ${view}${contiguous}`,
  ],
  [
    "an expanded view",
    fixtureBytes("expanded.bin"),
    `tensor \`spread\` of shape [2, 3] to lie row by row, got strides [0, 1], ${view}${contiguous}`,
  ],
  [
    "a tensor outside its storage",
    torchFile(stateDict(["a", pickledTensor({ start: 1, shape: [2, 3], strides: [3, 1] })])),
    "tensor `a` within its storage of 6 elements, got shape [2, 3] at element 1",
  ],
  [
    "an empty tensor outside its storage",
    torchFile(stateDict(["a", pickledTensor({ start: 7, shape: [0], strides: [1] })])),
    "tensor `a` within its storage of 6 elements, got shape [0] at element 7",
  ],
  [
    "a shape that overflows",
    torchFile(stateDict(["a", pickledTensor({ shape: [2 ** 40, 2 ** 40], strides: [2 ** 40, 1] })])),
    "tensor `a` within its storage of 6 elements, got shape [1099511627776, 1099511627776] at element 0",
  ],
  [
    "a negative dimension",
    torchFile(stateDict(["a", pickledTensor({ shape: [-1], strides: [1] })])),
    "_rebuild_tensor_v2(storage, offset, size, stride, ...) of whole numbers, got other arguments",
  ],
  [
    "fewer strides than dimensions",
    torchFile(stateDict(["a", pickledTensor({ shape: [2, 3], strides: [1] })])),
    "_rebuild_tensor_v2(storage, offset, size, stride, ...) of whole numbers, got other arguments",
  ],
  [
    "a storage past 2^53 bytes",
    torchFile(stateDict(["a", pickledTensor({ count: 2n ** 52n, shape: [1], strides: [1] })])),
    "a storage below 2^53 bytes, got 4503599627370496 elements",
  ],
  [
    "a storage that is not in the archive",
    torchFile(stateDict(["a", pickledTensor({ key: "7", shape: [1], strides: [1] })])),
    `24 bytes in zip entry \`archive/data/7\`, got no such entry.${again}`,
  ],
  [
    "a storage cut short",
    torchFile(stateDict(["a", matrix]), { 0: 20 }),
    `24 bytes in zip entry \`archive/data/0\`, got 20.${again}`,
  ],
  [
    "a persistent id that is no storage",
    torchFile(p.whole(concat(p.text("os.system"), "Q"))),
    'persistent ids of the form ("storage", type, key, location, elements), got "os.system"',
  ],
  [
    "a training checkpoint",
    fixtureBytes("nested.bin"),
    "a state dict that holds tensors only, got 3 under `epoch`. Save model.state_dict() with torch.save.",
  ],
  [
    "a state dict within another",
    torchFile(stateDict(["state_dict", p.dict([p.text("a"), matrix])])),
    'a state dict that holds tensors only, got a dict under `state_dict`. This is a training checkpoint of 1 parts: save its inner dict alone, torch.save(torch.load(path)["state_dict"], path).',
  ],
  [
    "names with module.",
    fixtureBytes("data_parallel.bin"),
    'names as the model has them, got "module." in front of every name, such as `module.shared.weight`. The model was saved inside DataParallel: save model.module.state_dict() instead.',
  ],
  [
    "a number among tensors",
    fixtureBytes("number.bin"),
    `a state dict that holds tensors only, got 3 under \`step\`.${save}`,
  ],
  [
    "a number as a name",
    torchFile(p.whole(p.dict([p.int(5), matrix]))),
    `a state dict that holds tensors only, got a tensor under 5.${save}`,
  ],
  ["a list of tensors", fixtureBytes("list.bin"), `a state dict (names to tensors), got a list.${save}`],
  ["one tensor", torchFile(p.whole(matrix)), `a state dict (names to tensors), got one tensor.${save}`],
  [
    "big-endian numbers",
    torchFile(stateDict(["a", matrix]), { 0: 24 }, [{ name: "archive/byteorder", data: "big" }]),
    'numbers in little-endian byte order, got "big". Save it again with torch.save on a little-endian machine (x86, ARM).',
  ],
  [
    "TorchScript",
    torchFile(stateDict(["a", matrix]), { 0: 24 }, [{ name: "archive/constants.pkl", data: "" }]),
    "a state dict, got archive/constants.pkl, so a TorchScript archive. Save the model's weights instead: torch.save(torch.jit.load(path).state_dict(), path).",
  ],
  [
    "some other zip",
    zipFile([{ name: "word/document.xml", data: "" }]),
    "a zip archive written by torch.save, with NAME/data.pkl, got entries word/document.xml",
  ],
  [
    "compressed entries",
    zipFile([{ name: "a/data.pkl", data: "", method: 8 }]),
    "zip entries that are stored as they are, as torch.save writes them, got `a/data.pkl` compressed by method 8. Unpack the archive and pack it again without compression (zip -0 -r), or save it again with torch.save.",
  ],
  [
    "a tar archive",
    concat(new Uint8Array(257), "ustar", new Uint8Array(250)),
    "a file written by torch.save, got a tar archive, as torch 0.1 wrote. Load it in Python and save it again with torch.save of torch 1.6 or later.",
  ],
  ["text", concat("<!DOCTYPE html>"), `a file written by torch.save, got 15 bytes of another kind.${again}`],
  ["an empty file", new Uint8Array(), `a file written by torch.save, got an empty file.${again}`],
  [
    "a plain pickle",
    p.whole(p.dict([p.text("a"), p.int(1)])),
    `a file written by torch.save, got a plain pickle of a dict.${save}`,
  ],
];

describe("refuses", () => {
  test.each(refused)("%s", async (_, bytes, message) => {
    await expect(read(bytes)).rejects.toThrow(
      expect.objectContaining({ name: "CheckpointError", message: where + message }),
    );
  });

  test("more dimensions than torch has, so that a shape which many tensors share stays cheap", async () => {
    const ones = (rank: number): Uint8Array => {
      const sizes = new Array<number>(rank).fill(1);
      return torchFile(stateDict(["a", pickledTensor({ shape: sizes, strides: sizes })]));
    };
    expect((await read(ones(64))).tensors).toHaveLength(1);
    await expect(read(ones(65))).rejects.toThrow(
      `${where}_rebuild_tensor_v2(storage, offset, size, stride, ...) of whole numbers, got other arguments`,
    );
  });

  test("a nested dict named first is answered with its name", async () => {
    const nested = stateDict(["model", p.dict([p.text("a"), matrix])], ["epoch", p.int(3)]);
    await expect(read(torchFile(nested))).rejects.toThrow('torch.save(torch.load(path)["model"], path)');
  });
});
