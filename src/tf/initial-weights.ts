/**
 * The numbers that training from scratch starts with, as Keras' layers have them (transformers 4.37.2, modeling_tf_led.py; keras
 * 2.15, initializers.py): the token table and the encoder's attention truncated normal, other kernels glorot uniform, position
 * tables uniform, biases zeros, norms ones and zeros. The row of the pad token is as any other.
 *
 * Departure: a seed gives other numbers than TensorFlow's (random.ts).
 */
import type { InitialWeightOptions } from "../models/led/initial-weights.ts";
import { Philox, streamOf } from "../random.ts";
import type { FloatWeight } from "../runtime/engine.ts";
import { elementCount } from "../tensor.ts";

/** Floats a chunk. */
const chunkLength = 2 ** 18;

/** `name` of the state dict. */
export function kerasInitialWeight(
  name: string,
  shape: readonly number[],
  { init_std, seed }: InitialWeightOptions,
): FloatWeight {
  const stream = streamOf("initial weight", name.replace(/^led\./, ""));
  const count = elementCount(shape);
  const numbers = new Philox(seed, stream);
  if (/layer_?norm\w*\.weight$/.test(name)) return { shape, stream: () => chunks(count, (into) => into.fill(1)) };
  if (name.endsWith("bias")) return { shape, stream: () => chunks(count, () => {}) };
  if (/shared\.weight$|longformer_self_attn/.test(name)) {
    const again = new Philox(seed, streamOf("initial weight, drawn again", name.replace(/^led\./, "")));
    return {
      shape,
      stream: () => chunks(count, (into, start) => truncatedNormals(numbers, again, into, start, init_std)),
    };
  }
  const limit = /embed_positions/.test(name) ? 0.05 : Math.sqrt(6 / (shape[0]! + shape[1]!));
  return { shape, stream: () => chunks(count, (into, start) => uniforms(numbers, into, start, limit)) };
}

async function* chunks(count: number, fill: (into: Float32Array, start: number) => void): AsyncGenerator<Float32Array> {
  for (let start = 0; start < count; start += chunkLength) {
    const chunk = new Float32Array(Math.min(chunkLength, count - start));
    fill(chunk, start);
    yield chunk;
  }
}

/** Numbers beyond two deviations are drawn again, at an index of their own. */
function truncatedNormals(numbers: Philox, again: Philox, into: Float32Array, start: number, std: number): void {
  numbers.fillNormal(into, start, 1);
  for (let i = 0; i < into.length; i++) {
    let value = into[i]!;
    for (let attempt = 0; Math.abs(value) > 2; attempt++) value = again.normal((start + i) * 64 + (attempt % 64));
    into[i] = value * std;
  }
}

function uniforms(numbers: Philox, into: Float32Array, start: number, limit: number): void {
  numbers.fillUniform(into, start);
  for (let i = 0; i < into.length; i++) into[i] = (2 * into[i]! - 1) * limit;
}
