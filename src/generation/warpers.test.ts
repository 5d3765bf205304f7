import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readFixture } from "../../tests/support/oracle.ts";
import { GenerationConfig, type GenerationOptions } from "./config.ts";
import type { LogitsProcessor } from "./processor.ts";
import {
  epsilonCutoff,
  etaCutoff,
  hammingDiversity,
  temperature,
  topK,
  topP,
  typical,
  type WarperContext,
  warpers,
} from "./warpers.ts";
import { WeightedRank } from "./weighted-rank.ts";

const gone = -Infinity;

function process(warper: LogitsProcessor, ...rows: number[][]): number[][] {
  const scores = Float32Array.from(rows.flat());
  warper.process(
    rows.map(() => [2]),
    scores,
  );
  const V = rows[0]!.length;
  return rows.map((_, r) => [...scores.subarray(r * V, (r + 1) * V)]);
}

/** The columns that are left of rows whose softmax is these probabilities. */
function kept(warper: LogitsProcessor, ...rows: number[][]): number[][] {
  const scores = rows.map((row) => row.map((probability) => Math.log(probability)));
  return process(warper, ...scores).map((row) => [...row.keys()].filter((i) => row[i] !== gone));
}

// Powers of two, so that every sum of them is exact.
const halves = [1 / 16, 1 / 2, 1 / 8, 1 / 16, 1 / 4];
const even = [1 / 4, 1 / 4, 1 / 4, 1 / 4];

test("temperature divides in float32", () => {
  expect(process(temperature(0.7), [1, -2, gone])).toEqual([[Math.fround(1 / 0.7), Math.fround(-2 / 0.7), gone]]);
  // The divisor is float32 too: with 0.1 in double some quotients round otherwise.
  const scores = Float32Array.from({ length: 1000 }, (_, i) => i / 7);
  const expected = scores.map((score) => score / Math.fround(0.1));
  temperature(0.1).process([[2]], scores);
  expect(scores).toEqual(expected);
});

describe("topK", () => {
  test("keeps those that equal the k-th, and `keep` at least", () => {
    expect(process(topK(2, 1, 5), [1, 3, 2, 2, 0], [5, 4, 3, 2, 1])).toEqual([
      [gone, 3, 2, 2, gone],
      [5, 4, gone, gone, gone],
    ]);
    expect(process(topK(1, 3, 4), [1, 3, 2, 0])).toEqual([[1, 3, 2, gone]]);
    expect(process(topK(9, 1, 3), [1, 2, 3])).toEqual([[1, 2, 3]]);
  });

  test("nan counts as the largest, and nothing is below it", () => {
    expect(process(topK(1, 1, 3), [1, Number.NaN, 3])).toEqual([[1, Number.NaN, 3]]);
    expect(process(topK(2, 1, 3), [1, Number.NaN, 3])).toEqual([[gone, Number.NaN, 3]]);
  });

  test("filter", () => expect(process(topK(1, 1, 3, -7), [1, gone, 3])).toEqual([[-7, -7, 3]]));
});

describe("topP", () => {
  test("what goes has 1 - p together, the limit itself included", () => {
    expect(kept(topP(0.5, 1, 5), halves)).toEqual([[1]]);
    expect(kept(topP(0.51, 1, 5), halves)).toEqual([[1, 4]]);
    expect(kept(topP(0.75, 1, 5), halves)).toEqual([[1, 4]]);
    expect(kept(topP(0.9, 1, 5), halves)).toEqual([[1, 2, 3, 4]]);
    expect(kept(topP(1, 1, 5), halves)).toEqual([[0, 1, 2, 3, 4]]);
    expect(kept(topP(0, 1, 5), halves)).toEqual([[1]]);
  });

  test("of equals the first go", () => {
    expect(kept(topP(0.5, 1, 4), even)).toEqual([[2, 3]]);
    expect(kept(topP(0.95, 1, 5), halves)).toEqual([[0, 1, 2, 3, 4]]);
    expect(kept(topP(0.9375, 1, 5), halves)).toEqual([[1, 2, 3, 4]]);
  });

  test("keep", () => {
    expect(kept(topP(0.1, 3, 5), halves)).toEqual([[1, 2, 4]]);
    expect(kept(topP(0.1, 4, 5), halves)).toEqual([[1, 2, 3, 4]]);
    expect(kept(topP(0.1, 9, 5), halves)).toEqual([[0, 1, 2, 3, 4]]);
    // Where fewer are possible than have to stay, the first impossible ones go: only another filter shows it.
    expect(process(topP(0.1, 3, 5, -7), [gone, 0, gone, gone, 1])).toEqual([[-7, 0, -7, gone, 1]]);
  });

  test("tokens too unlikely for float32 have no share, and go where p is 1", () => {
    expect(process(topP(1, 1, 3), [0, -200, -300])).toEqual([[0, gone, gone]]);
    expect(process(topP(1, 2, 3), [0, -200, -300])).toEqual([[0, -200, gone]]);
  });

  test("rows without a softmax stay", () => {
    const rows = [
      [1, Number.NaN, 2],
      [1, Infinity, 2],
      [gone, gone, gone],
    ];
    for (const warper of [topP(0.1, 1, 3), typical(0.1, 1, 3), epsilonCutoff(0.9, 1, 3), etaCutoff(0.9, 1, 3)]) {
      expect(process(warper, ...rows)).toEqual(rows);
    }
  });
});

