/**
 * One layer of the LED encoder (transformers 4.37.2, modeling_led.py: LEDEncoderLayer), with the attention and the dropout of its
 * caller: the graph that infers and the one that trains.
 *
 * B batch, S positions, D d_model, F encoder_ffn_dim.
 */
import type { ActivationName } from "../../config.ts";
import type { Graph } from "../../graph/graph.ts";
import { activation } from "../../nn/activation.ts";
import { type Dropout, dropout } from "../../nn/dropout.ts";
import { layerNorm } from "../../nn/layer-norm.ts";
import { linear } from "../../nn/linear.ts";
import type { Parameters } from "../../nn/parameters.ts";
import type { BlockFunction } from "../../nn/sliding-window-attention.ts";

export interface EncoderLayerGeometry {
  readonly d_model: number;
  readonly encoder_ffn_dim: number;
  readonly activation_function: ActivationName;
}

/** Attention without output projection over the layer's input, and `finish` over its context, block by block or at once. */
export type EncoderAttention<Result> = (p: Parameters, finish: BlockFunction) => Result;

/** Encoder layer, post-norm: what `attend` makes of it. */
export function encoderLayer<Result>(
  g: Graph,
  p: Parameters,
  attend: EncoderAttention<Result>,
  dropped: Dropout,
  config: EncoderLayerGeometry,
): Result {
  const { d_model: D, encoder_ffn_dim: F } = config;
  return attend(p.at("self_attn.longformer_self_attn"), (context, input) => {
    const a = linear(g, p.at("self_attn.output"), context, D, { manyRows: true }); // [B, S, D]
    const h = layerNorm(g, p.at("self_attn_layer_norm"), g.add(input, dropout(g, a, dropped, "hidden")));
    const f = activation(g, config.activation_function, linear(g, p.at("fc1"), h, F, { manyRows: true })); // [B, S, F]
    const y = linear(g, p.at("fc2"), dropout(g, f, dropped, "activation"), D, { manyRows: true }); // [B, S, D]
    return layerNorm(g, p.at("final_layer_norm"), g.add(h, dropout(g, y, dropped, "output")));
  });
}
