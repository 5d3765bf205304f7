/**
 * Contrastive search: of the k likeliest tokens the one that is likely and least like what is there (transformers 4.37.2,
 * generation/utils.py: contrastive_search, _ranking_fast; Y. Su et al., "A Contrastive Framework for Neural Text Generation",
 * 2022). B examples, k candidates, V vocabulary, D width.
 *
 * Every candidate is a row of the decoder; the losers stay in its cache unless `low_memory` drops them after each step.
 * Departures: the reference's low_memory computes candidates one by one and works for one example only; its past_key_values
 * lose a position of the source too.
 */
import { InternalError, InvalidArgumentError } from "../errors.ts";
import type { Tensor } from "../tensor.ts";
import type { Generated, Observed, Step } from "./decoder.ts";
import { takeRows } from "./rows.ts";
import { checkLogits, pastOf, roomFor, type Search } from "./search.ts";
import { TopK } from "./top-k.ts";

export interface ContrastiveSettings {
  readonly top_k: number;
  readonly penalty_alpha: number;
  readonly low_memory: boolean;
}

export async function contrastiveSearch<State>(
  search: Search<State>,
  { top_k: k, penalty_alpha, low_memory }: ContrastiveSettings,
): Promise<Generated> {
  const { decoder, prompt, processors, stopping, eos, pad, record, onTokens } = search;
  const V = decoder.vocabSize;
  if (k > V) {
    throw new InvalidArgumentError({
      operation: "generate",
      expected: `\`top_k\` of at most ${V}, the vocabulary, for contrastive search`,
      got: String(k),
    });
  }
  const B = prompt.length;
  const rows = prompt.map((ids) => [...ids]);
  const open = rows.map(() => true);
  const top = new TopK(k);
  const noSums = new Float32Array(1);
  // Unit vectors of the hidden states of each row so far.
  const context: Float32Array[][] = rows.map(() => []);

  stopping.throwIfAborted();
  const wanted = { ...record.wanted, hidden: true };
  let step: Step<State> = await decoder.start(prompt, k, roomFor(prompt, stopping.max_length), wanted);
  hiddenOf(step).forEach((units, position) => {
    context[Math.floor(position / prompt[0]!.length)]!.push(units);
  });
  let logits = step.logits; // [B, V]
  let winners = Int32Array.from(rows, (_, example) => example * k);
  let observed = rowsOf(step.observed, winners);
  for (;;) {
    checkLogits(logits, B, V);
    for (const processor of processors) processor.process(rows, logits);
    record.addScores(logits, V);
    record.addObserved(observed);
    const tokens = new Int32Array(B * k);
    const probabilities = new Float32Array(B * k);
    for (let example = 0; example < B; example++) {
      top.select(logits, example * V, noSums, 0, 1, V);
      const sum = sumOfExponentials(logits, example * V, V, top.scores[0]!);
      tokens.set(top.indices, example * k);
      top.scores.forEach((score, i) => {
        probabilities[example * k + i] = Math.exp(score - top.scores[0]!) / sum;
      });
    }
    const parents = Int32Array.from(tokens, (_, row) => winners[Math.floor(row / k)]!);
    const state = low_memory && decoder.compact !== undefined ? decoder.compact(step.state, parents) : step.state;
    step = await decoder.step(state, tokens, parents);
    checkLogits(step.logits, B * k, V);
    const units = hiddenOf(step);

    winners = Int32Array.from(rows, (_, example) => {
      let best = example * k;
      let bestScore = -Infinity;
      for (let row = example * k; row < (example + 1) * k; row++) {
        const likeness = Math.max(...context[example]!.map((other) => dot(other, units[row]!)));
        const score = (1 - penalty_alpha) * probabilities[row]! - penalty_alpha * likeness;
        if (score > bestScore) [best, bestScore] = [row, score];
      }
      return best;
    });
    const chosen = Array.from(winners, (winner, example) => (open[example] ? tokens[winner]! : pad));
    logits = new Float32Array(B * V);
    winners.forEach((winner, example) => {
      context[example]!.push(units[winner]!);
      logits.set(step.logits.subarray(winner * V, (winner + 1) * V), example * V);
      rows[example]!.push(chosen[example]!);
      if (eos.includes(chosen[example]!)) open[example] = false;
    });
    observed = rowsOf(step.observed, winners);
    onTokens?.(chosen);
    const last = stopping.after(rows, record.scores);
    if (last || !open.includes(true)) {
      // The winners' own tokens are in the cache already; other searches end before.
      return { sequences: rows, ...pastOf(search, step.state, winners, 1) };
    }
  }
}

/** The hidden states of a step, each over its length: [rows * Q] vectors of D. */
function hiddenOf({ hidden }: Step<unknown>): Float32Array[] {
  if (hidden === undefined) {
    throw new InternalError({ operation: "contrastive search", expected: "hidden states of the decoder", got: "none" });
  }
  const width = hidden.dims[2]!;
  return Array.from({ length: hidden.data.length / width }, (_, i) => {
    const vector = hidden.data.slice(i * width, (i + 1) * width);
    const length = Math.sqrt(dot(vector, vector));
    return vector.map((value) => value / length);
  });
}

function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

function sumOfExponentials(scores: Float32Array, start: number, length: number, max: number): number {
  let sum = 0;
  for (let i = start; i < start + length; i++) sum += Math.exp(scores[i]! - max);
  return sum;
}

/** These rows of what all rows showed. */
function rowsOf(observed: Observed | undefined, rows: Int32Array): Observed | undefined {
  if (observed === undefined) return undefined;
  const pick = (tensors: readonly Tensor<"float32">[] | undefined) => tensors?.map((tensor) => takeRows(tensor, rows));
  return {
    decoder_attentions: pick(observed.decoder_attentions),
    cross_attentions: pick(observed.cross_attentions),
    decoder_hidden_states: pick(observed.decoder_hidden_states),
  };
}
