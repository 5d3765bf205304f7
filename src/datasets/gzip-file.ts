/** A gzip file as an open file of what it holds. Gzip has no way to a place within, so all of it is unpacked into memory. */
import { FileError, LEDError } from "../errors.ts";
import type { OpenFile } from "../files.ts";
import { piecesOf } from "./text-bytes.ts";

/** Closes `packed`. A FileError for damaged or other data. */
export async function unpacked(packed: OpenFile, name: string): Promise<OpenFile> {
  try {
    const pieces = piecesOf(packed);
    const source = new ReadableStream<BufferSource>({
      async pull(controller) {
        const { done, value } = await pieces.next();
        if (done) controller.close();
        else controller.enqueue(value.bytes as Uint8Array<ArrayBuffer>);
      },
    });
    const parts: Uint8Array[] = [];
    for await (const part of source.pipeThrough(new DecompressionStream("gzip"))) parts.push(part);
    return inMemory(parts, name);
  } catch (cause) {
    if (cause instanceof LEDError) throw cause;
    throw new FileError({
      operation: `read ${name}`,
      expected: "gzip data",
      got: `other or damaged data: ${cause instanceof Error ? cause.message : String(cause)}`,
      fix: "Is the download complete?",
      cause,
    });
  } finally {
    await packed.close();
  }
}

/** Parts stay as they came: joined, a large text would stand in memory twice for a moment. */
function inMemory(parts: readonly Uint8Array[], name: string): OpenFile {
  const starts = new Float64Array(parts.length + 1);
  parts.forEach((part, i) => {
    starts[i + 1] = starts[i]! + part.length;
  });
  const size = starts[parts.length]!;
  return {
    size,
    async read(offset, length) {
      if (offset < 0 || length < 0 || offset + length > size) {
        const got = `a text of ${size} bytes`;
        throw new FileError({ operation: `read ${name}`, expected: `${length} bytes at ${offset}`, got });
      }
      const bytes = new Uint8Array(length);
      let done = 0;
      for (let i = partAt(starts, offset); done < length; i++) {
        const from = offset + done - starts[i]!;
        const part = parts[i]!.subarray(from, from + length - done);
        bytes.set(part, done);
        done += part.length;
      }
      return bytes;
    },
    async close() {},
  };
}

/** The last part that begins at or before `offset`. */
function partAt(starts: Float64Array, offset: number): number {
  let low = 0;
  let high = starts.length - 1;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (starts[middle]! <= offset) low = middle;
    else high = middle;
  }
  return low;
}
