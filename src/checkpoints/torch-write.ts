/**
 * Writes a state dict as torch.save does (torch 2.5.1, torch/serialization.py: _save), as a stream: the same bytes but for
 * the entry `.data/serialization_id`, which torch makes from hashes of its C++ library and no reader needs.
 * The object is a plain dict, as in the files of transformers 4.37.2 (modeling_utils.py: shard_checkpoint).
 */
import type { Files } from "../files.ts";
import { PickleTuple } from "./pickle.ts";
import { PickleCall, PickleGlobal, PicklePersistent, writePickle } from "./pickle-write.ts";
import { countElements, type StoredType } from "./stored-tensor.ts";
import { byteLength, checkedBytes, type TensorToWrite } from "./tensor-to-write.ts";
import { type ZipEntryToWrite, zipParts } from "./zip-write.ts";

/** One name of a state dict, and the tensor that is under it. Names of one tensor object share its storage. */
export type StateDictToWrite = ReadonlyMap<string, TensorToWrite>;

/** torch's class for the storage of each type. */
const storageClasses: { readonly [T in StoredType]: PickleGlobal } = {
  F64: new PickleGlobal("torch", "DoubleStorage"),
  F32: new PickleGlobal("torch", "FloatStorage"),
  F16: new PickleGlobal("torch", "HalfStorage"),
  BF16: new PickleGlobal("torch", "BFloat16Storage"),
  I64: new PickleGlobal("torch", "LongStorage"),
  I32: new PickleGlobal("torch", "IntStorage"),
  I16: new PickleGlobal("torch", "ShortStorage"),
  I8: new PickleGlobal("torch", "CharStorage"),
  U8: new PickleGlobal("torch", "ByteStorage"),
  BOOL: new PickleGlobal("torch", "BoolStorage"),
};

const rebuildTensor = new PickleGlobal("torch._utils", "_rebuild_tensor_v2");
const orderedDict = new PickleGlobal("collections", "OrderedDict");

/** The file appears whole or not at all. */
export async function writeTorchFile(files: Files, name: string, dict: StateDictToWrite): Promise<void> {
  const operation = `write ${name} to ${files.where}`;
  const keys = new Map<TensorToWrite, string>();
  for (const tensor of dict.values()) if (!keys.has(tensor)) keys.set(tensor, String(keys.size));
  const sizes = new Map([...keys.keys()].map((tensor) => [tensor, byteLength(tensor, operation)]));
  // torch names the folder within the archive for the file.
  const folder = name.replace(/\.[^.]*$/, "");
  const text = (entry: string, bytes: Uint8Array): ZipEntryToWrite => ({
    name: `${folder}/${entry}`,
    size: bytes.length,
    data: () => [bytes],
  });
  const storages = [...keys].map(
    ([tensor, key]): ZipEntryToWrite => ({
      name: `${folder}/data/${key}`,
      size: sizes.get(tensor)!,
      data: () => checkedBytes(tensor, operation),
    }),
  );
  const entries = [
    text("data.pkl", writePickle(pickled(dict, keys))),
    text("byteorder", new TextEncoder().encode("little")),
    // Python sorts the keys as text: 0, 1, 10, 11, 2.
    ...storages.sort((a, b) => (a.name < b.name ? -1 : 1)),
    text("version", new TextEncoder().encode("3\n")),
  ];
  await files.write(name, zipParts(entries));
}

/** _rebuild_tensor_v2(storage, storage_offset, size, stride, requires_grad, backward_hooks) under each name. */
function pickled(dict: StateDictToWrite, keys: ReadonlyMap<TensorToWrite, string>): Map<string, PickleCall> {
  return new Map(
    [...dict].map(([name, tensor]) => {
      const { type, shape } = tensor;
      const storage = new PicklePersistent(
        "storage",
        storageClasses[type],
        keys.get(tensor)!,
        "cpu",
        countElements(shape)!,
      );
      const size = new PickleTuple(shape);
      const stride = new PickleTuple(stridesOf(shape));
      return [name, new PickleCall(rebuildTensor, storage, 0, size, stride, false, new PickleCall(orderedDict))];
    }),
  );
}

/** In elements, row by row; an axis of size 0 counts as 1, as in torch. */
function stridesOf(shape: readonly number[]): number[] {
  return shape.map((_, axis) => shape.slice(axis + 1).reduce((product, dim) => product * Math.max(dim, 1), 1));
}
