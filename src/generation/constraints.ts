/**
 * What the output has to contain: which constraints a config asks for, and how far a sequence has come with them
 * (transformers 4.37.2, generation/beam_constraints.py: ConstraintListState; generation/utils.py: generate, where it makes
 * `final_constraints`). What a constraint is stands in constraint.ts.
 */
import { InvalidArgumentError } from "../errors.ts";
import type { GenerationConfig } from "./config.ts";
import { Constraint, DisjunctiveConstraint, PhrasalConstraint, tokensOf } from "./constraint.ts";
import { pythonStr } from "./python-repr.ts";
import { column } from "./token-ids.ts";

export { Constraint, type ConstraintUpdate, DisjunctiveConstraint, PhrasalConstraint } from "./constraint.ts";

/**
 * Those of `constraints`, then one for each of `force_words_ids`: a phrase, or one of several where it is a list of them.
 * Constraints of classes that are not the package's are tested. With `vocabSize` ids have to be below it.
 */
export function constraintsOf(config: GenerationConfig, vocabSize = Infinity): Constraint[] {
  const given = givenConstraints(config.constraints);
  const forced = config.force_words_ids === null ? [] : forcedWords(config.force_words_ids);
  if (given.length + forced.length === 0) {
    throw new InvalidArgumentError({
      operation: "generate",
      expected: "`constraints` to hold at least one constraint",
      got: "an empty list",
      fix: "Leave it unset to generate without constraints.",
    });
  }
  for (const constraint of given) check(constraint, "constraints", vocabSize);
  for (const constraint of forced) check(constraint, "force_words_ids", vocabSize);
  return [...given, ...forced];
}

function check(constraint: Constraint, name: string, vocabSize: number): void {
  if (constraint instanceof PhrasalConstraint || constraint instanceof DisjunctiveConstraint) {
    for (const id of constraint.token_ids.flat()) column(name, id, vocabSize);
  } else {
    constraint.copy(false).test();
  }
}

function givenConstraints(given: unknown): Constraint[] {
  if (given === null) return [];
  const isConstraint = (item: unknown) => item instanceof Constraint;
  if (Array.isArray(given) && given.every(isConstraint)) return given;
  throw new InvalidArgumentError({
    operation: "generate",
    expected: "`constraints` to be a list of constraints",
    got: JSON.stringify(given) ?? String(given),
    fix: "Write [new PhrasalConstraint([id, id])], or give the ids as `force_words_ids`.",
  });
}

function forcedWords(force_words_ids: unknown): Constraint[] {
  const refuse = (): never => {
    throw new InvalidArgumentError({
      operation: "generate",
      says:
        "`force_words_ids` has to either be a `List[List[List[int]]]` or `List[List[int]]` of positive integers, " +
        `but is ${pythonStr(force_words_ids)}.`,
    });
  };
  const isPhrase = (ids: unknown): ids is number[] =>
    Array.isArray(ids) && ids.length > 0 && ids.every((id) => Number.isInteger(id) && id >= 0);
  if (!Array.isArray(force_words_ids) || force_words_ids.length === 0) return refuse();
  return force_words_ids.map((word: unknown) => {
    if (isPhrase(word)) return new PhrasalConstraint(word);
    if (Array.isArray(word) && word.length > 0 && word.every(isPhrase)) return new DisjunctiveConstraint(word);
    return refuse();
  });
}

/** How far a sequence has come with several constraints. One is worked on at a time. */
export class ConstraintListState {
  /** As given; only copies of them are changed. */
  readonly constraints: readonly Constraint[];
  readonly max_seqlen: number;
  readonly n_constraints: number;
  /** All are fulfilled. */
  completed = false;
  complete_constraints: Constraint[] = [];
  inprogress_constraint: Constraint | null = null;
  pending_constraints: Constraint[] = [];

