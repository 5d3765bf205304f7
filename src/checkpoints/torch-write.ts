/**
 * Writes a state dict as torch.save does (torch 2.5.1, torch/serialization.py: _save; zip format version 3): a zip archive of
 * stored entries, the pickle of an OrderedDict first, then each storage, aligned so that a reader can map it.
 * Tied names are views of one storage, as in Python. Format: PKWARE APPNOTE 6.3.10, without zip64.
 */
import { InternalError, InvalidArgumentError } from "../errors.ts";
import type { Files } from "../files.ts";
import { PickleWriter } from "./pickle-write.ts";
import type { TensorToWrite } from "./safetensors-write.ts";
import { bytesPerStored, countElements } from "./stored-tensor.ts";

/** A tensor, or another name of one. */
export interface TorchEntry {
  readonly name: string;
  readonly tensor: TensorToWrite;
}

/** What plain zip can hold, with room for headers and directory. */
export const maximumTorchFile = 2 ** 32 - 2 ** 26;

const storageClasses = { F32: "FloatStorage", F16: "HalfStorage" } as const;
const alignment = 64;

/** The file appears whole or not at all. Entries that share a tensor object share its storage. */
export async function writeTorchFile(files: Files, name: string, entries: readonly TorchEntry[]): Promise<void> {
  const operation = `write ${name} to ${files.where}`;
  const tensors = [...new Set(entries.map(({ tensor }) => tensor))];
  const size = tensors.reduce((sum, tensor) => sum + byteLength(tensor), 0);
  if (size > maximumTorchFile) {
    throw new InvalidArgumentError({
      operation,
      expected: `at most ${maximumTorchFile} bytes of tensors in one torch file`,
      got: String(size),
      fix: 'Give max_shard_size: "2GB", or write safetensors.',
    });
  }
  const folder = name.replace(/\.[^.]*$/, "");
  await files.write(name, archive(folder, pickleOf(entries, tensors), tensors, operation));
}

function byteLength(tensor: TensorToWrite): number {
  return countElements(tensor.shape)! * bytesPerStored[tensor.type];
}

function pickleOf(entries: readonly TorchEntry[], tensors: readonly TensorToWrite[]): Uint8Array {
  const pickle = new PickleWriter();
  pickle.call("collections", "OrderedDict");
  pickle.mark();
  for (const { name, tensor } of entries) {
    pickle.text(name);
    pickle.global("torch._utils", "_rebuild_tensor_v2");
    pickle.tuple(() => {
      pickle.persistent(() => {
        pickle.text("storage");
        pickle.global("torch", storageClasses[tensor.type as keyof typeof storageClasses]);
        pickle.text(String(tensors.indexOf(tensor)));
        pickle.text("cpu");
        pickle.integer(countElements(tensor.shape)!);
      });
      pickle.integer(0);
      pickle.integers(tensor.shape);
      pickle.integers(stridesOf(tensor.shape));
      pickle.no();
      pickle.call("collections", "OrderedDict");
    });
    pickle.reduce();
  }
  pickle.setItems();
  return pickle.end();
}

function stridesOf(shape: readonly number[]): number[] {
  return shape.map((_, axis) => shape.slice(axis + 1).reduce((product, dim) => product * Math.max(dim, 1), 1));
}

