import { describe, expect, test } from "vitest";
import { readFixture } from "../../tests/support/oracle.ts";
import { GenerationConfig, type GenerationOptions } from "./config.ts";
import {
  Constraint,
  ConstraintListState,
  type ConstraintUpdate,
  constraintsOf,
  DisjunctiveConstraint,
  PhrasalConstraint,
} from "./constraints.ts";

const stepped: ConstraintUpdate = { stepped: true, completed: false, reset: false };
const completed: ConstraintUpdate = { stepped: true, completed: true, reset: false };
const reset: ConstraintUpdate = { stepped: false, completed: false, reset: true };

describe("PhrasalConstraint", () => {
  test("goes through its tokens", () => {
    const phrase = new PhrasalConstraint([4, 5, 4]);
    expect([phrase.seqlen, phrase.remaining(), phrase.advance(), phrase.completed]).toEqual([3, 3, 4, false]);
    expect([phrase.does_advance(4), phrase.does_advance(5)]).toEqual([true, false]);
    expect(phrase.update(4)).toEqual(stepped);
    expect([phrase.remaining(), phrase.advance()]).toEqual([2, 5]);
    expect([phrase.update(5), phrase.update(4)]).toEqual([stepped, completed]);
    expect([phrase.remaining(), phrase.advance(), phrase.completed, phrase.does_advance(4)]).toEqual([
      0,
      null,
      true,
      false,
    ]);
  });

  test("after a wrong token the first one counts as having come, as in the reference", () => {
    const phrase = new PhrasalConstraint([4, 5, 6]);
    phrase.update(4);
    phrase.update(5);
    expect(phrase.update(4)).toEqual(reset);
    expect([phrase.fulfilled_idx, phrase.remaining(), phrase.advance()]).toEqual([0, 2, 5]);
  });

  test("but a phrase of one token begins anew, where the reference fails", () => {
    const phrase = new PhrasalConstraint([4]);
    expect(phrase.update(5)).toEqual(reset);
    expect([phrase.remaining(), phrase.advance(), phrase.update(4)]).toEqual([1, 4, completed]);
  });

  test("copies", () => {
    const phrase = new PhrasalConstraint([4, 5]);
    phrase.update(4);
    expect([phrase.copy().remaining(), phrase.copy(true).remaining()]).toEqual([2, 1]);
    phrase.copy(true).update(5);
    expect(phrase.remaining()).toBe(1);
  });
});

describe("DisjunctiveConstraint", () => {
  const words = [[9, 5], [3], [9, 4, 7]];

  test("goes along the alternatives, which come in the order given", () => {
    const one = new DisjunctiveConstraint(words);
    expect([one.seqlen, one.remaining(), one.advance()]).toEqual([3, 3, [9, 3]]);
    expect([one.update(9), one.advance(), one.remaining()]).toEqual([stepped, [5, 4], 2]);
    expect([one.update(4), one.update(7), one.advance(), one.remaining()]).toEqual([stepped, completed, null, 0]);
  });

  test("a short alternative is as good", () => {
    const one = new DisjunctiveConstraint(words);
    expect([one.update(3), one.remaining(), one.completed]).toEqual([completed, 0, true]);
  });

  test("a wrong token begins anew", () => {
    const one = new DisjunctiveConstraint(words);
    one.update(9);
    expect([one.update(3), one.current_seq, one.advance()]).toEqual([reset, [], [9, 3]]);
  });

  test("stateful copies share their steps until one is reset, as in the reference", () => {
    const one = new DisjunctiveConstraint(words);
    one.update(9);
    const copy = one.copy(true);
    copy.update(4);
    expect(one.current_seq).toEqual([9, 4]);
    copy.reset();
    expect([one.current_seq, copy.current_seq, one.copy().current_seq]).toEqual([[9, 4], [], []]);
  });
});

