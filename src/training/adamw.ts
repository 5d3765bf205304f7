/**
 * Adam with decoupled weight decay (Loshchilov and Hutter, "Decoupled weight decay regularization", 2019), in the arithmetic of
 * torch.optim.AdamW 2.5.1: numbers are float32, the factors of a step are double.
 */
import { refuseUnknownOptions } from "../errors.ts";
import type { Tensor } from "../tensor.ts";
import { type Optimizer, type OptimizerState, RunningAverages } from "./optimizer.ts";
import { requireNumber, type Trainable, withGradients } from "./parameters.ts";

export interface AdamWOptions {
  /** 1e-3 by default. */
  readonly lr?: number;
  /** Of the running averages of gradients and their squares; [0.9, 0.999] by default. */
  readonly betas?: readonly [number, number];
  /** 1e-8 by default. */
  readonly eps?: number;
  /** 0.01 by default. */
  readonly weight_decay?: number;
  /** Parameters whose weights do not decay, by their names; none by default. `withoutDecay` is the Trainer's rule. */
  readonly no_decay?: (name: string) => boolean;
}

/** Biases and layer norms do not decay (transformers 4.37.2, trainer.py: get_decay_parameter_names). */
export const withoutDecay = (name: string): boolean => /(?:^|\.)bias$|layer_?norm/.test(name);

export class AdamW implements Optimizer {
  lr: number;
  readonly initial_lr: number;
  readonly #model: Trainable;
  readonly #options: Required<Omit<AdamWOptions, "lr">>;
  readonly #averages = new RunningAverages();

  constructor(model: Trainable, options: AdamWOptions = {}) {
    refuseUnknownOptions("AdamW", options, ["lr", "betas", "eps", "weight_decay", "no_decay"]);
    const { lr = 1e-3, betas = [0.9, 0.999], eps = 1e-8, weight_decay = 0.01, no_decay = () => false } = options;
    requireNumber("AdamW", "lr", lr, lr >= 0, "of at least 0");
    betas.forEach((beta, i) => {
      requireNumber("AdamW", `betas[${i}]`, beta, beta >= 0 && beta < 1, "of at least 0 and below 1");
    });
    requireNumber("AdamW", "eps", eps, eps >= 0, "of at least 0");
    requireNumber("AdamW", "weight_decay", weight_decay, weight_decay >= 0, "of at least 0");
    this.lr = lr;
    this.initial_lr = lr;
    this.#model = model;
    this.#options = { betas, eps, weight_decay, no_decay };
  }

  step(gradients: ReadonlyMap<string, Tensor<"float32">>): void {
    const { lr } = this;
    const { betas, eps, weight_decay, no_decay } = this.#options;
    const [beta1, beta2] = betas;
    for (const one of withGradients("AdamW.step", this.#model.trainable_parameters(), gradients)) {
      const { name, parameter, gradient } = one;
      const step = this.#averages.advance(name);
      const averages = {
        first: this.#averages.get("exp_avg", name, parameter.dims),
        second: this.#averages.get("exp_avg_sq", name, parameter.dims),
      };
      update(parameter.data, gradient.data, averages, {
        beta1,
        beta2,
        eps,
        kept: 1 - lr * (no_decay(name) ? 0 : weight_decay),
        size: lr / (1 - beta1 ** step),
        root: Math.sqrt(1 - beta2 ** step),
      });
    }
    this.#model.parameters_changed();
  }

  state_dict(): OptimizerState {
    return this.#averages.state(this.lr);
  }

  load_state_dict(state: OptimizerState): void {
    this.#averages.load("AdamW", state, this.#model.trainable_parameters().keys());
    this.lr = state.lr ?? this.initial_lr;
  }
}

interface Averages {
  readonly first: Float32Array;
  readonly second: Float32Array;
}

interface StepFactors {
  readonly beta1: number;
  readonly beta2: number;
  readonly eps: number;
  readonly kept: number;
  readonly size: number;
  readonly root: number;
}

/** Arrays and factors are variables of its own, and it reads no number that it has just written: a quarter less time. */
function update(
  numbers: Float32Array,
  gradient: Float32Array,
  { first, second }: Averages,
  { beta1, beta2, eps, kept, size, root }: StepFactors,
): void {
  const [new1, new2] = [1 - beta1, 1 - beta2];
  // size * mean / (sqrt(square) / root + eps), with one division a number.
  const [rootSize, rootEps] = [size * root, eps * root];
  const { length } = numbers;
  for (let i = 0; i < length; i++) {
    const g = gradient[i]!;
    const mean = Math.fround(first[i]! + new1 * (g - first[i]!));
    const square = Math.fround(beta2 * second[i]! + new2 * g * g);
    first[i] = mean;
    second[i] = square;
    numbers[i] = numbers[i]! * kept - (rootSize * mean) / (Math.sqrt(square) + rootEps);
  }
}
