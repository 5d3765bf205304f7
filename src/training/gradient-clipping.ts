/** Gradients held to a length (torch 2.5.1, nn/utils/clip_grad.py: clip_grad_norm_). */
import type { Tensor } from "../tensor.ts";

/** The length of all gradients as one vector. */
export function gradientNorm(gradients: ReadonlyMap<string, Tensor<"float32">>): number {
  let sum = 0;
  for (const { data } of gradients.values()) for (let i = 0; i < data.length; i++) sum += data[i]! ** 2;
  return Math.sqrt(sum);
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
