/** Gradients held to a length (torch 2.5.1, nn/utils/clip_grad.py: clip_grad_norm_). */
import type { Tensor } from "../tensor.ts";

/** The length of all gradients as one vector. */
export function gradientNorm(gradients: ReadonlyMap<string, Tensor<"float32">>): number {
  let sum = 0;
  for (const { data } of gradients.values()) sum += sumOfSquares(data);
  return Math.sqrt(sum);
}

/** In four sums, which do not wait for each other: half the time. */
function sumOfSquares(numbers: Float32Array): number {
  const whole = numbers.length - (numbers.length % 4);
  let [a, b, c, d] = [0, 0, 0, 0];
  for (let i = 0; i < whole; i += 4) {
    a += numbers[i]! * numbers[i]!;
    b += numbers[i + 1]! * numbers[i + 1]!;
    c += numbers[i + 2]! * numbers[i + 2]!;
    d += numbers[i + 3]! * numbers[i + 3]!;
  }
  for (let i = whole; i < numbers.length; i++) a += numbers[i]! * numbers[i]!;
  return a + b + (c + d);
}

/** Shortens the gradients, in place, where together they are longer than `max_norm`. Gives the length that they had. */
export function clipGradients(gradients: ReadonlyMap<string, Tensor<"float32">>, max_norm: number): number {
  const norm = gradientNorm(gradients);
  const factor = max_norm / (norm + 1e-6);
  // Not `factor >= 1`: of gradients that are no numbers all become none, as in PyTorch.
  if (factor > 1) return norm;
  for (const { data } of gradients.values()) for (let i = 0; i < data.length; i++) data[i] = data[i]! * factor;
  return norm;
}
