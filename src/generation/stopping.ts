/**
 * When a search ends besides reaching its end tokens, and who is told how far it is
 * (transformers 4.37.2, generation/stopping_criteria.py).
 */
import { InvalidArgumentError } from "../errors.ts";
import type { Tensor } from "../tensor.ts";

/** `step` tokens of at most `maximum` have been generated. */
export interface GenerationProgress {
  step: number;
  maximum: number;
}

/** Ends the whole call, all rows at once, when it says so after a step. */
export abstract class StoppingCriteria {
  /** `input_ids`: all rows so far. `scores`: those of each step [rows, V], where output_scores keeps them, else empty. */
  abstract should_stop(input_ids: readonly (readonly number[])[], scores: readonly Tensor<"float32">[]): boolean;
}

export class MaxLengthCriteria extends StoppingCriteria {
  readonly max_length: number;

  /** `max_length` ids at most, prompt included. */
  constructor(max_length: number) {
    super();
    this.max_length = max_length;
  }

  should_stop(input_ids: readonly (readonly number[])[]): boolean {
    return input_ids[0]!.length >= this.max_length;
  }
}

export class MaxTimeCriteria extends StoppingCriteria {
  readonly max_time: number;
  readonly #start: number;

  /** Seconds, counted from `initial_timestamp` (of performance.now, in seconds), by default the construction. */
  constructor(max_time: number, initial_timestamp: number = performance.now() / 1000) {
    super();
    if (typeof max_time !== "number" || Number.isNaN(max_time)) {
      throw new InvalidArgumentError({
        operation: "generate",
        expected: "`max_time` in seconds",
        got: JSON.stringify(max_time) ?? String(max_time),
      });
    }
    this.max_time = max_time;
    this.#start = initial_timestamp;
  }

  should_stop(): boolean {
    return performance.now() / 1000 - this.#start > this.max_time;
  }
}

/** Stops when any of its criteria does. */
export class StoppingCriteriaList extends Array<StoppingCriteria> {
  should_stop(input_ids: readonly (readonly number[])[], scores: readonly Tensor<"float32">[]): boolean {
    // All are asked, as one may count its calls.
    return this.map((criterion) => criterion.should_stop(input_ids, scores)).includes(true);
  }
}

export interface StoppingOptions {
  /** Ids of a sequence at most, prompt included. */
  max_length: number;
  prompt_length: number;
  /** Seconds, counted from the construction, after which no further step is begun. */
  max_time?: number | null;
  /** The caller's own. */
  criteria?: readonly StoppingCriteria[] | undefined;
  signal?: AbortSignal | undefined;
  progress_callback?: ((progress: GenerationProgress) => void) | undefined;
}

export class Stopping {
  readonly max_length: number;
  readonly #options: StoppingOptions;
  readonly #criteria: readonly StoppingCriteria[];

  constructor(options: StoppingOptions) {
    this.#options = options;
    this.max_length = options.max_length;
    const own = [
      new MaxLengthCriteria(options.max_length),
      ...(options.max_time == null ? [] : [new MaxTimeCriteria(options.max_time)]),
    ];
    const given = options.criteria ?? [];
    for (const one of given) refuseSecond(one, own);
    this.#criteria = [...own, ...given];
  }

  /** Throws the signal's reason once it is aborted. */
  throwIfAborted(): void {
    this.#options.signal?.throwIfAborted();
  }

  /** After the step that made `rows` what they are: reports it, and says whether it was the last. */
  after(rows: readonly (readonly number[])[], scores: readonly Tensor<"float32">[]): boolean {
    const { prompt_length, progress_callback } = this.#options;
    const step = rows[0]!.length - prompt_length;
    progress_callback?.({ step, maximum: Math.max(1, this.max_length - prompt_length) });
    this.throwIfAborted();
    return this.#criteria.map((criterion) => criterion.should_stop(rows, scores)).includes(true);
  }
}

function refuseSecond(given: StoppingCriteria, own: readonly StoppingCriteria[]): void {
  if (typeof given?.should_stop !== "function") {
    throw new InvalidArgumentError({
      operation: "generate",
      expected: "`stopping_criteria` to be objects with should_stop(input_ids, scores)",
      got: String(given),
    });
  }
  if (!own.some((one) => one.constructor === given.constructor)) return;
  throw new InvalidArgumentError({
    operation: "generate",
    says: `A custom stopping criteria of type ${given.constructor.name} has been passed to \`.generate()\`, but it has already been created by passing the corresponding arguments to generate or by the model's config default values. If you just want to change the default values of stopping criteria consider passing them as arguments to \`.generate()\` instead of using a custom stopping criteria.`,
  });
}
