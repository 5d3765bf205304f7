/** Extractive decoding: whole sentences of the source, each at most once, whatever the search. */
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Table, tableDecoder } from "../../tests/generation/table-decoder.ts";
import { setLogger } from "../log.ts";
import type { TokenSpan } from "./extractive.ts";
import { GenerationConfig, type GenerationOptions, generate } from "./index.ts";

beforeAll(() => void setLogger({ warn: () => {} }));
afterAll(() => void setLogger(null));

const tokens = { pad_token_id: 1, bos_token_id: 0, eos_token_id: 2, decoder_start_token_id: 2 };

interface Setting {
  table: Table;
  sources: number[][];
  sentences: TokenSpan[][];
  options: GenerationOptions;
  max_sentences?: number | undefined;
  seed?: number;
}

function run({ table, sources, sentences, options, max_sentences, seed = 0 }: Setting) {
  return generate({
    decoder: tableDecoder(table, sources),
    config: new GenerationConfig({ ...tokens, ...options }),
    batch: sources.length,
    encoderInputIds: sources,
    maxLengthGiven: true,
    extractive: { sentences, max_sentences },
    seed,
  });
}

/** A source of sentences, few tokens wide so that many begin alike or are the same, and their spans. */
const anySource = fc
  .array(fc.array(fc.integer({ min: 3, max: 6 }), { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 6 })
  .map((sentences) => {
    let start = 0;
    const spans = sentences.map((sentence): TokenSpan => {
      const span: TokenSpan = [start, start + sentence.length];
      start = span[1];
      return span;
    });
    return { source: sentences.flat(), spans };
  });

const anyOptions: fc.Arbitrary<GenerationOptions> = fc
  .record({
    search: fc.constantFrom<GenerationOptions>(
      {},
      { do_sample: true, top_k: 0 },
      { num_beams: 3 },
      { num_beams: 4, early_stopping: true, length_penalty: 2 },
      { num_beams: 4, num_beam_groups: 2, diversity_penalty: 0.5 },
    ),
    max_length: fc.integer({ min: 7, max: 24 }),
    no_repeat_ngram_size: fc.constantFrom(0, 1, 3),
    repetition_penalty: fc.constantFrom(1, 2),
    min_length: fc.constantFrom(0, 6),
    encoder_no_repeat_ngram_size: fc.constantFrom(0, 2),
    forced_eos_token_id: fc.constantFrom(null, 2),
  })
  .map(({ search, ...rest }) => ({ ...search, ...rest }));

test("any search", { timeout: 60_000 }, async () => {
  const anyCase = fc.record({
    table: fc.record({
      vocab_size: fc.constant(11),
      seed: fc.nat(),
      order: fc.integer({ min: 1, max: 3 }),
      bias: fc.constantFrom<Table["bias"]>({}, { "2": -20 }, { "2": 6 }),
    }),
    examples: fc.array(anySource, { minLength: 1, maxLength: 2 }),
    options: anyOptions,
    max_sentences: fc.constantFrom(undefined, 1, 2),
    seed: fc.nat(),
  });
  await fc.assert(
    fc.asyncProperty(anyCase, async ({ table, examples, options, max_sentences, seed }) => {
      // The decoder's examples are of one length; the shorter sources are filled with a token that no sentence has.
      const longest = Math.max(...examples.map(({ source }) => source.length));
      const sources = examples.map(({ source }) => [...source, ...new Array<number>(longest - source.length).fill(9)]);
      const sentences = examples.map(({ spans }) => spans);
      const out = await run({ table, sources, sentences, options, max_sentences, seed });
      out.sequences.forEach((ids, example) => {
        const chosen = out.chosen_sentences![example]!;
        const said = ids.slice(1);
        const end = said.indexOf(2);
        const body = end < 0 ? said : said.slice(0, end);
        const whole = chosen.flatMap((sentence) => sources[example]!.slice(...sentences[example]![sentence]!));
        expect(body).toEqual(whole);
        expect(chosen.length).toBeGreaterThan(0);
        expect(chosen.length).toBeLessThanOrEqual(max_sentences ?? Number.POSITIVE_INFINITY);
        const texts = chosen.map((sentence) => sources[example]!.slice(...sentences[example]![sentence]!).join());
        expect(new Set(texts).size).toBe(texts.length);
        expect(ids.length).toBeLessThanOrEqual(Number(options.max_length));
      });
    }),
    { numRuns: 400, seed: 8 },
  );
});

test("the sentences that the model scores best", async () => {
  // Every token scores what its bias says, after any other.
  const table: Table = { vocab_size: 11, seed: 1, order: 0, bias: { "7": 40, "8": 20, "2": 10 } };
  const sources = [[5, 5, 6, 7, 4, 8, 3, 7]];
  const sentences: TokenSpan[][] = [
    [
      [0, 2],
      [2, 4],
      [4, 6],
      [6, 8],
    ],
  ];
  const out = await run({ table, sources, sentences, options: { max_length: 20, num_beams: 4 }, max_sentences: 2 });
  expect(out.chosen_sentences!.map((chosen) => chosen.toSorted())).toEqual([[1, 3]]);
});

describe("what is refused", () => {
  const plain: Setting = {
    table: { vocab_size: 11, seed: 1, order: 1, bias: {} },
    sources: [[5, 5, 6, 7]],
    sentences: [
      [
        [0, 2],
        [2, 4],
      ],
    ],
    options: { max_length: 9 },
  };
  test.each<[Partial<Setting>, string]>([
    [{ sentences: [] }, "expected sentences: for each of the 1 examples a list of [start, end] in tokens, got 0 lists"],
    [{ sentences: [[]] }, "expected at least one sentence of example 0, got none"],
    [{ sentences: [[[0, 5]]] }, "expected spans within the 4 tokens of example 0, got [0,5]"],
    [{ sentences: [[[2, 2]]] }, "expected spans within the 4 tokens of example 0, got [2,2]"],
    [{ max_sentences: 0 }, "expected `max_sentences` of at least 1, got 0"],
    [{ options: { max_length: 3 } }, "of which the shortest has 2 tokens, and an end token, got 2 tokens"],
    [{ options: { max_length: 9, eos_token_id: null } }, "expected an end token, got `eos_token_id` null"],
  ])("%j", async (change, message) => {
    await expect(run({ ...plain, ...change })).rejects.toThrow(message);
  });
});
