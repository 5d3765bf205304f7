/**
 * TensorFlow's beam search (transformers 4.37.2, generation/tf_utils.py: beam_search). It is another search than PyTorch's: of
 * the 2K best continuations those among the first K that end are finished at once; a batch goes on together until no example can
 * improve; and an example with any finished sequence gives finished ones alone, padding where there are fewer than asked for.
 *
 * B examples, K beams, R = B * K rows, V vocabulary. Sums are float32; of equal ones the first counts, as in tf.math.top_k.
 */
import { InvalidArgumentError } from "../errors.ts";
import type { Generated } from "../generation/decoder.ts";
import type { Sampler } from "../generation/draws.ts";
import { logSoftmax } from "../generation/log-softmax.ts";
import type { LogitsProcessor } from "../generation/processor.ts";
import { checkLogits, repeatRows, type Search } from "../generation/search.ts";
import { TopK } from "../generation/top-k.ts";

export interface TFBeamSettings {
  readonly num_beams: number;
  readonly length_penalty: number;
  readonly early_stopping: boolean | "never";
  readonly num_return_sequences: number;
  /** Continuations are drawn after these warpers. */
  readonly sampling?: { readonly warpers: readonly LogitsProcessor[]; readonly sampler: Sampler } | undefined;
}

interface Beam {
  readonly ids: readonly number[];
  /** The row that each generated token was appended to. */
  readonly rows: readonly number[];
  readonly score: number;
}

interface Candidate extends Beam {
  readonly beam: number;
  readonly ended: boolean;
}

/** A slot for a finished sequence; without `ids` it is still empty. */
interface Finished {
  readonly beam: Beam | undefined;
  readonly score: number;
  readonly done: boolean;
}

/** Score of what must not be chosen. */
const ruledOut = -1e9;

export async function tensorFlowBeamSearch<State>(search: Search<State>, settings: TFBeamSettings): Promise<Generated> {
  const { decoder, prompt, processors, stopping, eos, pad, record } = search;
  const { num_beams: K, length_penalty, early_stopping, sampling } = settings;
  const V = decoder.vocabSize;
  const B = prompt.length;
  if (2 > V) {
    throw new InvalidArgumentError({
      operation: "generate",
      expected: "at least 2 tokens in the vocabulary",
      got: `${V}`,
    });
  }
  const start = prompt[0]!.length;
  const penalty = (length: number): number => Math.fround(Math.fround(length) ** length_penalty);
  const top = new TopK(2 * K);
  let running: Beam[][] = prompt.map((ids) =>
    Array.from({ length: K }, (_, beam) => ({ ids, rows: [], score: beam === 0 ? 0 : ruledOut })),
  );
  let finished: Finished[][] = prompt.map(() =>
    Array.from({ length: K }, () => ({ beam: undefined, score: ruledOut, done: false })),
  );

  stopping.throwIfAborted();
  const first = await decoder.start(prompt, K, stopping.max_length, { ...record.wanted, log_probs: true });
  checkLogits(first.logits, B, V);
  let step = { ...first, logits: repeatRows(first.logits, K, V) };
  for (;;) {
    const scores = step.logits; // [R, V]
    checkLogits(scores, B * K, V);
    if (!step.normalized) logSoftmax(scores, V);
    const rows = running.flat().map(({ ids }) => ids);
    for (const processor of [...processors, ...(sampling?.warpers ?? [])]) processor.process(rows, scores);
    record.addScores(scores, V);
    record.addObserved(step.observed);

    const tokens = new Int32Array(B * K);
    const parents = new Int32Array(B * K);
    const nowRunning: Beam[][] = [];
    const length = running[0]![0]!.ids.length + 1 - start;
    finished = running.map((beams, example) => {
      const chosen = candidatesOf(beams, example * K, choose(scores, example, beams), eos);
      const going = best(
        chosen.map((one) => ({ ...one, score: Math.fround(one.score + (one.ended ? ruledOut : 0)) })),
        K,
      );
      going.forEach(({ ids, beam }, k) => {
        tokens[example * K + k] = ids.at(-1)!;
        parents[example * K + k] = example * K + beam;
      });
      nowRunning.push(going);
      const full = early_stopping === true && finished[example]!.every(({ done }) => done);
      const ends = chosen.map((beam, rank): Finished => {
        const done = beam.ended && rank < K;
        const score = Math.fround(beam.score / penalty(length));
        return { beam, score: Math.fround(score + (!done || full ? ruledOut : 0)), done };
      });
      return best([...finished[example]!, ...ends], K);
    });
    running = nowRunning;

    const last = stopping.after(
      running.flat().map(({ ids }) => [...ids]),
      record.scores,
    );
    if (last || !goesOn()) return finalized();
    step = await decoder.step(step.state, tokens, parents);
  }

  /** The 2K best continuations of an example: [row * V + token, sum]. */
  function choose(scores: Float32Array, example: number, beams: readonly Beam[]): [index: number, sum: number][] {
    const sums = Float32Array.from(beams, ({ score }) => score);
    const from = example * K * V;
    if (sampling === undefined) {
      top.select(scores, from, sums, 0, K, V);
      return Array.from(top.indices, (index, i) => [index, top.scores[i]!]);
    }
    const drawn = sampling.sampler.several(2 * K, scores, from, sums, K, V);
    return drawn.map((index) => [index, Math.fround(scores[from + index]! + sums[Math.floor(index / V)]!)]);
  }

  function candidatesOf(
    beams: readonly Beam[],
    firstRow: number,
    chosen: readonly [index: number, sum: number][],
    ends: readonly number[],
  ): Candidate[] {
    return chosen.map(([index, score]) => {
      const beam = Math.floor(index / V);
      const token = index % V;
      const { ids, rows } = beams[beam]!;
      return { ids: [...ids, token], rows: [...rows, firstRow + beam], score, beam, ended: ends.includes(token) };
    });
  }

  /** Whether any example may still improve, in the reference's guess. */
  function goesOn(): boolean {
    if (early_stopping === true && finished.every((slots) => slots.every(({ done }) => done))) return false;
    const length = running[0]![0]!.ids.length - start;
    const longest = early_stopping === "never" && length_penalty > 0 ? stopping.max_length - start : length;
    return running.some((beams, example) => {
      const most = Math.fround(beams[0]!.score / penalty(longest));
      const worst = Math.min(...finished[example]!.map(({ score }) => score));
      return finished[example]!.some(({ done }) => most > (done ? worst : ruledOut));
    });
  }

  /** As wide as the search ran, whatever the sequences are. */
  function finalized(): Generated {
    const width = running[0]![0]!.ids.length;
    const chosen = running.flatMap((beams, example): { beam: Beam | undefined; score: number }[] => {
      const slots = finished[example]!.some(({ done }) => done)
        ? finished[example]!
        : beams.map((beam) => ({ beam, score: Math.fround(beam.score / penalty(width - start)) }));
      return slots.slice(0, settings.num_return_sequences);
    });
    const filled = (ids: readonly number[], size: number, filling: number): number[] =>
      Array.from({ length: size }, (_, i) => ids[i] ?? filling);
    return {
      sequences: chosen.map(({ beam }) => filled(beam?.ids ?? [], width, pad)),
      sequences_scores: chosen.map(({ score }) => score),
      beam_indices: chosen.map(({ beam }) => filled(beam?.rows ?? [], width - start, -1)),
    };
  }
}

/** The `count` of highest score, the earlier of equal ones first. */
function best<T extends { readonly score: number }>(all: readonly T[], count: number): T[] {
  return all.toSorted((a, b) => b.score - a.score).slice(0, count);
}
