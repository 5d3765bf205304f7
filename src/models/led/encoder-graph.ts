/**
 * The LED encoder as a graph of stages (transformers 4.37.2, modeling_led.py: LEDEncoder, LEDEncoderLayer): the
 * embedding, then each layer, so that a caller regains control between layers. Layers give their rows by block, as they make them;
 * the caller puts them in order (sequence-masks.ts: joinBlocks), for one document without a copy.
 *
 * B batch, S positions padded to a multiple of the attention block, D d_model, F encoder_ffn_dim, x global slots.
 */
import { Graph, type Value } from "../../graph/graph.ts";
import { addStages, type Stage } from "../../graph/stages.ts";
import { nothingDropped } from "../../nn/dropout.ts";
import { layerNorm } from "../../nn/layer-norm.ts";
import { rowsOf } from "../../nn/matrix.ts";
import type { Observation } from "../../nn/observation.ts";
import { Parameters, type WeightNames } from "../../nn/parameters.ts";
import { type SlidingWindowOptions, slidingWindowAttention } from "../../nn/sliding-window-attention.ts";
import type { SequenceMasks } from "../../nn/window-blocks.ts";
import { type EncoderAttention, type EncoderLayerGeometry, encoderLayer } from "./encoder-layer.ts";

export interface EncoderGeometry extends EncoderLayerGeometry {
  readonly vocab_size: number;
  readonly max_encoder_position_embeddings: number;
  readonly encoder_layers: number;
  readonly encoder_attention_heads: number;
  /** One two-sided window per layer. */
  readonly attention_window: readonly number[];
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

/** The inputs that layoutSequence (sequence-masks.ts) fills. */
export function sequenceMaskInputs(g: Graph): SequenceMasks {
  return {
    block: g.input("block", "int64", []),
    localBias: g.input("local_bias", "float32", ["B", "S"]),
    unmaskedBias: g.input("unmasked_bias", "float32", ["B", "S"]),
    localQuery: g.input("local_query", "float32", ["B", "S", 1]),
    slotOfQuery: g.input("slot_of_query", "int64", ["B", "S", 1]),
    globalIndex: g.input("global_index", "int64", ["B", "x", 2]),
    slotBias: g.input("slot_bias", "float32", ["B", "x"]),
  };
}

/** `full`: with embeddings in place of ids, head masks, and attention to look at; those cost time where nobody asks for them. */
export function encoderGraph(config: EncoderGeometry, names: WeightNames, path: string, full: boolean): Graph {
  const g = new Graph();
  const p = new Parameters(g, names, path);
  const ids = g.input("input_ids", "int64", ["B", "S"]);
  const hidden = g.input("hidden", "float32", ["B", "S", config.d_model]);
  const masks = sequenceMaskInputs(g);
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
        const options: SlidingWindowOptions = {
          heads: config.encoder_attention_heads,
          halfWindow: g.scalar("int64", config.attention_window[layer]! / 2),
          masks,
          observation,
        };
        const attend: EncoderAttention<ReturnType<typeof slidingWindowAttention>> = (attention, finish) =>
          slidingWindowAttention(g, attention, hidden, options, finish);
        const result = encoderLayer(g, p.at(`layers.${layer}`), attend, nothingDropped, config);
        return { blocks: result.blocks, ...result.observed };
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
