/** What the LED classes give back (transformers 4.37.2, modeling_led.py: the output classes). */
import type { Tensor } from "../../tensor.ts";

/** One decoder layer's [self_k, self_v, cross_k, cross_v], each [B, h, n, e]. */
export type PastKeyValues = readonly (readonly Tensor<"float32">[])[];

/** B batch, S source positions, T target positions, D d_model, V vocabulary. */
export interface LEDSeq2SeqLMOutput {
  /** [B, T, V] */
  readonly logits: Tensor<"float32">;
  /** A layer each; absent when use_cache is false. */
  readonly past_key_values?: PastKeyValues;
  /** [B, S, D] */
  readonly encoder_last_hidden_state: Tensor<"float32">;
}
