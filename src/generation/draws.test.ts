/** Drawing by chance: the same numbers from the same seed, and the distributions that they shall have. */
import { describe, expect, test } from "vitest";
import { tableDecoder, tableLogits } from "../../tests/generation/table-decoder.ts";
import { drawsOf, Sampler } from "./draws.ts";
import { GenerationConfig, type GenerationOptions, generate } from "./index.ts";

/** Of `counts` against expected ones: the sum of squared differences over expectations, bins below 5 pooled. */
function chiSquare(counts: readonly number[], expected: readonly number[]): { statistic: number; freedom: number } {
  const bins = expected.map((mean, i) => ({ mean, count: counts[i]! })).sort((a, b) => b.mean - a.mean);
  const large = bins.filter(({ mean }) => mean >= 5);
  const small = bins.filter(({ mean }) => mean < 5);
  const pooled = { mean: sum(small.map(({ mean }) => mean)), count: sum(small.map(({ count }) => count)) };
  const all = pooled.mean >= 5 ? [...large, pooled] : large;
  return { statistic: sum(all.map(({ mean, count }) => (count - mean) ** 2 / mean)), freedom: all.length - 1 };
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

/** Above this a statistic is met once in a million runs, or the draws are not what they should be (Wilson and Hilferty). */
function limit(freedom: number): number {
  const spread = 2 / (9 * freedom);
  return freedom * (1 - spread + 4.75 * Math.sqrt(spread)) ** 3;
}

function softmax(scores: readonly number[]): number[] {
  const max = Math.max(...scores);
  const weights = scores.map((score) => Math.exp(score - max));
  return weights.map((weight) => weight / sum(weights));
}

function expectDistribution(counts: readonly number[], probabilities: readonly number[]): void {
  const total = sum(counts);
  const { statistic, freedom } = chiSquare(
    counts,
    probabilities.map((probability) => probability * total),
  );
  expect(statistic).toBeLessThan(limit(freedom));
  probabilities.forEach((probability, i) => {
    if (probability === 0) expect(counts[i]).toBe(0);
  });
}

const scores = Float32Array.of(0.5, -1, 2, Number.NEGATIVE_INFINITY, 0, 1.25, -4, 2);

test("one draw", () => {
  const sampler = new Sampler(drawsOf(3));
  const counts = new Array<number>(scores.length).fill(0);
  for (let i = 0; i < 20_000; i++) counts[sampler.one(scores, 0, scores.length)]! += 1;
  expectDistribution(counts, softmax([...scores]));
});

test("several draws without replacement: each pair as often as one draw after another gives it", () => {
  const sampler = new Sampler(drawsOf(4));
  const probabilities = softmax([...scores]);
  const n = scores.length;
  const counts = new Array<number>(n * n).fill(0);
  for (let i = 0; i < 40_000; i++) {
    const [first, second] = sampler.several(2, scores, 0, Float32Array.of(0), 1, n);
    counts[first! * n + second!]! += 1;
  }
  const pairs = Array.from({ length: n * n }, (_, pair) => {
    const [first, second] = [Math.floor(pair / n), pair % n];
    if (first === second || probabilities[first] === 0) return 0;
    return (probabilities[first]! * probabilities[second]!) / (1 - probabilities[first]!);
  });
  expectDistribution(counts, pairs);
});

describe("sequences", () => {
  const table = { vocab_size: 12, seed: 6, order: 1, bias: { "2": -20 } };
  const source = [5, 9, 11, 4];
  const tokens = { pad_token_id: 1, bos_token_id: 0, eos_token_id: 2, decoder_start_token_id: 2 };
  const run = (options: GenerationOptions, seed?: number) =>
    generate({
      decoder: tableDecoder(table, [source]),
      config: new GenerationConfig({ ...tokens, do_sample: true, max_length: 3, ...options }),
      batch: 1,
      maxLengthGiven: true,
      ...(seed === undefined ? {} : { seed }),
    });

  test.each<[GenerationOptions, (logits: number[]) => number[]]>([
    [{ temperature: 0.7 }, (logits) => softmax(logits.map((logit) => logit / 0.7))],
    [
      { top_k: 3 },
      (logits) => {
        const least = logits.toSorted((a, b) => b - a)[2]!;
        return softmax(logits.map((logit) => (logit >= least ? logit : Number.NEGATIVE_INFINITY)));
      },
    ],
  ])("%j: the second token follows the first as often as it should", async (options, distribution) => {
    const { sequences } = await run({ ...options, num_return_sequences: 12_000 }, 1);
    const counts = new Array<number>(144).fill(0);
    for (const [, first, second] of sequences) counts[first! * 12 + second!]! += 1;
    const firsts = distribution(tableLogits(table, source, [2]));
    const pairs = firsts.flatMap((probability, first) =>
      distribution(tableLogits(table, source, [first])).map((next) => probability * next),
    );
    expectDistribution(counts, pairs);
  });

  test("the same seed draws the same, another seed and none draw anew", async () => {
    const options = { max_length: 40, top_k: 0 };
    const [first] = (await run(options, 5)).sequences;
    expect((await run(options, 5)).sequences).toEqual([first]);
    expect((await run(options, 6)).sequences).not.toEqual([first]);
    expect((await run(options)).sequences).not.toEqual((await run(options)).sequences);
  });
});
