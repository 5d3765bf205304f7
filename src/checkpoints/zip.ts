/**
 * Random access to the stored (uncompressed) entries of a zip archive, the container of torch.save since torch 1.6:
 * the central directory is read from the end of the file, an entry's data offset from its local header.
 * Format: PKWARE APPNOTE 6.3.10; section numbers below are its. zip64 is read; compression, encryption and archives
 * in several parts are refused by name, since such entries cannot be used in place.
 */
import { CheckpointError } from "../errors.ts";
import type { OpenFile } from "../files.ts";
import { downloadAgain } from "./stored-tensor.ts";

export interface ZipEntry {
  readonly name: string;
  /** In bytes; stored and original size are one, as entries are not compressed. */
  readonly size: number;
  /** Of the local header in the file; the data follows it. */
  readonly headerOffset: number;
}

const localSignature = 0x04034b50;
const centralSignature = 0x02014b50;
const endSignature = 0x06054b50;
const end64Signature = 0x06064b50;
const locator64Signature = 0x07064b50;

/** A checkpoint's directory takes about 100 bytes a tensor; this bounds what a hostile one can make us hold. */
const maximumDirectory = 64 * 2 ** 20;

export function isZip(start: Uint8Array): boolean {
  return start.length >= 4 && viewOf(start).getUint32(0, true) === localSignature;
}

/** The entries by name, in the directory's order. `operation` names the file in errors. */
export async function readZipDirectory(file: OpenFile, operation: string): Promise<Map<string, ZipEntry>> {
  const { count, size, offset } = await findDirectory(file, operation);
  if (offset + size > file.size || size > maximumDirectory) {
    throw new CheckpointError({
      operation,
      expected: `a zip directory of at most ${maximumDirectory} bytes within the file of ${file.size} bytes`,
      got: `${size} bytes at ${offset}`,
      fix: downloadAgain,
    });
  }
  const bytes = await file.read(offset, size);
  const view = viewOf(bytes);
  const entries = new Map<string, ZipEntry>();
  let at = 0;
  for (let i = 0; i < count; i++) {
    if (at + 46 > size || view.getUint32(at, true) !== centralSignature) throw damagedDirectory(operation, i, count);
    const [nameLength, extraLength, commentLength] = [28, 30, 32].map((field) => view.getUint16(at + field, true));
    const next = at + 46 + nameLength! + extraLength! + commentLength!;
    if (next > size) throw damagedDirectory(operation, i, count);
    const name = new TextDecoder().decode(bytes.subarray(at + 46, at + 46 + nameLength!));
    if (entries.has(name)) {
      throw new CheckpointError({ operation, expected: "each zip entry once", got: `\`${name}\` twice` });
    }
    entries.set(name, centralEntry(view, at, name, nameLength!, extraLength!, operation));
    at = next;
  }
  return entries;
}

/** Where the entry's data starts in the file; the whole of it is checked to lie within the file. */
export async function zipDataOffset(file: OpenFile, entry: ZipEntry, operation: string): Promise<number> {
  const damaged = (got: string): CheckpointError =>
    new CheckpointError({
      operation,
      expected: `zip entry \`${entry.name}\` (${entry.size} bytes) within the file of ${file.size} bytes`,
      got,
      fix: downloadAgain,
    });
  if (entry.headerOffset + 30 > file.size) throw damaged(`its header at ${entry.headerOffset}`);
  const header = viewOf(await file.read(entry.headerOffset, 30));
  if (header.getUint32(0, true) !== localSignature) throw damaged(`no header at ${entry.headerOffset}`);
  const offset = entry.headerOffset + 30 + header.getUint16(26, true) + header.getUint16(28, true);
  if (offset + entry.size > file.size) throw damaged(`its data at ${offset}`);
  return offset;
}

