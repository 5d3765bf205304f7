/** Whatever a config asks for: searches end, within max_length, without what it forbids, for each example as if alone. */
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Table, tableDecoder } from "../../tests/generation/table-decoder.ts";
import { setLogger } from "../log.ts";
import { type Generated, GenerationConfig, type GenerationOptions, generate } from "./index.ts";

const V = 31;
const eos = 2;
const pad = 1;
// Scores of beams that were never possible: the first step's other beams, forbidden tokens.
const impossible = -1e8;

beforeAll(() => void setLogger({ warn: () => {} }));
afterAll(() => void setLogger(null));

// Not the end token: what comes after it is no longer forbidden.
const token = fc.integer({ min: 3, max: V - 1 });
const ngram = fc.constantFrom(0, 0, 1, 2, 3);

const anyTable: fc.Arbitrary<Table> = fc.record({
  vocab_size: fc.constant(V),
  seed: fc.nat(),
  order: fc.integer({ min: 1, max: 3 }),
  bias: fc.constantFrom<Table["bias"]>({}, { "2": -20 }, { "2": 1.5 }, { "2": 3 }, { "7": 4, "8": 4 }),
});

const anyChance: fc.Arbitrary<GenerationOptions> = fc.record({
  do_sample: fc.constant(true),
  temperature: fc.constantFrom(0.3, 1, 2.5),
  top_k: fc.constantFrom(0, 4, 50),
  top_p: fc.constantFrom(0.5, 1),
  typical_p: fc.constantFrom(0.4, 1),
  epsilon_cutoff: fc.constantFrom(0, 0.02),
  eta_cutoff: fc.constantFrom(0, 0.1),
});

/** Greedy or by chance; beams plain, by chance, in groups, under constraints. */
const anyBeams: fc.Arbitrary<GenerationOptions> = fc
  .integer({ min: 1, max: 5 })
  .chain((num_beams): fc.Arbitrary<GenerationOptions> => {
    const none: fc.Arbitrary<GenerationOptions> = fc.constant({});
    if (num_beams === 1) return fc.oneof(none, anyChance);
    const phrase = fc.array(token, { minLength: 1, maxLength: 3 });
    const groups = { num_beam_groups: num_beams === 4 ? 2 : num_beams, diversity_penalty: 0.7 };
    const kind = fc.oneof(
      none,
      anyChance,
      fc.constant(groups),
      fc.array(phrase, { minLength: 1, maxLength: 2 }).map((force_words_ids) => ({ force_words_ids })),
    );
    const beams = fc.record({
      num_beams: fc.constant(num_beams),
      num_return_sequences: fc.integer({ min: 1, max: num_beams }),
      length_penalty: fc.double({ min: -2, max: 3, noNaN: true }),
      early_stopping: fc.constantFrom<boolean | "never">(true, false, "never"),
    });
    return fc.tuple(beams, kind).map(([settings, more]): GenerationOptions => ({ ...settings, ...more }));
  });

