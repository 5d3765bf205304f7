/** Gradients by parameter name, summed over the places where a parameter is used. */
import { Tensor } from "../../../tensor.ts";

export class GradientSum {
  readonly tensors = new Map<string, Tensor<"float32">>();

  /** Takes the tensor over: it is the sum where it is the first of its name, and given back otherwise. */
  add(name: string, gradient: Tensor<"float32">): void {
    const sum = this.tensors.get(name);
    if (sum === undefined) {
      this.tensors.set(name, gradient);
      return;
    }
    addInto(sum.data, gradient.data);
    gradient.dispose();
  }

  /** Adds row i [D] of `rows` to row index[i] of the table's gradient; negative indices name no row. */
  addRows(name: string, dims: readonly [number, number], index: ArrayLike<number>, rows: Float32Array): void {
    const table = this.tensors.get(name) ?? Tensor.zeros("float32", dims);
    this.tensors.set(name, table);
    const [, width] = dims;
    for (let i = 0; i < index.length; i++) {
      const row = index[i]!;
      if (row < 0) continue;
      const { data } = table;
      for (let at = 0; at < width; at++) data[row * width + at]! += rows[i * width + at]!;
    }
  }

  /** For a parameter that the loss does not depend on although its layer ran. */
  addZeros(name: string, dims: readonly number[]): void {
    if (!this.tensors.has(name)) this.tensors.set(name, Tensor.zeros("float32", dims));
  }
}

export function addInto(sum: Float32Array, addend: Float32Array): void {
  for (let i = 0; i < sum.length; i++) sum[i]! += addend[i]!;
}
