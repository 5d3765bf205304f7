/**
 * The encoder and the decoder of a TensorFlow model, to be called alone (transformers 4.37.2, modeling_tf_led.py: TFLEDEncoder,
 * TFLEDDecoder).
 */
import { Callable } from "../callable.ts";
import { InvalidArgumentError } from "../errors.ts";
import type { LEDCore } from "../models/led/core.ts";
import type { OutputTuple } from "../models/led/model-output.ts";
import { type Asked, inForm } from "../models/led/return-form.ts";
import type { Tensor } from "../tensor.ts";
import {
  decoderSignature,
  encoderSignature,
  readCall,
  type TFDecoderInputs,
  type TFEncoderInputs,
} from "./call-arguments.ts";
import { decode, decodedTuple, encode, flagsOf } from "./forward.ts";
import { TFBaseModelOutputWithPastAndCrossAttentions, TFLEDEncoderBaseModelOutput } from "./outputs.ts";
import { dropsOut } from "./training-pass.ts";

/** The forms of a call: an object and keywords, or a list, or the first arguments in order. */
export interface KerasCall<Inputs, Output> {
  <I extends Inputs>(inputs: I, keywords?: Partial<Inputs>): Promise<Asked<I, Output>>;
  (first: Tensor | readonly unknown[] | null, ...rest: unknown[]): Promise<Output | OutputTuple>;
}

export class TFLEDEncoder extends Callable<KerasCall<TFEncoderInputs, TFLEDEncoderBaseModelOutput>> {
  readonly #core: LEDCore;

  constructor(core: LEDCore) {
    super();
    this.#core = core;
  }

  override async call(...given: unknown[]): Promise<TFLEDEncoderBaseModelOutput | OutputTuple> {
    const inputs = readCall<TFEncoderInputs>("TFLEDEncoder.call", encoderSignature, given);
    refuseDropout("TFLEDEncoder", this.#core, inputs.training);
    const flags = flagsOf(inputs, this.#core.loaded.config);
    const { last_hidden_state, hidden_states, attentions, global_attentions } = await encode(this.#core, inputs);
    // A tuple is without global attentions.
    const fields = { last_hidden_state, hidden_states, attentions };
    return flags.return_dict
      ? new TFLEDEncoderBaseModelOutput({ ...fields, global_attentions })
      : inForm(new TFLEDEncoderBaseModelOutput(fields), flags);
  }

  _call(...given: unknown[]): Promise<TFLEDEncoderBaseModelOutput | OutputTuple> {
    return this.call(...given);
  }
}

export class TFLEDDecoder extends Callable<KerasCall<TFDecoderInputs, TFBaseModelOutputWithPastAndCrossAttentions>> {
  readonly #core: LEDCore;

  constructor(core: LEDCore) {
    super();
    this.#core = core;
  }

  override async call(...given: unknown[]): Promise<TFBaseModelOutputWithPastAndCrossAttentions | OutputTuple> {
    const inputs = readCall<TFDecoderInputs>("TFLEDDecoder.call", decoderSignature, given);
    refuseDropout("TFLEDDecoder", this.#core, inputs.training);
    const decoded = await decode(this.#core, inputs, "");
    const { past_key_values, hidden_states, attentions, cross_attentions, hidden: last_hidden_state } = decoded;
    if (!flagsOf(inputs, this.#core.loaded.config).return_dict) return decodedTuple(decoded, last_hidden_state);
    const fields = { last_hidden_state, past_key_values, hidden_states, attentions, cross_attentions };
    return new TFBaseModelOutputWithPastAndCrossAttentions(fields);
  }

  _call(...given: unknown[]): Promise<TFBaseModelOutputWithPastAndCrossAttentions | OutputTuple> {
    return this.call(...given);
  }
}

function refuseDropout(name: string, core: LEDCore, training: boolean | null | undefined): void {
  if (!dropsOut(core, training)) return;
  throw new InvalidArgumentError({
    operation: `${name}.call`,
    expected: "a part that is called without dropout",
    got: "training: true",
    fix: "Call the whole model with training: true.",
  });
}
