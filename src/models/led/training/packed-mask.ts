/** A mask of dropout, eight of its numbers to a byte. */
import { Tensor } from "../../../tensor.ts";

export class PackedMask {
  readonly #dims: readonly number[];
  readonly #bits: Uint8Array;

  constructor({ data, dims }: Tensor<"bool">) {
    this.#dims = dims;
    this.#bits = new Uint8Array(Math.ceil(data.length / 8));
    for (let at = 0; at < data.length; at++) this.#bits[at >> 3]! |= data[at]! << (at & 7);
  }

  unpack(): Tensor<"bool"> {
    const mask = Tensor.zeros("bool", this.#dims);
    const { data } = mask;
    for (let at = 0; at < data.length; at++) data[at] = (this.#bits[at >> 3]! >> (at & 7)) & 1;
    return mask;
  }
}
