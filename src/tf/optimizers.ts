/**
 * Keras' optimisers (keras 2.15, optimizers/optimizer.py, adam.py, sgd.py, rmsprop.py), which compile() takes by name or made.
 * Numbers are computed in double precision and stored as float32.
 *
 * Not offered, and refused by name: exponential moving averages, schedules that are Keras objects (learning_rate may be a
 * function of the step instead), and names to exclude from weight decay.
 */
import { InvalidArgumentError, refuseUnknownOptions } from "../errors.ts";
import type { Tensor } from "../tensor.ts";

type Floats = Tensor<"float32">;

/** A number, or what it is at each step, counted from 0. */
export type LearningRate = number | ((step: number) => number);

export interface OptimizerOptions {
  learning_rate?: LearningRate;
  /** Taken off each parameter, times the learning rate, before its step. */
  weight_decay?: number | null;
  /** At most one of the three counts, in this order. */
  clipnorm?: number | null;
  global_clipnorm?: number | null;
  clipvalue?: number | null;
}

const commonNames = ["learning_rate", "weight_decay", "clipnorm", "global_clipnorm", "clipvalue"] as const;

/** Moments and the like of one parameter, by what they are. */
type Slots = Map<string, Float32Array>;

/** One parameter's part of a step. */
interface Update {
  readonly parameter: Float32Array;
  readonly gradient: Float32Array;
  readonly rate: number;
  /** Numbers that are kept from step to step, zeros at first. */
  readonly slot: (name: string) => Float32Array;
}

export abstract class KerasOptimizer {
  learning_rate: LearningRate;
  /** Steps taken. */
  iterations = 0;
  readonly #options: OptimizerOptions;
  readonly #slots = new Map<string, Slots>();

  constructor(name: string, options: OptimizerOptions, own: readonly string[], learning_rate: number) {
    refuseUnknownOptions(name, options, [...commonNames, ...own]);
    if (options.clipnorm && options.global_clipnorm) {
      throw new InvalidArgumentError({
        operation: name,
        says:
          "At most one of `clipnorm` and `global_clipnorm` can be set. Received: " +
          `clipnorm=${options.clipnorm}, global_clipnorm=${options.global_clipnorm}.`,
      });
    }
    for (const [option, value] of Object.entries(options)) {
      if (value === null || typeof value === "boolean" || typeof value === "function") continue;
      if (typeof value === "number" && value >= 0) continue;
      throw new InvalidArgumentError({ operation: name, expected: `\`${option}\` of at least 0`, got: String(value) });
    }
    this.#options = options;
    this.learning_rate = options.learning_rate ?? learning_rate;
  }

  /** One step: parameters that have a gradient are changed where they are. Gradients are changed too, where they are clipped. */
  apply(parameters: ReadonlyMap<string, Floats>, gradients: ReadonlyMap<string, Floats>): void {
    const rate = typeof this.learning_rate === "function" ? this.learning_rate(this.iterations) : this.learning_rate;
    this.#clip([...gradients.values()]);
    const decay = this.#options.weight_decay ?? 0;
    for (const [name, gradient] of gradients) {
      const parameter = parameters.get(name);
      if (parameter === undefined) continue;
      const { data } = parameter;
      if (decay > 0) for (let i = 0; i < data.length; i++) data[i]! -= data[i]! * decay * rate;
      const slots = this.#slots.get(name) ?? new Map<string, Float32Array>();
      this.#slots.set(name, slots);
      this.step({ parameter: data, gradient: gradient.data, rate, slot: (slot) => slotOf(slots, slot, data.length) });
    }
    this.iterations++;
  }

  /** Changes one parameter. */
  protected abstract step(update: Update): void;

  #clip(gradients: readonly Floats[]): void {
    const { clipnorm, global_clipnorm, clipvalue } = this.#options;
    const scale = (data: Float32Array, factor: number): void => {
      if (factor < 1) for (let i = 0; i < data.length; i++) data[i]! *= factor;
    };
    if (clipnorm) for (const { data } of gradients) scale(data, clipnorm / Math.sqrt(squares(data)));
    else if (global_clipnorm) {
      const norm = Math.sqrt(gradients.reduce((sum, { data }) => sum + squares(data), 0));
      for (const { data } of gradients) scale(data, global_clipnorm / norm);
    } else if (clipvalue) {
      for (const { data } of gradients) {
        for (let i = 0; i < data.length; i++) data[i] = Math.min(clipvalue, Math.max(-clipvalue, data[i]!));
      }
    }
  }
}

