import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { setLogger } from "../log.ts";
import { GenerationConfig, type GenerationOptions } from "./config.ts";
import { logSoftmax } from "./log-softmax.ts";
import { logitsProcessors, type ProcessorContext } from "./logits-processors.ts";

// V = 7: what each processor leaves of scores whose every value is told apart.
const V = 7;
const row = [0.5, -1, 2, -0.25, 1, -3, 0.125];
const context: ProcessorContext = {
  vocabSize: V,
  promptLength: 1,
  eos: [2],
  maxLength: 6,
  encoderInputIds: [
    [4, 5, 4, 6],
    [1, 3, 3, 1],
  ],
};
const banned = -Infinity;

let warnings: string[] = [];
beforeEach(() => {
  warnings = [];
  setLogger({ warn: (message) => warnings.push(message) });
});
afterEach(() => void setLogger(null));

function process(
  options: GenerationOptions,
  input_ids: number[][],
  more: Partial<ProcessorContext> = {},
  scores = row,
): number[][] {
  const all = Float32Array.from(input_ids.flatMap(() => scores));
  for (const processor of logitsProcessors(new GenerationConfig(options), { ...context, ...more })) {
    processor.process(input_ids, all);
  }
  return input_ids.map((_, r) => [...all.subarray(r * V, (r + 1) * V)]);
}

/** `row` with some columns changed. */
function changed(columns: { [column: number]: number }): number[] {
  return row.map((value, i) => columns[i] ?? value);
}

const bans = (...columns: number[]) => changed(Object.fromEntries(columns.map((column) => [column, banned])));
const only = (...columns: number[]) => row.map((_, i) => (columns.includes(i) ? 0 : banned));