describe("typical", () => {
  // Information of the tokens in bits: 4, 1, 3, 4, 2; expected 1.875. Nearest: token 4, then 1, 2, and 0 and 3.
  test("the nearest to the expected information, until they reach the mass", () => {
    expect(kept(typical(0.2, 1, 5), halves)).toEqual([[4]]);
    expect(kept(typical(0.25, 1, 5), halves)).toEqual([[4]]);
    expect(kept(typical(0.3, 1, 5), halves)).toEqual([[1, 4]]);
    expect(kept(typical(0.8, 1, 5), halves)).toEqual([[1, 2, 4]]);
    // Equals stay together where the mass is reached among them,
    expect(kept(typical(0.9, 1, 5), halves)).toEqual([[0, 1, 2, 3, 4]]);
    expect(kept(typical(0.1, 1, 4), even)).toEqual([[0, 1, 2, 3]]);
  });

  test("keep", () => {
    expect(kept(typical(0.2, 2, 5), halves)).toEqual([[1, 4]]);
    // and not where they are there for the sake of `keep`.
    expect(kept(typical(0.2, 4, 5), halves)).toEqual([[0, 1, 2, 4]]);
    expect(kept(typical(0.2, 9, 5), halves)).toEqual([[0, 1, 2, 3, 4]]);
  });

  test("impossible tokens say nothing", () => {
    expect(kept(typical(0.3, 1, 7), [0, ...halves, 0])).toEqual([[2, 5]]);
    expect(process(typical(0.2, 1, 3, -7), [gone, Math.log(3), 0])).toEqual([[-7, Math.fround(Math.log(3)), -7]]);
  });
});

describe("cutoffs", () => {
  test("epsilon: the limit itself stays", () => {
    expect(kept(epsilonCutoff(0.125, 1, 5), halves)).toEqual([[1, 2, 4]]);
    expect(kept(epsilonCutoff(0.13, 1, 5), halves)).toEqual([[1, 4]]);
    expect(kept(epsilonCutoff(0.9, 1, 5), halves)).toEqual([[1]]);
    expect(kept(epsilonCutoff(0.9, 4, 5), halves)).toEqual([[0, 1, 2, 3, 4]]);
    expect(kept(epsilonCutoff(0.9, 1, 4), even)).toEqual([[0, 1, 2, 3]]);
  });

  test("eta: lower where the distribution is flat", () => {
    // exp(-entropy) is 0.2726 here (2 ** -1.875), so 0.3 becomes sqrt(0.3) * 0.2726 = 0.149; 0.05 stays.
    expect(kept(etaCutoff(0.3, 1, 5), halves)).toEqual([[1, 4]]);
    expect(kept(etaCutoff(0.2, 1, 5), halves)).toEqual([[1, 2, 4]]);
    expect(kept(etaCutoff(0.05, 1, 5), halves)).toEqual([[0, 1, 2, 3, 4]]);
    expect(kept(etaCutoff(0.2, 1, 6), [...halves, 0])).toEqual([[1, 2, 4]]);
  });
});

