/**
 * Greedy search: the best token of each step (transformers 4.37.2, generation/utils.py: greedy_search).
 * B examples, V vocabulary.
 */
import type { Generated } from "./decoder.ts";
import { checkLogits, type Search } from "./search.ts";
import { argmax } from "./top-k.ts";

/** Rows that have ended are filled with pad until all have. */
export async function greedySearch<State>(search: Search<State>): Promise<Generated> {
  const { decoder, prompt, processors, stopping, eos, pad } = search;
  const V = decoder.vocabSize;
  const rows = prompt.map((ids) => [...ids]);
  const open = rows.map(() => true);
  const parents = Int32Array.from(rows.keys());

  stopping.throwIfAborted();
  // One token is made even where the prompt leaves no room for it.
  const maxLength = Math.max(stopping.max_length, rows[0]!.length + 1);
  let { logits, state } = await decoder.start(prompt, 1, maxLength); // [B, V]
  for (;;) {
    checkLogits(logits, rows.length, V);
    for (const processor of processors) processor.process(rows, logits);
    const tokens = Int32Array.from(rows, (_, r) => (open[r] ? argmax(logits, r * V, V) : pad));
    tokens.forEach((token, r) => {
      rows[r]!.push(token);
      if (eos.includes(token)) open[r] = false;
    });
    const last = stopping.after(rows[0]!.length);
    if (last || !open.includes(true)) return { sequences: rows };
    ({ logits, state } = await decoder.step(state, tokens, parents));
  }
}