async function* archive(
  folder: string,
  pickle: Uint8Array,
  tensors: readonly TensorToWrite[],
  operation: string,
): AsyncGenerator<Uint8Array> {
  const text = new TextEncoder();
  const entries: { name: string; size: number; parts: AsyncIterable<Uint8Array> | Iterable<Uint8Array> }[] = [
    { name: "data.pkl", size: pickle.length, parts: [pickle] },
    { name: "byteorder", size: 6, parts: [text.encode("little")] },
    ...tensors.map((tensor, i) => ({ name: `data/${i}`, size: byteLength(tensor), parts: tensor.data() })),
    { name: "version", size: 2, parts: [text.encode("3\n")] },
  ];
  const directory: Uint8Array[] = [];
  let at = 0;
  for (const { name, size, parts } of entries) {
    const full = text.encode(`${folder}/${name}`);
    const header = localHeader(full, at);
    yield header;
    let [written, sum] = [0, crcStart];
    for await (const part of parts) {
      written += part.length;
      sum = crc32(part, sum);
      yield part;
    }
    if (written !== size) {
      throw new InternalError({ operation, expected: `${size} bytes of ${name}`, got: String(written) });
    }
    const crc = ~sum >>> 0;
    yield record(descriptorSignature, [4, crc], [4, size], [4, size]);
    directory.push(centralHeader(full, { crc, size, offset: at }));
    at += header.length + size + 16;
  }
  const length = directory.reduce((sum, { length }) => sum + length, 0);
  yield* directory;
  yield record(endSignature, [2, 0], [2, 0], [2, entries.length], [2, entries.length], [4, length], [4, at], [2, 0]);
}

const localSignature = 0x04034b50;
const centralSignature = 0x02014b50;
const descriptorSignature = 0x08074b50;
const endSignature = 0x06054b50;
/** The checksum follows the data, so that an entry can be streamed; names are UTF-8. */
const flags = 0x0808;

/** A signature and little-endian fields [bytes, value]. */
function record(signature: number, ...fields: (readonly [2 | 4, number])[]): Uint8Array {
  const bytes = new Uint8Array(4 + fields.reduce((sum, [width]) => sum + width, 0));
  const view = new DataView(bytes.buffer);
  view.setUint32(0, signature, true);
  let at = 4;
  for (const [width, value] of fields) {
    if (width === 2) view.setUint16(at, value, true);
    else view.setUint32(at, value, true);
    at += width;
  }
  return bytes;
}

/** 4.3.7; the extra field pads, as torch's does, so that the data starts at a multiple of 64. */
function localHeader(name: Uint8Array, offset: number): Uint8Array {
  const plain = 30 + name.length + 4;
  const padding = (alignment - ((offset + plain) % alignment)) % alignment;
  const fixed = record(
    localSignature,
    ...([
      [2, 20],
      [2, flags],
      [2, 0],
      [2, 0],
      [2, 0],
      [4, 0],
      [4, 0],
      [4, 0],
      [2, name.length],
      [2, 4 + padding],
    ] as const),
  );
  const header = new Uint8Array(plain + padding).fill(0x5a);
  header.set(fixed);
  header.set(name, 30);
  // "FB", and the padding's length.
  header.set([0x46, 0x42, padding & 0xff, padding >> 8], 30 + name.length);
  return header;
}

/** 4.3.12 */
function centralHeader(
  name: Uint8Array,
  { crc, size, offset }: { crc: number; size: number; offset: number },
): Uint8Array {
  const versions = [
    [2, 20],
    [2, 20],
  ] as const;
  const times = [
    [2, 0],
    [2, 0],
    [2, 0],
  ] as const;
  const lengths = [
    [4, crc],
    [4, size],
    [4, size],
    [2, name.length],
    [2, 0],
    [2, 0],
  ] as const;
  const places = [
    [2, 0],
    [2, 0],
    [4, 0],
    [4, offset],
  ] as const;
  const fixed = record(centralSignature, ...versions, [2, flags], ...times, ...lengths, ...places);
  const header = new Uint8Array(fixed.length + name.length);
  header.set(fixed);
  header.set(name, fixed.length);
  return header;
}

const crcStart = 0xffffffff;
const crcTable = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value;
});

/** The running CRC-32 of bytes, before its final inversion. */
function crc32(bytes: Uint8Array, sum: number): number {
  let value = sum;
  for (let i = 0; i < bytes.length; i++) value = crcTable[(value ^ bytes[i]!) & 0xff]! ^ (value >>> 8);
  return value >>> 0;
}
