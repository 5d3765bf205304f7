import { describe, expect, test } from "vitest";
import { BeamHypotheses, worstFirst } from "./beam-hypotheses.ts";
import { type Beam, type BeamScorerOptions, BeamSearchScorer } from "./beam-scorer.ts";

const options: BeamScorerOptions = {
  batch: 2,
  num_beams: 2,
  num_beam_groups: 1,
  length_penalty: 1,
  early_stopping: false,
  num_return_sequences: 1,
  max_length: 9,
  prompt_length: 2,
  eos: [7, 8],
  pad: 1,
};

const noSum = () => 0;

const beams: Beam[] = [
  { ids: [2, 2, 5], rows: [0], score: -1 },
  { ids: [2, 2, 6], rows: [0], score: -2 },
];

describe("hypotheses", () => {
  function held(hypotheses: BeamHypotheses): number[][] {
    return worstFirst(hypotheses.kept).map(({ ids }) => [...ids]);
  }

  test("the best n are kept, worst first, and of equals the later is the better", () => {
    const hypotheses = new BeamHypotheses({ ...options, capacity: 2 });
    hypotheses.add([1], -4, [], 2);
    hypotheses.add([2], -2, [], 1);
    expect(held(hypotheses)).toEqual([[1], [2]]);
    hypotheses.add([3], -9, [], 3);
    expect(held(hypotheses)).toEqual([[1], [2]]);
    hypotheses.add([4], -3, [], 3);
    expect(held(hypotheses)).toEqual([[2], [4]]);
  });

  test.each<[BeamScorerOptions["early_stopping"], number, number, boolean]>([
    // Two hypotheses, the worst at -2; the step's best sum is -9, at 5 ids, 3 of them generated.
    [true, 1, -9, true],
    [false, 1, -9, true],
    [false, 1, -5.9, false],
    ["never", 1, -9, false],
    ["never", 1, -14, true],
    ["never", 0, -1.9, false],
    ["never", 0, -2, true],
  ])("early_stopping %s, length_penalty %s, best %s: done %s", (early_stopping, length_penalty, best, done) => {
    const hypotheses = new BeamHypotheses({ ...options, capacity: 2, early_stopping, length_penalty });
    hypotheses.add([1], -2, [], 1);
    expect(hypotheses.isDone(best, 5)).toBe(false);
    hypotheses.add([2], -1, [], 1);
    expect(hypotheses.isDone(best, 5)).toBe(done);
  });
});

describe("a step", () => {
  test("end tokens are noted only among the best, others go on", () => {
    const scorer = new BeamSearchScorer({ ...options, batch: 1, early_stopping: true, num_return_sequences: 2 });
    const next = scorer.process(
      0,
      beams,
      4,
      {
        scores: [-1.5, -2, -2.25, -2.5, -3, -4],
        tokens: [7, 3, 8, 4, 5, 6],
        beams: [0, 1, 1, 0, 0, 0],
      },
      noSum,
    );
    expect(next).toEqual([
      { beam: 1, token: 3, score: -2 },
      { beam: 0, token: 4, score: -2.5 },
    ]);
    expect(scorer.isDone).toBe(false);
    const out = scorer.finalize([
      [
        { ids: [2, 2, 6, 3], rows: [0, 5], score: -2 },
        { ids: [2, 2, 5, 4], rows: [0, 4], score: -2.5 },
      ],
    ]);
    // The ended one: -1.5 over two tokens, its end token counted and written again, as the first of the end tokens.
    expect(out).toEqual({
      sequences: [
        [2, 2, 5, 7, 1],
        [2, 2, 6, 3, 7],
      ],
      sequences_scores: [-0.75, -1],
      beam_indices: [
        [0, 4, -1, -1, -1],
        [0, 5, -1, -1, -1],
      ],
    });
  });

  test("a done example pads its own rows", () => {
    const scorer = new BeamSearchScorer({ ...options, early_stopping: true });
    const ending = { scores: [-1, -2, -3, -4], tokens: [7, 7, 3, 4], beams: [0, 1, 0, 1] };
    expect(scorer.process(1, beams, 2, ending, noSum).map(({ token }) => token)).toEqual([3, 4]);
    expect(scorer.isDone).toBe(false);
    const padded = { beam: 0, token: 1, score: 0 };
    expect(scorer.process(1, beams, 2, ending, noSum)).toEqual([padded, padded]);
    scorer.process(0, beams, 0, ending, noSum);
    expect(scorer.isDone).toBe(true);
  });

  test("candidates that all end leave nothing to go on with", () => {
    const scorer = new BeamSearchScorer(options);
    expect(() => scorer.process(0, beams, 0, { scores: [-1, -2], tokens: [7, 8], beams: [0, 0] }, noSum)).toThrow(
      "At most 2 tokens in [7, 8] can be equal to `eos_token_id: [7, 8]`. Make sure [7, 8] are corrected.",
    );
  });
});

describe("the end", () => {
  test("no end token is written where there is no room, and none where there is none", () => {
    const full: Beam = { ids: [2, 2, 3, 4], rows: [0, 0], score: -1 };
    const one = { ...options, batch: 1, max_length: 4 };
    expect(new BeamSearchScorer(one).finalize([[full, full]]).sequences).toEqual([[2, 2, 3, 4]]);
    expect(new BeamSearchScorer({ ...one, max_length: 9, eos: [] }).finalize([[full, full]]).sequences).toEqual([
      [2, 2, 3, 4],
    ]);
  });

  test("a sequence may be returned for each beam and no more", () => {
    expect(() => new BeamSearchScorer({ ...options, num_return_sequences: 0 })).toThrow(
      "generate: expected `num_return_sequences` from 1 to `num_beams` (2), got 0",
    );
    expect(() => new BeamSearchScorer({ ...options, max_length: 2 })).toThrow(
      "max_length is not larger than decoder prompt length (generate: got max_length 2, a prompt of 2)",
    );
  });
});
