/**
 * Writes a safetensors file as a stream, byte for byte as the reference's writer does: tensors ordered by descending
 * type, then by name, header padded with spaces to a multiple of 8 bytes.
 * Mirrors safetensors 0.4.5, safetensors/src/tensor.rs (prepare, serialize_to_file).
 */
import { InternalError, InvalidArgumentError } from "../errors.ts";
import type { Files } from "../files.ts";
import { float32ToFloat16Array } from "../half.ts";
import { bytesPerStored, countElements, type StoredType, showShape } from "./stored-tensor.ts";

export interface TensorToWrite {
  readonly name: string;
  readonly type: StoredType;
  readonly shape: readonly number[];
  /** The bytes, little-endian and row by row; called once, when their turn comes. */
  data(): AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
}

/** Dtype's order in Rust, which puts the wider types first in the file so that all of them are aligned. */
const order: readonly StoredType[] = ["BOOL", "U8", "I8", "I16", "F16", "BF16", "I32", "F32", "F64", "I64"];

/**
 * The file appears whole or not at all.
 * @param metadata `__metadata__`; transformers 4.37.2 cannot read a file without {"format": "pt"}.
 */
export async function writeSafetensors(
  files: Files,
  name: string,
  tensors: Iterable<TensorToWrite>,
  metadata: Readonly<Record<string, string>> = { format: "pt" },
): Promise<void> {
  const operation = `write ${name} to ${files.where}`;
  const ordered = [...tensors].sort(
    (a, b) => order.indexOf(b.type) - order.indexOf(a.type) || (a.name < b.name ? -1 : a.name > b.name ? 1 : 0),
  );
  const header: [string, unknown][] = Object.keys(metadata).length === 0 ? [] : [["__metadata__", metadata]];
  const names = new Set<string>(["__metadata__"]);
  let end = 0;
  for (const tensor of ordered) {
    if (names.has(tensor.name)) {
      throw new InvalidArgumentError({
        operation,
        expected: "a name of its own for each tensor",
        got: `\`${tensor.name}\``,
      });
    }
    names.add(tensor.name);
    const begin = end;
    end += byteLength(tensor, operation);
    header.push([tensor.name, { dtype: tensor.type, shape: tensor.shape, data_offsets: [begin, end] }]);
  }
  await files.write(name, fileParts(headerBytes(header), ordered, operation));
}

/** Built entry by entry: an object would move names that look like numbers to its front. */
function headerBytes(entries: readonly (readonly [string, unknown])[]): Uint8Array {
  const json = `{${entries.map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`).join(",")}}`;
  const text = new TextEncoder().encode(json);
  const length = Math.ceil(text.length / 8) * 8;
  const bytes = new Uint8Array(8 + length).fill(0x20, 8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(length), true);
  bytes.set(text, 8);
  return bytes;
}

async function* fileParts(
  header: Uint8Array,
  tensors: readonly TensorToWrite[],
  operation: string,
): AsyncGenerator<Uint8Array> {
  yield header;
  for (const tensor of tensors) {
    const expected = byteLength(tensor, operation);
    let got = 0;
    for await (const part of tensor.data()) {
      got += part.length;
      yield part;
    }
    if (got !== expected) {
      throw new InternalError({
        operation,
        expected: `${expected} bytes for tensor \`${tensor.name}\` of type ${tensor.type} and shape ${showShape(tensor.shape)}`,
        got: String(got),
      });
    }
  }
}

function byteLength(tensor: TensorToWrite, operation: string): number {
  const count = countElements(tensor.shape);
  if (count === undefined || !tensor.shape.every((dim) => Number.isSafeInteger(dim) && dim >= 0)) {
    throw new InvalidArgumentError({
      operation,
      expected: `a shape of whole numbers for tensor \`${tensor.name}\``,
      got: showShape(tensor.shape),
    });
  }
  return count * bytesPerStored[tensor.type];
}

/** Half precision of one tensor's numbers; an InvalidArgumentError where a finite one does not fit. */
export function toFloat16(values: Float32Array, name: string, operation: string): Uint16Array {
  const out = float32ToFloat16Array(values);
  const infinite = out.findIndex((bits, i) => (bits & 0x7fff) === 0x7c00 && Number.isFinite(values[i]));
  if (infinite < 0) return out;
  throw new InvalidArgumentError({
    operation,
    expected: `values of \`${name}\` within ±65504, the range of fp16`,
    got: String(values[infinite]),
    fix: "Keep fp32.",
  });
}
