/** What optimisers have in common: a learning rate that schedules change, and state that a checkpoint holds. */
import { InvalidArgumentError } from "../errors.ts";
import { Tensor } from "../tensor.ts";

/** All that a resumed training needs of an optimiser, bit for bit. */
export interface OptimizerState {
  readonly lr: number | null;
  /** Steps that each parameter has taken. */
  readonly steps: Readonly<Record<string, number>>;
  /** Running averages as KIND.NAME. */
  readonly tensors: ReadonlyMap<string, Tensor<"float32">>;
}

export interface Optimizer {
  /** Null where the optimiser has a rate of its own. */
  lr: number | null;
  /** The rate that it was made with; schedules multiply it. */
  readonly initial_lr: number | null;
  /** Changes parameters by their gradients; one without a gradient stays as it is. The trainer disposes of the gradients afterwards. */
  step(gradients: ReadonlyMap<string, Tensor<"float32">>): void;
  state_dict(): OptimizerState;
  load_state_dict(state: OptimizerState): void;
}

/** Running averages of parameters, made of zeros when a parameter takes its first step. */
export class RunningAverages {
  readonly #steps = new Map<string, number>();
  readonly #tensors = new Map<string, Tensor<"float32">>();

  /** The number of the step that the parameter takes now, from 1. */
  advance(name: string): number {
    const step = (this.#steps.get(name) ?? 0) + 1;
    this.#steps.set(name, step);
    return step;
  }

  get(kind: string, name: string, dims: readonly number[]): Float32Array {
    const key = `${kind}.${name}`;
    const known = this.#tensors.get(key) ?? Tensor.zeros("float32", dims);
    this.#tensors.set(key, known);
    return known.data;
  }

  /** Copies: what is saved does not change with the next step. */
  state(lr: number | null): OptimizerState {
    const tensors = [...this.#tensors].map(
      ([key, { data, dims }]) => [key, new Tensor("float32", data.slice(), dims)] as const,
    );
    return { lr, steps: Object.fromEntries(this.#steps), tensors: new Map(tensors) };
  }

  load(operation: string, { steps, tensors }: OptimizerState, names: Iterable<string>): void {
    const known = new Set(names);
    for (const name of Object.keys(steps)) {
      if (known.has(name)) continue;
      throw new InvalidArgumentError({
        operation: `${operation}.load_state_dict`,
        expected: "the state of this model's parameters",
        got: `one of \`${name}\``,
        fix: "Resume from a checkpoint of the same model with the same parameters frozen.",
      });
    }
    this.#steps.clear();
    this.#tensors.clear();
    for (const [name, step] of Object.entries(steps)) this.#steps.set(name, step);
    for (const [key, { data, dims }] of tensors) this.#tensors.set(key, new Tensor("float32", data.slice(), dims));
  }
}