describe("each processor alone", () => {
  test("no setting, no processor", () => {
    expect(logitsProcessors(new GenerationConfig(), context)).toEqual([]);
    expect(process({}, [[2]])).toEqual([row]);
  });

  test("sequence_bias: single tokens always, sequences where the row ends in them, the later of equals", () => {
    const sequence_bias = [
      [[3], 9],
      [[3], 2],
      [[5, 4], 1.5],
      [[0, 5, 4], 0.25],
      [[1, 4], 8],
    ] as const;
    expect(process({ sequence_bias }, [[2, 0, 5]])).toEqual([changed({ 3: 1.75, 4: 2.75 })]);
    // A sequence longer than the row is passed over, even where its beginning is all there is.
    expect(process({ sequence_bias: [[[0, 5, 4], 0.25]] }, [[0, 5]])).toEqual([row]);
    expect(process({ sequence_bias: new Map([[[5, 4], 1.5]]) }, [[2, 5]])).toEqual([changed({ 4: 2.5 })]);
  });

  test("repetition_penalty: every token of the row once, the start token too", () => {
    expect(process({ repetition_penalty: 2 }, [[2, 1, 1, 5]])).toEqual([changed({ 1: -2, 2: 1, 5: -6 })]);
  });

  test("encoder_repetition_penalty: row r gets source r, whatever the beams", () => {
    const ids = [[2], [2], [2], [2]];
    expect(process({ encoder_repetition_penalty: 2 }, ids)).toEqual([
      changed({ 4: 2, 5: -1.5, 6: 0.25 }),
      changed({ 1: -0.5, 3: -0.125 }),
      row,
      row,
    ]);
  });

  test("no_repeat_ngram_size", () => {
    const ids = [
      [2, 4, 5, 4],
      [2, 4, 4, 4],
      [3, 3, 1, 3],
    ];
    expect(process({ no_repeat_ngram_size: 1 }, ids)).toEqual([bans(2, 4, 5), bans(2, 4), bans(1, 3)]);
    expect(process({ no_repeat_ngram_size: 2 }, ids)).toEqual([bans(5), bans(4), bans(3, 1)]);
    expect(process({ no_repeat_ngram_size: 3 }, ids)).toEqual([row, bans(4), row]);
    expect(process({ no_repeat_ngram_size: 6 }, ids)).toEqual([row, row, row]);
  });

  test("encoder_no_repeat_ngram_size: beams of an example share its source", () => {
    const ids = [
      [2, 4],
      [2, 5],
      [2, 3],
      [2, 0],
    ];
    expect(process({ encoder_no_repeat_ngram_size: 2 }, ids)).toEqual([bans(5, 6), bans(4), bans(3, 1), row]);
    expect(process({ encoder_no_repeat_ngram_size: 1 }, [[2], [2]])).toEqual([bans(4, 5, 6), bans(1, 3)]);
    expect(process({ encoder_no_repeat_ngram_size: 4 }, [[4], [1]])).toEqual([row, row]);
  });

  test("bad_words_ids: an end token alone stays, the end of a sequence does not", () => {
    const bad_words_ids = [[2], [1], [4, 2], [5, 6, 0]];
    expect(process({ bad_words_ids }, [[3], [4]])).toEqual([bans(1), bans(1)]);
    expect(
      process({ bad_words_ids }, [
        [3, 4],
        [5, 6],
      ]),
    ).toEqual([bans(1, 2), bans(1)]);
  });

  test("min_length counts the prompt, min_new_tokens does not", () => {
    const ids = [[3, 3, 3]];
    expect(process({ min_length: 4 }, ids)).toEqual([bans(2)]);
    expect(process({ min_length: 3 }, ids)).toEqual([row]);
    expect(process({ min_new_tokens: 2 }, ids, { promptLength: 2 })).toEqual([bans(2)]);
    expect(process({ min_new_tokens: 1 }, ids, { promptLength: 2 })).toEqual([row]);
    expect(process({ min_length: 4 }, ids, { eos: [] })).toEqual([row]);
    expect(process({ min_length: 4 }, ids, { eos: [-1, 2] })).toEqual([bans(2, 6)]);
    expect(warnings).toEqual(["`eos_token_id` has to be a list of positive integers, but is [-1, 2]"]);
  });

  test("forced tokens come at their positions only", () => {
    expect(process({ forced_bos_token_id: 5 }, [[2]])).toEqual([only(5)]);
    expect(process({ forced_bos_token_id: 5 }, [[2, 2]])).toEqual([row]);
    expect(process({ forced_eos_token_id: [2, 4] }, [[2, 3, 3, 3, 3]])).toEqual([only(2, 4)]);
    expect(process({ forced_eos_token_id: 2 }, [[2, 3, 3, 3]])).toEqual([row]);
    const forced_decoder_ids: [number, number][] = [
      [2, 6],
      [2, 1],
    ];
    expect(process({ forced_decoder_ids }, [[2, 3]])).toEqual([only(1)]);
    expect(process({ forced_decoder_ids }, [[2]])).toEqual([row]);
  });

  test("remove_invalid_values", () => {
    const largest = 3.4028234663852886e38;
    const scores = [Number.NaN, Infinity, -Infinity, 1, 2, 3, 4];
    expect(process({ remove_invalid_values: true }, [[2]], {}, scores)).toEqual([[0, largest, -largest, 1, 2, 3, 4]]);
  });

  test("exponential_decay_length_penalty begins so many ids after the prompt", () => {
    const options: GenerationOptions = { exponential_decay_length_penalty: [1, 1.5] };
    expect(process(options, [[2, 3]])).toEqual([row]);
    expect(process(options, [[2, 3, 3]])).toEqual([changed({ 2: 3 })]);
    expect(process(options, [[2, 3, 3, 3]], { eos: [5, 2] })).toEqual([changed({ 2: 4.5, 5: 0.75 })]);
  });

  test("suppressed tokens", () => {
    expect(process({ suppress_tokens: [1, -1] }, [[2, 3]])).toEqual([bans(1, 6)]);
    expect(process({ begin_suppress_tokens: [1] }, [[2]])).toEqual([bans(1)]);
    expect(process({ begin_suppress_tokens: [1] }, [[2, 3]])).toEqual([row]);
    expect(process({ begin_suppress_tokens: [1], forced_bos_token_id: 0 }, [[2, 3]])).toEqual([bans(1)]);
  });

  test("prefix_allowed_tokens_fn is told the example of each beam", () => {
    const calls: [number, number[]][] = [];
    const prefix_allowed_tokens_fn = (example: number, ids: readonly number[]) => {
      calls.push([example, [...ids]]);
      return [ids[0]!, example];
    };
    const scores = process({ num_beams: 2 }, [[2], [3], [4], [5]], { prefix_allowed_tokens_fn });
    expect(calls).toEqual([
      [0, [2]],
      [0, [3]],
      [1, [4]],
      [1, [5]],
    ]);
    expect(scores[3]).toEqual(bans(0, 2, 3, 4, 6));
  });

  test("renormalize_logits comes last", () => {
    const [scores] = process({ renormalize_logits: true, suppress_tokens: [0, 1, 2, 3, 4] }, [[2]]);
    const [last, other] = [scores![6]!, scores![5]!];
    expect(scores!.slice(0, 5)).toEqual([banned, banned, banned, banned, banned]);
    expect(Math.exp(last) + Math.exp(other)).toBeCloseTo(1, 6);
    expect(last - other).toBeCloseTo(3.125, 6);
  });
});

