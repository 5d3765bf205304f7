/**
 * The parts of LED that are differentiated one at a time, as graphs whose weights are inputs: one graph serves every layer of its
 * kind. Names of weights are those within the part ("fc1.weight").
 *
 * B batch, S source positions (padded to whole attention blocks in the encoder), T target positions, D d_model, n rows.
 */
import { Graph, type Value } from "../../../graph/graph.ts";
import { addStages } from "../../../graph/stages.ts";
import type { Dim } from "../../../graph/types.ts";
import { type Dropout, dropout } from "../../../nn/dropout.ts";
import { layerNorm } from "../../../nn/layer-norm.ts";
import { linear } from "../../../nn/linear.ts";
import { Parameters } from "../../../nn/parameters.ts";
import { RowBlocks } from "../../../nn/row-blocks.ts";
import type { BlockFunction } from "../../../nn/sliding-window-attention.ts";
import { trainableAttention } from "../../../nn/trainable-attention.ts";
import { type GlobalRowCount, trainableWindowAttention } from "../../../nn/trainable-window-attention.ts";
import { type DecoderLayerGeometry, decoderLayer } from "../decoder-layer.ts";
import { sequenceMaskInputs } from "../encoder-graph.ts";
import { type EncoderLayerGeometry, encoderLayer } from "../encoder-layer.ts";
import { differentiated } from "./differentiated.ts";

/** What tells graphs of one kind of part apart. */
export interface PartVariant {
  /** Probabilities by site; sites without one drop nothing. */
  readonly dropout: Readonly<Record<string, number>>;
  /** Names of the weights that need a gradient. */
  readonly trained: readonly string[];
  /** Whether the part's input needs one. */
  readonly inputTrained: boolean;
  /** Whether what is costly is kept from the way forward to the way back. */
  readonly keeps: boolean;
}

const weightNames = { stored: (name: string) => name, quantized: () => undefined };

/** Sites as inputs `keep.SITE`. */
function droppedByInputs(g: Graph, probabilities: PartVariant["dropout"]): Dropout {
  const masks = new Map<string, Value>();
  return (site, shape) => {
    const p = probabilities[site] ?? 0;
    if (p === 0) return undefined;
    const keep = masks.get(site) ?? g.input(`keep.${site}`, "bool", shape);
    masks.set(site, keep);
    return { keep, p };
  };
}

function newGraph(): { g: Graph; p: Parameters } {
  const g = new Graph();
  return { g, p: new Parameters(g, weightNames) };
}

/** Token and position rows, added and normalised: tokens [B, S, D], positions [S, D] -> [B, S, D]. The encoder's and the decoder's. */
export function embeddingGraph(D: number, variant: PartVariant): Graph {
  const { g, p } = newGraph();
  const tokens = g.input("tokens", "float32", ["B", "S", D]);
  const positions = g.input("positions", "float32", ["S", D]);
  const dropped = droppedByInputs(g, variant.dropout);
  const part = {
    name: "embed",
    inputs: [tokens, positions],
    build: () => dropout(g, layerNorm(g, p.at("layernorm_embedding"), g.add(tokens, positions)), dropped, "embed"),
    dOutput: g.input("d_output", "float32", ["B", "S", D]),
    dInputs: variant.inputTrained ? { d_tokens: tokens, d_positions: positions } : {},
    trained: variant.trained,
    keeps: variant.keeps,
  };
  addStages(g, differentiated(g, part));
  return g;
}

export interface EncoderVariant extends PartVariant {
  readonly globals: GlobalRowCount;
  readonly headMask: boolean;
}

