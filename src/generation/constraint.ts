/**
 * Something that the output has to contain, and how far a sequence has come with it: a state machine over the tokens that
 * are generated (transformers 4.37.2, generation/beam_constraints.py). constraints.ts has lists of them.
 *
 * Departures:
 * - an alternative without tokens is refused; the reference makes of it a constraint that nothing fulfils.
 * - a phrase of one token begins anew after a wrong one; the reference fails at the next question.
 * - the base class cannot test a constraint while it is being constructed: `constraintsOf` does.
 * Two oddities of the reference are kept: see PhrasalConstraint.reset and DisjunctiveConstraint.copy.
 */
import { InvalidArgumentError } from "../errors.ts";
import { pythonStr } from "./python-repr.ts";

export interface ConstraintUpdate {
  /** The constraint is one step nearer to being fulfilled, */
  stepped: boolean;
  /** or fulfilled now, */
  completed: boolean;
  /** or has lost what it had. */
  reset: boolean;
}

/** To be extended by constraints of one's own: those are tested when a search begins. */
export abstract class Constraint {
  /** Steps that it takes to be fulfilled, at most. */
  abstract readonly seqlen: number;

  /** The token, or any of those, that would be a step; null where there is nothing left to do. */
  abstract advance(): number | readonly number[] | null;
  /** Whether this token would be a step. */
  abstract does_advance(token_id: number): boolean;
  /** Takes a token that has been generated. */
  abstract update(token_id: number): ConstraintUpdate;
  /** Forgets all tokens. */
  abstract reset(): void;
  /** Steps that are left. */
  abstract remaining(): number;
  /** The same constraint, at its beginning or, where `stateful`, where this one is. */
  abstract copy(stateful?: boolean): Constraint;

  /** Follows its own advice to the end; an error where that does not fulfil it. Leaves it fulfilled. */
  test(): void {
    const wrong = (says: string) => new InvalidArgumentError({ operation: "Constraint.test", says });
    let completed = false;
    for (let steps = 0; !completed; steps++) {
      if (steps === 1) this.reset();
      const [token] = tokensOf(this.advance());
      if (token === undefined || !this.does_advance(token)) {
        throw wrong("Custom Constraint is not defined correctly. self.does_advance(self.advance()) must be true.");
      }
      completed = this.update(token).completed;
      if (steps + 1 > 10000) throw wrong("update() does not fulfill the constraint.");
    }
    if (this.remaining() !== 0) throw wrong("Custom Constraint is not defined correctly.");
  }
}

/** These tokens, one after another. */
export class PhrasalConstraint extends Constraint {
  readonly token_ids: readonly number[];
  readonly seqlen: number;
  /** Index of the last token that has come. */
  fulfilled_idx = -1;
  completed = false;

  constructor(token_ids: readonly number[]) {
    super();
    if (!Array.isArray(token_ids) || token_ids.length === 0) {
      refuse("PhrasalConstraint", `\`token_ids\` has to be a non-empty list, but is ${pythonStr(token_ids)}.`);
    }
    if (!token_ids.every(isTokenId)) {
      refuse(
        "PhrasalConstraint",
        `Each list in \`token_ids\` has to be a list of positive integers, but is ${pythonStr(token_ids)}.`,
      );
    }
    this.token_ids = token_ids;
    this.seqlen = token_ids.length;
  }

  advance(): number | null {
    return this.completed ? null : this.token_ids[this.fulfilled_idx + 1]!;
  }

  does_advance(token_id: number): boolean {
    this.#requireInteger(token_id);
    return token_id === this.advance();
  }

  update(token_id: number): ConstraintUpdate {
    if (!this.does_advance(token_id)) {
      this.reset();
      return { stepped: false, completed: false, reset: true };
    }
    this.fulfilled_idx += 1;
    this.completed = this.fulfilled_idx === this.seqlen - 1;
    return { stepped: true, completed: this.completed, reset: false };
  }

  /** As the reference has it, the first token counts as having come. Searches copy a constraint rather than reset it. */
  reset(): void {
    this.completed = false;
    this.fulfilled_idx = this.seqlen === 1 ? -1 : 0;
  }

  remaining(): number {
    return this.seqlen - (this.fulfilled_idx + 1);
  }

  copy(stateful = false): PhrasalConstraint {
    const result = new PhrasalConstraint(this.token_ids);
    if (stateful) {
      result.fulfilled_idx = this.fulfilled_idx;
      result.completed = this.completed;
    }
    return result;
  }

  #requireInteger(token_id: number): void {
    if (Number.isInteger(token_id)) return;
    refuse("PhrasalConstraint", `\`token_id\` has to be an \`int\`, but is ${withType(token_id)}`);
  }
}

/** Token sequences by their beginnings: each token leads to those that may follow it, in the order in which they were given. */
type Trie = Map<number, Trie>;

export class DisjunctiveTrie {
  /** Length of the longest sequence. */
  readonly max_height: number;
  readonly trie: Trie = new Map();

