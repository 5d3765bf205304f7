/**
 * Writes a safetensors file as a stream, byte for byte as the reference's writer does: tensors ordered by descending
 * type, then by name, header padded with spaces to a multiple of 8 bytes.
 * Mirrors safetensors 0.4.5, safetensors/src/tensor.rs (prepare, serialize_to_file).
 */
import type { Files } from "../files.ts";
import type { StoredType } from "./stored-tensor.ts";
import { byteLength, checkedBytes, refuseRepeatedName, type TensorToWrite } from "./tensor-to-write.ts";

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
    refuseRepeatedName(tensor.name, names, operation);
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
  for (const tensor of tensors) yield* checkedBytes(tensor, operation);
}
