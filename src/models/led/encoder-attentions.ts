/**
 * Attention as the reference shows it, from what the graph's blocks observed (transformers 4.37.2, modeling_led.py:
 * LEDEncoderSelfAttention.forward, with output_attentions).
 *
 * B batch, h heads, S source positions, S' the same padded to the widest window, w window, x global slots, b queries of a block, c
 * half the window or the padded length where that is less, n = x + 2c + b.
 */
import { Tensor } from "../../tensor.ts";
import type { SequenceLayout } from "./sequence-masks.ts";

type Floats = Tensor<"float32">;

/**
 * [S/b, B, h, b, n] -> [B, h, S, x + w + 1]: the weights on the x global positions, then those on the keys from w/2 before a
 * query to w/2 after it. Rows of masked queries and of global ones, whose attention is in `globalAttentions`, are zero.
 */
export function localAttentions(blocks: Floats, layout: SequenceLayout, window: number, headMask: Floats): Floats {
  const [count, batch, heads, b, n] = blocks.dims as [number, number, number, number, number];
  const { length, slots, paddedLength } = layout;
  const isLocal = layout.feeds.local_query as Floats;
  const c = Math.min(window / 2, paddedLength);
  const width = slots + window + 1;
  const result = Tensor.zeros("float32", [batch, heads, length, width]);
  for (let block = 0; block < count; block++) {
    for (let example = 0; example < batch; example++) {
      for (let head = 0; head < heads; head++) {
        const mask = headMask.data[head]!;
        for (let row = 0; row < b && block * b + row < length; row++) {
          const position = block * b + row;
          if (isLocal.data[example * paddedLength + position] === 0) continue;
          const from = (((block * batch + example) * heads + head) * b + row) * n;
          const to = ((example * heads + head) * length + position) * width;
          for (let slot = 0; slot < slots; slot++) result.data[to + slot] = mask * blocks.data[from + slot]!;
          // Key `position - c + k` is column row + k of the block's window; the reference has it at k + w/2 - c.
          const shift = window / 2 - c;
          for (let k = 0; k <= 2 * c; k++) {
            result.data[to + slots + shift + k] = mask * blocks.data[from + slots + row + k]!;
          }
        }
      }
    }
  }
  return result;
}

/**
 * [B, h, x, S padded to blocks] -> [B, h, S', x]: the weights of each global position's own attention. Slots that an example
 * does not fill are even, 1/S', as in the reference.
 */
export function globalAttentions(
  rows: Floats,
  layout: SequenceLayout,
  referenceLength: number,
  headMask: Floats,
): Floats {
  const [batch, heads, slots, columns] = rows.dims as [number, number, number, number];
  const slotBias = layout.feeds.slot_bias as Floats;
  const result = Tensor.zeros("float32", [batch, heads, referenceLength, slots]);
  for (let example = 0; example < batch; example++) {
    for (let head = 0; head < heads; head++) {
      const mask = headMask.data[head]!;
      for (let slot = 0; slot < slots; slot++) {
        const used = slotBias.data[example * slots + slot] === 0;
        const from = ((example * heads + head) * slots + slot) * columns;
        for (let position = 0; position < referenceLength; position++) {
          const to = ((example * heads + head) * referenceLength + position) * slots + slot;
          const weight = used ? (position < layout.length ? rows.data[from + position]! : 0) : 1 / referenceLength;
          result.data[to] = mask * weight;
        }
      }
    }
  }
  return result;
}
