/**
 * The LED decoder as a graph of stages (transformers 4.37.2, modeling_led.py: LEDDecoder, LEDDecoderLayer, and the head
 * of LEDForConditionalGeneration): per layer the keys and values of the source, computed once a document; and the step,
 * which takes some tokens and a cache and gives hidden states or logits and the cache's new rows.
 *
 * B batch, Q query rows of an example, P rows of the cache, S source positions, D d_model, F decoder_ffn_dim, L layers,
 * V vocabulary, h heads, e = D/h. Caches are [B, h, P, e].
 */
import { Graph, type Value } from "../../graph/graph.ts";
import { addStages, type Stage } from "../../graph/stages.ts";
import type { DType } from "../../graph/types.ts";
import { keyBytes, valueBytes } from "../../nn/byte-rows.ts";
import {
  type Attended,
  cachedSelfAttention,
  crossAttention,
  type KeysAndValues,
  projectKeysAndValues,
  type SourceRows,
} from "../../nn/cached-attention.ts";
import { nothingDropped } from "../../nn/dropout.ts";
import { layerNorm } from "../../nn/layer-norm.ts";
import { multiply, rowsOf } from "../../nn/matrix.ts";
import { Parameters, type WeightNames } from "../../nn/parameters.ts";
import { type DecoderLayerGeometry, type DecoderLayerParts, decoderLayer } from "./decoder-layer.ts";

export interface DecoderGeometry extends DecoderLayerGeometry {
  readonly vocab_size: number;
  readonly max_decoder_position_embeddings: number;
  readonly decoder_layers: number;
  readonly decoder_attention_heads: number;
}

/** What a decoder graph can do beyond turning ids into its last hidden states; each costs time where nobody asks for it. */
export interface DecoderAbilities {
  /** Logits over the vocabulary by lm_head. */
  readonly logits: boolean;
  /** Embeddings in place of ids, head masks, and hidden states and attention of every layer to look at. */
  readonly full: boolean;
  /** Attention to a source. A decoder that stands alone has none. */
  readonly source: boolean;
  /** Whether the source's keys and values are bytes (nn/byte-rows.ts). */
  readonly sourceInBytes: boolean;
}