function squares(data: Float32Array): number {
  return data.reduce((sum, value) => sum + value * value, 0);
}

function slotOf(slots: Slots, name: string, length: number): Float32Array {
  const known = slots.get(name);
  if (known !== undefined) return known;
  const fresh = new Float32Array(length);
  slots.set(name, fresh);
  return fresh;
}

export interface AdamOptions extends OptimizerOptions {
  beta_1?: number;
  beta_2?: number;
  epsilon?: number;
  amsgrad?: boolean;
}

export class Adam extends KerasOptimizer {
  readonly #settings: Required<Pick<AdamOptions, "beta_1" | "beta_2" | "epsilon" | "amsgrad">>;

  constructor(options: AdamOptions = {}) {
    super("Adam", options, ["beta_1", "beta_2", "epsilon", "amsgrad"], 0.001);
    const { beta_1 = 0.9, beta_2 = 0.999, epsilon = 1e-7, amsgrad = false } = options;
    this.#settings = { beta_1, beta_2, epsilon, amsgrad };
  }

  protected override step({ parameter, gradient, rate, slot }: Update): void {
    const { beta_1, beta_2, epsilon, amsgrad } = this.#settings;
    const [m, v] = [slot("momentum"), slot("velocity")];
    const most = amsgrad ? slot("velocity_hat") : undefined;
    const count = this.iterations + 1;
    const alpha = (rate * Math.sqrt(1 - beta_2 ** count)) / (1 - beta_1 ** count);
    for (let i = 0; i < parameter.length; i++) {
      const slope = gradient[i]!;
      m[i]! += (slope - m[i]!) * (1 - beta_1);
      v[i]! += (slope * slope - v[i]!) * (1 - beta_2);
      if (most !== undefined) most[i] = Math.max(most[i]!, v[i]!);
      parameter[i]! -= (m[i]! * alpha) / (Math.sqrt((most ?? v)[i]!) + epsilon);
    }
  }
}

export interface SGDOptions extends OptimizerOptions {
  momentum?: number;
  nesterov?: boolean;
}

export class SGD extends KerasOptimizer {
  readonly #settings: Required<Pick<SGDOptions, "momentum" | "nesterov">>;

  constructor(options: SGDOptions = {}) {
    super("SGD", options, ["momentum", "nesterov"], 0.01);
    const { momentum = 0, nesterov = false } = options;
    this.#settings = { momentum, nesterov };
  }

  protected override step({ parameter, gradient, rate, slot }: Update): void {
    const { momentum, nesterov } = this.#settings;
    const m = momentum > 0 ? slot("momentum") : undefined;
    for (let i = 0; i < parameter.length; i++) {
      const down = -gradient[i]! * rate;
      if (m === undefined) parameter[i]! += down;
      else {
        m[i] = down + m[i]! * momentum;
        parameter[i]! += nesterov ? down + m[i]! * momentum : m[i]!;
      }
    }
  }
}

export interface RMSpropOptions extends OptimizerOptions {
  rho?: number;
  momentum?: number;
  epsilon?: number;
  centered?: boolean;
}

export class RMSprop extends KerasOptimizer {
  readonly #settings: Required<Pick<RMSpropOptions, "rho" | "momentum" | "epsilon" | "centered">>;

  constructor(options: RMSpropOptions = {}) {
    super("RMSprop", options, ["rho", "momentum", "epsilon", "centered"], 0.001);
    const { rho = 0.9, momentum = 0, epsilon = 1e-7, centered = false } = options;
    this.#settings = { rho, momentum, epsilon, centered };
  }

  protected override step({ parameter, gradient, rate, slot }: Update): void {
    const { rho, momentum, epsilon, centered } = this.#settings;
    const velocity = slot("velocity");
    const m = momentum > 0 ? slot("momentum") : undefined;
    const average = centered ? slot("average") : undefined;
    for (let i = 0; i < parameter.length; i++) {
      const slope = gradient[i]!;
      velocity[i] = rho * velocity[i]! + (1 - rho) * slope * slope;
      if (average !== undefined) average[i] = rho * average[i]! + (1 - rho) * slope;
      const variance = velocity[i]! - (average === undefined ? 0 : average[i]! ** 2);
      const increment = (rate * slope) / Math.sqrt(variance + epsilon);
      if (m !== undefined) m[i] = momentum * m[i]! + increment;
      parameter[i]! -= m === undefined ? increment : m[i]!;
    }
  }
}
