/**
 * Masks of dropout, from numbers that are laid out as the reference's tensors (transformers 4.37.2, modeling_led.py) to the
 * padded sequences and the blocks that are computed: a mask depends neither on padding nor on the length of blocks.
 *
 * B batch, S positions, h heads, x global slots, w window, b queries of a block.
 */
import { Tensor } from "../../../tensor.ts";
import type { SequenceLayout } from "../sequence-masks.ts";
import type { FillMask } from "./draws.ts";

export interface AttentionShape {
  readonly batch: number;
  readonly heads: number;
  readonly layout: SequenceLayout;
  readonly window: number;
}

/** Of local attention, numbered [B, h, S, x + w + 1]: bool [blocks, B, h, b, x + 2c + b], c half the window or the padded length. */
export function windowMask(fill: FillMask, { batch, heads, layout, window }: AttentionShape): Tensor<"bool"> {
  const { length, paddedLength, slots } = layout;
  const block = layout.feeds.block!.at(0);
  const c = Math.min(window / 2, paddedLength);
  const n = slots + 2 * c + block;
  const blocks = paddedLength / block;
  const columns = slots + window + 1;
  const mask = Tensor.zeros("bool", [blocks, batch, heads, block, n]);
  for (let query = 0; query < length; query++) {
    const row = query % block;
    for (let example = 0; example < batch; example++) {
      for (let head = 0; head < heads; head++) {
        const start = ((example * heads + head) * length + query) * columns;
        const at = (((Math.floor(query / block) * batch + example) * heads + head) * block + row) * n;
        fill(mask.data.subarray(at, at + slots), start);
        const first = at + slots + row;
        fill(mask.data.subarray(first, first + 2 * c + 1), start + slots + window / 2 - c);
      }
    }
  }
  return mask;
}

/** Of global attention, numbered [B, h, x, S]: bool [B, h, x, P], P the padded length. */
export function globalAttentionMask(fill: FillMask, { batch, heads, layout }: AttentionShape): Tensor<"bool"> {
  const { length, paddedLength, slots } = layout;
  const mask = Tensor.zeros("bool", [batch, heads, slots, paddedLength]);
  for (let row = 0; row < batch * heads * slots; row++) {
    fill(mask.data.subarray(row * paddedLength, row * paddedLength + length), row * length);
  }
  return mask;
}

/** The mask of a site of [B, n, width], of `length` positions: bool [B, length, width] */
export function rowMask(
  fill: FillMask,
  [batch, own, width]: readonly [number, number, number],
  length: number,
): Tensor<"bool"> {
  const mask = Tensor.zeros("bool", [batch, length, width]);
  for (let example = 0; example < batch; example++) {
    const begin = example * length * width;
    fill(mask.data.subarray(begin, begin + own * width), example * own * width);
  }
  return mask;
}