/** Parameters are under `base` ("led.decoder"), the head's beside it. */
export function decoderGraph(
  config: DecoderGeometry,
  names: WeightNames,
  base: string,
  abilities: DecoderAbilities,
): Graph {
  const g = new Graph();
  const all = new Parameters(g, names);
  const p = base === "" ? all : all.at(base);
  const { d_model: D, decoder_attention_heads: heads, vocab_size: V, decoder_layers: L } = config;
  const e = D / heads;
  const layers = Array.from({ length: L }, (_, layer) => layer);

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
  /** int64 []: 1 for log-probabilities in place of logits. */
  const logProbsWanted = abilities.logits ? g.input("log_probs_wanted", "int64", []) : undefined;
  const past = rows("past", "P");
  const sourceInBytes = (): SourceRows[] =>
    layers.map((layer) => {
      const part = (name: "key" | "value", type: DType) => ({
        bytes: g.input(`source.${layer}.${name}s`, type, ["B", heads, "S", e]),
        scales: g.input(`source.${layer}.${name}_scales`, "float32", ["B", heads, 1, "S"]),
      });
      return { kind: "bytes", keys: part("key", "uint8"), values: part("value", "int8") };
    });
  const sourceInNumbers = (): SourceRows[] => {
    const pieces = g.input("source_pieces", "int64", []);
    return rows("source", "S").map((one) => ({ kind: "numbers", pieces, ...one }));
  };
  const source = abilities.sourceInBytes ? sourceInBytes() : sourceInNumbers();
  const full = abilities.full
    ? {
        embeds: g.input("inputs_embeds", "float32", ["B", "Q", D]),
        /** int64 []: 1 where `embeds` is what to read. */
        embedsGiven: g.input("embeds_given", "int64", []),
        headMask: g.input("head_mask", "float32", [L, heads]),
        crossHeadMask: g.input("cross_attn_head_mask", "float32", [L, heads]),
        attentionsWanted: g.input("attentions_wanted", "int64", []),
        hiddenWanted: g.input("hidden_states_wanted", "int64", []),
      }
    : undefined;

  const embedded = (): Value => {
    const lookUp = (): Value => rowsOf(g, p.at("embed_tokens").matrix("weight", [V, D]), ids); // [B, Q, D]
    if (full === undefined) return lookUp();
    const given = g.equal(full.embedsGiven, g.scalar("int64", 1));
    return g.branch(
      given,
      () => [g.reshape(full.embeds, ["B", "Q", D])],
      () => [lookUp()],
    )[0]!;
  };
  const sourceStages: Stage[] = layers.map((layer) => ({
    name: `project.${layer}`,
    inputs: [encoded],
    build: (): Record<string, Value> => {
      const rows = projectKeysAndValues(g, p.at(`layers.${layer}.encoder_attn`), encoded, heads, { manyRows: true });
      if (!abilities.sourceInBytes) return { ...rows };
      const [keys, values] = [keyBytes(g, rows.keys), valueBytes(g, rows.values)];
      return { keys: keys.bytes, key_scales: keys.scales, values: values.bytes, value_scales: values.scales };
    },
  }));
  const step = (): Record<string, Value> => {
    const outputs: Record<string, Value> = {};
    const table = p.at("embed_positions").matrix("weight", [config.max_decoder_position_embeddings, D]);
    let x = layerNorm(g, p.at("layernorm_embedding"), g.add(embedded(), rowsOf(g, table, positions)));
    if (full !== undefined) g.bind("D wanted", g.mul(g.scalar("int64", D), full.hiddenWanted));
    for (const layer of layers) {
      if (full !== undefined) outputs[`${layer}.input`] = g.slice(x, 2, 0, "D wanted");
      const maskOf = (masks: Value): Value => g.gather(masks, g.scalar("int64", layer)); // [h]
      const observation = full && {
        self: { headMask: maskOf(full.headMask), wanted: full.attentionsWanted },
        cross: { headMask: maskOf(full.crossHeadMask), wanted: full.attentionsWanted },
      };
      const parts: DecoderLayerParts<ReturnType<typeof cachedSelfAttention>, Attended> = {
        self: (at, input) => cachedSelfAttention(g, at, input, past[layer]!, selfBias, observation?.self),
        cross: abilities.source
          ? (at, input) =>
              crossAttention(g, at, input, source[layer]!, sourceBias, { heads, observation: observation?.cross })
          : undefined,
        dropped: nothingDropped,
      };
      const { self, cross, ...result } = decoderLayer(g, p.at(`layers.${layer}`), x, parts, config);
      x = result.x;
      outputs[`${layer}.keys`] = self.added.keys;
      outputs[`${layer}.values`] = self.added.values;
      if (self.probabilities !== undefined) outputs[`${layer}.attentions`] = self.probabilities;
      if (cross?.probabilities !== undefined) outputs[`${layer}.cross_attentions`] = cross.probabilities;
    }
    return { ...(abilities.logits ? { logits: logitsOf(x) } : {}), hidden: x, ...outputs };
  };
  const logitsOf = (x: Value): Value => {
    const bias = g.reshape(all.get("final_logits_bias", [1, V]), [V]);
    const logits = multiply(g, g.reshape(x, ["B*Q", D]), all.at("lm_head").matrix("weight", [V, D]), bias);
    const shaped = g.reshape(logits, ["B", "Q", V]);
    // Beam search adds log-probabilities up; made here, they take a tenth of the time that they take in JavaScript.
    return g.branch(
      g.equal(logProbsWanted!, g.scalar("int64", 1)),
      () => [g.logSoftmax(shaped)],
      () => [shaped],
    )[0]!;
  };
  const read = [full === undefined ? ids : selfBias, past[0]!.keys, ...(abilities.source ? [sourceBias] : [])];
  // The step first: each stage before another costs a run of that other one a choice.
  addStages(g, [{ name: "step", inputs: read, build: step }, ...(abilities.source ? sourceStages : [])]);
  return g;
}
