/**
 * Beam search in all its kinds: plain, in diverse groups, by chance, under constraints (transformers 4.37.2,
 * generation/utils.py: beam_search, group_beam_search, beam_sample, constrained_beam_search). B examples, K beams in G groups,
 * R = B * K rows, V vocabulary.
 *
 * Log-probabilities and their sums are float32, as in PyTorch; candidates of equal sums go by row and token, the lowest
 * first, where PyTorch leaves the order open.
 */
import { InvalidArgumentError } from "../errors.ts";
import { type Beam, BeamSearchScorer, type Candidates } from "./beam-scorer.ts";
import { ConstrainedBeamSearchScorer } from "./constrained-scorer.ts";
import type { Constraint } from "./constraints.ts";
import type { Generated } from "./decoder.ts";
import type { Sampler } from "./draws.ts";
import { logSoftmax } from "./log-softmax.ts";
import type { LogitsProcessor } from "./processor.ts";
import { checkLogits, pastOf, repeatRows, type Search } from "./search.ts";
import { TopK } from "./top-k.ts";

export interface BeamSettings {
  readonly num_beams: number;
  /** 1 without groups. */
  readonly num_beam_groups: number;
  readonly length_penalty: number;
  readonly early_stopping: boolean | "never";
  readonly num_return_sequences: number;
}

/** What makes a beam search another than the plain one. */
export interface BeamKind {
  /** Candidates are drawn after these warpers. */
  readonly sampling?: { readonly warpers: readonly LogitsProcessor[]; readonly sampler: Sampler } | undefined;
  readonly constraints?: readonly Constraint[] | undefined;
}

/** Sum of every beam but a group's first before the first step: all are the same there, and one is to count. */
const notYet = -1e9;

export async function beamSearch<State>(
  search: Search<State>,
  settings: BeamSettings,
  { sampling, constraints }: BeamKind = {},
): Promise<Generated> {
  const { decoder, prompt, processors, stopping, eos, pad, record } = search;
  const V = decoder.vocabSize;
  const B = prompt.length;
  const { num_beams: K, num_beam_groups: G } = settings;
  const options = {
    ...settings,
    batch: B,
    max_length: stopping.max_length,
    prompt_length: prompt[0]!.length,
    eos,
    pad,
  };
  const scorer =
    constraints === undefined ? new BeamSearchScorer(options) : new ConstrainedBeamSearchScorer(constraints, options);
  const size = scorer.groupSize;
  // So many that as many as there are beams remain when every beam offers every end token.
  const perBeam = sampling === undefined ? Math.max(2, 1 + eos.length) : 2;
  if (perBeam > V) {
    throw new InvalidArgumentError({
      operation: "generate",
      expected: `at least ${perBeam} tokens in the vocabulary, for beams and end tokens`,
      got: String(V),
    });
  }
  const top = new TopK(perBeam * size);
  const sums = new Float32Array(B * K);
  const allProcessors = [...processors, ...(sampling?.warpers ?? [])];
  const choose = (scores: Float32Array, start: number, rowScores: Float32Array): Candidates => {
    if (sampling !== undefined) return drawn(sampling.sampler, perBeam * size, scores, start, rowScores, size, V);
    top.select(scores, start, rowScores, 0, size, V);
    return {
      scores: top.scores,
      tokens: top.indices.map((index) => index % V),
      beams: top.indices.map((index) => Math.floor(index / V)),
    };
  };
  // Of group g of example e, number e * G + g.
  let beams: Beam[][] = Array.from({ length: B * G }, (_, group) =>
    Array.from({ length: size }, (_, beam) => ({
      ids: prompt[Math.floor(group / G)]!,
      rows: [],
      score: beam === 0 || sampling !== undefined ? 0 : notYet,
    })),
  );

  stopping.throwIfAborted();
  const first = await decoder.start(prompt, K, stopping.max_length, { ...record.wanted, log_probs: true });
  checkLogits(first.logits, B, V);
  let step = { ...first, logits: repeatRows(first.logits, K, V) };
  for (;;) {
    const scores = step.logits; // [R, V]
    checkLogits(scores, B * K, V);
    if (!step.normalized) logSoftmax(scores, V);
    beams.flat().forEach((beam, r) => {
      sums[r] = beam.score;
    });
    const tokens = new Int32Array(B * K);
    const parents = new Int32Array(B * K);
    const next = [...beams];
    for (let group = 0; group < G; group++) {
      // The group's rows of all examples, [B * size, V].
      const own = G === 1 ? scores : groupRows(scores, group, G, size, V);
      const examples = Array.from({ length: B }, (_, example) => beams[example * G + group]!);
      const ids = examples.flat().map((beam) => beam.ids);
      for (const processor of allProcessors) processor.process(ids, own, { group, currentTokens: tokens });
      if (G > 1 && record.recording.scores) groupRows(scores, group, G, size, V, own);
      examples.forEach((present, example) => {
        const firstRow = example * K + group * size;
        const start = example * size * V;
        const rowScores = sums.subarray(firstRow, firstRow + size);
        const candidates = choose(own, start, rowScores);
        const continuations = scorer.process(example * G + group, present, firstRow, candidates, (beam, token) =>
          Math.fround(own[start + beam * V + token]! + rowScores[beam]!),
        );
        next[example * G + group] = continuations.map(({ beam, token, score }, k) => {
          const parent = present[beam]!;
          tokens[firstRow + k] = token;
          parents[firstRow + k] = firstRow + beam;
          return { ids: [...parent.ids, token], rows: [...parent.rows, firstRow + beam], score };
        });
      });
    }
    // Under constraints the sums themselves are what is reported.
    record.addScores(scores, V, constraints === undefined ? undefined : sums);
    record.addObserved(step.observed);
    beams = next;

    const rows = beams.flat().map((beam) => beam.ids);
    const last = stopping.after(rows, record.scores);
    if (last || scorer.isDone) return { ...scorer.finalize(beams), ...pastOf(search, step.state, parents) };
    step = await decoder.step(step.state, tokens, parents);
  }
}

/** The rows of a group gathered from all examples; given `from`, written back there. */
function groupRows(
  scores: Float32Array,
  group: number,
  groups: number,
  size: number,
  vocabSize: number,
  from?: Float32Array,
): Float32Array {
  const block = size * vocabSize;
  const own = from ?? new Float32Array(scores.length / groups);
  for (let example = 0; example * block < own.length; example++) {
    const start = (example * groups + group) * block;
    if (from === undefined) own.set(scores.subarray(start, start + block), example * block);
    else scores.set(own.subarray(example * block, (example + 1) * block), start);
  }
  return own;
}

/** Candidates by chance, then in the order of their sums. */
function drawn(
  sampler: Sampler,
  count: number,
  scores: Float32Array,
  start: number,
  rowScores: Float32Array,
  rows: number,
  vocabSize: number,
): Candidates {
  const sumAt = (index: number) => Math.fround(scores[start + index]! + rowScores[Math.floor(index / vocabSize)]!);
  const indices = sampler
    .several(count, scores, start, rowScores, rows, vocabSize)
    .toSorted((a, b) => sumAt(b) - sumAt(a));
  return {
    scores: indices.map(sumAt),
    tokens: indices.map((index) => index % vocabSize),
    beams: indices.map((index) => Math.floor(index / vocabSize)),
  };
}