const anyProcessing: fc.Arbitrary<GenerationOptions> = fc.record(
  {
    max_length: fc.integer({ min: 4, max: 20 }),
    no_repeat_ngram_size: ngram,
    encoder_no_repeat_ngram_size: ngram,
    min_length: fc.nat(12),
    min_new_tokens: fc.nat(9),
    repetition_penalty: fc.constantFrom(0.5, 1, 1.3, 4),
    encoder_repetition_penalty: fc.constantFrom(0.5, 1, 2),
    bad_words_ids: fc.array(fc.array(token, { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 3 }),
    suppress_tokens: fc.array(token, { maxLength: 3 }),
    sequence_bias: fc.array(
      fc.tuple(fc.array(token, { minLength: 1, maxLength: 2 }), fc.float({ min: -4, max: 4, noNaN: true })),
      {
        minLength: 1,
        maxLength: 2,
      },
    ),
    forced_eos_token_id: fc.constantFrom(null, eos),
    exponential_decay_length_penalty: fc.constantFrom(null, [2, 1.5] as const),
    remove_invalid_values: fc.boolean(),
    renormalize_logits: fc.boolean(),
  },
  { requiredKeys: ["max_length"] },
);

const anySearch = fc.record({
  table: anyTable,
  sources: fc.array(fc.array(fc.integer({ min: 3, max: V - 1 }), { minLength: 6, maxLength: 6 }), {
    minLength: 1,
    maxLength: 3,
  }),
  prompted: fc.boolean(),
  options: fc.tuple(anyBeams, anyProcessing).map(([beams, processing]): GenerationOptions => {
    const options = { ...beams, ...processing };
    // The decay of a forbidden end is nan, of which nothing can be drawn: an error, as in the reference.
    return options.do_sample ? { ...options, exponential_decay_length_penalty: null } : options;
  }),
});

type Search = typeof anySearch extends fc.Arbitrary<infer T> ? T : never;

function search({ table, sources, prompted, options }: Search): Promise<Generated> {
  const special = { pad_token_id: pad, bos_token_id: 0, eos_token_id: eos, decoder_start_token_id: eos };
  return generate({
    decoder: tableDecoder(table, sources),
    config: new GenerationConfig({ ...special, ...options }),
    batch: sources.length,
    prompt: prompted ? sources.map(() => [eos, 0]) : undefined,
    encoderInputIds: sources,
    seed: 9,
  });
}

function ngrams(ids: readonly number[], size: number): string[] {
  return Array.from({ length: Math.max(0, ids.length - size + 1) }, (_, at) => ids.slice(at, at + size).join());
}

/** What was generated before its end, prompt included. */
function body(ids: readonly number[], promptLength: number): readonly number[] {
  const end = ids.indexOf(eos, promptLength);
  return end < 0 ? ids : ids.slice(0, end);
}

test("any search", { timeout: 120_000 }, async () => {
  let checked = 0;
  await fc.assert(
    fc.asyncProperty(anySearch, async (one) => {
      const { options, sources, prompted } = one;
      const { sequences, sequences_scores } = await search(one);
      const returned = options.num_return_sequences ?? 1;
      const promptLength = prompted ? 2 : 1;
      expect(sequences.length).toBe(sources.length * returned);
      for (const [i, ids] of sequences.entries()) {
        expect(ids.length).toBe(sequences[0]!.length);
        expect(ids.length).toBeLessThanOrEqual(options.max_length!);
        if (sequences_scores !== undefined && !(sequences_scores[i]! > impossible)) continue;
        // Where exponential decay meets a forbidden end the end becomes nan and is chosen, as in the reference;
        // renormalising makes all tokens nan then, and the first is chosen.
        const decays = options.exponential_decay_length_penalty != null;
        if (decays && options.renormalize_logits) continue;
        checked += 1;
        const said = body(ids, promptLength);
        const ended = said.length < ids.length;
        const size = options.no_repeat_ngram_size ?? 0;
        if (size > 0) expect(new Set(ngrams(said, size)).size).toBe(ngrams(said, size).length);
        const sourceSize = options.encoder_no_repeat_ngram_size ?? 0;
        if (sourceSize > 0) {
          const forbidden = new Set(ngrams(sources[Math.floor(i / returned)]!, sourceSize));
          expect(ngrams(said, sourceSize).filter((found) => forbidden.has(found))).toEqual([]);
        }
        const generated = said.slice(promptLength);
        for (const suppressed of options.suppress_tokens ?? []) expect(generated).not.toContain(suppressed);
        for (const bad of options.bad_words_ids ?? []) {
          // The reference forbids no sequence that is longer than the row before its last token.
          const found = ngrams(said, bad.length).indexOf(bad.join());
          expect(found >= promptLength).toBe(false);
        }
        if (ended && !decays) {
          const least = Math.max(options.min_length ?? 0, (options.min_new_tokens ?? 0) + promptLength);
          // At max_length the end is forced, or appended to an open beam where there is room.
          expect(said.length >= Math.min(least, options.max_length! - 1)).toBe(true);
        }
      }
    }),
    { numRuns: 400, seed: 20 },
  );
  expect(checked).toBeGreaterThan(400);
});

test("examples of a batch do not know of each other", { timeout: 120_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(anySearch, async ({ options: { encoder_repetition_penalty: _, ...options }, ...one }) => {
      // What is drawn for one example depends on how many draws came before; the other setting mixes examples in the
      // reference as here.
      fc.pre(options.do_sample !== true);
      const together = await search({ ...one, options });
      const width = together.sequences[0]!.length;
      const alone: number[][] = [];
      for (const source of one.sources) alone.push(...(await search({ ...one, options, sources: [source] })).sequences);
      const filled = alone.map((ids) => Array.from({ length: width }, (_, i) => ids[i] ?? pad));
      expect(together.sequences).toEqual(filled);
    }),
    { numRuns: 150, seed: 21 },
  );
});
