/**
 * The LED decoder as a graph of stages (transformers 4.37.2, modeling_led.py: LEDDecoder, LEDDecoderLayer, and the head
 * of LEDForConditionalGeneration): per layer the keys and values of the source, computed once a document; and the step,
 * which takes some tokens and a cache and gives logits and the cache's new rows.
 *
 * B batch, Q query rows of an example, P rows of the cache, S source positions, D d_model, F decoder_ffn_dim,
 * V vocabulary, h heads, e = D/h. Caches are [B, h, P, e].
 */
import type { ActivationName } from "../../config.ts";
import { Graph, type Value } from "../../graph/graph.ts";
import { addStages, type Stage } from "../../graph/stages.ts";
import { activation } from "../../nn/activation.ts";
import {
  cachedSelfAttention,
  crossAttention,
  type KeysAndValues,
  projectKeysAndValues,
} from "../../nn/cached-attention.ts";
import { layerNorm } from "../../nn/layer-norm.ts";
import { linear } from "../../nn/linear.ts";
import { Parameters, type StoredName } from "../../nn/parameters.ts";

export interface DecoderGeometry {
  readonly d_model: number;
  readonly vocab_size: number;
  readonly max_decoder_position_embeddings: number;
  readonly decoder_layers: number;
  readonly decoder_attention_heads: number;
  readonly decoder_ffn_dim: number;
  readonly activation_function: ActivationName;
}

interface LayerInputs {
  readonly past: KeysAndValues;
  readonly source: KeysAndValues;
  /** [B, 1, Q, P+Q], added to self-attention scores. */
  readonly selfBias: Value;
  /** [B, 1, 1, S], added to cross-attention scores. */
  readonly sourceBias: Value;
}

/** Decoder layer, post-norm. [B, Q, D] -> [B, Q, D] and the rows its cache gains. */
function decoderLayer(
  g: Graph,
  p: Parameters,
  x: Value,
  { past, source, selfBias, sourceBias }: LayerInputs,
  config: DecoderGeometry,
): { x: Value; added: KeysAndValues } {
  const self = cachedSelfAttention(g, p.at("self_attn"), x, past, selfBias);
  const a = layerNorm(g, p.at("self_attn_layer_norm"), g.add(x, self.output)); // [B, Q, D]
  const cross = crossAttention(g, p.at("encoder_attn"), a, source, sourceBias);
  const h = layerNorm(g, p.at("encoder_attn_layer_norm"), g.add(a, cross));
  const f = activation(g, config.activation_function, linear(g, p.at("fc1"), h, config.decoder_ffn_dim)); // [B, Q, F]
  const y = layerNorm(g, p.at("final_layer_norm"), g.add(h, linear(g, p.at("fc2"), f, config.d_model)));
  return { x: y, added: self.added };
}

export function decoderGraph(config: DecoderGeometry, storedName: StoredName, base: string): Graph {
  const g = new Graph();
  const all = new Parameters(g, storedName);
  const p = all.at(`${base}decoder`);
  const { d_model: D, decoder_attention_heads: heads, vocab_size: V } = config;
  const e = D / heads;
  const layers = Array.from({ length: config.decoder_layers }, (_, layer) => layer);

  const ids = g.input("input_ids", "int64", ["B", "Q"]);
  const positions = g.input("position_ids", "int64", ["Q"]);
  const selfBias = g.input("self_bias", "float32", ["B", 1, "Q", "P+Q"]);
  const sourceBias = g.input("source_bias", "float32", ["B", 1, 1, "S"]);
  const encoded = g.input("encoder_hidden_states", "float32", ["B", "S", D]);
  const rows = (name: string, size: string): KeysAndValues[] =>
    layers.map((layer) => ({
      keys: g.input(`${name}.${layer}.keys`, "float32", ["B", heads, size, e]),
      values: g.input(`${name}.${layer}.values`, "float32", ["B", heads, size, e]),
    }));
  const past = rows("past", "P");
  const source = rows("source", "S");

  const sourceStages: Stage[] = layers.map((layer) => ({
    name: `project.${layer}`,
    inputs: [encoded],
    build: () => ({ ...projectKeysAndValues(g, p.at(`layers.${layer}.encoder_attn`), encoded, heads) }),
  }));
  const step = (): Record<string, Value> => {
    const outputs: Record<string, Value> = {};
    const tokens = g.gather(p.at("embed_tokens").get("weight", [V, D]), ids); // [B, Q, D]
    const table = p.at("embed_positions").get("weight", [config.max_decoder_position_embeddings, D]);
    let x = layerNorm(g, p.at("layernorm_embedding"), g.add(tokens, g.gather(table, positions)));
    for (const layer of layers) {
      const given = { past: past[layer]!, source: source[layer]!, selfBias, sourceBias };
      const result = decoderLayer(g, p.at(`layers.${layer}`), x, given, config);
      x = result.x;
      outputs[`${layer}.keys`] = result.added.keys;
      outputs[`${layer}.values`] = result.added.values;
    }
    const bias = g.reshape(all.get("final_logits_bias", [1, V]), [V]);
    const logits = g.gemm(g.reshape(x, ["B*Q", D]), all.at("lm_head").get("weight", [V, D]), bias, { transB: true });
    return { logits: g.reshape(logits, ["B", "Q", V]), hidden: x, ...outputs };
  };
  addStages(g, [...sourceStages, { name: "step", inputs: [ids, past[0]!.keys, source[0]!.keys], build: step }]);
  return g;
}
