/**
 * Beam search (transformers 4.37.2, generation/utils.py: beam_search). B examples, K beams, R = B * K rows, V vocabulary.
 *
 * Log-probabilities and their sums are float32, as in PyTorch; candidates of equal sums go by row and token, the lowest
 * first, where PyTorch leaves the order open.
 */
import { InvalidArgumentError } from "../errors.ts";
import { type Beam, BeamSearchScorer } from "./beam-scorer.ts";
import type { Generated } from "./decoder.ts";
import { logSoftmax } from "./log-softmax.ts";
import type { Mode } from "./mode.ts";
import { checkLogits, type Search } from "./search.ts";
import { TopK } from "./top-k.ts";

type BeamMode = Extract<Mode, { kind: "beam" }>;

/** Sum of every beam but an example's first before the first step: all are the same there, and one is to count. */
const notYet = -1e9;

export async function beamSearch<State>(search: Search<State>, mode: BeamMode): Promise<Generated> {
  const { decoder, prompt, processors, stopping, eos, pad } = search;
  const V = decoder.vocabSize;
  const B = prompt.length;
  const K = mode.num_beams;
  const scorer = new BeamSearchScorer({
    ...mode,
    batch: B,
    max_length: stopping.max_length,
    prompt_length: prompt[0]!.length,
    eos,
    pad,
  });
  // So many that as many as there are beams remain when every beam offers every end token.
  const perBeam = Math.max(2, 1 + eos.length);
  if (perBeam > V) {
    throw new InvalidArgumentError({
      operation: "generate",
      expected: `at least ${perBeam} tokens in the vocabulary, for beams and end tokens`,
      got: String(V),
    });
  }
  const top = new TopK(perBeam * K);
  const sums = new Float32Array(B * K);
  let beams: Beam[][] = prompt.map((ids) =>
    Array.from({ length: K }, (_, beam) => ({ ids, rows: [], score: beam === 0 ? 0 : notYet })),
  );

  stopping.throwIfAborted();
  const first = await decoder.start(prompt, K, stopping.max_length);
  checkLogits(first.logits, B, V);
  let scores = repeatRows(first.logits, K, V); // [R, V]
  let state = first.state;
  for (;;) {
    const rows = beams.flat();
    logSoftmax(scores, V);
    const ids = rows.map((beam) => beam.ids);
    for (const processor of processors) processor.process(ids, scores);
    rows.forEach((beam, r) => {
      sums[r] = beam.score;
    });

    const tokens = new Int32Array(B * K);
    const parents = new Int32Array(B * K);
    beams = beams.map((own, example) => {
      const firstRow = example * K;
      top.select(scores, firstRow * V, sums, firstRow, K, V);
      const continuations = scorer.process(example, own, firstRow, {
        scores: top.scores,
        tokens: top.indices.map((index) => index % V),
        beams: top.indices.map((index) => Math.floor(index / V)),
      });
      return continuations.map(({ beam, token, score }, k) => {
        const parent = own[beam]!;
        tokens[firstRow + k] = token;
        parents[firstRow + k] = firstRow + beam;
        return { ids: [...parent.ids, token], rows: [...parent.rows, firstRow + beam], score };
      });
    });

    const last = stopping.after(beams[0]![0]!.ids.length);
    if (last || scorer.isDone) return scorer.finalize(beams);
    ({ logits: scores, state } = await decoder.step(state, tokens, parents));
    checkLogits(scores, B * K, V);
  }
}

/** [B, V] to [B * times, V], each row `times` times in a row. */
function repeatRows(rows: Float32Array, times: number, V: number): Float32Array {
  const result = new Float32Array(rows.length * times);
  for (let r = 0; r * V < result.length; r++) {
    const source = Math.floor(r / times) * V;
    result.set(rows.subarray(source, source + V), r * V);
  }
  return result;
}
