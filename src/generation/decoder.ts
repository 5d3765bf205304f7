/**
 * What generation drives: a decoder seen as a function from tokens to logits. Nothing here knows a model; a test's table
 * of numbers is as good a decoder as LED.
 *
 * B examples, R = B * beams rows (the beams of an example side by side), Q new positions, V vocabulary, D width.
 */
import type { Tensor } from "../tensor.ts";

type Floats = Tensor<"float32">;

/** What a search wants to see besides logits. */
export interface Wanted {
  /** The last layer's output. */
  readonly hidden?: boolean;
  readonly hidden_states?: boolean;
  readonly attentions?: boolean;
  /** Log-probabilities instead of logits, from decoders that have a fast way to them. */
  readonly log_probs?: boolean;
}

/** What one call showed of the decoder's inside; rows first, a tensor a layer. */
export interface Observed {
  readonly decoder_attentions?: readonly Floats[] | undefined;
  readonly cross_attentions?: readonly Floats[] | undefined;
  readonly decoder_hidden_states?: readonly Floats[] | undefined;
}

/** Logits of the next token, row-major. Whoever called may change them in place until the next call. */
export interface Step<State> {
  logits: Float32Array;
  /** Whether they are log-probabilities already. */
  normalized?: boolean | undefined;
  state: State;
  /** [rows, Q, D]; where wanted. */
  hidden?: Floats | undefined;
  /** Where wanted; of `start` too for all R rows. */
  observed?: Observed | undefined;
}

/** Logits after each of several tokens of the only row, and the state that keeps the first `count` of them. */
export interface Extension<State> {
  /** [Q, V] */
  logits: Float32Array;
  keep(count: number): State;
}

/** A layer each: [self_k, self_v, cross_k, cross_v]. */
export type PastKeyValues = readonly (readonly Floats[])[];

/** A decoder over R sequences that grow by a token a step. A state is consumed by the call that takes it. */
export interface Decoder<State> {
  /** V */
  readonly vocabSize: number;
  /**
   * `prompt`: a row of ids per example, all of one length. Gives logits [B, V], hidden [B, Q, D] and the state of `beams`
   * identical rows per example. No row will be longer than `maxLength` ids. Everything that can be refused has been when
   * this is called, so it is the place for work such as running an encoder.
   */
  start(
    prompt: readonly (readonly number[])[],
    beams: number,
    maxLength: number,
    wanted?: Wanted,
  ): Promise<Step<State>>;
  /**
   * Row r is now what row `parents[r]` held, with `tokens[r]` appended. Parents are rows of the previous call, of the same
   * example. Gives logits [R, V], hidden [R, 1, D].
   */
  step(state: State, tokens: Int32Array, parents: Int32Array): Promise<Step<State>>;
  /** Appends several tokens to the only row in one pass; of decoders whose drafts can be checked. */
  extend?(state: State, tokens: Int32Array): Promise<Extension<State>>;
  /** The same state in as little memory as rows that continue `parents` need. */
  compact?(state: State, parents: Int32Array): State;
  /** Keys and values of the rows that continue `parents`, without the last `drop` tokens. */
  past?(state: State, parents: Int32Array, drop: number): PastKeyValues;
}

/** Sequences of one length, prompt included, filled with pad after their end. */
export interface Generated {
  /** [B * num_return_sequences, T], example by example, best first. */
  sequences: number[][];
  /** Beam search: sum of log-probabilities over length ** length_penalty, of each sequence. */
  sequences_scores?: number[];
  /** Beam search: the row that each generated token was appended to, -1 after the last; as wide as the sequences. */
  beam_indices?: number[][];
  /** Keys and values of the last step's rows, where asked for. */
  past_key_values?: PastKeyValues | undefined;
}
