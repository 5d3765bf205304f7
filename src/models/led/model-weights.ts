/**
 * The weights of one model: bytes of a checkpoint's files, numbers that a generator gives, or tensors in memory, by the
 * names of the state dict (transformers 4.37.2, modeling_utils.py: state_dict, load_state_dict).
 */
import { InvalidArgumentError } from "../../errors.ts";
import { float16ToFloat32Array, float32ToFloat16Array } from "../../half.ts";
import type { Weight } from "../../runtime/engine.ts";
import { elementCount, Tensor } from "../../tensor.ts";
import { type ClassSpec, tensorsOf } from "./class-specs.ts";
import type { BoundWeights } from "./weights.ts";

/** "fp16" rounds every weight to half precision; the CPU computes in float32 either way. */
export const dtypes = ["fp32", "fp16"] as const;
export type DType = (typeof dtypes)[number];

export class ModelWeights implements BoundWeights {
  /** Its shapes change when the token table is resized. */
  spec: ClassSpec;
  readonly dtype: DType;
  readonly #weights = new Map<string, Weight>();
  readonly #storedAs: ReadonlyMap<string, string>;

  constructor(spec: ClassSpec, dtype: DType) {
    this.spec = spec;
    this.dtype = dtype;
    this.#storedAs = new Map(spec.entries.map(({ name, storedAs }) => [name, storedAs]));
  }

  get weights(): ReadonlyMap<string, Weight> {
    return this.#weights;
  }

  readonly storedName = (name: string): string => this.#storedAs.get(name) ?? name;

  set(name: string, weight: Weight): void {
    this.#weights.set(this.storedName(name), this.dtype === "fp16" ? rounded(weight) : weight);
  }

  get(name: string): Weight {
    const weight = this.#weights.get(this.storedName(name));
    if (weight !== undefined) return weight;
    throw new InvalidArgumentError({
      operation: `${this.spec.className} weights`,
      expected: "a name of the state dict",
      got: `\`${name}\``,
    });
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

  /** Every name, tied ones too, with the tensor that it is. */
  async stateDict(): Promise<Map<string, Tensor>> {
    const tensors = new Map<string, Tensor>();
    for (const { name } of tensorsOf(this.spec)) tensors.set(name, await this.tensor(name));
    return new Map(this.spec.entries.map(({ name, storedAs }) => [name, tensors.get(storedAs)!]));
  }
}

/** A tensor as a weight; later changes of its data do not reach it. */
export function tensorWeight(tensor: Tensor): Weight {
  const data = tensor.to("float32").data.slice();
  return {
    shape: tensor.dims,
    async *stream() {
      yield data.slice();
    },
  };
}

/** The weight as half precision holds it. */
function rounded(weight: Weight): Weight {
  return {
    shape: weight.shape,
    async *stream() {
      for await (const chunk of weight.stream()) yield float16ToFloat32Array(float32ToFloat16Array(chunk));
    },
  };
}
