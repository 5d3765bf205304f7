/** TFLEDModel: encoder and decoder without a head (transformers 4.37.2, modeling_tf_led.py: TFLEDModel). */
import { InvalidArgumentError } from "../errors.ts";
import { seq2seqFields } from "../models/led/forward.ts";
import type { OutputTuple } from "../models/led/model-output.ts";
import type { Asked } from "../models/led/return-form.ts";
import type { Tensor } from "../tensor.ts";
import { modelSignature, readCall, type TFModelInputs } from "./call-arguments.ts";
import { decodedTuple, encodeAndDecode, flagsOf } from "./forward.ts";
import { TFLEDSeq2SeqModelOutput } from "./outputs.ts";
import type { KerasCall } from "./parts.ts";
import { TFLEDPreTrainedModel } from "./pretrained-model.ts";
import { dropsOut, openTraining, runPass } from "./training-pass.ts";

type Call = KerasCall<TFModelInputs, TFLEDSeq2SeqModelOutput>;

export class TFLEDModel extends TFLEDPreTrainedModel<Call> {
  static readonly className = "LEDModel";
  static readonly tfName = "TFLEDModel";
  protected readonly kerasName = "tfled_model";

  /** One pass over source and target, in any of Keras' forms (call-arguments.ts): hidden states [B, T, D]. */
  override call<I extends TFModelInputs>(
    inputs: I,
    keywords?: Partial<TFModelInputs>,
  ): Promise<Asked<I, TFLEDSeq2SeqModelOutput>>;
  override call(
    first: Tensor | readonly unknown[] | null,
    ...rest: unknown[]
  ): Promise<TFLEDSeq2SeqModelOutput | OutputTuple>;
  override async call(...given: unknown[]): Promise<unknown> {
    const inputs = readCall<TFModelInputs>("TFLEDModel.call", modelSignature, given);
    const { return_dict } = flagsOf(inputs, this.config);
    if (dropsOut(this.core, inputs.training)) {
      const pass = await runPass(await openTraining("TFLEDModel.call", this.core, inputs), inputs);
      const fields = { last_hidden_state: pass.hidden, encoder_last_hidden_state: pass.encoded };
      return return_dict ? new TFLEDSeq2SeqModelOutput(fields) : Object.values(fields);
    }
    const { source, decoded } = await encodeAndDecode(this.core, inputs);
    if (!return_dict) return [...decodedTuple(decoded, decoded.hidden), ...source.tuple];
    const fields = seq2seqFields(source.encoded, decoded);
    return new TFLEDSeq2SeqModelOutput({ last_hidden_state: decoded.hidden, ...fields });
  }

  _call(...given: unknown[]): Promise<unknown> {
    return this.call(...(given as [Tensor]));
  }

  /** Throws: there is no head to generate with. */
  generate(): never {
    throw new InvalidArgumentError({
      operation: "TFLEDModel.generate",
      says: "The current model class (TFLEDModel) is not compatible with `.generate()`, as it doesn't have a language model head. Please use one of the following classes instead: {'TFLEDForConditionalGeneration'}",
    });
  }

  /** Throws: the model has no loss of its own, and others are not taken. */
  compile(): never {
    throw this.#untrained("compile");
  }

  fit(): never {
    throw this.#untrained("fit");
  }

  #untrained(method: string): InvalidArgumentError {
    return new InvalidArgumentError({
      operation: `TFLEDModel.${method}`,
      expected: "a model with a loss of its own",
      got: "TFLEDModel",
      fix: "Train TFLEDForConditionalGeneration, or one of PyTorch's classes with Seq2SeqTrainer.",
    });
  }
}