/** 4.3.6 and 4.3.12 to 4.3.16: the end record stands last, before a comment; zip64's locator stands before it. */
async function findDirectory(
  file: OpenFile,
  operation: string,
): Promise<{ count: number; size: number; offset: number }> {
  const tailLength = Math.min(file.size, 22 + 0xffff + 20);
  const tail = viewOf(await file.read(file.size - tailLength, tailLength));
  let at = tailLength - 22;
  while (
    at >= 0 &&
    !(tail.getUint32(at, true) === endSignature && at + 22 + tail.getUint16(at + 20, true) === tailLength)
  )
    at--;
  if (at < 0) {
    throw new CheckpointError({
      operation,
      expected: "a zip archive that ends with its directory",
      got: `${file.size} bytes without one`,
      fix: downloadAgain,
    });
  }
  const directory = {
    count: tail.getUint16(at + 10, true),
    size: tail.getUint32(at + 12, true),
    offset: tail.getUint32(at + 16, true),
  };
  const hasLocator = at >= 20 && tail.getUint32(at - 20, true) === locator64Signature;
  const parts = tail.getUint16(at + 4, true);
  if (!hasLocator) {
    if (parts !== 0) {
      throw new CheckpointError({ operation, expected: "a zip archive in one part", got: `part ${parts} of several` });
    }
    return directory;
  }
  const endOffset = wide(tail, at - 12, operation);
  if (endOffset + 56 > file.size) throw damagedDirectory(operation, 0, directory.count);
  const end64 = viewOf(await file.read(endOffset, 56));
  if (end64.getUint32(0, true) !== end64Signature) throw damagedDirectory(operation, 0, directory.count);
  return { count: wide(end64, 32, operation), size: wide(end64, 40, operation), offset: wide(end64, 48, operation) };
}

/** 4.3.12, and 4.5.3 for sizes and offset that need 64 bits. */
function centralEntry(
  view: DataView,
  at: number,
  name: string,
  nameLength: number,
  extraLength: number,
  operation: string,
): ZipEntry {
  const flags = view.getUint16(at + 8, true);
  const method = view.getUint16(at + 10, true);
  if ((flags & 1) !== 0 || method !== 0) {
    throw new CheckpointError({
      operation,
      expected: "zip entries that are stored as they are, as torch.save writes them",
      got: `\`${name}\` ${(flags & 1) !== 0 ? "encrypted" : `compressed by method ${method}`}`,
      fix: "Unpack the archive and pack it again without compression (zip -0 -r), or save it again with torch.save.",
    });
  }
  let storedSize = view.getUint32(at + 20, true);
  let size = view.getUint32(at + 24, true);
  let headerOffset = view.getUint32(at + 42, true);
  const extraEnd = at + 46 + nameLength + extraLength;
  for (let field = at + 46 + nameLength; field + 4 <= extraEnd; field += 4 + view.getUint16(field + 2, true)) {
    if (view.getUint16(field, true) !== 1) continue;
    const end = Math.min(extraEnd, field + 4 + view.getUint16(field + 2, true));
    let value = field + 4;
    // Only the values whose 32-bit fields are full stand here, in this order.
    const next = (): number => {
      if (value + 8 > end)
        throw new CheckpointError({ operation, expected: `64-bit sizes of \`${name}\``, got: "none" });
      value += 8;
      return wide(view, value - 8, operation);
    };
    if (size === 0xffffffff) size = next();
    if (storedSize === 0xffffffff) storedSize = next();
    if (headerOffset === 0xffffffff) headerOffset = next();
  }
  if (size !== storedSize) {
    throw new CheckpointError({ operation, expected: `${size} stored bytes for \`${name}\``, got: String(storedSize) });
  }
  return { name, size, headerOffset };
}

function wide(view: DataView, at: number, operation: string): number {
  const value = view.getBigUint64(at, true);
  if (value > BigInt(Number.MAX_SAFE_INTEGER)) {
    throw new CheckpointError({ operation, expected: "zip offsets below 2^53", got: String(value) });
  }
  return Number(value);
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function damagedDirectory(operation: string, index: number, count: number): CheckpointError {
  return new CheckpointError({
    operation,
    expected: `a zip directory of ${count} entries`,
    got: `damage at entry ${index}`,
    fix: downloadAgain,
  });
}