test("WeightedRank finds what sorting and adding find", () => {
  const number = fc.record({ key: fc.integer({ min: -5, max: 5 }), weight: fc.integer({ min: 0, max: 3 }) });
  fc.assert(
    fc.property(fc.array(number, { maxLength: 40 }), fc.nat(60), fc.nat(40), (numbers, mark, most) => {
      const rank = new WeightedRank(40);
      numbers.forEach(({ key, weight }, i) => {
        rank.keys[i] = key;
        rank.weights[i] = weight;
      });
      const reached = (weight: number, count: number) => weight > mark || count > most;
      const sorted = numbers.toSorted((a, b) => a.key - b.key);
      const sums = (upTo: number) => sorted.slice(0, upTo).reduce((sum, { weight }) => sum + weight, 1);
      const at = sorted.findIndex((_, i) => reached(sums(i + 1), i + 3));
      expect(rank.find(numbers.length, 1, 2, reached)).toBe(at >= 0);
      if (at < 0) {
        expect([rank.weightBelow, rank.countBelow]).toEqual([sums(numbers.length), numbers.length + 2]);
        return;
      }
      const first = sorted.findIndex(({ key }) => key === sorted[at]!.key);
      const after = sorted.findLastIndex(({ key }) => key === sorted[at]!.key) + 1;
      expect({ ...rank, keys: null, weights: null }).toEqual({
        keys: null,
        weights: null,
        key: sorted[at]!.key,
        weightBelow: sums(first),
        countBelow: first + 2,
        weightEqual: sums(after) - sums(first),
        countEqual: after - first,
      });
    }),
  );
});

describe("hammingDiversity", () => {
  const options = { diversity_penalty: 0.5, num_beams: 4, num_beam_groups: 2 };

  test("the second group pays for the first one's tokens of its own example", () => {
    const rows = [
      [1, 1, 1],
      [2, 2, 2],
      [3, gone, 3],
      [4, 4, 4],
    ];
    const scores = Float32Array.from(rows.flat());
    const tokens = [1, 1, 9, 9, 2, 0, 9, 9];
    const diversity = hammingDiversity(options);
    diversity.process(scores, tokens, 0);
    expect([...scores]).toEqual(rows.flat());
    diversity.process(scores, tokens, 1);
    expect([...scores]).toEqual([1, 0, 1, 2, 1, 2, 2.5, gone, 2.5, 3.5, 4, 3.5]);
  });

  test.each([
    [{ diversity_penalty: 0 }, "`diversity_penalty` should be a float strictly larger than 0. (generate: got 0.0)"],
    [{ num_beams: 1 }, "`num_beams` should be an integer strictly larger than 1."],
    [{ num_beam_groups: 1 }, "`num_beam_groups` should be an integer strictly larger than 1."],
    [
      { num_beam_groups: 5 },
      "`beam_groups` has to be smaller or equal to `num_beams`. (generate: got 5 groups of 4 beams)",
    ],
  ])("%j", (wrong, message) => expect(() => hammingDiversity({ ...options, ...wrong })).toThrow(message));
});

describe("what cannot be", () => {
  const hint = " If you're looking for greedy decoding strategies, set `do_sample=False`.";
  const invalid = "has to be a strictly positive float, otherwise your next token scores will be invalid.";
  test.each([
    [() => temperature(0), `\`temperature\` (=0.0) ${invalid}${hint}`],
    [() => temperature(-1), `\`temperature\` (=-1.0) ${invalid}`],
    [() => temperature(Number.NaN), `\`temperature\` (=nan) ${invalid}`],
    [() => topK(0, 1, 5), "`top_k` has to be a strictly positive integer, but is 0"],
    [() => topK(1.5, 1, 5), "`top_k` has to be a strictly positive integer, but is 1.5"],
    [() => topP(1.5, 1, 5), "`top_p` has to be a float > 0 and < 1, but is 1.5"],
    [() => topP(0.5, 0, 5), "`min_tokens_to_keep` has to be a positive integer, but is 0"],
    [() => typical(1, 1, 5), "`typical_p` has to be a float > 0 and < 1, but is 1.0"],
    [() => typical(0.5, 1.5, 5), "`min_tokens_to_keep` has to be a positive integer, but is 1.5"],
    [() => epsilonCutoff(0, 1, 5), "`epsilon_cutoff` has to be a float > 0 and < 1, but is 0.0"],
    [() => epsilonCutoff(0.1, 0, 5), "`min_tokens_to_keep` has to be a strictly positive integer, but is 0"],
    [() => etaCutoff(1, 1, 5), "`eta_cutoff` has to be a float > 0 and < 1, but is 1.0"],
  ])("%s", (make, message) => expect(make).toThrow(message));
});