describe("ConstraintListState", () => {
  const state = () =>
    new ConstraintListState([new PhrasalConstraint([1, 2, 3]), new DisjunctiveConstraint([[4, 5], [6]])]);
  const at = ({ advance, bank, done }: { advance: number[] | null; bank: number; done?: boolean }) => ({
    advance,
    bank,
    done: done ?? false,
  });
  const seen = (list: ConstraintListState) =>
    at({ advance: list.advance(), bank: list.get_bank(), done: list.completed });

  test("one constraint at a time, in any order", () => {
    const list = state();
    expect(seen(list)).toEqual(at({ advance: [1, 4, 6], bank: 0 }));
    expect(list.add(7)).toEqual({ complete: false, stepped: false });
    expect(list.add(4)).toEqual({ complete: false, stepped: true });
    expect(seen(list)).toEqual(at({ advance: [5], bank: 2 }));
    expect(list.add(5)).toEqual({ complete: true, stepped: true });
    expect(seen(list)).toEqual(at({ advance: [1], bank: 3 }));
    list.add(1);
    expect(seen(list)).toEqual(at({ advance: [2], bank: 4 }));
    list.add(2);
    expect(list.add(3)).toEqual({ complete: true, stepped: true });
    expect(seen(list)).toEqual(at({ advance: null, bank: 6, done: true }));
    expect(list.add(1)).toEqual({ complete: true, stepped: false });
  });

  test("a wrong token loses what one constraint had, and begins none", () => {
    const list = state();
    list.reset([1, 2, 6]);
    expect(seen(list)).toEqual(at({ advance: [4, 6, 1], bank: 0 }));
  });

  test("a constraint fulfilled by its only token is not worked on", () => {
    const list = state();
    list.reset([6]);
    expect([list.inprogress_constraint, list.complete_constraints.length]).toEqual([null, 1]);
    list.reset(null);
    expect(seen(list)).toEqual(at({ advance: [1, 4, 6], bank: 0 }));
  });

  test("copies go their own ways, with the steps of a phrase", () => {
    const list = state();
    list.reset([6, 1]);
    const copy = list.copy();
    copy.add(2);
    expect([seen(list).advance, seen(copy).advance, seen(list.copy(false)).advance]).toEqual([[2], [3], [1, 4, 6]]);
  });

  test("needs constraints", () => {
    expect(() => new ConstraintListState([])).toThrow("expected at least one constraint, got an empty list");
  });
});

const of = (options: GenerationOptions, vocabSize?: number) =>
  constraintsOf(new GenerationConfig({ num_beams: 2, ...options }), vocabSize);

describe("the constraints of a config", () => {
  test("those given, then phrases and alternatives", () => {
    const own = new PhrasalConstraint([7]);
    const list = of(
      {
        constraints: [own],
        force_words_ids: [
          [1, 2],
          [[3], [4, 5]],
        ] as unknown as number[][],
      },
      8,
    );
    expect(list[0]).toBe(own);
    expect(list.slice(1).map((constraint) => [constraint.constructor, constraint.advance()])).toEqual([
      [PhrasalConstraint, 1],
      [DisjunctiveConstraint, [3, 4]],
    ]);
  });

  test.each(["[]", "[[]]", "[1]", "[[1, -1]]", "[[1, 1.5]]", "[[1, [2]]]", "[[[1], 2]]", "[[[]]]", '"text"', "{}"])(
    "force_words_ids %s",
    (text) => {
      const force_words_ids = JSON.parse(text);
      expect(() => of({ force_words_ids })).toThrow(
        "`force_words_ids` has to either be a `List[List[List[int]]]` or `List[List[int]]` of positive integers, but is ",
      );
    },
  );

  test("an alternative within another, or twice", () => {
    const message = "Each list in `nested_token_ids` can't be a complete subset of another list, but is [[1, 2], [1]].";
    expect(() => of({ force_words_ids: [[[1, 2], [1]]] })).toThrow(message);
    expect(() => new DisjunctiveConstraint([[1], [1]])).toThrow("can't be a complete subset of another list");
  });

  test("what is no constraint, or none at all", () => {
    expect(() => of({ constraints: [[1, 2]] })).toThrow(
      "expected `constraints` to be a list of constraints, got [[1,2]]. Write [new PhrasalConstraint([id, id])]",
    );
    expect(() => of({ constraints: [] })).toThrow("expected `constraints` to hold at least one constraint");
  });

  test("ids beyond the vocabulary", () => {
    expect(() => of({ constraints: [new PhrasalConstraint([7])] }, 7)).toThrow(
      "`constraints` to hold token ids below 7",
    );
    expect(() => of({ force_words_ids: [[[1], [2, 9]]] }, 7)).toThrow(
      "`force_words_ids` to hold token ids below 7, got 9",
    );
  });
});

