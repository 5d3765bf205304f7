/**
 * What the decoder reads of a source, by layer: keys and values as numbers or as bytes (nn/byte-rows.ts), and from one form to the
 * other where a caller is given past_key_values or gives them back.
 *
 * B batch, h heads, S source positions, e width of a head.
 */
import { reach, zeroByte } from "../../checkpoints/quantize.ts";
import { Tensor } from "../../tensor.ts";

/** Keys and values of one layer, each [B, h, n, e]. */
export interface LayerRows {
  readonly keys: Tensor<"float32">;
  readonly values: Tensor<"float32">;
}

/** Keys and values of one layer, each [B, h, S, e], with scales [B, h, 1, S]. */
export interface LayerBytes {
  readonly keys: Tensor<"uint8">;
  readonly key_scales: Tensor<"float32">;
  readonly values: Tensor<"int8">;
  readonly value_scales: Tensor<"float32">;
}

export type SourceLayer = LayerRows | LayerBytes;

/** The names of the parts, as the decoder's graph has them. */
export const partsOfSource = (inBytes: boolean): readonly (keyof LayerBytes)[] =>
  inBytes ? ["keys", "key_scales", "values", "value_scales"] : ["keys", "values"];

/**
 * Numbers and bytes that have been made of each other: a loop of forward calls gives the same tensors back in every step, and their
 * millions of numbers would take longer than the step.
 */
const known = { numbers: new WeakMap<LayerBytes, LayerRows>(), bytes: new WeakMap<Tensor, LayerBytes>() };

/** Numbers of either form. */
export function numbersOfSource(layer: SourceLayer): LayerRows {
  if (!("key_scales" in layer)) return layer;
  const rows = known.numbers.get(layer) ?? {
    keys: numbersOf(layer.keys, layer.key_scales, zeroByte),
    values: numbersOf(layer.values, layer.value_scales, 0),
  };
  return remember(rows, layer).rows;
}

/** The form that a decoder reads, of numbers. Numbers that were given out must not be changed in place. */
export function sourceOfNumbers(rows: LayerRows, inBytes: boolean): SourceLayer {
  if (!inBytes) return rows;
  const before = known.bytes.get(rows.keys);
  if (before !== undefined && known.numbers.get(before)?.values === rows.values) return before;
  const [keys, values] = [bytesOf(rows.keys, Uint8Array, zeroByte), bytesOf(rows.values, Int8Array, 0)];
  return remember(rows, {
    keys: new Tensor("uint8", keys.bytes, rows.keys.dims),
    key_scales: keys.scales,
    values: new Tensor("int8", values.bytes, rows.values.dims),
    value_scales: values.scales,
  }).layer;
}

function remember(rows: LayerRows, layer: LayerBytes): { rows: LayerRows; layer: LayerBytes } {
  known.numbers.set(layer, rows);
  known.bytes.set(rows.keys, layer);
  return { rows, layer };
}

function numbersOf(
  bytes: Tensor<"uint8"> | Tensor<"int8">,
  scales: Tensor<"float32">,
  zero: number,
): Tensor<"float32"> {
  const width = bytes.dims[3]!;
  const result = Tensor.zeros("float32", bytes.dims);
  for (let row = 0; row < scales.data.length; row++) {
    const scale = scales.data[row]!;
    for (let at = row * width; at < (row + 1) * width; at++) result.data[at] = (bytes.data[at]! - zero) * scale;
  }
  return result;
}

/** [B, h, S, e] as bytes, each row by its own largest number, with scales [B, h, 1, S]. */
function bytesOf<Bytes extends Uint8Array | Int8Array>(
  rows: Tensor<"float32">,
  make: new (length: number) => Bytes,
  zero: number,
): { bytes: Bytes; scales: Tensor<"float32"> } {
  const [batch, heads, count, width] = rows.dims as [number, number, number, number];
  const bytes = new make(rows.data.length);
  const scales = Tensor.zeros("float32", [batch, heads, 1, count]);
  for (let row = 0; row < scales.data.length; row++) {
    const numbers = rows.data.subarray(row * width, (row + 1) * width);
    let largest = 1e-30; // of rows of zeros
    for (const number of numbers) largest = Math.max(largest, Math.abs(number));
    numbers.forEach((number, at) => {
      bytes[row * width + at] = Math.round((number / largest) * reach) + zero;
    });
    scales.data[row] = largest / reach;
  }
  return { bytes, scales };
}
