/**
 * One token a step for each row: the best (greedy), or one drawn by chance (sampling) (transformers 4.37.2,
 * generation/utils.py: greedy_search, sample). B examples, n rows an example, R = B * n rows, V vocabulary.
 */
import type { Generated } from "./decoder.ts";
import type { Sampler } from "./draws.ts";
import type { LogitsProcessor } from "./processor.ts";
import { checkLogits, pastOf, repeatRows, roomFor, type Search } from "./search.ts";
import { argmax } from "./top-k.ts";

/** How sampling chooses: after these warpers, by these draws, so many sequences of each example. */
export interface Sampling {
  readonly warpers: readonly LogitsProcessor[];
  readonly sampler: Sampler;
  readonly num_return_sequences: number;
}

/** Rows that have ended are filled with pad until all have. */
export async function tokenSearch<State>(search: Search<State>, sampling?: Sampling): Promise<Generated> {
  const { decoder, prompt, processors, stopping, eos, pad, record, onTokens } = search;
  const V = decoder.vocabSize;
  const n = sampling?.num_return_sequences ?? 1;
  const rows = prompt.flatMap((ids) => Array.from({ length: n }, () => [...ids]));
  const open = rows.map(() => true);
  const parents = Int32Array.from(rows.keys());

  stopping.throwIfAborted();
  const first = await decoder.start(prompt, n, roomFor(prompt, stopping.max_length), record.wanted);
  checkLogits(first.logits, prompt.length, V);
  let step = { ...first, logits: repeatRows(first.logits, n, V) }; // [R, V]
  for (;;) {
    const { logits } = step;
    checkLogits(logits, rows.length, V);
    for (const processor of processors) processor.process(rows, logits);
    for (const warper of sampling?.warpers ?? []) warper.process(rows, logits);
    record.addScores(logits, V);
    record.addObserved(step.observed);
    const tokens = Int32Array.from(rows, (_, r) => {
      const token = sampling === undefined ? argmax(logits, r * V, V) : sampling.sampler.one(logits, r * V, V);
      return open[r] ? token : pad;
    });
    tokens.forEach((token, r) => {
      rows[r]!.push(token);
      if (eos.includes(token)) open[r] = false;
    });
    onTokens?.([...tokens]);
    const last = stopping.after(rows, record.scores);
    if (last || !open.includes(true)) return { sequences: rows, ...pastOf(search, step.state, parents) };
    step = await decoder.step(step.state, tokens, parents);
  }
}
