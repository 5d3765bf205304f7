/**
 * Greedy search that drafts: where the end of the output occurs in the source, what follows it there is taken for granted and
 * checked in one pass of the decoder, which keeps as much as greedy search would have chosen. Summaries copy, so that a pass
 * often gives several tokens. The tokens are those of greedy search; only scores may differ in their last bits.
 */
import { InvalidArgumentError } from "../errors.ts";
import type { Generated } from "./decoder.ts";
import { checkLogits, pastOf, roomFor, type Search } from "./search.ts";
import { argmax } from "./top-k.ts";

export interface Drafting {
  /** Tokens drafted at most. */
  readonly draft_from_source: number;
  /** The source's ids. */
  readonly source: readonly number[];
}

/** Passes of the decoder that a search took for its tokens. */
export interface DraftingReport {
  passes: number;
  tokens: number;
}

/** The longest end of the output that is looked for in the source. */
const longestMatch = 4;

export async function draftedSearch<State>(
  search: Search<State>,
  { draft_from_source, source }: Drafting,
): Promise<Generated & { drafting: DraftingReport }> {
  const { decoder, prompt, processors, stopping, eos, record, onTokens } = search;
  const V = decoder.vocabSize;
  const [first] = prompt;
  if (decoder.extend === undefined || first === undefined || prompt.length > 1) {
    throw new InvalidArgumentError({
      operation: "generate",
      expected: "one example for `draft_from_source`",
      got: `${prompt.length} examples`,
      fix: "Generate them one by one, or leave `draft_from_source` unset.",
    });
  }
  const ids = [...first];
  const rows = [ids];
  const only = Int32Array.of(0);
  const report: DraftingReport = { passes: 1, tokens: 0 };

  stopping.throwIfAborted();
  const start = await decoder.start(prompt, 1, roomFor(prompt, stopping.max_length));
  checkLogits(start.logits, 1, V);
  let { logits, state } = start;
  /** The token after the ids so far, and whether it is the last. */
  const take = (position: number): { token: number; last: boolean } => {
    const scores = logits.subarray(position * V, (position + 1) * V);
    for (const processor of processors) processor.process(rows, scores);
    record.addScores(scores, V);
    const token = argmax(scores, 0, V);
    ids.push(token);
    report.tokens += 1;
    onTokens?.([token]);
    return { token, last: stopping.after(rows, record.scores) || eos.includes(token) };
  };
  let { token, last } = take(0);
  while (!last) {
    // The token itself and its drafted continuation; the last token of a sequence is never fed.
    const room = stopping.max_length - ids.length - 1;
    const draft = draftAfter(ids, source, Math.min(draft_from_source, room));
    const extension = await decoder.extend(state, Int32Array.of(token, ...draft));
    report.passes += 1;
    logits = extension.logits;
    checkLogits(logits, draft.length + 1, V);
    let kept = 0;
    do {
      ({ token, last } = take(kept));
      kept += 1;
    } while (!last && token === draft[kept - 1]);
    state = extension.keep(kept);
  }
  return { sequences: rows, drafting: report, ...pastOf(search, state, only) };
}

/** What follows the end of `ids` in the source: after the longest match, the last of its places. */
function draftAfter(ids: readonly number[], source: readonly number[], count: number): number[] {
  if (count <= 0) return [];
  let best = 0;
  let after = -1;
  for (let end = source.length - 1; end > 0 && best < longestMatch; end--) {
    let length = 0;
    while (length < longestMatch && length < end && ids.at(-1 - length) === source[end - 1 - length]) length += 1;
    if (length > best) [best, after] = [length, end];
  }
  return best < 2 ? [] : source.slice(after, after + count);
}
