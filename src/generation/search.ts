/** What every search is given: who computes logits, what changes them, when to end, what to keep. */
import { InternalError } from "../errors.ts";
import type { Decoder, Generated } from "./decoder.ts";
import type { LogitsProcessor } from "./processor.ts";
import type { SearchRecord } from "./record.ts";
import type { Stopping } from "./stopping.ts";

export interface Search<State> {
  decoder: Decoder<State>;
  /** A row of ids per example, all of one length. */
  prompt: readonly (readonly number[])[];
  processors: readonly LogitsProcessor[];
  stopping: Stopping;
  /** End tokens; empty where there are none. */
  eos: readonly number[];
  pad: number;
  record: SearchRecord;
  /** Told the tokens of each step, one a row. */
  onTokens?: ((tokens: readonly number[]) => void) | undefined;
}

/** Throws unless the decoder gave as many logits as it has to. */
export function checkLogits(logits: Float32Array, rows: number, vocabSize: number): void {
  if (logits.length === rows * vocabSize) return;
  throw new InternalError({
    operation: "decoder",
    expected: `logits [${rows}, ${vocabSize}]`,
    got: `${logits.length} numbers`,
  });
}

/** [B, V] to [B * times, V], each row `times` times in a row. */
export function repeatRows(rows: Float32Array, times: number, vocabSize: number): Float32Array {
  if (times === 1) return rows;
  const result = new Float32Array(rows.length * times);
  for (let r = 0; r * vocabSize < result.length; r++) {
    const source = Math.floor(r / times) * vocabSize;
    result.set(rows.subarray(source, source + vocabSize), r * vocabSize);
  }
  return result;
}

/** Room for a prompt that leaves none: one token is made even then. */
export function roomFor(prompt: readonly (readonly number[])[], max_length: number): number {
  return Math.max(max_length, prompt[0]!.length + 1);
}

/** The cache behind the last step, without the last `drop` tokens, where the call asked for it. */
export function pastOf<State>(
  { decoder, record }: Search<State>,
  state: State,
  parents: Int32Array,
  drop = 0,
): Pick<Generated, "past_key_values"> {
  if (!record.recording.past_key_values || decoder.past === undefined) return {};
  return { past_key_values: decoder.past(state, parents, drop) };
}
