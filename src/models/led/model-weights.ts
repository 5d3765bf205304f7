/**
 * The weights of one model: bytes of a checkpoint's files, numbers that a generator gives, or tensors in memory, by the
 * names of the state dict (transformers 4.37.2, modeling_utils.py: state_dict, load_state_dict).
 */
import { quantizedNames } from "../../checkpoints/quantize.ts";
import { InvalidArgumentError } from "../../errors.ts";
import { float16ToFloat32Array, float32ToFloat16Array } from "../../half.ts";
import type { WeightNames } from "../../nn/parameters.ts";
import type { FloatWeight, Weight } from "../../runtime/engine.ts";
import { elementCount, Tensor } from "../../tensor.ts";
import { type ClassSpec, tensorsOf } from "./class-specs.ts";
import { type BoundWeights, dequantizedWeight, type QuantizedWeight } from "./weights.ts";

/**
 * "fp16" rounds every weight to half precision; the CPU computes in float32 either way. "q8": matrices in bytes, which rows of
 * bytes are multiplied by.
 */
export const dtypes = ["fp32", "fp16", "q8"] as const;
export type DType = (typeof dtypes)[number];

export class ModelWeights implements BoundWeights {
  /** Its shapes change when the token table is resized. */
  spec: ClassSpec;
  readonly dtype: DType;
  readonly names: WeightNames;
  readonly #floats = new Map<string, FloatWeight>();
  readonly #quantized = new Map<string, QuantizedWeight>();
  readonly #storedAs: ReadonlyMap<string, string>;
  /** Those that are in memory, where training changes them. */
  readonly #live = new Map<string, Tensor<"float32">>();
  readonly #frozen = new Set<string>();
  /** What an engine is given: floats, and bytes in their place. */
  #weights: ReadonlyMap<string, Weight> | undefined;

  constructor(spec: ClassSpec, dtype: DType) {
    this.spec = spec;
    this.dtype = dtype;
    this.#storedAs = new Map(spec.entries.map(({ name, storedAs }) => [name, storedAs]));
    this.names = {
      stored: (name) => this.#storedAs.get(name) ?? name,
      quantized: (stored) => (this.#quantized.has(stored) ? quantizedNames(stored) : undefined),
    };
  }

  get weights(): ReadonlyMap<string, Weight> {
    this.#weights ??= new Map<string, Weight>([
      ...this.#floats,
      ...[...this.#quantized].flatMap(([name, { bytes, scales }]): [string, Weight][] => {
        const names = quantizedNames(name);
        return [
          [names.bytes, bytes],
          [names.scales, scales],
        ];
      }),
    ]);
    return this.#weights;
  }

  /** The matrices in bytes, by their stored names. */
  get quantized(): ReadonlyMap<string, QuantizedWeight> {
    return this.#quantized;
  }

  set(name: string, weight: FloatWeight): void {
    const stored = this.names.stored(name);
    if (this.#quantized.has(stored)) {
      throw new InvalidArgumentError({
        operation: `${this.spec.className}, new numbers for ${name}`,
        expected: "a model of float32 or float16 weights",
        got: 'one of dtype "q8"',
        fix: 'Load it with dtype "fp32", change and save it, and load or convert that with dtype "q8".',
      });
    }
    this.#floats.set(stored, this.dtype === "fp16" ? rounded(weight) : weight);
    this.#live.delete(stored);
    this.#weights = undefined;
  }

  /** Takes bytes in place of a matrix's numbers. */
  setQuantized(name: string, weight: QuantizedWeight): void {
    const stored = this.names.stored(name);
    const numbers = dequantizedWeight(weight);
    if (this.dtype === "q8") this.#quantized.set(stored, weight);
    this.#floats.set(stored, this.dtype === "fp16" ? rounded(numbers) : numbers);
    this.#weights = undefined;
  }

  get(name: string): FloatWeight {
    const weight = this.#floats.get(this.names.stored(name));
    if (weight !== undefined) return weight;
    throw new InvalidArgumentError({
      operation: `${this.spec.className} weights`,
      expected: "a name of the state dict",
      got: `\`${name}\``,
    });
  }

  has(name: string): boolean {
    return this.#floats.has(this.names.stored(name));
  }

  /** A weight's numbers, read whole; of type float16 in a model of that dtype. */
  async tensor(name: string): Promise<Tensor> {
    const { shape, stream } = this.get(name);
    const data = new Float32Array(elementCount(shape));
    let at = 0;
    for await (const chunk of stream()) {
      data.set(chunk, at);
      at += chunk.length;
    }
    const tensor = new Tensor("float32", data, shape);
    return this.dtype === "fp16" ? tensor.to("float16") : tensor;
  }

  /** Reads all numbers into memory, where training changes them; everybody else reads them from there too. */
  async toMemory(): Promise<void> {
    if (this.dtype !== "fp32") {
      throw new InvalidArgumentError({
        operation: `${this.spec.className}, training`,
        expected: 'weights of dtype "fp32", which training changes by small amounts',
        got: `"${this.dtype}"`,
        fix: 'Load the model with dtype: "fp32".',
      });
    }
    for (const { name } of tensorsOf(this.spec)) {
      if (this.#live.has(name)) continue;
      const tensor = (await this.tensor(name)) as Tensor<"float32">;
      this.set(name, liveWeight(tensor));
      this.#live.set(name, tensor);
    }
  }

  /** A weight's numbers in memory, by any of its names. */
  live(name: string): Tensor<"float32"> {
    const tensor = this.#live.get(this.names.stored(name));
    if (tensor !== undefined) return tensor;
    throw new InvalidArgumentError({
      operation: `${this.spec.className}, training`,
      expected: "weights in memory",
      got: `\`${name}\` elsewhere`,
      fix: "Await model.prepare_for_training() first; loss_and_gradients does so itself.",
    });
  }

  /** Names of what is trained: neither buffers nor frozen. */
  trained(): string[] {
    return tensorsOf(this.spec).flatMap(({ name, buffer }) => (buffer || this.#frozen.has(name) ? [] : [name]));
  }

  isTrained(name: string): boolean {
    return this.trained().includes(this.names.stored(name));
  }

  freeze(name: string, frozen: boolean): void {
    if (frozen) this.#frozen.add(this.names.stored(name));
    else this.#frozen.delete(this.names.stored(name));
  }

  /** Every name, tied ones too, with the tensor that it is. */
  async stateDict(): Promise<Map<string, Tensor>> {
    const tensors = new Map<string, Tensor>();
    for (const { name } of tensorsOf(this.spec)) tensors.set(name, await this.tensor(name));
    return new Map(this.spec.entries.map(({ name, storedAs }) => [name, tensors.get(storedAs)!]));
  }
}

/** A tensor as a weight; later changes of its data do not reach it. */
export function tensorWeight(tensor: Tensor): FloatWeight {
  const data = tensor.to("float32").data.slice();
  return {
    shape: tensor.dims,
    async *stream() {
      yield data.slice();
    },
  };
}

/** A tensor as a weight that follows its changes. */
function liveWeight({ dims, data }: Tensor<"float32">): FloatWeight {
  const numbersAtOnce = 2 ** 20;
  return {
    shape: dims,
    async *stream() {
      for (let at = 0; at < data.length; at += numbersAtOnce) yield data.slice(at, at + numbersAtOnce);
    },
  };
}

/** The weight as half precision holds it. */
function rounded(weight: FloatWeight): FloatWeight {
  return {
    shape: weight.shape,
    async *stream() {
      for await (const chunk of weight.stream()) yield float16ToFloat32Array(float32ToFloat16Array(chunk));
    },
  };
}
