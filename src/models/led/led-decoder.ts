/**
 * LEDDecoder: the decoder alone, with or without a source, or that of a model (transformers 4.37.2, modeling_led.py:
 * LEDDecoder). Departure: global_attention_mask, which the reference takes and ignores here, is refused.
 */
import { refuseUnknownOptions } from "../../errors.ts";
import { runDecoder } from "./forward.ts";
import { type DecoderForwardInputs, decoderInputNames, outputFlags } from "./forward-inputs.ts";
import { BaseModelOutputWithPastAndCrossAttentions } from "./outputs.ts";
import { LEDPreTrainedModel } from "./pretrained-model.ts";
import { type Asked, inForm } from "./return-form.ts";

type Output = BaseModelOutputWithPastAndCrossAttentions;
type Forward = <I extends DecoderForwardInputs>(inputs: I) => Promise<Asked<I, Output>>;

export class LEDDecoder extends LEDPreTrainedModel<Forward> {
  static readonly className = "LEDDecoder";

  /** Hidden states of the target, [B, T, D]. */
  async forward<I extends DecoderForwardInputs>(inputs: I): Promise<Asked<I, Output>> {
    refuseUnknownOptions("LEDDecoder.forward", inputs, decoderInputNames);
    const decoded = await runDecoder(this.core, inputs, "");
    const flags = outputFlags(inputs, this.config);
    // Without a source the reference has a None for each layer here.
    const none = flags.output_attentions ? decoded.attentions?.map(() => null) : undefined;
    const output = new BaseModelOutputWithPastAndCrossAttentions({
      last_hidden_state: decoded.hidden,
      past_key_values: decoded.past_key_values,
      hidden_states: decoded.hidden_states,
      attentions: decoded.attentions,
      cross_attentions: decoded.cross_attentions ?? none,
    });
    return inForm<I, Output>(output, flags);
  }

  _call<I extends DecoderForwardInputs>(inputs: I): Promise<Asked<I, Output>> {
    return this.forward(inputs);
  }
}
