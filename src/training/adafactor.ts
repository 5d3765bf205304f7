/**
 * Adafactor (Shazeer and Stern, "Adafactor: adaptive learning rates with sublinear memory cost", 2018) as transformers 4.37.2 has
 * it (optimization.py: Adafactor): of a matrix's squared gradients only the means of rows and columns are kept.
 */
import { InvalidArgumentError, refuseUnknownOptions } from "../errors.ts";
import type { Tensor } from "../tensor.ts";
import { type Optimizer, type OptimizerState, RunningAverages } from "./optimizer.ts";
import { requireNumber, type Trainable, withGradients } from "./parameters.ts";

export interface AdafactorOptions {
  /** Null, the default: by the number of the step (relative_step). */
  readonly lr?: number | null;
  /** Added to squared gradients; the least scale of a parameter. [1e-30, 1e-3] by default. */
  readonly eps?: readonly [number, number];
  /** The root mean square of an update at most; 1 by default. */
  readonly clip_threshold?: number;
  /** -0.8 by default: the averages of step t keep 1 - t ** decay_rate. */
  readonly decay_rate?: number;
  /** Of a running average of updates; none by default. */
  readonly beta1?: number | null;
  readonly weight_decay?: number;
  /** Parameters whose weights do not decay, by their names; none by default. */
  readonly no_decay?: (name: string) => boolean;
  /** The rate is multiplied by the root mean square of the parameter. True by default. */
  readonly scale_parameter?: boolean;
  readonly relative_step?: boolean;
  /** relative_step begins at 1e-6 a step. */
  readonly warmup_init?: boolean;
}

export class Adafactor implements Optimizer {
  lr: number | null;
  readonly initial_lr: number | null;
  readonly #model: Trainable;
  readonly #options: Required<Omit<AdafactorOptions, "lr">>;
  readonly #averages = new RunningAverages();

  constructor(model: Trainable, options: AdafactorOptions = {}) {
    refuseUnknownOptions("Adafactor", options, [
      ...["lr", "eps", "clip_threshold", "decay_rate", "beta1", "weight_decay", "no_decay"],
      ...["scale_parameter", "relative_step", "warmup_init"],
    ]);
    const { lr = null, eps = [1e-30, 1e-3], clip_threshold = 1, decay_rate = -0.8, beta1 = null } = options;
    const {
      weight_decay = 0,
      no_decay = () => false,
      scale_parameter = true,
      relative_step = true,
      warmup_init = false,
    } = options;
    const says = (text: string) => new InvalidArgumentError({ operation: "Adafactor", says: text });
    if (lr !== null && relative_step) throw says("Cannot combine manual `lr` and `relative_step=True` options");
    if (warmup_init && !relative_step) throw says("`warmup_init=True` requires `relative_step=True`");
    if (lr === null && !relative_step) {
      throw new InvalidArgumentError({
        operation: "Adafactor",
        expected: "`lr`, or `relative_step` true",
        got: "neither",
        fix: "Set lr.",
      });
    }
    requireNumber("Adafactor", "clip_threshold", clip_threshold, clip_threshold > 0, "above 0");
    requireNumber("Adafactor", "decay_rate", decay_rate, decay_rate < 0, "below 0");
    this.lr = lr;
    this.initial_lr = lr;
    this.#model = model;
    this.#options = {
      ...{ eps, clip_threshold, decay_rate, beta1, weight_decay, no_decay },
      ...{ scale_parameter, relative_step, warmup_init },
    };
  }

  step(gradients: ReadonlyMap<string, Tensor<"float32">>): void {
    const { eps, clip_threshold, decay_rate, beta1, weight_decay, no_decay } = this.#options;
    for (const one of withGradients("Adafactor.step", this.#model.trainable_parameters(), gradients)) {
      const { name, parameter, gradient } = one;
      const step = this.#averages.advance(name);
      const { data, dims } = parameter;
      const rate = this.#rate(step, rootMeanSquare(data));
      const kept = 1 - step ** decay_rate;
      const update = this.#scaled(name, gradient, kept, eps[0]);
      const decay = no_decay(name) ? 0 : weight_decay;
      const factor = rate / Math.max(1, rootMeanSquare(update) / clip_threshold);
      const average = beta1 === null ? undefined : this.#averages.get("exp_avg", name, dims);
      for (let i = 0; i < data.length; i++) {
        let change = update[i]! * factor;
        if (average !== undefined && beta1 !== null) {
          change = average[i]! * beta1 + change * (1 - beta1);
          average[i] = change;
        }
        data[i] = data[i]! * (1 - decay * rate) - change;
      }
    }
    this.#model.parameters_changed();
  }

  #rate(step: number, size: number): number {
    const { eps, scale_parameter, relative_step, warmup_init } = this.#options;
    const own = Math.min(warmup_init ? 1e-6 * step : 1e-2, 1 / Math.sqrt(step));
    return (scale_parameter ? Math.max(eps[1], size) : 1) * (relative_step ? own : this.lr!);
  }

  /** The gradient over the root of its averaged square. */
  #scaled(name: string, { data: gradient, dims }: Tensor<"float32">, kept: number, eps: number): Float64Array {
    const update = new Float64Array(gradient.length);
    if (dims.length < 2) {
      const squares = this.#averages.get("exp_avg_sq", name, dims);
      for (let i = 0; i < update.length; i++) {
        squares[i] = squares[i]! * kept + (gradient[i]! ** 2 + eps) * (1 - kept);
        update[i] = gradient[i]! / Math.sqrt(squares[i]!);
      }
      return update;
    }
    const [rows, columns] = dims.slice(-2) as [number, number];
    const matrices = gradient.length / (rows * columns);
    const ofRows = this.#averages.get("exp_avg_sq_row", name, dims.slice(0, -1));
    const ofColumns = this.#averages.get("exp_avg_sq_col", name, [...dims.slice(0, -2), columns]);
    for (let m = 0; m < matrices; m++) {
      const square = (r: number, c: number) => gradient[(m * rows + r) * columns + c]! ** 2 + eps;
      let mean = 0;
      for (let r = 0; r < rows; r++) {
        let sum = 0;
        for (let c = 0; c < columns; c++) sum += square(r, c);
        const at = m * rows + r;
        ofRows[at] = ofRows[at]! * kept + (sum / columns) * (1 - kept);
        mean += ofRows[at]! / rows;
      }
      for (let c = 0; c < columns; c++) {
        let sum = 0;
        for (let r = 0; r < rows; r++) sum += square(r, c);
        const at = m * columns + c;
        ofColumns[at] = ofColumns[at]! * kept + (sum / rows) * (1 - kept);
      }
      for (let r = 0; r < rows; r++) {
        const row = Math.sqrt(ofRows[m * rows + r]! / mean);
        for (let c = 0; c < columns; c++) {
          const at = (m * rows + r) * columns + c;
          update[at] = gradient[at]! / (row * Math.sqrt(ofColumns[m * columns + c]!));
        }
      }
    }
    return update;
  }

  state_dict(): OptimizerState {
    return this.#averages.state(this.lr);
  }

  load_state_dict(state: OptimizerState): void {
    this.#averages.load("Adafactor", state, this.#model.trainable_parameters().keys());
    this.lr = state.lr;
  }
}

function rootMeanSquare(numbers: Float32Array | Float64Array): number {
  let sum = 0;
  for (let i = 0; i < numbers.length; i++) sum += numbers[i]! ** 2;
  return Math.sqrt(sum / numbers.length);
}
