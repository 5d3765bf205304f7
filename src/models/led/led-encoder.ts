/** LEDEncoder: the encoder alone, or that of a model (transformers 4.37.2, modeling_led.py: LEDEncoder). */
import { refuseUnknownOptions } from "../../errors.ts";
import { runEncoder } from "./forward.ts";
import { type EncoderForwardInputs, encoderInputNames, outputFlags } from "./forward-inputs.ts";
import { LEDEncoderBaseModelOutput } from "./outputs.ts";
import { LEDPreTrainedModel } from "./pretrained-model.ts";
import { type Asked, inForm } from "./return-form.ts";

type Forward = <I extends EncoderForwardInputs>(inputs: I) => Promise<Asked<I, LEDEncoderBaseModelOutput>>;

export class LEDEncoder extends LEDPreTrainedModel<Forward> {
  static readonly className = "LEDEncoder";

  /** Hidden states of the source, [B, S, D]. */
  async forward<I extends EncoderForwardInputs>(inputs: I): Promise<Asked<I, LEDEncoderBaseModelOutput>> {
    refuseUnknownOptions("LEDEncoder.forward", inputs, encoderInputNames);
    const { last_hidden_state, hidden_states, attentions, global_attentions } = await runEncoder(this.core, inputs);
    const output = new LEDEncoderBaseModelOutput({ last_hidden_state, hidden_states, attentions, global_attentions });
    return inForm<I, LEDEncoderBaseModelOutput>(output, outputFlags(inputs, this.config));
  }

  _call<I extends EncoderForwardInputs>(inputs: I): Promise<Asked<I, LEDEncoderBaseModelOutput>> {
    return this.forward(inputs);
  }
}
