/**
 * From the two masks of the reference to the vectors that the encoder's layers share (transformers 4.37.2,
 * modeling_led.py: LEDEncoder._merge_to_attention_mask and the sign tests of LEDEncoderSelfAttention).
 *
 * A position is masked, local or global: with m = attention_mask * (global_attention_mask + 1), m < 1 is masked, m = 1 local
 * and m > 1 global. Sequences are padded with masked positions to whole attention blocks; results do not depend on it.
 */
import { InvalidArgumentError } from "../../errors.ts";
import { mostNegativeFloat32, Tensor } from "../../tensor.ts";

/**
 * Queries of one attention block at most. With led-base's geometry at 4,096 tokens 256 was fastest of 64, 128, 192, 256, 384 and
 * 512, by a tenth over 128: larger ones compute more outside the window. Blocks come in twos, which read a layer's other weights together.
 */
const longestBlock = 256;

export interface SequenceLayout {
  /** Positions of the inputs. */
  readonly length: number;
  /** Positions after padding to whole blocks. */
  readonly paddedLength: number;
  /** Global positions of the example that has most. */
  readonly slots: number;
  /** Graph inputs by name (encoder-graph.ts). */
  readonly feeds: Readonly<Record<string, Tensor>>;
}

export interface SequenceShape {
  readonly batch: number;
  readonly length: number;
}

/** Masks are [B, S] of any numeric type; absent ones mean: all ones, and no global position. */
export function layoutSequence(
  { batch, length }: SequenceShape,
  attention_mask: Tensor | undefined,
  global_attention_mask: Tensor | undefined,
): SequenceLayout {
  requireMask("attention_mask", attention_mask, batch, length);
  requireMask("global_attention_mask", global_attention_mask, batch, length);
  const merged = (example: number, position: number): number => {
    const at = example * length + position;
    const m = attention_mask?.at(at) ?? 1;
    return global_attention_mask === undefined ? m : m * (global_attention_mask.at(at) + 1);
  };
  const globals = Array.from({ length: batch }, (_, example) =>
    Array.from({ length }, (_, position) => position).filter((position) => merged(example, position) > 1),
  );
  const slots = Math.max(0, ...globals.map((positions) => positions.length));
  // An even number of blocks of equal length, so that padding stays below eight positions a block.
  const blocks = 2 * Math.max(1, Math.ceil(length / (2 * longestBlock)));
  const block = Math.max(1, Math.ceil(length / blocks / 8)) * 8;
  const paddedLength = blocks * block;

  const localBias = Tensor.zeros("float32", [batch, paddedLength]);
  const unmaskedBias = Tensor.zeros("float32", [batch, paddedLength]);
  const localQuery = Tensor.zeros("float32", [batch, paddedLength, 1]);
  const slotOfQuery = Tensor.zeros("int64", [batch, paddedLength, 1]);
  localBias.data.fill(mostNegativeFloat32);
  unmaskedBias.data.fill(mostNegativeFloat32);
  slotOfQuery.data.fill(BigInt(slots));
  const globalIndex = Tensor.zeros("int64", [batch, slots, 2]);
  const slotBias = Tensor.zeros("float32", [batch, slots]);
  for (let example = 0; example < batch; example++) {
    for (let position = 0; position < length; position++) {
      const m = merged(example, position);
      const at = example * paddedLength + position;
      if (m >= 1) unmaskedBias.data[at] = 0;
      if (m !== 1) continue;
      localBias.data[at] = 0;
      localQuery.data[at] = 1;
    }
    for (let slot = 0; slot < slots; slot++) {
      const position = globals[example]![slot];
      const at = example * slots + slot;
      globalIndex.data[2 * at] = BigInt(example);
      globalIndex.data[2 * at + 1] = BigInt(position ?? 0);
      if (position === undefined) slotBias.data[at] = mostNegativeFloat32;
      else slotOfQuery.data[example * paddedLength + position] = BigInt(slot);
    }
  }
  return {
    length,
    paddedLength,
    slots,
    feeds: {
      block: Tensor.from(block, "int64"),
      local_bias: localBias,
      unmasked_bias: unmaskedBias,
      local_query: localQuery,
      slot_of_query: slotOfQuery,
      global_index: globalIndex,
      slot_bias: slotBias,
    },
  };
}

function requireMask(name: string, mask: Tensor | undefined, batch: number, length: number): void {
  if (mask === undefined || (mask.dims.length === 2 && mask.dims[0] === batch && mask.dims[1] === length)) return;
  throw new InvalidArgumentError({
    operation: `LEDEncoder, ${name}`,
    expected: `[${batch}, ${length}], a value for each input position`,
    got: `[${mask.dims.join(", ")}]`,
  });
}

/** Rows of each example made longer by zeros: [B, S, ...] -> [B, P, ...]. */
export function padSequence<T extends Tensor>(tensor: T, paddedLength: number, fill = 0): T {
  const [batch, length] = tensor.dims as [number, number];
  if (length === paddedLength) return tensor;
  const row = tensor.data.length / Math.max(1, batch * length);
  const result = Tensor.zeros(tensor.type, [batch, paddedLength, ...tensor.dims.slice(2)]);
  const target = result.data;
  if (fill !== 0) target instanceof BigInt64Array ? target.fill(BigInt(fill)) : target.fill(fill);
  for (let example = 0; example < batch; example++) {
    const from = tensor.data.subarray(example * length * row, (example + 1) * length * row);
    (target as Float32Array).set(from as Float32Array, example * paddedLength * row);
  }
  return result as T;
}

/** The first `length` positions of each example: [B, P, ...] -> [B, S, ...]. A batch of one is a view. */
export function cutSequence(tensor: Tensor<"float32">, length: number): Tensor<"float32"> {
  const [batch, padded] = tensor.dims as [number, number];
  if (padded === length) return tensor;
  const dims = [batch, length, ...tensor.dims.slice(2)];
  const row = tensor.data.length / Math.max(1, batch * padded);
  if (batch === 1) return new Tensor("float32", tensor.data.subarray(0, length * row), dims);
  const result = Tensor.zeros("float32", dims);
  for (let example = 0; example < batch; example++) {
    const start = example * padded * row;
    result.data.set(tensor.data.subarray(start, start + length * row), example * length * row);
  }
  return result;
}

/** Rows by block in the order of each example: [S/b, B, b, D] -> [B, S, D]. Those of a batch of one are a view. */
export function joinBlocks(blocks: Tensor<"float32">): Tensor<"float32"> {
  const [count, batch, rows, width] = blocks.dims as [number, number, number, number];
  const dims = [batch, count * rows, width];
  if (batch === 1) return new Tensor("float32", blocks.data, dims);
  const result = Tensor.zeros("float32", dims);
  const size = rows * width;
  for (let block = 0; block < count; block++) {
    for (let example = 0; example < batch; example++) {
      const from = (block * batch + example) * size;
      result.data.set(blocks.data.subarray(from, from + size), (example * count + block) * size);
    }
  }
  return result;
}
