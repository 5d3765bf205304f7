/**
 * Which beams go on, which have ended, and when an example is done
 * (transformers 4.37.2, generation/beam_search.py: BeamSearchScorer, BeamHypotheses).
 *
 * A beam is an object with its ids here, where the reference gathers rows of matrices. Departures:
 * - a done example's rows continue its own first beam with pad; the reference continues row 0 of the batch. Neither is read.
 * - without end tokens a sequence ends where it ends; the reference fails to append one to sequences that max_time cut.
 */
import { InternalError, InvalidArgumentError } from "../errors.ts";
import type { Generated } from "./decoder.ts";
import { pythonStr } from "./python-repr.ts";

/** A sequence being searched. */
export interface Beam {
  readonly ids: readonly number[];
  /** For each generated token, the row that it was appended to. */
  readonly rows: readonly number[];
  /** Sum of log-probabilities, float32. */
  readonly score: number;
}

/** An example's best continuations of one step, best first. */
export interface Candidates {
  readonly scores: ArrayLike<number>;
  readonly tokens: ArrayLike<number>;
  /** Which of the example's beams each continues. */
  readonly beams: ArrayLike<number>;
}

/** A beam of the next step: `token` appended to the example's beam number `beam`. */
export interface Continuation {
  readonly beam: number;
  readonly token: number;
  readonly score: number;
}

export interface BeamScorerOptions {
  batch: number;
  num_beams: number;
  length_penalty: number;
  early_stopping: boolean | "never";
  num_return_sequences: number;
  /** Ids of a sequence at most, prompt included. */
  max_length: number;
  prompt_length: number;
  /** End tokens, the first of which ends sequences that have room for it. */
  eos: readonly number[];
  pad: number;
}

interface Hypothesis {
  /** Sum of log-probabilities over length ** length_penalty. */
  readonly score: number;
  readonly ids: readonly number[];
  readonly rows: readonly number[];
}

/** The n best ended sequences of an example. */
export class BeamHypotheses {
  readonly #options: BeamScorerOptions;
  #beams: Hypothesis[] = [];
  #worst = 1e9;

  constructor(options: BeamScorerOptions) {
    this.#options = options;
  }

  /** Worst first; of equals the one added later is the better. */
  sorted(): Hypothesis[] {
    return this.#beams.toSorted((a, b) => a.score - b.score);
  }

