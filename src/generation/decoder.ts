/**
 * What generation drives: a decoder seen as a function from tokens to logits. Nothing here knows a model; a test's table
 * of numbers is as good a decoder as LED.
 *
 * B examples, R = B * beams rows (the beams of an example side by side), V vocabulary.
 */

/** Logits of the next token, row-major. Whoever called may change them in place until the next call. */
export interface Step<State> {
  logits: Float32Array;
  state: State;
}

/** A decoder over R sequences that grow by a token a step. A state is consumed by the call that takes it. */
export interface Decoder<State> {
  /** V */
  readonly vocabSize: number;
  /**
   * `prompt`: a row of ids per example, all of one length. Gives logits [B, V] and the state of `beams` identical rows per
   * example. No row will be longer than `maxLength` ids. Everything that can be refused has been when this is called, so
   * it is the place for work such as running an encoder.
   */
  start(prompt: readonly (readonly number[])[], beams: number, maxLength: number): Promise<Step<State>>;
  /**
   * Row r is now what row `parents[r]` held, with `tokens[r]` appended. Parents are rows of the previous call, of the same
   * example. Gives logits [R, V].
   */
  step(state: State, tokens: Int32Array, parents: Int32Array): Promise<Step<State>>;
}

/** Sequences of one length, prompt included, filled with pad after their end. */
export interface Generated {
  /** [B * num_return_sequences, T], example by example, best first. */
  sequences: number[][];
  /** Beam search: sum of log-probabilities over length ** length_penalty, of each sequence. */
  sequences_scores?: number[];
  /** Beam search: the row that each generated token was appended to, -1 after the last; as wide as the sequences. */
  beam_indices?: number[][];
}
