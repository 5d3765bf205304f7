/**
 * One layer of the LED decoder (transformers 4.37.2, modeling_led.py: LEDDecoderLayer), with the attention and the dropout of its
 * caller: the graph that infers and the one that trains.
 *
 * B batch, Q query rows of an example, D d_model, F decoder_ffn_dim.
 */
import type { ActivationName } from "../../config.ts";
import type { Graph, Value } from "../../graph/graph.ts";
import { activation } from "../../nn/activation.ts";
import { type Dropout, dropout } from "../../nn/dropout.ts";
import { layerNorm } from "../../nn/layer-norm.ts";
import { linear } from "../../nn/linear.ts";
import type { Parameters } from "../../nn/parameters.ts";

export interface DecoderLayerGeometry {
  readonly d_model: number;
  readonly decoder_ffn_dim: number;
  readonly activation_function: ActivationName;
}

/** Attention of x [B, Q, D]: its projected context, `output` [B, Q, D], and what else its caller wants. */
export type DecoderAttention<Result extends { readonly output: Value }> = (p: Parameters, x: Value) => Result;

export interface DecoderLayerParts<Self extends { readonly output: Value }, Cross extends { readonly output: Value }> {
  readonly self: DecoderAttention<Self>;
  /** Absent in a decoder without a source. */
  readonly cross: DecoderAttention<Cross> | undefined;
  readonly dropped: Dropout;
}

/** Decoder layer, post-norm. [B, Q, D] -> [B, Q, D], and what its attentions gave. */
export function decoderLayer<Self extends { readonly output: Value }, Cross extends { readonly output: Value }>(
  g: Graph,
  p: Parameters,
  x: Value,
  { self: attendSelf, cross: attendCross, dropped }: DecoderLayerParts<Self, Cross>,
  config: DecoderLayerGeometry,
): { x: Value; self: Self; cross: Cross | undefined } {
  const self = attendSelf(p.at("self_attn"), x);
  let a = layerNorm(g, p.at("self_attn_layer_norm"), g.add(x, dropout(g, self.output, dropped, "hidden"))); // [B, Q, D]
  const cross = attendCross?.(p.at("encoder_attn"), a);
  if (cross !== undefined) {
    a = layerNorm(g, p.at("encoder_attn_layer_norm"), g.add(a, dropout(g, cross.output, dropped, "cross_hidden")));
  }
  const f = activation(g, config.activation_function, linear(g, p.at("fc1"), a, config.decoder_ffn_dim)); // [B, Q, F]
  const y = linear(g, p.at("fc2"), dropout(g, f, dropped, "activation"), config.d_model); // [B, Q, D]
  return { x: layerNorm(g, p.at("final_layer_norm"), g.add(a, dropout(g, y, dropped, "output"))), self, cross };
}
