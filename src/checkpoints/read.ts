/**
 * Numbers of stored tensors: whole as a Tensor, or as a stream of float32 chunks that holds one chunk at a time.
 * Files are little-endian, as every machine that runs Node or a browser with WebAssembly is.
 */
import { CheckpointError, InvalidArgumentError, nearestName } from "../errors.ts";
import { bfloat16ToFloat32Array, float16ToFloat32Array } from "../half.ts";
import { elementCount, Tensor, type TensorData, type TensorType } from "../tensor.ts";
import type { Checkpoint } from "./open.ts";
import { bytesPerStored, type StoredTensor, type StoredType } from "./stored-tensor.ts";

const defaultChunk = 4 * 2 ** 20;

/** The tensor type that holds each stored type; bfloat16 and int16 widen exactly, float64 rounds to float32. */
const tensorTypes = {
  F64: "float32",
  F32: "float32",
  F16: "float16",
  BF16: "float32",
  I64: "int64",
  I32: "int32",
  I16: "int32",
  I8: "int8",
  U8: "uint8",
  BOOL: "bool",
} as const satisfies { [S in StoredType]: TensorType };

/** A stored type's bytes as its own elements. */
const elements = {
  F64: (b) => new Float64Array(b),
  F32: (b) => new Float32Array(b),
  F16: (b) => new Uint16Array(b),
  BF16: (b) => new Uint16Array(b),
  I64: (b) => new BigInt64Array(b),
  I32: (b) => new Int32Array(b),
  I16: (b) => new Int16Array(b),
  I8: (b) => new Int8Array(b),
  U8: (b) => new Uint8Array(b),
  BOOL: (b) => new Uint8Array(b),
} satisfies { [S in StoredType]: (buffer: ArrayBuffer) => ArrayLike<number | bigint> };

/**
 * One tensor in memory, of the stored shape: in its own type where Tensor has it (float16 stays float16), BF16 and F64
 * as float32, I16 as int32.
 */
export async function readTensor(checkpoint: Checkpoint, name: string): Promise<Tensor> {
  const stored = checkpoint.tensors.get(name);
  if (stored === undefined) {
    const near = nearestName(name, checkpoint.tensors.keys());
    throw new InvalidArgumentError({
      operation: "readTensor",
      expected: `a tensor of the checkpoint in ${checkpoint.files.where}`,
      got: `\`${name}\``,
      ...(near === undefined ? {} : { fix: `Did you mean \`${near}\`?` }),
    });
  }
  if (stored.type === "BF16" || stored.type === "F64") {
    const data = new Float32Array(elementCount(stored.shape));
    let at = 0;
    for await (const chunk of streamFloat32(checkpoint, stored)) {
      data.set(chunk, at);
      at += chunk.length;
    }
    return new Tensor("float32", data, stored.shape);
  }
  const bytes = new Uint8Array(stored.length);
  let at = 0;
  for await (const chunk of streamBytes(checkpoint, stored)) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  const own = elements[stored.type](bytes.buffer);
  const data = own instanceof Int16Array ? Int32Array.from(own) : own;
  return new Tensor<TensorType>(tensorTypes[stored.type], data as TensorData[TensorType], stored.shape);
}

/**
 * The elements as float32, in order, in chunks of at most `chunkBytes` stored bytes (4 MiB). Each chunk is the
 * caller's to keep. float64 rounds to the nearest float32; int64 passes through float64.
 */
export async function* streamFloat32(
  checkpoint: Checkpoint,
  stored: StoredTensor,
  chunkBytes = defaultChunk,
): AsyncGenerator<Float32Array> {
  for await (const bytes of streamBytes(checkpoint, stored, chunkBytes)) {
    // A copy where the engine below gave a part of a larger buffer: typed arrays want their own alignment.
    const whole = bytes.byteLength === bytes.buffer.byteLength && bytes.buffer instanceof ArrayBuffer;
    yield toFloat32(stored.type, whole ? (bytes.buffer as ArrayBuffer) : new Uint8Array(bytes).buffer);
  }
}

/**
 * The bytes of the elements, row by row, in chunks of at most `chunkBytes` that end between elements; of a matrix that is stored
 * as its transpose in one chunk.
 */
export async function* streamBytes(
  checkpoint: Checkpoint,
  stored: StoredTensor,
  chunkBytes = defaultChunk,
): AsyncGenerator<Uint8Array> {
  const size = bytesPerStored[stored.type];
  if (!Number.isSafeInteger(chunkBytes) || chunkBytes < size) {
    throw new InvalidArgumentError({
      operation: "streamBytes",
      expected: `chunkBytes of at least one element (${size} bytes)`,
      got: String(chunkBytes),
    });
  }
  const step = chunkBytes - (chunkBytes % size);
  const file = await checkpoint.files.open(stored.file);
  try {
    if (stored.offset + stored.length > file.size) {
      throw new CheckpointError({
        operation: `read ${stored.file} of ${checkpoint.files.where}`,
        expected: `tensor \`${stored.name}\` to end at byte ${stored.offset + stored.length}`,
        got: `a file of ${file.size} bytes, which was longer when it was opened`,
      });
    }
    if (stored.transposed === true) {
      yield rowByRow(await file.read(stored.offset, stored.length), stored);
      return;
    }
    for (let at = 0; at < stored.length; at += step) {
      yield await file.read(stored.offset + at, Math.min(step, stored.length - at));
    }
  } finally {
    await file.close();
  }
}

/** The bytes of a matrix from those of its transpose. */
function rowByRow(bytes: Uint8Array, { type, shape }: StoredTensor): Uint8Array {
  const [rows, columns] = shape as [number, number];
  const size = bytesPerStored[type];
  const result = new Uint8Array(bytes.length);
  const [from, to] = size === 4 ? [words(bytes), words(result)] : [bytes, result];
  const width = size === 4 ? 1 : size;
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const source = (column * rows + row) * width;
      const target = (row * columns + column) * width;
      for (let i = 0; i < width; i++) to[target + i] = from[source + i]!;
    }
  }
  return result;
}

/** The same bytes four at a time, from a place of their own. */
function words(bytes: Uint8Array): Uint32Array {
  const aligned = bytes.byteOffset % 4 === 0 ? bytes : bytes.slice();
  return new Uint32Array(aligned.buffer, aligned.byteOffset, aligned.length / 4);
}

function toFloat32(type: StoredType, buffer: ArrayBuffer): Float32Array {
  if (type === "F16") return float16ToFloat32Array(elements.F16(buffer));
  if (type === "BF16") return bfloat16ToFloat32Array(elements.BF16(buffer));
  if (type === "I64") return Float32Array.from(elements.I64(buffer), Number);
  const own = elements[type](buffer);
  return own instanceof Float32Array ? own : new Float32Array(own);
}
