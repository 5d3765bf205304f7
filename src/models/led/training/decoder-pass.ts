/**
 * The decoder in training: forward, keeping what each layer needs on the way back, and backward (transformers 4.37.2,
 * modeling_led.py: LEDDecoder).
 *
 * B batch, S source positions, T target positions, D d_model, h heads.
 */
import { Tensor } from "../../../tensor.ts";
import { causalBias, sourceBias } from "../decoder.ts";
import { rowMask } from "./dropout-masks.ts";
import { embed } from "./embedding-pass.ts";
import { activeLayers, rowOf } from "./encoder-pass.ts";
import { addInto } from "./gradient-sum.ts";
import { type DecoderVariant, decoderLayerGraph } from "./part-graphs.ts";
import { type PartRun, runBackward, runForward, type Saved } from "./part-run.ts";
import type { TrainingContext } from "./training-context.ts";

type Floats = Tensor<"float32">;

export interface DecoderPassInputs {
  /** int64 [B, T], or float32 [B, T, D] embeddings. */
  readonly target: Tensor<"int64"> | Floats;
  /** [B, T] */
  readonly attention_mask: Tensor | undefined;
  /** [B, S, D] */
  readonly encoded: Floats;
  /** Whether a gradient of `encoded` is of use. */
  readonly encodedTrained: boolean;
  /** [B, S] */
  readonly encoder_attention_mask: Tensor | undefined;
  /** [L, h] */
  readonly head_mask: Floats | undefined;
  readonly cross_attn_head_mask: Floats | undefined;
}

export interface DecoderPass {
  /** [B, T, D] */
  readonly output: Floats;
  readonly trained: boolean;
  /** Adds the gradients of the decoder's weights. -> the gradient of the encoder's output, [B, S, D], where it is of use */
  backward(dOutput: Floats): Promise<Floats | undefined>;
}

/** `path`: of the decoder's weights, "led.decoder". */
export async function decoderPass(
  context: TrainingContext,
  path: string,
  inputs: DecoderPassInputs,
): Promise<DecoderPass> {
  const { config } = context.core.loaded;
  const { target, encodedTrained } = inputs;
  const length = target.dims[1]!;
  const embedded = await embed(context, { path, side: "decoder", source: target, length });
  const biases = biasesOf(inputs);
  const layers = activeLayers(context, "decoder", config.decoder_layers, config.decoder_layerdrop);
  const saved: Saved[] = [];
  let hidden = embedded.hidden;
  let trained = embedded.trained;
  for (const layer of layers) {
    const part = layerRun(context, { path, layer, inputs, biases, hidden, inputTrained: trained });
    const ran = await runForward(context, part);
    saved.push({ part, ran, hidden });
    hidden = ran.output;
    trained ||= part.variant.trained.length > 0 || encodedTrained;
  }
  return {
    output: hidden,
    trained,
    async backward(dOutput) {
      let dHidden: Floats | undefined = dOutput;
      let dEncoded: Floats | undefined;
      for (let entry = saved.pop(); entry !== undefined && dHidden !== undefined; entry = saved.pop()) {
        const { d_hidden, d_encoded } = await runBackward(context, entry.part, entry.ran, dHidden);
        for (const done of [dHidden, entry.hidden]) done.dispose();
        dHidden = d_hidden;
        if (dEncoded === undefined) dEncoded = d_encoded;
        else if (d_encoded !== undefined) {
          addInto(dEncoded.data, d_encoded.data);
          d_encoded.dispose();
        }
      }
      if (dHidden !== undefined && embedded.trained) await embedded.backward(dHidden);
      return dEncoded;
    },
  };
}

interface Biases {
  readonly self_bias: Floats;
  readonly source_bias: Floats;
}

function biasesOf({ target, attention_mask, encoded, encoder_attention_mask }: DecoderPassInputs): Biases {
  const [batch, length] = target.dims as [number, number];
  return {
    self_bias: causalBias(batch, 0, length, attention_mask),
    source_bias: sourceBias(batch, encoded.dims[1]!, encoder_attention_mask),
  };
}

interface Layer {
  readonly path: string;
  readonly layer: number;
  readonly inputs: DecoderPassInputs;
  readonly biases: Biases;
  readonly hidden: Floats;
  readonly inputTrained: boolean;
}

function layerRun(context: TrainingContext, given: Layer): PartRun {
  const { path, layer, inputs, biases, hidden, inputTrained } = given;
  const { geometry } = context.core;
  const { d_model: D, decoder_ffn_dim: F, decoder_attention_heads: heads } = geometry;
  const { head_mask, cross_attn_head_mask, encodedTrained, encoded } = inputs;
  const { hidden: p, attention, activation } = context.rates;
  const weightPath = `${path}.layers.${layer}`;
  const variant: DecoderVariant & { part: string } = {
    part: "decoder layer",
    dropout: {
      hidden: p,
      cross_hidden: p,
      output: p,
      activation,
      self_attention: attention,
      cross_attention: attention,
    },
    trained: context.trainedUnder(weightPath),
    inputTrained,
    keeps: context.keeps,
    sourceTrained: encodedTrained,
    headMasks: head_mask !== undefined || cross_attn_head_mask !== undefined,
  };
  const [batch, T] = hidden.dims as [number, number];
  const S = encoded.dims[1]!;
  const mask = (
    name: string,
    probability: number,
    width: number,
    dims: readonly number[],
  ): Record<string, Tensor<"bool">> =>
    context.keep(name, `decoder.layers.${layer}.${name}`, probability, (fill) =>
      rowMask(fill, [batch, T, width], T).reshape(dims),
    );
  const ones = new Tensor("float32", new Float32Array(heads).fill(1), [heads]);
  const headMasks = variant.headMasks && {
    head_mask: head_mask === undefined ? ones : rowOf(head_mask, layer),
    cross_attn_head_mask: cross_attn_head_mask === undefined ? ones : rowOf(cross_attn_head_mask, layer),
  };
  return {
    name: "layer",
    path: weightPath,
    variant,
    build: () => decoderLayerGraph(geometry, variant),
    dInputs: [...(inputTrained ? ["d_hidden"] : []), ...(encodedTrained ? ["d_encoded"] : [])],
    feeds: () => ({ hidden, encoder_hidden_states: encoded, ...biases, ...headMasks }),
    masks: () => ({
      ...mask("hidden", p, D, [batch, T, D]),
      ...mask("cross_hidden", p, D, [batch, T, D]),
      ...mask("output", p, D, [batch, T, D]),
      ...mask("activation", activation, F, [batch, T, F]),
      ...mask("self_attention", attention, heads * T, [batch, heads, T, T]),
      ...mask("cross_attention", attention, heads * S, [batch, heads, T, S]),
    }),
  };
}
