/** Rows of tensors whose first dimension counts rows. */
import { Tensor } from "../tensor.ts";

/** The rows of these numbers, one after the other, in a tensor of their own. */
export function takeRows(tensor: Tensor<"float32">, rows: ArrayLike<number>): Tensor<"float32"> {
  const [count, ...rest] = tensor.dims as [number, ...number[]];
  const size = count === 0 ? 0 : tensor.data.length / count;
  const taken = Tensor.zeros("float32", [rows.length, ...rest]);
  for (let i = 0; i < rows.length; i++) {
    taken.data.set(tensor.data.subarray(rows[i]! * size, (rows[i]! + 1) * size), i * size);
  }
  return taken;
}
