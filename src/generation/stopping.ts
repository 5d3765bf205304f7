/**
 * When a search ends besides reaching its end tokens, and who is told how far it is
 * (transformers 4.37.2, generation/stopping_criteria.py: MaxLengthCriteria, MaxTimeCriteria).
 */
import { InvalidArgumentError } from "../errors.ts";

/** `step` tokens of at most `maximum` have been generated. */
export interface GenerationProgress {
  step: number;
  maximum: number;
}

export interface StoppingOptions {
  /** Ids of a sequence at most, prompt included. */
  max_length: number;
  prompt_length: number;
  /** Seconds, counted from the construction, after which no further step is begun. */
  max_time?: number | null;
  signal?: AbortSignal | undefined;
  progress_callback?: ((progress: GenerationProgress) => void) | undefined;
  /** Milliseconds of a clock that never goes back. */
  now?: () => number;
}

export class Stopping {
  readonly max_length: number;
  readonly #options: StoppingOptions;
  readonly #now: () => number;
  readonly #deadline: number;

  constructor(options: StoppingOptions) {
    const { max_time } = options;
    if (max_time != null && (typeof max_time !== "number" || Number.isNaN(max_time))) {
      throw new InvalidArgumentError({
        operation: "generate",
        expected: "`max_time` in seconds",
        got: JSON.stringify(max_time) ?? String(max_time),
      });
    }
    this.#options = options;
    this.max_length = options.max_length;
    this.#now = options.now ?? (() => performance.now());
    this.#deadline = max_time == null ? Infinity : this.#now() + max_time * 1000;
  }

  /** Throws the signal's reason once it is aborted. */
  throwIfAborted(): void {
    this.#options.signal?.throwIfAborted();
  }

  /** After the step that made the sequences `length` ids long: reports it, and says whether it was the last. */
  after(length: number): boolean {
    const { prompt_length, progress_callback } = this.#options;
    progress_callback?.({ step: length - prompt_length, maximum: Math.max(1, this.max_length - prompt_length) });
    this.throwIfAborted();
    return length >= this.max_length || this.#now() > this.#deadline;
  }
}
