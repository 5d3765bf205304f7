/**
 * The output classes of the LED models (transformers 4.37.2, modeling_led.py; LEDDecoder's is modeling_outputs.py:
 * BaseModelOutputWithPastAndCrossAttentions). Every field is absent unless it was computed or asked for.
 *
 * B batch, S source positions, S' the same padded to the widest window, T target positions, P cached ones, D d_model,
 * V vocabulary, w attention window, x global positions, h heads, e = D/h. Where a field is an array, it has a tensor for
 * each layer, hidden states one more.
 */
import type { Tensor } from "../../tensor.ts";
import { ModelOutput } from "./model-output.ts";

type Floats = Tensor<"float32">;

/** One decoder layer's [self_k, self_v, cross_k, cross_v], each [B, h, n, e]; without cross attention the first two. */
export type PastKeyValues = readonly (readonly Floats[])[];

export class LEDEncoderBaseModelOutput extends ModelOutput {
  /** [B, S, D] */
  declare readonly last_hidden_state: Floats;
  /** [B, S, D] */
  declare readonly hidden_states?: readonly Floats[];
  /** [B, h, S, x + w + 1]: the x global positions, then the window with the query itself in its middle. */
  declare readonly attentions?: readonly Floats[];
  /** [B, h, S', x]: over all positions, of each global position. */
  declare readonly global_attentions?: readonly Floats[];
}

export class BaseModelOutputWithPastAndCrossAttentions extends ModelOutput {
  /** [B, T, D] */
  declare readonly last_hidden_state: Floats;
  declare readonly past_key_values?: PastKeyValues;
  /** [B, T, D] */
  declare readonly hidden_states?: readonly Floats[];
  /** [B, h, T, P + T] */
  declare readonly attentions?: readonly Floats[];
  /** [B, h, T, S]; nulls without a source */
  declare readonly cross_attentions?: readonly (Floats | null)[];
}

/** Fields that all sequence-to-sequence outputs end in. */
abstract class Seq2SeqOutput extends ModelOutput {
  declare readonly past_key_values?: PastKeyValues;
  /** [B, T, D] */
  declare readonly decoder_hidden_states?: readonly Floats[];
  /** [B, h, T, P + T] */
  declare readonly decoder_attentions?: readonly Floats[];
  /** [B, h, T, S] */
  declare readonly cross_attentions?: readonly Floats[];
  /** [B, S, D] */
  declare readonly encoder_last_hidden_state: Floats;
  /** [B, S, D] */
  declare readonly encoder_hidden_states?: readonly Floats[];
  /** [B, h, S, x + w + 1] */
  declare readonly encoder_attentions?: readonly Floats[];
  /** [B, h, S', x] */
  declare readonly encoder_global_attentions?: readonly Floats[];
}

export class LEDSeq2SeqModelOutput extends Seq2SeqOutput {
  /** [B, T, D] */
  declare readonly last_hidden_state: Floats;
}

export class LEDSeq2SeqLMOutput extends Seq2SeqOutput {
  /** [] */
  declare readonly loss?: Floats;
  /** [B, T, V] */
  declare readonly logits: Floats;
}

export class LEDSeq2SeqSequenceClassifierOutput extends Seq2SeqOutput {
  /** [] */
  declare readonly loss?: Floats;
  /** [B, num_labels] */
  declare readonly logits: Floats;
}

export class LEDSeq2SeqQuestionAnsweringModelOutput extends Seq2SeqOutput {
  /** [] */
  declare readonly loss?: Floats;
  /** [B, T]; with head: "encoder" [B, S] */
  declare readonly start_logits: Floats;
  /** As start_logits. */
  declare readonly end_logits: Floats;
}
