/** Encoder and decoder in training, from the arguments of a model call (transformers 4.37.2, modeling_led.py: LEDModel.forward). */
import { InvalidArgumentError } from "../../../errors.ts";
import type { Tensor } from "../../../tensor.ts";
import { decoderInputs, encoderInputs, readEncoderOutputs, requireDecoderRows, targetIds } from "../forward.ts";
import { optionalTensor, type Seq2SeqForwardInputs } from "../forward-inputs.ts";
import { decoderPass } from "./decoder-pass.ts";
import { encoderPass } from "./encoder-pass.ts";
import type { TrainingContext } from "./training-context.ts";

type Floats = Tensor<"float32">;

export interface Seq2SeqPass {
  /** The decoder's output, [B, T, D]. */
  readonly hidden: Floats;
  /** Whether a gradient of it is of use. */
  readonly trained: boolean;
  /** The encoder's output, [B, S, D]. */
  readonly encoded: Floats;
  backward(dHidden: Floats): Promise<void>;
}

export async function seq2seqPass(context: TrainingContext, inputs: Seq2SeqForwardInputs): Promise<Seq2SeqPass> {
  const { core } = context;
  const { encoder: encoderPath, decoder: decoderPath } = core.loaded.weights.spec;
  const { target, ...masks } = decoderInputs(core, {
    input_ids: targetIds(core, inputs),
    inputs_embeds: inputs.decoder_inputs_embeds,
    head_mask: inputs.decoder_head_mask,
    cross_attn_head_mask: inputs.cross_attn_head_mask,
  });
  requireDecoderRows(core, target.dims[1]!, "decoder_");
  const given = inputs.encoder_outputs ?? undefined;
  const encoder =
    given === undefined ? await encoderPass(context, encoderPath!, encoderInputs(core, inputs)) : undefined;
  const encoded = encoder?.output ?? readEncoderOutputs(given!).last_hidden_state;
  if (encoded.dims[0] !== target.dims[0]) {
    throw new InvalidArgumentError({
      operation: "LEDDecoder",
      expected: `a source for each of the ${target.dims[0]} targets`,
      got: `${encoded.dims[0]} sources`,
    });
  }
  const decoder = await decoderPass(context, decoderPath!, {
    target,
    attention_mask: optionalTensor(inputs.decoder_attention_mask),
    encoded,
    encodedTrained: encoder?.trained ?? false,
    encoder_attention_mask: optionalTensor(inputs.attention_mask),
    ...masks,
  });
  return {
    hidden: decoder.output,
    trained: decoder.trained,
    encoded,
    async backward(dHidden) {
      const dEncoded = await decoder.backward(dHidden);
      if (encoder !== undefined && dEncoded !== undefined) await encoder.backward(dEncoded);
    },
  };
}
