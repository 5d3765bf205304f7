/** What every search is given: who computes logits, what changes them, when to end. */
import { InternalError } from "../errors.ts";
import type { Decoder } from "./decoder.ts";
import type { LogitsProcessor } from "./processor.ts";
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
