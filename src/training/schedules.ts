/**
 * Learning rates over the steps of a training (transformers 4.37.2, optimization.py: get_scheduler): each schedule multiplies the
 * rate that the optimiser was made with; only "reduce_lr_on_plateau" looks at a metric instead (torch.optim.lr_scheduler).
 */
import { InvalidArgumentError, nearestName, refuseUnknownOptions } from "../errors.ts";
import type { Optimizer } from "./optimizer.ts";

export const schedulerTypes = [
  "linear",
  "cosine",
  "cosine_with_restarts",
  "polynomial",
  "constant",
  "constant_with_warmup",
  "inverse_sqrt",
  "reduce_lr_on_plateau",
] as const;
export type SchedulerType = (typeof schedulerTypes)[number];

export interface SchedulerOptions {
  readonly num_warmup_steps?: number | null;
  readonly num_training_steps?: number | null;
  readonly scheduler_specific_kwargs?: SchedulerSettings;
}

/** Settings of single schedules. */
export interface SchedulerSettings {
  /** cosine: 0.5, cosine_with_restarts: 1. */
  readonly num_cycles?: number;
  /** polynomial: 1e-7. */
  readonly lr_end?: number;
  /** polynomial: 1. */
  readonly power?: number;
  /** inverse_sqrt: the warm-up's steps. (get_scheduler of the reference takes it and does nothing with it.) */
  readonly timescale?: number | null;
  /** reduce_lr_on_plateau: "min". */
  readonly mode?: "min" | "max";
  /** reduce_lr_on_plateau: 0.1, 10, 1e-4, 0, 0, 1e-8. */
  readonly factor?: number;
  readonly patience?: number;
  readonly threshold?: number;
  readonly cooldown?: number;
  readonly min_lr?: number;
  readonly eps?: number;
}

export interface SchedulerState {
  readonly [name: string]: number;
}

export interface Scheduler {
  /** After each step of the optimiser; on a plateau after each evaluation, with its metric. */
  step(metric?: number): void;
  get_last_lr(): number;
  state_dict(): SchedulerState;
  load_state_dict(state: SchedulerState): void;
}

/** What of the first rate holds at a step. */
type Factor = (step: number) => number;

interface Shape {
  readonly warmup: number;
  readonly total: number;
  readonly initial: number;
  readonly settings: SchedulerSettings;
}

interface Kind {
  readonly settings: readonly (keyof SchedulerSettings)[];
  readonly needs: readonly ("num_warmup_steps" | "num_training_steps")[];
  /** The factor from the end of the warm-up on. */
  readonly after: (shape: Shape) => Factor;
}

const both = ["num_warmup_steps", "num_training_steps"] as const;
const progress = (step: number, { warmup, total }: Shape): number => (step - warmup) / Math.max(1, total - warmup);

const kinds: { readonly [T in Exclude<SchedulerType, "reduce_lr_on_plateau">]: Kind } = {
  linear: {
    settings: [],
    needs: both,
    after: (shape) => (step) => Math.max(0, (shape.total - step) / Math.max(1, shape.total - shape.warmup)),
  },
  cosine: {
    settings: ["num_cycles"],
    needs: both,
    after: (shape) => (step) => {
      const { num_cycles = 0.5 } = shape.settings;
      return Math.max(0, 0.5 * (1 + Math.cos(Math.PI * num_cycles * 2 * progress(step, shape))));
    },
  },
  cosine_with_restarts: {
    settings: ["num_cycles"],
    needs: both,
    after: (shape) => (step) => {
      const { num_cycles = 1 } = shape.settings;
      const at = progress(step, shape);
      return at >= 1 ? 0 : Math.max(0, 0.5 * (1 + Math.cos(Math.PI * ((num_cycles * at) % 1))));
    },
  },
  polynomial: { settings: ["lr_end", "power"], needs: both, after: polynomial },
  constant: { settings: [], needs: [], after: () => () => 1 },
  constant_with_warmup: { settings: [], needs: ["num_warmup_steps"], after: () => () => 1 },
  inverse_sqrt: {
    settings: ["timescale"],
    needs: ["num_warmup_steps"],
    after: ({ warmup, settings }) => {
      const timescale = settings.timescale ?? warmup;
      if (!(timescale > 0)) {
        throw new InvalidArgumentError({
          operation: "get_scheduler, inverse_sqrt",
          expected: "`timescale`, or `num_warmup_steps`, above 0",
          got: String(timescale),
        });
      }
      return (step) => 1 / Math.sqrt((step + timescale - warmup) / timescale);
    },
  },
};

function polynomial({ warmup, total, initial, settings }: Shape): Factor {
  const { lr_end = 1e-7, power = 1 } = settings;
  if (initial <= lr_end) {
    const says = `lr_end (${lr_end}) must be be smaller than initial lr (${initial})`;
    throw new InvalidArgumentError({ operation: "get_scheduler", says });
  }
  return (step) => {
    if (step > total) return lr_end / initial;
    const remaining = 1 - (step - warmup) / (total - warmup);
    return ((initial - lr_end) * remaining ** power + lr_end) / initial;
  };
}

