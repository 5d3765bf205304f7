/** LEDModel: encoder and decoder without a head (transformers 4.37.2, modeling_led.py: LEDModel). */
import { refuseUnknownOptions } from "../../errors.ts";
import { runSeq2Seq, seq2seqFields } from "./forward.ts";
import { outputFlags, type Seq2SeqForwardInputs, seq2seqInputNames } from "./forward-inputs.ts";
import { LEDDecoder } from "./led-decoder.ts";
import { LEDEncoder } from "./led-encoder.ts";
import { LEDSeq2SeqModelOutput } from "./outputs.ts";
import { LEDPreTrainedModel } from "./pretrained-model.ts";
import { type Asked, inForm } from "./return-form.ts";

type Forward = <I extends Seq2SeqForwardInputs>(inputs: I) => Promise<Asked<I, LEDSeq2SeqModelOutput>>;

export class LEDModel extends LEDPreTrainedModel<Forward> {
  static readonly className = "LEDModel";

  /** One pass over source and target: hidden states [B, T, D]. */
  async forward<I extends Seq2SeqForwardInputs>(inputs: I): Promise<Asked<I, LEDSeq2SeqModelOutput>> {
    refuseUnknownOptions("LEDModel.forward", inputs, seq2seqInputNames);
    const { encoded, decoded } = await runSeq2Seq(this.core, inputs);
    const fields = { last_hidden_state: decoded.hidden, ...seq2seqFields(encoded, decoded) };
    return inForm<I, LEDSeq2SeqModelOutput>(new LEDSeq2SeqModelOutput(fields), outputFlags(inputs, this.config));
  }

  _call<I extends Seq2SeqForwardInputs>(inputs: I): Promise<Asked<I, LEDSeq2SeqModelOutput>> {
    return this.forward(inputs);
  }

  get_encoder(): LEDEncoder {
    return new LEDEncoder(this.core);
  }

  get_decoder(): LEDDecoder {
    return new LEDDecoder(this.core);
  }
}
