/** Gradients of several batches as those of one step. */
import { Tensor } from "../tensor.ts";

type Gradients = ReadonlyMap<string, Tensor<"float32">>;

/** Sums of gradients over `steps` batches, each divided by their number. */
export class AccumulatedGradients {
  readonly #steps: number;
  #sums = new Map<string, Tensor<"float32">>();

  constructor(steps: number) {
    this.#steps = steps;
  }

  /** Takes the gradients over: their numbers may be changed, and their memory given back. */
  add(gradients: Gradients): void {
    for (const [name, gradient] of gradients) {
      const { data } = gradient;
      const sum = this.#sums.get(name);
      if (sum === undefined) {
        if (this.#steps > 1) divide(data, this.#steps);
        this.#sums.set(name, gradient);
        continue;
      }
      addShare(sum.data, data, this.#steps);
      gradient.dispose();
    }
  }

  /** What a step is made of. */
  get sums(): Gradients {
    return this.#sums;
  }

  /** After a step. Without giving memory back, that of the last gradients would be held beside the next ones until it is collected. */
  clear(): void {
    for (const sum of this.#sums.values()) sum.dispose();
    this.#sums = new Map();
  }

  /** What an interrupted training had accumulated. */
  restore(sums: Gradients): void {
    this.#sums = new Map([...sums].map(([name, { data, dims }]) => [name, new Tensor("float32", data, dims)]));
  }
}

function divide(numbers: Float32Array, by: number): void {
  for (let i = 0; i < numbers.length; i++) numbers[i] = numbers[i]! / by;
}

function addShare(sum: Float32Array, addend: Float32Array, by: number): void {
  for (let i = 0; i < sum.length; i++) sum[i] = sum[i]! + Math.fround(addend[i]! / by);
}