describe("the warpers of a config", () => {
  const context: WarperContext = { vocabSize: 5, eos: [2] };
  const list = (options: GenerationOptions, more: Partial<WarperContext> = {}) =>
    warpers(new GenerationConfig({ do_sample: true, top_k: null, ...options }), { ...context, ...more });
  const scores = halves.map(Math.log);
  const left = (...given: Parameters<typeof list>) => {
    const rows = Float32Array.from(scores);
    for (const warper of list(...given)) warper.process([[2]], rows);
    return [...rows.keys()].filter((i) => rows[i] !== gone);
  };

  test("defaults are the 50 best", () => {
    expect(warpers(new GenerationConfig({ do_sample: true }), context)).toHaveLength(1);
    expect(list({})).toEqual([]);
    expect(list({ top_k: 0, temperature: null, top_p: null, typical_p: 1, epsilon_cutoff: 1, eta_cutoff: -1 })).toEqual(
      [],
    );
  });

  test("each is made", () => {
    expect(left({ top_k: 2 })).toEqual([1, 4]);
    expect(left({ top_p: 0.5 })).toEqual([1]);
    expect(left({ typical_p: 0.2 })).toEqual([4]);
    expect(left({ epsilon_cutoff: 0.1 })).toEqual([1, 2, 4]);
    expect(left({ eta_cutoff: 0.3 })).toEqual([1, 4]);
  });

  test("the temperature comes first, log-probabilities last", () => {
    // At temperature 0.5 the likeliest has 64 / 86 of all.
    expect(left({ temperature: 0.5, top_p: 0.7 })).toEqual([1]);
    const rows = Float32Array.from(scores);
    for (const warper of list({ top_k: 1, renormalize_logits: true })) warper.process([[2]], rows);
    expect([...rows]).toEqual([gone, 0, gone, gone, gone]);
  });

  test("beams keep a token besides the end tokens, and two at least", () => {
    expect(left({ top_p: 0.1, num_beams: 2 })).toEqual([1, 4]);
    expect(left({ top_p: 0.1, num_beams: 2 }, { eos: [] })).toEqual([1, 4]);
    expect(left({ top_p: 0.1, num_beams: 2 }, { eos: [2, 3] })).toEqual([1, 2, 4]);
    expect(left({ top_k: 1, num_beams: 2 }, { eos: [2, 3, 0] })).toEqual([0, 1, 2, 3, 4]);
    expect(left({ top_p: 0.1 }, { eos: [2, 3] })).toEqual([1]);
  });

  test("what cannot be", () => {
    expect(() => list({ top_k: -1 })).toThrow("`top_k` has to be a strictly positive integer, but is -1");
    expect(() => list({ top_p: -0.5 })).toThrow("`top_p` has to be a float > 0 and < 1, but is -0.5");
    const text = JSON.parse('{ "top_p": "0.5" }') as GenerationOptions;
    expect(() => list(text)).toThrow("generate: expected `top_p` to be a number, got 0.5");
  });
});

type Numbers = (number | string)[][];

interface Fixture {
  scores: { [name: string]: Numbers };
  warpers: {
    class: keyof typeof classes;
    settings: { [name: string]: number };
    scores: string;
    output?: Numbers;
    removed?: number[][];
  }[];
  diversity: {
    settings: Parameters<typeof hammingDiversity>[0];
    beam_group_idx: number;
    current_tokens: number[];
    scores: Numbers;
    output: Numbers;
  }[];
}

const classes = {
  TemperatureLogitsWarper: temperature,
  TopKLogitsWarper: topK,
  TopPLogitsWarper: topP,
  TypicalLogitsWarper: typical,
  EpsilonLogitsWarper: epsilonCutoff,
  EtaLogitsWarper: etaCutoff,
};

describe("as transformers 4.37.2 has it (tests/oracle/warpers.py)", () => {
  const fixture = readFixture<Fixture>("warpers.json");
  const numbers = (rows: Numbers) => rows.map((row) => row.map((value) => Math.fround(Number(value))));

  test.each(fixture.warpers.map((row) => ({ ...row, about: JSON.stringify(row.settings) })))(
    "$class $about on $scores",
    ({ class: name, settings, scores, output, removed }) => {
      const given = numbers(fixture.scores[scores]!);
      const { min_tokens_to_keep = 1, filter_value = -Infinity, ...value } = settings;
      const warper = classes[name](Object.values(value)[0]!, min_tokens_to_keep, given[0]!.length, filter_value);
      const cut = given.map((row, r) => row.map((score, i) => (removed?.[r]?.includes(i) ? filter_value : score)));
      expect(process(warper, ...given)).toEqual(output === undefined ? cut : numbers(output));
    },
  );

  test.each(fixture.diversity.map((row) => ({ ...row, about: JSON.stringify(row.settings) })))(
    "diversity $about, group $beam_group_idx",
    ({ settings, beam_group_idx, current_tokens, scores, output }) => {
      const rows = Float32Array.from(numbers(scores).flat());
      hammingDiversity(settings).process(rows, current_tokens, beam_group_idx);
      expect([...rows]).toEqual(numbers(output).flat());
    },
  );
});