  /** `generatedLength` counts the end token, if there is one, and not the prompt. */
  add(ids: readonly number[], sum: number, rows: readonly number[], generatedLength: number): void {
    const { num_beams, length_penalty } = this.#options;
    const score = sum / generatedLength ** length_penalty;
    if (this.#beams.length >= num_beams && !(score > this.#worst)) return;
    this.#beams.push({ score, ids, rows });
    if (this.#beams.length > num_beams) {
      const [least, next] = this.sorted();
      this.#beams = this.#beams.filter((hypothesis) => hypothesis !== least);
      this.#worst = next!.score;
    } else if (!(this.#worst < score)) {
      // Also where the score is nan, as Python's min has it.
      this.#worst = score;
    }
  }

  /** Whether nothing better is to come, `best` being the best sum of the step that made sequences `length` ids long. */
  isDone(best: number, length: number): boolean {
    const { num_beams, early_stopping, length_penalty, max_length, prompt_length } = this.#options;
    if (this.#beams.length < num_beams) return false;
    if (early_stopping === true) return true;
    // "never" asks for the best that any length can attain: the longest, where length is favoured.
    const attained = early_stopping === "never" && length_penalty > 0 ? max_length : length;
    return this.#worst >= best / (attained - prompt_length) ** length_penalty;
  }
}

export class BeamSearchScorer {
  readonly #options: BeamScorerOptions;
  readonly #hypotheses: BeamHypotheses[];
  readonly #done: boolean[];

  constructor(options: BeamScorerOptions) {
    const { batch, num_beams, num_return_sequences, max_length, prompt_length } = options;
    if (!Number.isInteger(num_beams) || num_beams <= 1) {
      refuse(
        `\`num_beams\` has to be an integer strictly greater than 1, but is ${pythonStr(num_beams)}. For \`num_beams\` == 1, ` +
          "one should make use of `greedy_search` instead.",
      );
    }
    if (!Number.isInteger(num_return_sequences) || num_return_sequences < 1 || num_return_sequences > num_beams) {
      throw new InvalidArgumentError({
        operation: "generate",
        expected: `\`num_return_sequences\` from 1 to \`num_beams\` (${num_beams})`,
        got: pythonStr(num_return_sequences),
      });
    }
    if (max_length <= prompt_length) {
      throw new InvalidArgumentError({
        operation: "generate",
        says: "max_length is not larger than decoder prompt length",
        got: `max_length ${max_length}, a prompt of ${prompt_length}`,
        fix: "Increase `max_length`, or set `max_new_tokens`.",
      });
    }
    this.#options = options;
    this.#hypotheses = Array.from({ length: batch }, () => new BeamHypotheses(options));
    this.#done = Array.from({ length: batch }, () => false);
  }

  get isDone(): boolean {
    return this.#done.every((done) => done);
  }

  /**
   * The num_beams beams that `example` goes on with, after those of `candidates` that end have been noted. `beams` are the
   * example's present ones, the first of them row `firstRow`.
   */
  process(example: number, beams: readonly Beam[], firstRow: number, candidates: Candidates): Continuation[] {
    const { num_beams, eos, pad, prompt_length } = this.#options;
    if (this.#done[example]) return beams.map(() => ({ beam: 0, token: pad, score: 0 }));

    const hypotheses = this.#hypotheses[example]!;
    const length = beams[0]!.ids.length + 1;
    const next: Continuation[] = [];
    for (let rank = 0; next.length < num_beams; rank++) {
      const token = candidates.tokens[rank];
      if (token === undefined) {
        throw new InternalError({
          operation: "BeamSearchScorer",
          expected: `${num_beams} candidates that go on`,
          got: `${next.length} of ${rank}`,
        });
      }
      const score = candidates.scores[rank]!;
      const beam = candidates.beams[rank]!;
      if (!eos.includes(token)) {
        next.push({ beam, token, score });
      } else if (rank < num_beams) {
        const { ids, rows } = beams[beam]!;
        hypotheses.add(ids, score, [...rows, firstRow + beam], length - prompt_length);
      }
    }
    // The best of all candidates, ended ones and ignored ones included.
    this.#done[example] = hypotheses.isDone(candidates.scores[0]!, length);
    return next;
  }

  /** The best sequences of each example, once the search has ended with these beams. */
  finalize(beams: readonly (readonly Beam[])[]): Generated {
    const { eos, pad, prompt_length, max_length, num_return_sequences } = this.#options;
    const best = beams.flatMap((open, example) => {
      const hypotheses = this.#hypotheses[example]!;
      if (!this.#done[example]) {
        for (const { ids, rows, score } of open) hypotheses.add(ids, score, rows, ids.length - prompt_length);
      }
      return hypotheses.sorted().reverse().slice(0, num_return_sequences);
    });
    const longest = Math.max(...best.map(({ ids }) => ids.length));
    const width = Math.min(longest + (eos.length > 0 ? 1 : 0), max_length);
    const filled = (values: readonly number[], filler: number) =>
      Array.from({ length: width }, (_, i) => values[i] ?? filler);
    return {
      sequences: best.map(({ ids }) => filled([...ids, ...eos.slice(0, 1)], pad)),
      sequences_scores: best.map(({ score }) => Math.fround(score)),
      beam_indices: best.map(({ rows }) => filled(rows, -1)),
    };
  }
}

function refuse(says: string): never {
  throw new InvalidArgumentError({ operation: "generate", says });
}