export function encoderLayerGraph(
  config: EncoderLayerGeometry & { readonly encoder_attention_heads: number },
  variant: EncoderVariant,
): Graph {
  const { g, p } = newGraph();
  const { d_model: D, encoder_attention_heads: heads } = config;
  const hidden = g.input("hidden", "float32", ["B", "S", D]);
  const masks = sequenceMaskInputs(g);
  const options = {
    heads,
    halfWindow: g.input("half_window", "int64", []),
    masks,
    globals: variant.globals,
    dropout: droppedByInputs(g, variant.dropout),
    headMask: variant.headMask ? g.input("head_mask", "float32", [heads]) : undefined,
  };
  // Where nothing is kept of what follows attention in the layer, it need not exist for all rows at once.
  const blocks = variant.keeps ? undefined : new RowBlocks(g, masks.block);
  const build = (): Value => {
    const dropped = blocks?.dropout(options.dropout, ["B", "S"]) ?? options.dropout;
    const attend = (at: Parameters, finish: BlockFunction): Value => {
      const context = trainableWindowAttention(g, at, hidden, options);
      return blocks === undefined
        ? finish(context, hidden)
        : blocks.over([context, hidden], ([rows, input]) => finish(rows!, input!));
    };
    return encoderLayer(g, p, attend, dropped, config);
  };
  const part = {
    name: "layer",
    inputs: [hidden, masks.slotBias],
    build,
    dOutput: g.input("d_output", "float32", ["B", "S", D]),
    dInputs: variant.inputTrained ? { d_hidden: hidden } : {},
    trained: variant.trained,
    keeps: variant.keeps,
  };
  addStages(g, differentiated(g, part));
  return g;
}

export interface DecoderVariant extends PartVariant {
  /** Whether the encoder's output needs a gradient. */
  readonly sourceTrained: boolean;
  readonly headMasks: boolean;
}

export function decoderLayerGraph(
  config: DecoderLayerGeometry & { readonly decoder_attention_heads: number },
  variant: DecoderVariant,
): Graph {
  const { g, p } = newGraph();
  const { d_model: D, decoder_attention_heads: heads } = config;
  const hidden = g.input("hidden", "float32", ["B", "T", D]);
  const encoded = g.input("encoder_hidden_states", "float32", ["B", "S", D]);
  const selfBias = g.input("self_bias", "float32", ["B", 1, "T", "T"]);
  const sourceBias = g.input("source_bias", "float32", ["B", 1, 1, "S"]);
  const mask = (name: string): Value | undefined => (variant.headMasks ? g.input(name, "float32", [heads]) : undefined);
  const [headMask, crossHeadMask] = [mask("head_mask"), mask("cross_attn_head_mask")];
  const dropped = droppedByInputs(g, variant.dropout);
  const kept = (site: string, keys: Dim) => dropped(site, ["B", heads, "T", keys]);
  const attend =
    (site: string, keys: Dim, bias: Value, masked: Value | undefined, source: (x: Value) => Value) =>
    (at: Parameters, x: Value) => ({
      output: trainableAttention(g, at, x, source(x), { heads, bias, kept: kept(site, keys), headMask: masked }),
    });
  const parts = {
    self: attend("self_attention", "T", selfBias, headMask, (x) => x),
    cross: attend("cross_attention", "S", sourceBias, crossHeadMask, () => encoded),
    dropped,
  };
  const part = {
    name: "layer",
    inputs: [hidden, encoded],
    build: () => decoderLayer(g, p, hidden, parts, config).x,
    dOutput: g.input("d_output", "float32", ["B", "T", D]),
    dInputs: {
      ...(variant.inputTrained ? { d_hidden: hidden } : {}),
      ...(variant.sourceTrained ? { d_encoded: encoded } : {}),
    },
    trained: variant.trained,
    keeps: variant.keeps,
  };
  addStages(g, differentiated(g, part));
  return g;
}

/** A head over rows of hidden states (head.ts): one linear layer, or `dense` and `out_proj`. [n, D] -> [n, C] */
export function headGraph(D: number, labels: number, form: "linear" | "classifier", variant: PartVariant): Graph {
  const { g, p } = newGraph();
  const hidden = g.input("hidden", "float32", ["n", D]);
  const dropped = droppedByInputs(g, variant.dropout);
  const classify = (): Value => {
    const inner = g.tanh(linear(g, p.at("dense"), dropout(g, hidden, dropped, "input"), D));
    return linear(g, p.at("out_proj"), dropout(g, inner, dropped, "dense"), labels);
  };
  const part = {
    name: "head",
    inputs: [hidden],
    build: () => (form === "linear" ? linear(g, p, hidden, labels) : classify()),
    dOutput: g.input("d_output", "float32", ["n", labels]),
    dInputs: variant.inputTrained ? { d_hidden: hidden } : {},
    trained: variant.trained,
    keeps: variant.keeps,
  };
  addStages(g, differentiated(g, part));
  return g;
}
