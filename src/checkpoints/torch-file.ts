/**
 * Reads the pickle of a file that torch.save wrote and finds where each tensor lies, without reading the tensors:
 * the zip form (torch 1.6 and later: NAME/data.pkl beside one stored entry NAME/data/KEY for each storage) and the form
 * before it (five pickles in a row, then the storages). Mirrors torch 2.5.1 torch/serialization.py (_load, _legacy_load).
 * TorchScript archives, tar files of torch 0.1 and big-endian files are refused by name.
 */
import { CheckpointError } from "../errors.ts";
import type { Files, OpenFile } from "../files.ts";
import { kindOf, PickleEndError, type PickleHooks, readPickle } from "./pickle.ts";
import type { WeightsFile } from "./safetensors.ts";
import { bytesPerStored, downloadAgain, refuseLfsPointer } from "./stored-tensor.ts";
import { placeTensors, type TorchStorage, torchHooks } from "./torch-values.ts";
import { isZip, readZipDirectory, type ZipEntry, zipDataOffset } from "./zip.ts";

/** An LED's pickle has some 50 KB; this bounds what a hostile file can make us hold. */
const maximumPickle = 64 * 2 ** 20;

/** torch/serialization.py MAGIC_NUMBER, as the first pickle of a legacy file holds it. */
const legacyMagic = 0x1950a86a20f9469cfc6cn;
const legacyProtocol = 1001;

/** Errors name the file, and the tensor or global at fault. */
export async function readTorchFile(files: Files, name: string): Promise<WeightsFile> {
  const operation = `read ${name} of ${files.where}`;
  const file = await files.open(name);
  try {
    const start = await file.read(0, Math.min(file.size, 512));
    refuseLfsPointer(operation, start, file.size);
    if (isZip(start)) return await readTorchZip(file, name, operation);
    if (start[0] === 0x80) return await readTorchLegacy(file, name, operation);
    const tar = new TextDecoder("latin1").decode(start.subarray(257, 262)) === "ustar";
    throw new CheckpointError({
      operation,
      expected: "a file written by torch.save",
      got: tar
        ? "a tar archive, as torch 0.1 wrote"
        : start.length === 0
          ? "an empty file"
          : `${file.size} bytes of another kind`,
      fix: tar ? "Load it in Python and save it again with torch.save of torch 1.6 or later." : downloadAgain,
    });
  } finally {
    await file.close();
  }
}

async function readTorchZip(file: OpenFile, name: string, operation: string): Promise<WeightsFile> {
  const entries = await readZipDirectory(file, operation);
  const pickleName = [...entries.keys()].find((entry) => /^[^/]*\/data\.pkl$/.test(entry) || entry === "data.pkl");
  if (pickleName === undefined) {
    throw new CheckpointError({
      operation,
      expected: "a zip archive written by torch.save, with NAME/data.pkl",
      got: `entries ${[...entries.keys()].slice(0, 4).join(", ") || "none"}`,
    });
  }
  const folder = pickleName.slice(0, -"data.pkl".length);
  if (entries.has(`${folder}constants.pkl`)) {
    throw new CheckpointError({
      operation,
      expected: "a state dict",
      got: `${folder}constants.pkl, so a TorchScript archive`,
      fix: "Save the model's weights instead: torch.save(torch.jit.load(path).state_dict(), path).",
    });
  }
  const bytes = async (entry: ZipEntry): Promise<Uint8Array> => {
    if (entry.size > maximumPickle) {
      throw new CheckpointError({
        operation,
        expected: `\`${entry.name}\` of at most ${maximumPickle} bytes`,
        got: String(entry.size),
      });
    }
    return file.read(await zipDataOffset(file, entry, operation), entry.size);
  };
  const order = entries.get(`${folder}byteorder`);
  if (order !== undefined) refuseForeignByteOrder(await bytes(order), operation);

  const storages = new Map<string, TorchStorage>();
  const pickle = await bytes(entries.get(pickleName)!);
  const { value } = readPickle(pickle, 0, torchHooks(operation, storages), operation);
  const offsets = new Map<string, number>();
  for (const storage of storages.values()) {
    const entry = entries.get(`${folder}data/${storage.key}`);
    const length = storage.count * bytesPerStored[storage.type];
    if (entry === undefined || entry.size < length) {
      throw new CheckpointError({
        operation,
        expected: `${length} bytes in zip entry \`${folder}data/${storage.key}\``,
        got: entry === undefined ? "no such entry" : String(entry.size),
        fix: downloadAgain,
      });
    }
    offsets.set(storage.key, await zipDataOffset(file, entry, operation));
  }
  const tensors = placeTensors(value, name, (storage) => offsets.get(storage.key)!, operation);
  return { tensors, metadata: new Map() };
}

