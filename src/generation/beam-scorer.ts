/**
 * Which beams go on, which have ended, and when an example is done
 * (transformers 4.37.2, generation/beam_search.py: BeamSearchScorer).
 *
 * A beam is an object with its ids here, where the reference gathers rows of matrices. An example's beams may be searched
 * in groups; without them all are one group. Departures:
 * - a done group's rows continue its own first beam with pad; the reference continues row 0 of the batch. Neither is read.
 * - without end tokens a sequence ends where it ends; the reference fails to append one to sequences that max_time cut.
 * - the rows of a hypothesis (beam_indices) are those of the scores in diverse search too; the reference gives other groups'.
 */
import { InvalidArgumentError } from "../errors.ts";
import { BeamHypotheses, worstFirst } from "./beam-hypotheses.ts";
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

/** A group's best continuations of one step, best first. */
export interface Candidates {
  readonly scores: ArrayLike<number>;
  readonly tokens: ArrayLike<number>;
  /** Which of the group's beams each continues. */
  readonly beams: ArrayLike<number>;
}

/** A beam of the next step: `token` appended to the group's beam number `beam`. */
export interface Continuation {
  readonly beam: number;
  readonly token: number;
  readonly score: number;
}

/** Sum that a beam of the group would have with any token. */
export type SumOf = (beam: number, token: number) => number;

export interface BeamScorerOptions {
  batch: number;
  num_beams: number;
  num_beam_groups: number;
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

export class BeamSearchScorer {
  /** Beams of a group. */
  readonly groupSize: number;
  readonly #options: BeamScorerOptions;
  /** Of each group of each example. */
  readonly #hypotheses: BeamHypotheses[];
  readonly #done: boolean[];

  constructor(options: BeamScorerOptions) {
    const { batch, num_beams, num_beam_groups, num_return_sequences, max_length, prompt_length } = options;
    if (!Number.isInteger(num_beams) || num_beams <= 1) {
      refuse(
        `\`num_beams\` has to be an integer strictly greater than 1, but is ${pythonStr(num_beams)}. For \`num_beams\` == 1, ` +
          "one should make use of `greedy_search` instead.",
      );
    }
    if (!Number.isInteger(num_beam_groups) || num_beam_groups > num_beams || num_beams % num_beam_groups !== 0) {
      refuse(
        "`num_beam_groups` has to be an integer smaller or equal than `num_beams` and `num_beams` has to be divisible by " +
          `\`num_beam_groups\`, but is ${pythonStr(num_beam_groups)} with \`num_beams\` being ${num_beams}.`,
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
    this.groupSize = num_beams / num_beam_groups;
    const capacity = { ...options, capacity: this.groupSize };
    this.#hypotheses = Array.from({ length: batch * num_beam_groups }, () => new BeamHypotheses(capacity));
    this.#done = this.#hypotheses.map(() => false);
  }

  get isDone(): boolean {
    return this.#done.every((done) => done);
  }

  /**
   * The beams that group number `group` (counted over all examples) goes on with, after those of `candidates` that end have
   * been noted. `beams` are the group's present ones, the first of them row `firstRow`.
   */
  process(
    group: number,
    beams: readonly Beam[],
    firstRow: number,
    candidates: Candidates,
    sumOf: SumOf,
  ): readonly Continuation[] {
    const { eos, pad, prompt_length } = this.#options;
    if (this.#done[group]) return beams.map(() => ({ beam: 0, token: pad, score: 0 }));

    const hypotheses = this.#hypotheses[group]!;
    const length = beams[0]!.ids.length + 1;
    const next: Continuation[] = [];
    for (let rank = 0; next.length < this.groupSize; rank++) {
      const token = candidates.tokens[rank];
      if (token === undefined) {
        const drawn = Array.from(candidates.tokens).join(", ");
        throw new InvalidArgumentError({
          operation: "generate",
          says: `At most ${this.groupSize} tokens in [${drawn}] can be equal to \`eos_token_id: [${eos.join(", ")}]\`. Make sure [${drawn}] are corrected.`,
          fix: "Sample with fewer end tokens, or with more beams.",
        });
      }
      const score = candidates.scores[rank]!;
      const beam = candidates.beams[rank]!;
      if (!eos.includes(token)) {
        next.push({ beam, token, score });
      } else if (rank < this.groupSize && this.mayEnd(beams[beam]!.ids)) {
        const { ids, rows } = beams[beam]!;
        hypotheses.add(ids, score, [...rows, firstRow + beam], length - prompt_length);
      }
    }
    const rearranged = this.rearrange(beams, next, sumOf);
    // The best of all candidates, ended ones and ignored ones included.
    this.#done[group] = hypotheses.isDone(candidates.scores[0]!, length);
    return rearranged;
  }

  /** Whether a sequence may end here. */
  protected mayEnd(_ids: readonly number[]): boolean {
    return true;
  }

  /** The beams to go on with, given those that would by their sums. */
  protected rearrange(_beams: readonly Beam[], next: readonly Continuation[], _sumOf: SumOf): readonly Continuation[] {
    return next;
  }

  /** The open beams of a group that count as sequences when the search is over. */
  protected closing(open: readonly Beam[]): readonly Beam[] {
    return open;
  }

  /** The best sequences of each example, once the search has ended with these beams of each group. */
  finalize(beams: readonly (readonly Beam[])[]): Generated {
    const { batch, eos, pad, prompt_length, max_length, num_beam_groups, num_return_sequences } = this.#options;
    beams.forEach((open, group) => {
      if (this.#done[group]) return;
      for (const { ids, rows, score } of this.closing(open)) {
        this.#hypotheses[group]!.add(ids, score, rows, ids.length - prompt_length);
      }
    });
    const best = Array.from({ length: batch }, (_, example) => {
      const groups = this.#hypotheses.slice(example * num_beam_groups, (example + 1) * num_beam_groups);
      return worstFirst(groups.flatMap(({ kept }) => kept))
        .reverse()
        .slice(0, num_return_sequences);
    }).flat();
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