  constructor(constraints: readonly Constraint[]) {
    if (constraints.length === 0) {
      throw new InvalidArgumentError({
        operation: "ConstraintListState",
        expected: "at least one constraint",
        got: "an empty list",
      });
    }
    this.constraints = constraints;
    this.max_seqlen = Math.max(...constraints.map((constraint) => constraint.seqlen));
    this.n_constraints = constraints.length;
    this.init_state();
  }

  /** Nothing has come yet; `completed` stays what it is, as in the reference. */
  init_state(): void {
    this.complete_constraints = [];
    this.inprogress_constraint = null;
    this.pending_constraints = this.constraints.map((constraint) => constraint.copy(false));
  }

  /** Grows with what has come: `max_seqlen` for each constraint that is fulfilled, less for the one that is worked on. */
  get_bank(): number {
    const current = this.inprogress_constraint;
    const partial = current === null ? 0 : this.max_seqlen - current.remaining();
    return this.complete_constraints.length * this.max_seqlen + partial;
  }

  /** The tokens that are a step: of the constraint that is worked on, or of any; null where there are none. */
  advance(): number[] | null {
    const current = this.inprogress_constraint;
    const tokens = (current === null ? this.pending_constraints : [current]).flatMap((constraint) =>
      tokensOf(constraint.advance()),
    );
    return tokens.length === 0 ? null : tokens;
  }

  /** Begins anew with these tokens. */
  reset(token_ids: readonly number[] | null): void {
    this.init_state();
    for (const token of token_ids ?? []) {
      this.add(token);
      if (this.completed) break;
    }
  }

  /** Takes a token that has been generated; it advances one constraint at most. */
  add(token_id: number): { complete: boolean; stepped: boolean } {
    if (!Number.isInteger(token_id)) {
      throw new InvalidArgumentError({
        operation: "ConstraintListState.add",
        says: `\`token_id\` should be an \`int\`, but is \`${pythonStr(token_id)}\`.`,
      });
    }
    if (this.completed) return { complete: true, stepped: false };
    const current = this.inprogress_constraint;
    return current === null ? this.#begin(token_id) : this.#goOn(current, token_id);
  }

  #goOn(current: Constraint, token_id: number): { complete: boolean; stepped: boolean } {
    const { stepped, completed, reset } = current.update(token_id);
    if (reset) {
      // The token itself is not tried as a beginning, of this one or another.
      this.pending_constraints.push(current.copy(false));
      this.inprogress_constraint = null;
    }
    if (completed) {
      this.complete_constraints.push(current);
      this.inprogress_constraint = null;
      this.completed ||= this.pending_constraints.length === 0;
    }
    return { complete: completed, stepped };
  }

  #begin(token_id: number): { complete: boolean; stepped: boolean } {
    const index = this.pending_constraints.findIndex((constraint) => constraint.does_advance(token_id));
    const constraint = this.pending_constraints[index];
    if (constraint === undefined) return { complete: false, stepped: false };
    const { stepped, completed } = constraint.update(token_id);
    if (!stepped) {
      throw new InvalidArgumentError({
        operation: "ConstraintListState.add",
        says:
          "`constraint.update(token_id)` is not yielding incremental progress, " +
          "even though `constraint.does_advance(token_id)` is true.",
      });
    }
    if (completed) this.complete_constraints.push(constraint);
    else this.inprogress_constraint = constraint;
    this.pending_constraints = this.pending_constraints.toSpliced(index, 1);
    this.completed ||= this.pending_constraints.length === 0 && this.inprogress_constraint === null;
    return { complete: completed, stepped };
  }

  /** Not `completed`, as in the reference: a copy of a fulfilled state is not. */
  copy(stateful = true): ConstraintListState {
    const result = new ConstraintListState(this.constraints);
    if (stateful) {
      result.complete_constraints = this.complete_constraints.map((constraint) => constraint.copy(true));
      result.inprogress_constraint = this.inprogress_constraint?.copy(true) ?? null;
      result.pending_constraints = this.pending_constraints.map((constraint) => constraint.copy());
    }
    return result;
  }
}
