/**
 * Weight matrices in bytes, as files hold them: a matrix [out, in] of float32 becomes bytes [in, out], laid as the engine
 * multiplies by them, and a scale for each of its rows: the number is (byte - 128) * scale, and the largest of a row is 127
 * scales. Two tensors under the matrix's name, NAME_q8 and NAME_scale, so that no reader takes them for the matrix.
 */
import { InternalError } from "../errors.ts";
import type { TensorToWrite } from "./tensor-to-write.ts";

/**
 * `quantization_config` of config.json, by which a load knows the form. transformers 4.37.2 does not look at it; it finds every matrix
 * missing, says so, and uses no byte.
 */
export const quantizationConfig = { quant_method: "led_q8", bits: 8 } as const;

/** The byte that is zero, of weights and of rows that meet them. */
export const zeroByte = 128;
/** Bytes on either side of it that are used. */
export const reach = 127;

/** The names of a quantised matrix's two tensors. */
export function quantizedNames(name: string): { readonly bytes: string; readonly scales: string } {
  return { bytes: `${name}_q8`, scales: `${name}_scale` };
}

export function isQuantized(names: Iterable<string>): boolean {
  return [...names].some((name) => name.endsWith("_q8"));
}

export interface FloatMatrix {
  readonly name: string;
  readonly shape: readonly number[];
  /** The numbers row by row; read twice. */
  stream(): AsyncIterable<Float32Array>;
}

/** The two tensors of a matrix. Its bytes are in memory while they are written, and no floats but a chunk. */
export function quantizedTensors(matrix: FloatMatrix): {
  readonly scales: TensorToWrite;
  readonly bytes: TensorToWrite;
} {
  const names = quantizedNames(matrix.name);
  const [out, width] = matrix.shape as [number, number];
  let scales: Promise<Float32Array> | undefined;
  const rowScales = (): Promise<Float32Array> => (scales ??= scalesOf(matrix));
  return {
    scales: {
      name: names.scales,
      type: "F32",
      shape: [out],
      async *data() {
        const numbers = await rowScales();
        yield new Uint8Array(numbers.buffer);
      },
    },
    bytes: {
      name: names.bytes,
      type: "U8",
      shape: [width, out],
      async *data() {
        yield await bytesOf(matrix, await rowScales());
      },
    },
  };
}

async function scalesOf({ name, shape, stream }: FloatMatrix): Promise<Float32Array> {
  const [out, width] = shape as [number, number];
  const scales = new Float32Array(out);
  let at = 0;
  for await (const chunk of stream()) {
    for (let i = 0; i < chunk.length; ) {
      // What the chunk has of one row.
      const row = Math.floor(at / width);
      const end = Math.min(chunk.length, i + (row + 1) * width - at);
      let largest = scales[row]!;
      for (let j = i; j < end; j++) {
        const size = Math.abs(chunk[j]!);
        if (size > largest) largest = size;
      }
      scales[row] = largest;
      at += end - i;
      i = end;
    }
  }
  if (at !== out * width) throw wrongLength(name, out * width, at);
  for (let row = 0; row < out; row++) scales[row] = scales[row]! / reach;
  return scales;
}

/** Rows that are gathered before they are laid as columns: a column's bytes then lie side by side in a cache line. */
const rowsTogether = 64;

async function bytesOf({ name, shape, stream }: FloatMatrix, scales: Float32Array): Promise<Uint8Array> {
  const [out, width] = shape as [number, number];
  const bytes = new Uint8Array(out * width).fill(zeroByte);
  const rows = new Float32Array(rowsTogether * width);
  let filled = 0;
  let first = 0;
  const flush = (): void => {
    const count = filled / width;
    const inverse = Float64Array.from({ length: count }, (_, r) => {
      const scale = scales[first + r]!;
      return scale > 0 ? 1 / scale : 0;
    });
    for (let k = 0; k < width; k++) {
      const start = k * out + first;
      // Truncation of a positive number is its floor, so that halves go up.
      for (let r = 0; r < count; r++) bytes[start + r] = rows[r * width + k]! * inverse[r]! + zeroByte + 0.5;
    }
    first += count;
    filled = 0;
  };
  let read = 0;
  for await (const chunk of stream()) {
    read += chunk.length;
    for (let i = 0; i < chunk.length; ) {
      const take = Math.min(chunk.length - i, rows.length - filled);
      rows.set(chunk.subarray(i, i + take), filled);
      filled += take;
      i += take;
      if (filled === rows.length) flush();
    }
  }
  if (read !== out * width) throw wrongLength(name, out * width, read);
  flush();
  return bytes;
}

function wrongLength(name: string, expected: number, got: number): InternalError {
  return new InternalError({ operation: `quantise ${name}`, expected: `${expected} numbers`, got: String(got) });
}

/** The matrix back as numbers, row by row, in chunks of some rows. */
export async function* dequantized(
  shape: readonly number[],
  bytes: AsyncIterable<Uint8Array>,
  scales: AsyncIterable<Float32Array>,
): AsyncGenerator<Float32Array> {
  const [out, width] = shape as [number, number];
  const all = await joined(bytes, new Uint8Array(out * width));
  const rowScales = await joined(scales, new Float32Array(out));
  for (let first = 0; first < out; first += rowsTogether) {
    const count = Math.min(rowsTogether, out - first);
    const rows = new Float32Array(count * width);
    for (let k = 0; k < width; k++) {
      for (let r = 0; r < count; r++) {
        rows[r * width + k] = (all[k * out + first + r]! - zeroByte) * rowScales[first + r]!;
      }
    }
    yield rows;
  }
}

async function joined<A extends Uint8Array | Float32Array>(chunks: AsyncIterable<A>, whole: A): Promise<A> {
  let at = 0;
  for await (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole;
}
