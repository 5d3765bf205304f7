/** What changes the scores of the next token before one is chosen. R rows, V vocabulary. */
export interface LogitsProcessor {
  /** `input_ids`: the R rows so far, all of one length. `scores` [R, V], row-major, are changed in place. */
  process(input_ids: readonly (readonly number[])[], scores: Float32Array): void;
}
