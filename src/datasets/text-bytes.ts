/** Text out of an open file, a stretch of bytes at a time. */
import { FileError } from "../errors.ts";
import type { OpenFile } from "../files.ts";

/** What is read at once at least, so that rows one after another cost few reads. */
const leastRead = 1 << 16;

/** Stretches of a file; the last bytes that were read are kept. */
export class ByteReader {
  readonly #file: OpenFile;
  #kept: { readonly at: number; readonly bytes: Uint8Array } = { at: 0, bytes: new Uint8Array() };

  constructor(file: OpenFile) {
    this.#file = file;
  }

  /** The bytes from `start` up to `end`. */
  async read(start: number, end: number): Promise<Uint8Array> {
    let { at, bytes } = this.#kept;
    if (start < at || end > at + bytes.length) {
      const length = Math.min(Math.max(end - start, leastRead), this.#file.size - start);
      bytes = await this.#file.read(start, length);
      at = start;
      this.#kept = { at, bytes };
    }
    return bytes.subarray(start - at, end - at);
  }
}

const pieceSize = 1 << 20;

/** The whole file, piece by piece. */
export async function* piecesOf(file: OpenFile, start = 0): AsyncGenerator<{ at: number; bytes: Uint8Array }> {
  for (let at = start; at < file.size; at += pieceSize) {
    yield { at, bytes: await file.read(at, Math.min(pieceSize, file.size - at)) };
  }
}

/** Beginnings of files that are no UTF-8 text, and what to do about them. */
const otherStarts: readonly { readonly start: readonly number[]; readonly got: string; readonly fix: string }[] = [
  { start: [0xff, 0xfe], got: "UTF-16 text", fix: "Convert it first: iconv -f UTF-16 -t UTF-8." },
  { start: [0xfe, 0xff], got: "UTF-16 text", fix: "Convert it first: iconv -f UTF-16 -t UTF-8." },
  { start: [0x1f, 0x8b], got: "gzip data", fix: "Give it a name that ends in .gz." },
  { start: [0x50, 0x4b, 3, 4], got: "a zip archive", fix: "Unpack it first." },
  { start: [0x50, 0x41, 0x52, 0x31], got: "Parquet data", fix: "Give it a name that ends in .parquet." },
];

/** Where a text begins: behind a byte order mark, if there is one. A FileError for what is known to be something else. */
export async function textStart(file: OpenFile, name: string): Promise<number> {
  const first = await file.read(0, Math.min(4, file.size));
  const begins = (start: readonly number[]) => start.every((byte, i) => first[i] === byte);
  const other = otherStarts.find(({ start }) => begins(start));
  if (other !== undefined) {
    throw new FileError({ operation: `read ${name}`, expected: "UTF-8 text", got: other.got, fix: other.fix });
  }
  return begins([0xef, 0xbb, 0xbf]) ? 3 : 0;
}

/** The text of these bytes, which are whole characters. A FileError, with `operation`, for bytes that are no UTF-8. */
export function utf8Text(bytes: Uint8Array, operation: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new FileError({
      operation,
      expected: "UTF-8 text",
      got: "bytes that are none",
      fix: "Convert it first, such as iconv -f ISO-8859-1 -t UTF-8.",
      cause,
    });
  }
}
