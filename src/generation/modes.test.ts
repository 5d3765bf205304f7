/** Every mode of search but plain greedy and beams, against transformers 4.37.2 on table models (tests/oracle/generation_modes.py). */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Table, tableDecoder } from "../../tests/generation/table-decoder.ts";
import { readFixture } from "../../tests/support/oracle.ts";
import { InvalidArgumentError } from "../errors.ts";
import { setLogger } from "../log.ts";
import { Tensor } from "../tensor.ts";
import { type Constraint, DisjunctiveConstraint, PhrasalConstraint } from "./constraint.ts";
import { GenerationConfig, type GenerationOptions, generate } from "./index.ts";
import { LogitsProcessor } from "./processor-class.ts";
import { StoppingCriteria } from "./stopping.ts";
import { compute_transition_scores } from "./transition-scores.ts";

type Value = number | "Infinity" | "-Infinity" | "NaN";
type GivenConstraint = { phrasal: number[] } | { disjunctive: number[][] };
type Options = Omit<GenerationOptions, "constraints"> & { constraints?: GivenConstraint[] | null };

interface Case {
  name: string;
  table: Table;
  sources: number[][];
  options: Options;
  prompt?: number[][];
  /** Of the rule for prefix_allowed_tokens_fn. */
  modulus?: number;
  /** Whole numbers below 2 ** 32. */
  draws?: number[];
  user?: { processors?: { token: number; add: number }[]; criteria?: { token?: number; length?: number }[] };
  result: {
    sequences: number[][];
    sequences_scores?: Value[];
    beam_indices?: number[][] | null;
    scores?: Value[][][];
    transition_scores?: { plain: Value[][] | string; normalized: Value[][] | string };
  };
  raises?: string;
  warnings: string[];
  calls?: { logits_processor?: number[][][]; stopping_criteria?: (number | null)[][][] };
}

const fixture = readFixture<{
  cases: Case[];
  user: Case[];
  refusals: { options: { options: Options; error: string; message: string }[] };
  warned: { options: Options; warnings: string[] }[];
}>("generation-modes.json");

const tokens = { pad_token_id: 1, bos_token_id: 0, eos_token_id: 2, decoder_start_token_id: 2 };

let warnings: string[] = [];
beforeEach(() => {
  warnings = [];
  setLogger({ warn: (message) => warnings.push(message) });
});
afterEach(() => void setLogger(null));

function constraintOf(given: GivenConstraint): Constraint {
  return "phrasal" in given ? new PhrasalConstraint(given.phrasal) : new DisjunctiveConstraint(given.disjunctive);
}

function configure({ constraints, ...options }: Options, outputs = false): GenerationConfig {
  const config = new GenerationConfig(tokens);
  const shown = { return_dict_in_generate: true, output_scores: outputs };
  const unused = config.update({
    ...options,
    ...(constraints && { constraints: constraints.map(constraintOf) }),
    ...shown,
  });
  expect(unused).toEqual({});
  return config;
}

/** Adds to the score of one token, and notes the size of what it is called with. */
class Add extends LogitsProcessor {
  readonly calls: number[][] = [];
  readonly #token: number;
  readonly #add: number;

  constructor({ token, add }: { token: number; add: number }) {
    super();
    this.#token = token;
    this.#add = add;
  }

  process(input_ids: readonly (readonly number[])[], scores: Tensor<"float32">): Tensor<"float32"> {
    this.calls.push([input_ids.length, input_ids[0]!.length]);
    const data = scores.data.slice();
    const V = scores.dims[1]!;
    for (let row = 0; row < input_ids.length; row++) data[row * V + this.#token]! += this.#add;
    return new Tensor("float32", data, scores.dims);
  }
}

/** Stops at a token of row 0, or at a length. */
class Stop extends StoppingCriteria {
  readonly calls: number[][] = [];
  readonly #at: { token?: number; length?: number };

  constructor(at: { token?: number; length?: number }) {
    super();
    this.#at = at;
  }

