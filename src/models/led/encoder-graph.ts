/**
 * The LED encoder as a graph of stages (transformers 4.37.2, modeling_led.py: LEDEncoder, LEDEncoderLayer): the
 * embedding, then each layer, so that a caller regains control between layers.
 *
 * B batch, S positions padded to a multiple of the attention block, D d_model, F encoder_ffn_dim, x global slots.
 */
import type { ActivationName } from "../../config.ts";
import { Graph, type Value } from "../../graph/graph.ts";
import { addStages, type Stage } from "../../graph/stages.ts";
import { activation } from "../../nn/activation.ts";
import { layerNorm } from "../../nn/layer-norm.ts";
import { linear } from "../../nn/linear.ts";
import { rowsOf } from "../../nn/matrix.ts";
import type { Observation } from "../../nn/observation.ts";
import { Parameters, type WeightNames } from "../../nn/parameters.ts";
import { type Observed, type SequenceMasks, slidingWindowAttention } from "../../nn/sliding-window-attention.ts";

export interface EncoderGeometry {
  readonly d_model: number;
  readonly vocab_size: number;
  readonly max_encoder_position_embeddings: number;
  readonly encoder_layers: number;
  readonly encoder_attention_heads: number;
  readonly encoder_ffn_dim: number;
  readonly activation_function: ActivationName;
  /** One two-sided window per layer. */
  readonly attention_window: readonly number[];
}

interface LayerInputs {
  readonly masks: SequenceMasks;
  readonly observation: Observation | undefined;
}

/** Encoder layer, post-norm. [B, S, D] -> [B, S, D], and what was observed of its attention */
function encoderLayer(
  g: Graph,
  p: Parameters,
  x: Value,
  { masks, observation }: LayerInputs,
  config: EncoderGeometry,
  layer: number,
): { x: Value; observed: Observed | undefined } {
  const { d_model: D, encoder_ffn_dim: F, encoder_attention_heads: heads } = config;
  const window = config.attention_window[layer]!;
  const attention = p.at("self_attn.longformer_self_attn");
  return slidingWindowAttention(g, attention, x, { heads, window, masks, observation }, (context, input) => {
    const a = linear(g, p.at("self_attn.output"), context, D); // [B, b, D]
    const h = layerNorm(g, p.at("self_attn_layer_norm"), g.add(input, a));
    const f = activation(g, config.activation_function, linear(g, p.at("fc1"), h, F)); // [B, b, F]
    return layerNorm(g, p.at("final_layer_norm"), g.add(h, linear(g, p.at("fc2"), f, D)));
  });
}

/** Looked up rows of the token table. ids [B, S] -> [B, S, D] */
function lookUp(g: Graph, p: Parameters, ids: Value, config: EncoderGeometry): Value {
  return rowsOf(g, p.at("embed_tokens").matrix("weight", [config.vocab_size, config.d_model]), ids);
}

/** Token plus learned position embedding, normalised. [B, S, D] -> [B, S, D] */
function embed(g: Graph, p: Parameters, tokens: Value, config: EncoderGeometry): Value {
  const [, S] = tokens.shape as [string, string];
  const D = config.d_model;
  const rows = config.max_encoder_position_embeddings;
  // Padding to whole blocks may pass the end of the table; nobody reads what is computed there.
  const position = g.min(g.range(S), g.scalar("int64", rows - 1));
  const positions = rowsOf(g, p.at("embed_positions").matrix("weight", [rows, D]), position); // [S, D]
  return layerNorm(g, p.at("layernorm_embedding"), g.add(tokens, positions));
}

/** `full`: with embeddings in place of ids, head masks, and attention to look at; those cost time where nobody asks for them. */
export function encoderGraph(config: EncoderGeometry, names: WeightNames, path: string, full: boolean): Graph {
  const g = new Graph();
  const p = new Parameters(g, names, path);
  const ids = g.input("input_ids", "int64", ["B", "S"]);
  const hidden = g.input("hidden", "float32", ["B", "S", config.d_model]);
  const masks: SequenceMasks = {
    block: g.input("block", "int64", []),
    localBias: g.input("local_bias", "float32", ["B", "S"]),
    unmaskedBias: g.input("unmasked_bias", "float32", ["B", "S"]),
    localQuery: g.input("local_query", "float32", ["B", "S", 1]),
    slotOfQuery: g.input("slot_of_query", "int64", ["B", "S", 1]),
    globalIndex: g.input("global_index", "int64", ["B", "x", 2]),
    slotBias: g.input("slot_bias", "float32", ["B", "x"]),
  };
  const observation: Observation | undefined = full
    ? {
        headMask: g.input("head_mask", "float32", [config.encoder_attention_heads]),
        wanted: g.input("attentions_wanted", "int64", []),
      }
    : undefined;
  const stages: Stage[] = [
    { name: "embed", inputs: [ids], build: () => ({ hidden: embed(g, p, lookUp(g, p, ids, config), config) }) },
    ...Array.from({ length: config.encoder_layers }, (_, layer) => ({
      name: `layers.${layer}`,
      inputs: [hidden, masks.slotBias],
      build: () => {
        const result = encoderLayer(g, p.at(`layers.${layer}`), hidden, { masks, observation }, config, layer);
        return { hidden: result.x, ...result.observed };
      },
    })),
  ];
  if (full) {
    // The hidden input serves the embeddings: both are [B, S, D], and no run has need of the two.
    stages.push({ name: "embed given", inputs: [hidden], build: () => ({ hidden: embed(g, p, hidden, config) }) });
  }
  addStages(g, stages);
  return g;
}
