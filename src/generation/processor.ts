/** What changes the scores of the next token before one is chosen. R rows, V vocabulary. */

/** Where diverse beam search is within a step, for the processor that looks at the groups before. */
export interface GroupStep {
  readonly group: number;
  /** [B * num_beams]: what this step has chosen so far, 0 where it has not. */
  readonly currentTokens: Int32Array;
}

export interface LogitsProcessor {
  /** `input_ids`: the R rows so far, all of one length. `scores` [R, V], row-major, are changed in place. */
  process(input_ids: readonly (readonly number[])[], scores: Float32Array, step?: GroupStep): void;
}