describe("constraints of one's own are tested", () => {
  class Times extends Constraint {
    readonly seqlen: number;
    seen = 0;
    readonly advice: number;
    readonly left: number;

    constructor(seqlen: number, { advice = 5, left = 0 } = {}) {
      super();
      this.seqlen = seqlen;
      this.advice = advice;
      this.left = left;
    }
    advance() {
      return [this.advice];
    }
    does_advance(token: number) {
      return token === 5;
    }
    update(token: number): ConstraintUpdate {
      this.seen += token === 5 ? 1 : 0;
      return { stepped: token === 5, completed: this.seen === this.seqlen, reset: false };
    }
    reset() {
      this.seen = 0;
    }
    remaining() {
      return this.seqlen - this.seen + this.left;
    }
    copy(stateful = false) {
      const result = new Times(this.seqlen, { advice: this.advice, left: this.left });
      if (stateful) result.seen = this.seen;
      return result;
    }
  }

  test("and stay at their beginning", () => {
    const times = new Times(3);
    expect(of({ constraints: [times] })).toEqual([times]);
    expect(times.remaining()).toBe(3);
  });

  test.each([
    [new Times(3, { advice: 6 }), "Custom Constraint is not defined correctly. self.does_advance(self.advance())"],
    [new Times(-1), "update() does not fulfill the constraint."],
    [new Times(2, { left: 1 }), "Custom Constraint is not defined correctly."],
  ])("%#", (constraint, message) => expect(() => of({ constraints: [constraint] })).toThrow(message));
});

describe("what cannot be", () => {
  const phrase = (text: string) => () => new PhrasalConstraint(JSON.parse(text));
  const alternatives = (text: string) => () => new DisjunctiveConstraint(JSON.parse(text));
  test.each([
    [phrase("[]"), "`token_ids` has to be a non-empty list, but is []."],
    [phrase("5"), "`token_ids` has to be a non-empty list, but is 5."],
    [phrase("[1, -1]"), "Each list in `token_ids` has to be a list of positive integers, but is [1, -1]."],
    [alternatives("[]"), "`nested_token_ids` has to be a non-empty list, but is []."],
    [alternatives("[1]"), "`nested_token_ids` has to be a list of lists, but is [1]."],
    [
      alternatives("[[1, -1]]"),
      "Each list in `nested_token_ids` has to be a list of positive integers, but is [[1, -1]].",
    ],
    [
      alternatives("[[], [1]]"),
      "Each list in `nested_token_ids` has to be a list of positive integers, but is [[], [1]].",
    ],
    [() => new PhrasalConstraint([1]).update(1.5), "`token_id` has to be an `int`, but is 1.5 of type <class 'float'>"],
    [
      () => new DisjunctiveConstraint([[1]]).does_advance(JSON.parse('"1"')),
      "`token_id` is supposed to be type `int`, but is 1 of type <class 'str'>",
    ],
    [
      () => new ConstraintListState([new PhrasalConstraint([1])]).add(JSON.parse("null")),
      "`token_id` should be an `int`, but is `None`.",
    ],
  ])("%#", (make, message) => expect(make).toThrow(message));
});

type Given = { phrasal: number[] } | { disjunctive: number[][] };

interface Known {
  advance: number | number[] | null;
  remaining: number;
  completed: boolean;
}

interface State {
  bank: number;
  advance: number[] | null;
  completed: boolean;
  complete: number;
  in_progress: unknown;
  pending: unknown[];
}