  constructor(nested_token_ids: readonly (readonly number[])[], no_subsets = true) {
    this.max_height = Math.max(...nested_token_ids.map((token_ids) => token_ids.length));
    for (const token_ids of nested_token_ids) {
      let level = this.trie;
      for (const token of token_ids) {
        const next: Trie = level.get(token) ?? new Map();
        level.set(token, next);
        level = next;
      }
    }
    // Fewer ends than sequences: one ends within another, or stands there twice.
    if (no_subsets && leaves(this.trie) !== nested_token_ids.length) {
      refuse(
        "DisjunctiveConstraint",
        `Each list in \`nested_token_ids\` can't be a complete subset of another list, but is ${pythonStr(nested_token_ids)}.`,
      );
    }
  }

  /** What may follow `current_seq`, the beginning of a sequence. */
  next_tokens(current_seq: readonly number[]): number[] {
    let level: Trie | undefined = this.trie;
    for (const token of current_seq) level = level?.get(token);
    return [...(level?.keys() ?? [])];
  }

  /** Whether `current_seq` is a whole sequence. */
  reached_leaf(current_seq: readonly number[]): boolean {
    return this.next_tokens(current_seq).length === 0;
  }
}

function leaves(trie: Trie): number {
  if (trie.size === 0) return 1;
  let sum = 0;
  for (const next of trie.values()) sum += leaves(next);
  return sum;
}

/** One of these token sequences. */
export class DisjunctiveConstraint extends Constraint {
  readonly token_ids: readonly (readonly number[])[];
  readonly trie: DisjunctiveTrie;
  readonly seqlen: number;
  /** What has come of a sequence. */
  current_seq: number[] = [];
  completed = false;

  constructor(nested_token_ids: readonly (readonly number[])[]) {
    super();
    const but = `but is ${pythonStr(nested_token_ids)}.`;
    if (!Array.isArray(nested_token_ids) || nested_token_ids.length === 0) {
      refuse("DisjunctiveConstraint", `\`nested_token_ids\` has to be a non-empty list, ${but}`);
    }
    if (!nested_token_ids.every((token_ids) => Array.isArray(token_ids))) {
      refuse("DisjunctiveConstraint", `\`nested_token_ids\` has to be a list of lists, ${but}`);
    }
    if (!nested_token_ids.every((token_ids) => token_ids.length > 0 && token_ids.every(isTokenId))) {
      refuse(
        "DisjunctiveConstraint",
        `Each list in \`nested_token_ids\` has to be a list of positive integers, ${but}`,
      );
    }
    this.trie = new DisjunctiveTrie(nested_token_ids);
    this.token_ids = nested_token_ids;
    this.seqlen = this.trie.max_height;
  }

  advance(): number[] | null {
    const tokens = this.trie.next_tokens(this.current_seq);
    return tokens.length === 0 ? null : tokens;
  }

  does_advance(token_id: number): boolean {
    if (!Number.isInteger(token_id)) {
      refuse("DisjunctiveConstraint", `\`token_id\` is supposed to be type \`int\`, but is ${withType(token_id)}`);
    }
    return this.trie.next_tokens(this.current_seq).includes(token_id);
  }

  update(token_id: number): ConstraintUpdate {
    const stepped = this.does_advance(token_id);
    if (stepped) this.current_seq.push(token_id);
    else this.reset();
    this.completed = this.trie.reached_leaf(this.current_seq);
    return { stepped, completed: this.completed, reset: !stepped };
  }

  reset(): void {
    this.completed = false;
    this.current_seq = [];
  }

  remaining(): number {
    return this.completed ? 0 : this.seqlen - this.current_seq.length;
  }

  /**
   * A stateful copy shares `current_seq` with this one until either is reset, so that a step of one is a step of both. So it
   * is in the reference, where it decides how beams within one of several alternatives are sorted.
   */
  copy(stateful = false): DisjunctiveConstraint {
    const result = new DisjunctiveConstraint(this.token_ids);
    if (stateful) {
      result.current_seq = this.current_seq;
      result.completed = this.completed;
    }
    return result;
  }
}

/** The tokens that `advance` gave. */
export function tokensOf(advance: number | readonly number[] | null): readonly number[] {
  return advance === null ? [] : [advance].flat();
}

function isTokenId(id: unknown): boolean {
  return typeof id === "number" && Number.isInteger(id) && id >= 0;
}

/** A value that is no int, and its type, as Python prints them. */
function withType(value: unknown): string {
  const names: { [type: string]: string } = { number: "float", string: "str", boolean: "bool", undefined: "NoneType" };
  const name = value === null ? "NoneType" : Array.isArray(value) ? "list" : (names[typeof value] ?? "dict");
  return `${pythonStr(value)} of type <class '${name}'>`;
}

function refuse(operation: string, says: string): never {
  throw new InvalidArgumentError({ operation, says });
}