/** A schedule of the optimiser's learning rate, which is set for the first step at once. */
export function get_scheduler(name: SchedulerType, optimizer: Optimizer, options: SchedulerOptions = {}): Scheduler {
  const operation = "get_scheduler";
  refuseUnknownOptions(operation, options, [...both, "scheduler_specific_kwargs"]);
  if (!schedulerTypes.includes(name)) {
    const near = nearestName(String(name), schedulerTypes);
    throw new InvalidArgumentError({
      operation,
      expected: `a schedule among ${schedulerTypes.join(", ")}`,
      got: String(name),
      ...(near === undefined ? {} : { fix: `Did you mean "${near}"?` }),
    });
  }
  const { initial_lr } = optimizer;
  if (initial_lr === null) {
    throw new InvalidArgumentError({
      operation,
      expected: "an optimiser with a learning rate",
      got: "one that has a rate of its own (relative_step)",
      fix: "Give Adafactor `lr` and relative_step: false, or train without a schedule.",
    });
  }
  const settings = options.scheduler_specific_kwargs ?? {};
  if (name === "reduce_lr_on_plateau") return plateau(optimizer, settings);
  const { settings: known, needs, after } = kinds[name];
  refuseUnknownOptions(`${operation}, scheduler_specific_kwargs of ${name}`, settings, known);
  for (const need of needs) {
    if (options[need] !== undefined && options[need] !== null) continue;
    throw new InvalidArgumentError({ operation, says: `${name} requires \`${need}\`, please provide that argument.` });
  }
  const warmup = needs.length === 0 ? 0 : options.num_warmup_steps!;
  const shape = { warmup, total: options.num_training_steps ?? 0, initial: initial_lr, settings };
  const then = after(shape);
  return stepped(optimizer, initial_lr, (step) => (step < warmup ? step / Math.max(1, warmup) : then(step)));
}

function stepped(optimizer: Optimizer, initial: number, factor: Factor): Scheduler {
  let last_epoch = 0;
  const set = (): void => {
    optimizer.lr = initial * factor(last_epoch);
  };
  set();
  return {
    step() {
      last_epoch += 1;
      set();
    },
    get_last_lr: () => optimizer.lr!,
    state_dict: () => ({ last_epoch }),
    load_state_dict(state) {
      last_epoch = state.last_epoch!;
      set();
    },
  };
}

const plateauSettings = ["mode", "factor", "patience", "threshold", "cooldown", "min_lr", "eps"] as const;

/** Lowers the rate when a metric has not become better for a while. */
function plateau(optimizer: Optimizer, settings: SchedulerSettings): Scheduler {
  const operation = "get_scheduler, reduce_lr_on_plateau";
  refuseUnknownOptions(operation, settings, plateauSettings);
  const { mode = "min", factor = 0.1, patience = 10, threshold = 1e-4 } = settings;
  const { cooldown = 0, min_lr = 0, eps = 1e-8 } = settings;
  if (factor >= 1) throw new InvalidArgumentError({ operation, says: "Factor should be < 1.0." });
  if (mode !== "min" && mode !== "max") throw new InvalidArgumentError({ operation, says: `mode ${mode} is unknown!` });
  let best = mode === "min" ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY;
  let num_bad_epochs = 0;
  let cooling = 0;
  let last_epoch = 0;
  const better = (metric: number): boolean =>
    mode === "min" ? metric < best * (1 - threshold) : metric > best * (1 + threshold);
  return {
    step(metric) {
      if (metric === undefined) {
        throw new InvalidArgumentError({ operation, expected: "a metric", got: "none", fix: "Write step(eval_loss)." });
      }
      last_epoch += 1;
      if (better(metric)) {
        best = metric;
        num_bad_epochs = 0;
      } else num_bad_epochs += 1;
      if (cooling > 0) {
        cooling -= 1;
        num_bad_epochs = 0;
      }
      if (num_bad_epochs <= patience) return;
      const lower = Math.max(optimizer.lr! * factor, min_lr);
      if (optimizer.lr! - lower > eps) optimizer.lr = lower;
      cooling = cooldown;
      num_bad_epochs = 0;
    },
    get_last_lr: () => optimizer.lr!,
    state_dict: () => ({ best, num_bad_epochs, cooldown_counter: cooling, last_epoch, lr: optimizer.lr! }),
    load_state_dict(state) {
      best = state.best!;
      num_bad_epochs = state.num_bad_epochs!;
      cooling = state.cooldown_counter!;
      last_epoch = state.last_epoch!;
      optimizer.lr = state.lr!;
    },
  };
}
