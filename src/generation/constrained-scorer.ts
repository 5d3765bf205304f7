/**
 * Beam search that must fulfil constraints: beams that come nearer to them are kept beside those of the best sums, and only
 * those that have fulfilled them end (transformers 4.37.2, generation/beam_search.py: ConstrainedBeamSearchScorer).
 *
 * Departure: a beam that is returned although it never fulfilled them keeps its rows (beam_indices); the reference fails there.
 */
import { type Beam, type BeamScorerOptions, BeamSearchScorer, type Continuation, type SumOf } from "./beam-scorer.ts";
import { type Constraint, ConstraintListState } from "./constraints.ts";

export class ConstrainedBeamSearchScorer extends BeamSearchScorer {
  readonly #constraints: readonly Constraint[];
  readonly #returned: number;

  constructor(constraints: readonly Constraint[], options: BeamScorerOptions) {
    super(options);
    this.#constraints = constraints;
    this.#returned = options.num_return_sequences;
  }

  #stateAfter(ids: readonly number[]): ConstraintListState {
    const state = new ConstraintListState(this.#constraints.map((constraint) => constraint.copy()));
    state.reset([...ids]);
    return state;
  }

  protected override mayEnd(ids: readonly number[]): boolean {
    return this.#stateAfter(ids).completed;
  }

  /**
   * `next`, and every beam with every token that advances its constraints, sorted into banks by how far they are; the best
   * of each bank in turn, from the furthest bank on.
   */
  protected override rearrange(
    beams: readonly Beam[],
    next: readonly Continuation[],
    sumOf: SumOf,
  ): readonly Continuation[] {
    const idsOf = ({ beam, token }: Continuation) => [...beams[beam]!.ids, token];
    const proposed = next.map((continuation) => ({ continuation, state: this.#stateAfter(idsOf(continuation)) }));
    const seen = new Set(next.map((one) => idsOf(one).join()));
    beams.forEach(({ ids }, beam) => {
      const state = this.#stateAfter(ids);
      if (state.completed) return;
      for (const token of state.advance() ?? []) {
        const continuation = { beam, token, score: sumOf(beam, token) };
        // Before anything is passed over, as in the reference: copies of a disjunctive constraint share their state.
        const advanced = state.copy(true);
        advanced.add(token);
        const key = idsOf(continuation).join();
        if (seen.has(key)) continue;
        seen.add(key);
        proposed.push({ continuation, state: advanced });
      }
    });
    if (proposed.length === next.length) return next;
    // Asked only now, for the same reason.
    const entries = proposed.map(({ continuation, state }) => ({ continuation, bank: state.get_bank() }));

    const worth = ({ bank, continuation }: (typeof entries)[number]) => Math.fround(bank * 100 + continuation.score);
    const sorted = entries.toSorted((a, b) => worth(b) - worth(a));
    let place = -1;
    const places = sorted.map(({ bank }, i) => {
      place = i > 0 && sorted[i - 1]!.bank !== bank ? 0 : place + 1;
      return place;
    });
    return sorted
      .map(({ continuation }, i) => ({ continuation, place: places[i]! }))
      .toSorted((a, b) => a.place - b.place)
      .slice(0, next.length)
      .map(({ continuation }) => continuation);
  }

  /** Those that fulfil the constraints; all, where these are fewer than are returned. */
  protected override closing(open: readonly Beam[]): readonly Beam[] {
    const complete = open.filter(({ ids }) => this.mayEnd(ids));
    if (complete.length >= this.#returned) return complete;
    return [...complete, ...open.filter((beam) => !complete.includes(beam))];
  }
}
