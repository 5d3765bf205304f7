/** The best ended sequences of an example, or of a group of its beams (transformers 4.37.2, generation/beam_search.py: BeamHypotheses). */

export interface HypothesesOptions {
  /** Sequences kept. */
  readonly capacity: number;
  readonly length_penalty: number;
  readonly early_stopping: boolean | "never";
  /** Ids of a sequence at most, prompt included. */
  readonly max_length: number;
  readonly prompt_length: number;
}

export interface Hypothesis {
  /** Sum of log-probabilities over length ** length_penalty. */
  readonly score: number;
  readonly ids: readonly number[];
  /** For each generated token, the row that it was appended to. */
  readonly rows: readonly number[];
}

export class BeamHypotheses {
  readonly #options: HypothesesOptions;
  #beams: Hypothesis[] = [];
  #worst = 1e9;

  constructor(options: HypothesesOptions) {
    this.#options = options;
  }

  /** In the order in which they came. */
  get kept(): readonly Hypothesis[] {
    return this.#beams;
  }

  /** `generatedLength` counts the end token, if there is one, and not the prompt. */
  add(ids: readonly number[], sum: number, rows: readonly number[], generatedLength: number): void {
    const { capacity, length_penalty } = this.#options;
    const score = sum / generatedLength ** length_penalty;
    if (this.#beams.length >= capacity && !(score > this.#worst)) return;
    this.#beams.push({ score, ids, rows });
    if (this.#beams.length > capacity) {
      const [least, next] = worstFirst(this.#beams);
      this.#beams = this.#beams.filter((hypothesis) => hypothesis !== least);
      this.#worst = next!.score;
    } else if (!(this.#worst < score)) {
      // Also where the score is nan, as Python's min has it.
      this.#worst = score;
    }
  }

  /** Whether nothing better is to come, `best` being the best sum of the step that made sequences `length` ids long. */
  isDone(best: number, length: number): boolean {
    const { capacity, early_stopping, length_penalty, max_length, prompt_length } = this.#options;
    if (this.#beams.length < capacity) return false;
    if (early_stopping === true) return true;
    // "never" asks for the best that any length can attain: the longest, where length is favoured.
    const attained = early_stopping === "never" && length_penalty > 0 ? max_length : length;
    return this.#worst >= best / (attained - prompt_length) ** length_penalty;
  }
}

/** Of equals the one added later is the better. */
export function worstFirst(hypotheses: readonly Hypothesis[]): Hypothesis[] {
  return hypotheses.toSorted((a, b) => a.score - b.score);
}
