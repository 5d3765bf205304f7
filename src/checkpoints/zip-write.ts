/**
 * Writes a zip archive of stored (uncompressed) entries as a stream: each entry's checksum follows its data, the directory
 * ends the file, and an archive of any size holds one part at a time in memory.
 * Format: PKWARE APPNOTE 6.3.10; section numbers below are its. The bytes are those of torch 2.5.1 (caffe2's
 * inline_container.cc over miniz) for entries below 4 GiB, padding and absent dates included; larger ones follow the
 * specification, where miniz leaves a local header's sizes at 0 instead of saying that they are 64 bits wide.
 */
import { crc32 } from "./crc32.ts";

export interface ZipEntryToWrite {
  readonly name: string;
  /** In bytes. */
  readonly size: number;
  /** Exactly `size` bytes; called once, when their turn comes. */
  data(): AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
}

const localSignature = 0x04034b50;
const descriptorSignature = 0x08074b50;
const centralSignature = 0x02014b50;
const end64Signature = 0x06064b50;
const locator64Signature = 0x07064b50;
const endSignature = 0x06054b50;

/** 4.4.4: bit 3, checksum and sizes follow the data; bit 11, names are UTF-8. */
const followed = 0x0008;
const utf8 = 0x0800;

/** 4.4.3: the version that knows zip64. Entries without it ask for none, as torch's do. */
const zip64Version = 45;
/** 4.4.2: by a Unix system, version 3.0 of the specification. */
const madeBy = 0x031e;

/** torch's storages start at multiples of this, so that a mapped file serves vector instructions. */
const alignment = 64;

/** 4.3.9 and 4.4.8: from here on a size or offset stands in a zip64 field, and this value in its place. */
const full = 0xffffffff;

/**
 * The archive's bytes.
 * @param zip64From sizes and offsets from here on get 64 bits: the format's limit; tests lower it.
 */
export async function* zipParts(
  entries: Iterable<ZipEntryToWrite>,
  { zip64From = full } = {},
): AsyncGenerator<Uint8Array> {
  const directory: Uint8Array[] = [];
  let at = 0;
  for (const entry of entries) {
    const offset = at;
    const name = new TextEncoder().encode(entry.name);
    const flags = utf8 | (entry.size > 0 ? followed : 0);
    const wide = entry.size >= zip64From;
    const header = localHeader(name, flags, offset, wide);
    yield header;
    let crc = 0;
    for await (const part of entry.data()) {
      crc = crc32(part, crc);
      yield part;
    }
    const descriptor = entry.size > 0 ? dataDescriptor(crc, entry.size, wide) : new Uint8Array();
    yield descriptor;
    directory.push(centralHeader(name, flags, crc, entry.size, offset, zip64From));
    at += header.length + entry.size + descriptor.length;
  }
  yield* directory;
  const size = directory.reduce((sum, { length }) => sum + length, 0);
  yield endRecords(directory.length, size, at);
}

/** 4.3.7. The sizes come after the data; an extra field before it says that they will be wide, another one pads. */
function localHeader(name: Uint8Array, flags: number, offset: number, wide: boolean): Uint8Array {
  const wideSizes = wide ? fields([2, 1], [2, 16], [8, 0], [8, 0]) : new Uint8Array();
  const unpadded = 30 + name.length + wideSizes.length + 4;
  const padding = (alignment - ((offset + unpadded) % alignment)) % alignment;
  return concat(
    fields([4, localSignature], [2, wide ? zip64Version : 0], [2, flags], [2, 0], [2, 0], [2, 0]),
    fields([4, 0], [4, wide ? full : 0], [4, wide ? full : 0]),
    fields([2, name.length], [2, wideSizes.length + 4 + padding]),
    name,
    wideSizes,
    // torch's own field: "FB", its length, and as many letters Z.
    fields([2, 0x4246], [2, padding]),
    new Uint8Array(padding).fill(0x5a),
  );
}

/** 4.3.9. */
function dataDescriptor(crc: number, size: number, wide: boolean): Uint8Array {
  const width = wide ? 8 : 4;
  return fields([4, descriptorSignature], [4, crc], [width, size], [width, size]);
}

/** 4.3.12, and 4.5.3 for what does not fit 32 bits: both sizes, then the offset, each only where its field is full. */
function centralHeader(
  name: Uint8Array,
  flags: number,
  crc: number,
  size: number,
  offset: number,
  zip64From: number,
): Uint8Array {
  const wideSize = size >= zip64From;
  const wideOffset = offset >= zip64From;
  const wide: Field[] = [
    ...(wideSize
      ? ([
          [8, size],
          [8, size],
        ] as const)
      : []),
    ...(wideOffset ? ([[8, offset]] as const) : []),
  ];
  const extra = wide.length === 0 ? new Uint8Array() : fields([2, 1], [2, 8 * wide.length], ...wide);
  const version = wide.length === 0 ? 0 : zip64Version;
  return concat(
    fields([4, centralSignature], [2, version], [2, version], [2, flags], [2, 0], [2, 0], [2, 0], [4, crc]),
    fields([4, wideSize ? full : size], [4, wideSize ? full : size], [2, name.length], [2, extra.length]),
    fields([2, 0], [2, 0], [2, 0], [4, 0], [4, wideOffset ? full : offset]),
    name,
    extra,
  );
}

/** 4.3.14 to 4.3.16. torch writes the 64-bit records in archives of any size. */
function endRecords(count: number, size: number, offset: number): Uint8Array {
  const count16 = Math.min(count, 0xffff);
  return concat(
    fields([4, end64Signature], [8, 44], [2, madeBy], [2, zip64Version], [4, 0], [4, 0]),
    fields([8, count], [8, count], [8, size], [8, offset]),
    fields([4, locator64Signature], [4, 0], [8, offset + size], [4, 1]),
    fields([4, endSignature], [2, 0], [2, 0], [2, count16], [2, count16]),
    fields([4, Math.min(size, full)], [4, Math.min(offset, full)], [2, 0]),
  );
}

type Field = readonly [width: 2 | 4 | 8, value: number];

/** Little-endian numbers side by side. */
function fields(...values: readonly Field[]): Uint8Array {
  const bytes = new Uint8Array(values.reduce((sum, [width]) => sum + width, 0));
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const [width, value] of values) {
    if (width === 2) view.setUint16(at, value, true);
    else if (width === 4) view.setUint32(at, value, true);
    else view.setBigUint64(at, BigInt(value), true);
    at += width;
  }
  return bytes;
}

function concat(...parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
