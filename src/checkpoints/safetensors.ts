/**
 * Reads the header of a safetensors file and checks every rule of the format before anything is believed:
 * u64 header length (at most 100 MB, within the file), UTF-8 JSON that starts with "{", known types, shapes whose product
 * does not overflow, byte ranges that follow one another without hole or overlap and end where the file ends.
 * Format: safetensors 0.4.5, safetensors/src/tensor.rs (read_metadata, Metadata::validate). Departures: a name that
 * stands twice is an error here (Rust keeps the last), and `__metadata__` need not say {"format": "pt"}.
 */
import { CheckpointError } from "../errors.ts";
import type { Files } from "../files.ts";
import { type HeaderEntry, parseHeader } from "./header-json.ts";
import {
  bytesPerStored,
  countElements,
  downloadAgain,
  isStoredType,
  refuseLfsPointer,
  type StoredTensor,
  showShape,
} from "./stored-tensor.ts";

/** MAX_HEADER_SIZE of the Rust reader. */
const maximumHeader = 100_000_000;

export interface WeightsFile {
  readonly tensors: StoredTensor[];
  readonly metadata: ReadonlyMap<string, string>;
}

/** Only the header is read. Errors name the file and the tensor. */
export async function readSafetensors(files: Files, name: string): Promise<WeightsFile> {
  const operation = `read ${name} of ${files.where}`;
  const file = await files.open(name);
  try {
    if (file.size < 8) {
      throw new CheckpointError({
        operation,
        expected: "a safetensors file, which starts with a header length of 8 bytes",
        got: file.size === 0 ? "an empty file" : `a file of ${file.size} bytes`,
        fix: downloadAgain,
      });
    }
    const start = await file.read(0, Math.min(file.size, 64));
    refuseLfsPointer(operation, start, file.size);
    const length = headerLength(start, file.size, operation);
    const text = decodeHeader(await file.read(8, length), operation);
    const { entries, metadata } = parseHeader(text, operation);
    return { tensors: placeTensors(entries, name, 8 + length, file.size, operation), metadata };
  } finally {
    await file.close();
  }
}

function headerLength(start: Uint8Array, size: number, operation: string): number {
  const length = new DataView(start.buffer, start.byteOffset).getBigUint64(0, true);
  if (length > BigInt(maximumHeader)) {
    throw new CheckpointError({
      operation,
      expected: `a safetensors header of at most ${maximumHeader} bytes`,
      got: `a header length of ${length}`,
      fix: "This is no safetensors file, or it is damaged.",
    });
  }
  if (8 + Number(length) > size) {
    throw new CheckpointError({
      operation,
      expected: `at least ${8 + Number(length)} bytes, of which the header has ${length}`,
      got: `a file of ${size} bytes`,
      fix: downloadAgain,
    });
  }
  return Number(length);
}

function decodeHeader(bytes: Uint8Array, operation: string): string {
  // The byte order mark is kept, so that it is refused: the format wants "{" as the first byte.
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new CheckpointError({ operation, expected: "a header in UTF-8", got: "other bytes", cause });
  }
  if (!text.startsWith("{")) {
    throw new CheckpointError({
      operation,
      expected: 'a header that starts with "{"',
      got: text === "" ? "an empty header" : JSON.stringify(text.slice(0, 12)),
    });
  }
  return text;
}

/** Byte ranges, sorted, must tile the file from the header's end to its last byte. */
function placeTensors(
  entries: readonly HeaderEntry[],
  file: string,
  dataStart: number,
  size: number,
  operation: string,
): StoredTensor[] {
  const ordered = [...entries].sort((a, b) => a.begin - b.begin || a.end - b.end);
  let at = 0;
  const tensors = ordered.map((entry): StoredTensor => {
    const tensor = checkEntry(entry, file, dataStart, operation);
    if (entry.begin !== at) {
      throw new CheckpointError({
        operation,
        expected: `tensor \`${entry.name}\` to start at byte ${at} of the data, where the one before it ends`,
        got: `${entry.begin}, ${entry.begin < at ? "so the two overlap" : "which leaves a hole"}`,
      });
    }
    at = entry.end;
    return tensor;
  });
  if (dataStart + at !== size) {
    throw new CheckpointError({
      operation,
      expected: `${dataStart + at} bytes, as the header says`,
      got: `a file of ${size} bytes`,
      fix: size < dataStart + at ? downloadAgain : "Something was appended to the file: fetch it again.",
    });
  }
  return tensors;
}

function checkEntry(entry: HeaderEntry, file: string, dataStart: number, operation: string): StoredTensor {
  const { name, dtype, shape, begin, end } = entry;
  if (!isStoredType(dtype)) {
    throw new CheckpointError({
      operation,
      expected: `one of the types ${Object.keys(bytesPerStored).join(", ")} for tensor \`${name}\``,
      got: JSON.stringify(dtype),
    });
  }
  const count = countElements(shape);
  const length = count === undefined ? undefined : count * bytesPerStored[dtype];
  if (length === undefined || !Number.isSafeInteger(length)) {
    throw new CheckpointError({
      operation,
      expected: `a shape whose size can be counted for tensor \`${name}\``,
      got: `${showShape(shape)}, which overflows`,
    });
  }
  if (end - begin !== length) {
    throw new CheckpointError({
      operation,
      expected: `${length} bytes for tensor \`${name}\` of type ${dtype} and shape ${showShape(shape)}`,
      got: `data_offsets ${showShape([begin, end])}`,
    });
  }
  return { name, type: dtype, shape, file, offset: dataStart + begin, length };
}