test("logSoftmax of rows", () => {
  const scores = Float32Array.from([0, 0, Math.log(2), 1000, 1000, -Infinity]);
  logSoftmax(scores, 3);
  const expected = [Math.log(1 / 4), Math.log(1 / 4), Math.log(1 / 2), Math.log(1 / 2), Math.log(1 / 2), -Infinity];
  expect([...scores]).toEqual(expected.map(Math.fround));
});

describe("settings that cannot be", () => {
  test.each<[GenerationOptions, string]>([
    [{ suppress_tokens: [7] }, "generate: expected `suppress_tokens` to hold token ids below 7, got 7"],
    [{ begin_suppress_tokens: [1.5] }, "generate: expected `begin_suppress_tokens` to hold token ids below 7, got 1.5"],
    [{ forced_bos_token_id: -8 }, "generate: expected `forced_bos_token_id` to hold token ids below 7, got -8"],
    [{ forced_eos_token_id: [2, 9] }, "generate: expected `forced_eos_token_id` to hold token ids below 7, got 9"],
    [{ forced_decoder_ids: [[1, 70]] }, "generate: expected `forced_decoder_ids` to hold token ids below 7, got 70"],
    [{ bad_words_ids: [[]] }, "Each list in `bad_words_ids` has to be a list of positive integers, but is [[]]."],
  ])("%j", (options, message) => {
    expect(() => process(options, [[2]])).toThrow(message);
  });

  test("types that no reader of JSON would refuse", () => {
    const make = (text: string) => () => process(JSON.parse(text) as GenerationOptions, [[2]]);
    expect(make('{"suppress_tokens": 3}')).toThrow("expected `suppress_tokens` to be a list of token ids, got 3");
    expect(make('{"forced_decoder_ids": [3]}')).toThrow(
      "expected `forced_decoder_ids` to be a list of [position, token]",
    );
    expect(make('{"exponential_decay_length_penalty": 3}')).toThrow("to be [start index, factor], got 3");
    expect(make('{"sequence_bias": {"3": 1}}')).toThrow(
      'expected `sequence_bias` to be a list of [ids, bias] or a Map of ids to bias, got {"3":1}. Write [[[id, id], -10.0]].',
    );
    expect(make('{"sequence_bias": [[[3], "x"]]}')).toThrow(
      "has to be a dict with floats as values, but is {(3,): 'x'}.",
    );
  });

  test("looking at a source that is not there", () => {
    const none = { encoderInputIds: undefined };
    expect(() => process({ encoder_no_repeat_ngram_size: 2 }, [[2]], none)).toThrow(
      "expected the ids of the source for `encoder_no_repeat_ngram_size`, got a source given as embeddings or encoder outputs",
    );
    expect(() => process({ encoder_repetition_penalty: 2 }, [[2]], none)).toThrow("for `encoder_repetition_penalty`");
  });

  test("rewarding an end that is not there", () => {
    expect(() => process({ exponential_decay_length_penalty: [1, 2] }, [[2]], { eos: [] })).toThrow(
      "expected an `eos_token_id` for `exponential_decay_length_penalty`, got None",
    );
  });

  test("a prefix function that allows nothing", () => {
    expect(() => process({}, [[2, 3]], { prefix_allowed_tokens_fn: () => [] })).toThrow(
      "`prefix_allowed_tokens_fn` returned an empty list for batch ID 0.This means that the constraint is unsatisfiable.",
    );
  });
});