interface Fixture {
  constraints: {
    constraint: Given;
    seqlen: number;
    at_first: Known;
    after_reset?: Known;
    steps: (Known & {
      token: number;
      does_advance: boolean;
      update: boolean[];
      copy: Known;
      fresh_copy: Known;
      raises?: string;
    })[];
  }[];
  lists: {
    constraints: Given[];
    max_seqlen: number;
    at_first: State;
    steps: (State & { token: number; add: boolean[]; copy: State; fresh_copy: State })[];
    reset_to_all: State;
    candidates?: (State & { token: number; add: boolean[]; original: State })[];
    reset: State;
  }[];
}

describe("as transformers 4.37.2 has it (tests/oracle/warpers.py)", () => {
  const { constraints, lists } = readFixture<Fixture>("warpers.json");
  const make = (given: Given) =>
    "phrasal" in given ? new PhrasalConstraint(given.phrasal) : new DisjunctiveConstraint(given.disjunctive);
  const known = (one: PhrasalConstraint | DisjunctiveConstraint): Known => ({
    advance: one.advance(),
    remaining: one.remaining(),
    completed: one.completed,
  });
  const stateOf = (list: ConstraintListState): State => {
    const ids = (one: Constraint | null) =>
      one instanceof PhrasalConstraint || one instanceof DisjunctiveConstraint ? one.token_ids : one;
    return {
      bank: list.get_bank(),
      advance: list.advance(),
      completed: list.completed,
      complete: list.complete_constraints.length,
      in_progress: ids(list.inprogress_constraint),
      pending: list.pending_constraints.map(ids),
    };
  };
  const added = (list: ConstraintListState, token: number) => {
    const { complete, stepped } = list.add(token);
    return [complete, stepped];
  };
  const named = <Row extends { steps: { token: number }[] }>(row: Row, about: unknown) => ({
    row,
    about: JSON.stringify(about),
    ids: JSON.stringify(row.steps.map(({ token }) => token)),
  });

  test.each(constraints.map((row) => named(row, row.constraint)))("$about with $ids", ({ row }) => {
    const one = make(row.constraint);
    expect([one.seqlen, known(one)]).toEqual([row.seqlen, row.at_first]);
    for (const { token, does_advance, update, raises, copy, fresh_copy, ...after } of row.steps) {
      expect(one.does_advance(token)).toBe(does_advance);
      const { stepped, completed, reset } = one.update(token);
      expect([stepped, completed, reset]).toEqual(update);
      if (raises !== undefined) {
        // A departure: the reference fails at a phrase of one token after a wrong one, which here begins anew.
        expect(known(one)).toEqual(row.at_first);
        return;
      }
      expect(known(one)).toEqual(after);
      expect([known(one.copy(true)), known(one.copy())]).toEqual([copy, fresh_copy]);
    }
    one.reset();
    expect(known(one)).toEqual(row.after_reset);
  });

  test.each(lists.map((row) => named(row, row.constraints)))("a list of $about with $ids", ({ row }) => {
    const list = new ConstraintListState(row.constraints.map(make));
    expect([list.max_seqlen, stateOf(list)]).toEqual([row.max_seqlen, row.at_first]);
    for (const { token, add, copy, fresh_copy, ...after } of row.steps) {
      expect(added(list, token)).toEqual(add);
      expect([stateOf(list), stateOf(list.copy()), stateOf(list.copy(false))]).toEqual([after, copy, fresh_copy]);
    }
    const again = new ConstraintListState(row.constraints.map(make));
    again.reset(row.steps.map(({ token }) => token));
    expect(stateOf(again)).toEqual(row.reset_to_all);
    for (const { token, add, original, ...after } of row.candidates ?? []) {
      const candidate = again.copy(true);
      expect(added(candidate, token)).toEqual(add);
      expect([stateOf(candidate), stateOf(again)]).toEqual([after, original]);
    }
    again.reset(null);
    expect(stateOf(again)).toEqual(row.reset);
  });
});
