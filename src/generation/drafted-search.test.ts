/** Drafts from the source change how many passes a search takes, and nothing else. */
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Table, tableDecoder } from "../../tests/generation/table-decoder.ts";
import { setLogger } from "../log.ts";
import { GenerationConfig, type GenerationOptions, generate } from "./index.ts";

beforeAll(() => void setLogger({ warn: () => {} }));
afterAll(() => void setLogger(null));

const tokens = { pad_token_id: 1, bos_token_id: 0, eos_token_id: 2, decoder_start_token_id: 2 };
const plainTable: Table = { vocab_size: 23, seed: 7, order: 2, bias: { "2": -6 } };

function run(table: Table, source: number[], options: GenerationOptions, draft_from_source?: number) {
  return generate({
    decoder: tableDecoder(table, [source]),
    config: new GenerationConfig({ ...tokens, return_dict_in_generate: true, output_scores: true, ...options }),
    batch: 1,
    encoderInputIds: [source],
    maxLengthGiven: true,
    ...(draft_from_source === undefined ? {} : { draft_from_source }),
  });
}

test("the tokens and scores of greedy search, whatever the settings", async () => {
  const anyCase = fc.record({
    seed: fc.nat(),
    order: fc.integer({ min: 1, max: 3 }),
    eos: fc.constantFrom(-6, 0, 2),
    source: fc.array(fc.integer({ min: 3, max: 9 }), { minLength: 1, maxLength: 40 }),
    drafted: fc.integer({ min: 1, max: 12 }),
    options: fc.record({
      max_length: fc.integer({ min: 1, max: 30 }),
      no_repeat_ngram_size: fc.constantFrom(0, 2, 3),
      repetition_penalty: fc.constantFrom(1, 1.4),
      min_length: fc.nat(12),
    }),
  });
  await fc.assert(
    fc.asyncProperty(anyCase, async ({ seed, order, eos, source, drafted, options }) => {
      // A small vocabulary, so that what is said is often in the source.
      const table = { vocab_size: 10, seed, order, bias: { "2": eos } };
      const plain = await run(table, source, options);
      const { drafting, ...out } = await run(table, source, options, drafted);
      expect(out.sequences).toEqual(plain.sequences);
      expect(out.record.scores.map(({ data }) => [...data])).toEqual(plain.record.scores.map(({ data }) => [...data]));
      expect(drafting!.tokens).toBe(plain.sequences[0]!.length - 1);
      expect(drafting!.passes).toBeLessThanOrEqual(drafting!.tokens);
    }),
    { numRuns: 300, seed: 4 },
  );
});

test("a source that says it all takes few passes", async () => {
  const plain = await run(plainTable, [5], { max_length: 40 });
  // The table hashes the source too: its ids are drawn from, not looked at, when they stand behind the hashed ones.
  const said = plain.sequences[0]!.slice(1);
  const decoder = tableDecoder(plainTable, [[5]]);
  const { drafting, sequences } = await generate({
    decoder,
    config: new GenerationConfig({ ...tokens, max_length: 40 }),
    batch: 1,
    encoderInputIds: [said],
    maxLengthGiven: true,
    draft_from_source: 10,
  });
  expect(sequences).toEqual(plain.sequences);
  expect(drafting!.tokens).toBe(39);
  expect(drafting!.passes).toBeLessThan(10);
});

describe("what is refused", () => {
  test.each<[GenerationOptions, number, string]>([
    [{ num_beams: 2 }, 3, "expected greedy search, whose tokens it gives, got beam search"],
    [{ do_sample: true }, 3, "expected greedy search, whose tokens it gives, got sample search"],
    [{ output_attentions: true }, 3, "expected scores alone to be recorded, got output_attentions"],
    [{}, 0, "expected a whole number of tokens, at least 1, got 0"],
  ])("%j, %s", async (options, drafted, message) => {
    await expect(run(plainTable, [5], { max_length: 9, ...options }, drafted)).rejects.toThrow(message);
  });

  test("several examples", async () => {
    const sources = [[5], [6]];
    const call = generate({
      decoder: tableDecoder(plainTable, sources),
      config: new GenerationConfig({ ...tokens, max_length: 9 }),
      batch: 2,
      encoderInputIds: sources,
      draft_from_source: 3,
    });
    await expect(call).rejects.toThrow("expected one example for `draft_from_source`, got 2 examples");
  });
});