function refuseForeignByteOrder(bytes: Uint8Array, operation: string): void {
  const order = new TextDecoder().decode(bytes.subarray(0, 16));
  if (order === "little") return;
  throw new CheckpointError({
    operation,
    expected: "numbers in little-endian byte order",
    got: JSON.stringify(order),
    fix: "Save it again with torch.save on a little-endian machine (x86, ARM).",
  });
}

async function readTorchLegacy(file: OpenFile, name: string, operation: string): Promise<WeightsFile> {
  // The pickles' length is written nowhere: read a part of the file, and a larger one where that ends within them.
  for (let length = Math.min(file.size, 2 ** 20); ; length = Math.min(file.size, 8 * length)) {
    const storages = new Map<string, TorchStorage>();
    let parsed: { value: unknown; keys: string[]; end: number };
    try {
      parsed = readLegacyPickles(await file.read(0, length), torchHooks(operation, storages), operation);
    } catch (error) {
      if (error instanceof PickleEndError && length < file.size && length < maximumPickle) continue;
      throw error;
    }
    const offsets = await locateLegacyStorages(file, parsed.keys, parsed.end, storages, operation);
    const place = (storage: TorchStorage): number => {
      const offset = offsets.get(storage.key);
      if (offset !== undefined) return offset;
      throw new CheckpointError({ operation, expected: `storage ${storage.key} in the file`, got: "none" });
    };
    return { tensors: placeTensors(parsed.value, name, place, operation), metadata: new Map() };
  }
}

/** Magic number, protocol version, facts of the writing machine, the object, the keys of its storages in file order. */
function readLegacyPickles(
  bytes: Uint8Array,
  hooks: PickleHooks,
  operation: string,
): { value: unknown; keys: string[]; end: number } {
  let end = 0;
  const next = (): unknown => {
    const pickle = readPickle(bytes, end, hooks, operation);
    end = pickle.end;
    return pickle.value;
  };
  const magic = next();
  if (magic !== legacyMagic) {
    throw new CheckpointError({
      operation,
      expected: "a file written by torch.save",
      got: `a plain pickle of ${kindOf(magic)}`,
      fix: "Save model.state_dict() with torch.save.",
    });
  }
  const protocol = next();
  if (protocol !== legacyProtocol) {
    throw new CheckpointError({ operation, expected: `torch.save protocol ${legacyProtocol}`, got: kindOf(protocol) });
  }
  const machine = next();
  if (!(machine instanceof Map) || machine.get("little_endian") !== true) {
    throw new CheckpointError({
      operation,
      expected: "numbers in little-endian byte order",
      got: "a file that does not say so",
      fix: "Save it again with torch.save on a little-endian machine (x86, ARM).",
    });
  }
  const value = next();
  const keys = next();
  if (!Array.isArray(keys) || !keys.every((key): key is string => typeof key === "string")) {
    throw new CheckpointError({ operation, expected: "a list of storage keys", got: kindOf(keys) });
  }
  return { value, keys, end };
}

/** Each storage: a u64 count of elements, then the elements. */
async function locateLegacyStorages(
  file: OpenFile,
  keys: readonly string[],
  start: number,
  storages: ReadonlyMap<string, TorchStorage>,
  operation: string,
): Promise<Map<string, number>> {
  const offsets = new Map<string, number>();
  let at = start;
  for (const key of keys) {
    const storage = storages.get(key);
    if (storage === undefined || offsets.has(key)) {
      throw new CheckpointError({
        operation,
        expected: "the keys of the storages in use, each once",
        got: `key ${JSON.stringify(key.slice(0, 60))}`,
      });
    }
    const end = at + 8 + storage.count * bytesPerStored[storage.type];
    if (end > file.size) {
      throw new CheckpointError({
        operation,
        expected: `storage ${key} to end at byte ${end}`,
        got: `a file of ${file.size} bytes`,
        fix: downloadAgain,
      });
    }
    const head = await file.read(at, 8);
    const count = new DataView(head.buffer, head.byteOffset).getBigUint64(0, true);
    if (count !== BigInt(storage.count)) {
      throw new CheckpointError({
        operation,
        expected: `${storage.count} elements in storage ${key}`,
        got: String(count),
      });
    }
    offsets.set(key, at + 8);
    at = end;
  }
  return offsets;
}