  should_stop(input_ids: readonly (readonly number[])[], scores: readonly Tensor[]): boolean {
    const [first] = input_ids;
    this.calls.push([input_ids.length, first!.length, scores.length]);
    return first!.at(-1) === this.#at.token || first!.length === this.#at.length;
  }
}

async function run(one: Case) {
  const { sources, options, prompt, modulus, draws, user, table } = one;
  const eos = options.eos_token_id === undefined ? tokens.eos_token_id : options.eos_token_id;
  const allowed = (example: number, ids: readonly number[]) =>
    Array.from({ length: table.vocab_size }, (_, token) => token).filter(
      (token) => [eos].flat().includes(token) || (token + ids.at(-1)! + example) % modulus! === 0,
    );
  const given = [...(draws ?? [])];
  const processors = user?.processors?.map((settings) => new Add(settings));
  const criteria = user?.criteria?.map((settings) => new Stop(settings));
  const out = await generate({
    decoder: tableDecoder(table, sources),
    config: configure(options, one.result?.scores !== undefined || user !== undefined),
    batch: sources.length,
    prompt,
    encoderInputIds: sources,
    maxLengthGiven: options.max_length != null,
    seed: () => given.shift()! / 2 ** 32,
    ...(modulus === undefined ? {} : { prefix_allowed_tokens_fn: allowed }),
    ...(processors && { logits_processor: processors }),
    ...(criteria && { stopping_criteria: criteria }),
  });
  return { out, left: given.length, processors, criteria };
}

const plain = {
  name: "",
  table: { vocab_size: 23, seed: 1, order: 2, bias: {} },
  sources: [[5, 9, 11, 4]],
  result: { sequences: [] },
  warnings: [],
};

/** JavaScript does not tell 1 from 1.0. */
const worksHere = new Set([
  '{"num_beams":4,"num_beam_groups":2,"diversity_penalty":1}',
  '{"do_sample":true,"temperature":2}',
]);

/** Refused in words of this package's own: settings of no model here, Python's crashes, numbers that are none. */
const saysItself = ({ options }: { options: Options }): boolean =>
  options.prompt_lookup_num_tokens !== undefined ||
  options.constraints?.length === 0 ||
  (options.force_words_ids !== undefined && options.num_beam_groups === 2) ||
  typeof options.temperature === "string" ||
  options.temperature === 0;

/** Groups' beam_indices are those of other groups in the reference; here they are the rows of the scores. */
const grouped = ({ options }: Case): boolean => Number(options.num_beam_groups ?? 1) > 1;

function near(got: ArrayLike<number>, expected: readonly Value[], tolerance = 1e-4): void {
  expect(got.length).toBe(expected.length);
  expected.forEach((value, i) => {
    if (typeof value === "string") expect(String(got[i])).toBe(value);
    else expect(Math.abs(got[i]! - value)).toBeLessThan(tolerance);
  });
}

describe("as transformers generates", () => {
  const works = [...fixture.cases, ...fixture.user].filter(({ raises }) => raises === undefined);

  test.each(works.map((one) => [one.name, one] as const))("%s", async (_name, one) => {
    const { out, left, processors, criteria } = await run(one);
    const { result, calls } = one;
    expect(out.sequences).toEqual(result.sequences);
    if (result.sequences_scores !== undefined) near(out.sequences_scores!, result.sequences_scores);
    if (result.beam_indices && !grouped(one)) expect(out.beam_indices).toEqual(result.beam_indices);
    expect(left).toBe(0);
    if (result.scores !== undefined) {
      expect(out.record.scores.length).toBe(result.scores.length);
      for (const [step, rows] of result.scores.entries()) near(out.record.scores[step]!.data, rows.flat());
      for (const [kind, normalize] of [
        ["plain", false],
        ["normalized", true],
      ] as const) {
        const expected = result.transition_scores![kind];
        // Beams that fulfil nothing have no rows in the reference, and so no scores of their tokens.
        if (typeof expected === "string" || grouped(one) || result.beam_indices === null) continue;
        const indices = out.beam_indices && (Tensor.from(out.beam_indices, "int64") as Tensor<"int64">);
        const sequences = Tensor.from(out.sequences, "int64") as Tensor<"int64">;
        const scores = compute_transition_scores(sequences, out.record.scores, indices, normalize);
        near(scores.data, expected.flat());
      }
    }
    if (calls?.logits_processor)
      expect(processors!.map((processor) => processor.calls)).toEqual(calls.logits_processor);
    if (calls?.stopping_criteria)
      expect(criteria!.map((criterion) => criterion.calls)).toEqual(calls.stopping_criteria);
    expect(warnings).toEqual(one.warnings);
  });

  test("the fixture has what it is for", () => {
    expect(works.length).toBeGreaterThan(300);
    for (const kind of ["sample", "beam sample", "group", "constrained", "outputs"]) {
      expect(works.filter(({ name }) => name.startsWith(kind)).length).toBeGreaterThan(5);
    }
  });

  test.each(fixture.cases.filter(({ raises }) => raises !== undefined))("$name is refused", async (one) => {
    await expect(run(one)).rejects.toBeInstanceOf(InvalidArgumentError);
  });
});

describe("what transformers refuses", () => {
  // A table has no hidden states, which contrastive search needs.
  const refusals = fixture.refusals.options.filter(({ options }) => options.penalty_alpha === undefined);
  test.each(refusals.map((one) => [JSON.stringify(one.options), one] as const))("%s", async (given, one) => {
    const error = await run({ ...plain, options: { max_length: 12, ...one.options } }).then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    if (worksHere.has(given)) return expect(error).toBeUndefined();
    expect(error).toBeInstanceOf(InvalidArgumentError);
    if (one.error === "ValueError" && !saysItself(one)) expect((error as Error).message).toContain(one.message);
  });

  test.each(fixture.warned.map((one) => [JSON.stringify(one.options), one] as const))(
    "warns of %s",
    async (_name, one) => {
      await run({ ...plain, options: { max_length: 12, ...one.options } });
      // Masks are the model's: it warns of those.
      expect(warnings).toEqual(one.warnings.filter((warning) => !warning.startsWith("The attention mask and")));
    },
  );
});

test.each(
  fixture.cases
    .filter((one) => grouped(one) && one.result?.scores !== undefined)
    .map((one) => [one.name, one] as const),
)("%s: scores of the tokens add up to those of the sequences, which the reference's do not", async (_name, one) => {
  const { out } = await run(one);
  const indices = Tensor.from(out.beam_indices!, "int64") as Tensor<"int64">;
  const sequences = Tensor.from(out.sequences, "int64") as Tensor<"int64">;
  const scores = compute_transition_scores(sequences, out.record.scores, indices);
  const [N, steps] = scores.dims as [number, number];
  const penalty = Number(one.options.length_penalty ?? 1);
  for (let n = 0; n < N; n++) {
    const row = scores.data.subarray(n * steps, (n + 1) * steps);
    const length = out.beam_indices![n]!.filter((index) => index >= 0).length;
    expect(row.reduce((sum, score) => sum + score, 0) / length ** penalty).toBeCloseTo(out.sequences_scores![n]!, 4);
  }
});
