/**
 * The parameters of the LED classes: names, shapes and which names are one tensor (transformers 4.37.2,
 * modeling_led.py; the names are the state dict's).
 */
import type { DecoderGeometry } from "./decoder-graph.ts";
import type { EncoderGeometry } from "./encoder-graph.ts";

export type Geometry = EncoderGeometry & DecoderGeometry & { readonly tie_word_embeddings: boolean };

export interface ParameterShape {
  readonly name: string;
  readonly shape: readonly number[];
  /** A checkpoint may lack it: it then starts as zeros. */
  readonly optional?: boolean;
  /** In the state dict, but a buffer of the reference: neither trained nor counted. */
  readonly buffer?: boolean;
}

function linearShapes(name: string, out: number, into: number): ParameterShape[] {
  return [
    { name: `${name}.weight`, shape: [out, into] },
    { name: `${name}.bias`, shape: [out] },
  ];
}

function normShapes(name: string, width: number): ParameterShape[] {
  return [
    { name: `${name}.weight`, shape: [width] },
    { name: `${name}.bias`, shape: [width] },
  ];
}

const encoderProjections = ["query", "key", "value", "query_global", "key_global", "value_global"];

function encoderLayerShapes(name: string, { d_model: D, encoder_ffn_dim: F }: Geometry): ParameterShape[] {
  return [
    ...encoderProjections.flatMap((part) => linearShapes(`${name}.self_attn.longformer_self_attn.${part}`, D, D)),
    ...linearShapes(`${name}.self_attn.output`, D, D),
    ...normShapes(`${name}.self_attn_layer_norm`, D),
    ...linearShapes(`${name}.fc1`, F, D),
    ...linearShapes(`${name}.fc2`, D, F),
    ...normShapes(`${name}.final_layer_norm`, D),
  ];
}

function decoderLayerShapes(name: string, { d_model: D, decoder_ffn_dim: F }: Geometry): ParameterShape[] {
  const attention = (part: string) =>
    ["k_proj", "v_proj", "q_proj", "out_proj"].flatMap((projection) =>
      linearShapes(`${name}.${part}.${projection}`, D, D),
    );
  return [
    ...attention("self_attn"),
    ...normShapes(`${name}.self_attn_layer_norm`, D),
    ...attention("encoder_attn"),
    ...normShapes(`${name}.encoder_attn_layer_norm`, D),
    ...linearShapes(`${name}.fc1`, F, D),
    ...linearShapes(`${name}.fc2`, D, F),
    ...normShapes(`${name}.final_layer_norm`, D),
  ];
}

const layersOf = (count: number): number[] => Array.from({ length: count }, (_, layer) => layer);

/** The encoder's parameters without the token table; `prefix` is "encoder." in LEDModel. */
export function encoderParameters(config: Geometry, prefix: string): ParameterShape[] {
  const { d_model: D } = config;
  return [
    { name: `${prefix}embed_positions.weight`, shape: [config.max_encoder_position_embeddings, D] },
    ...layersOf(config.encoder_layers).flatMap((i) => encoderLayerShapes(`${prefix}layers.${i}`, config)),
    ...normShapes(`${prefix}layernorm_embedding`, D),
  ];
}

/** The decoder's parameters without the token table. */
export function decoderParameters(config: Geometry, prefix: string): ParameterShape[] {
  const { d_model: D } = config;
  return [
    { name: `${prefix}embed_positions.weight`, shape: [config.max_decoder_position_embeddings, D] },
    ...layersOf(config.decoder_layers).flatMap((i) => decoderLayerShapes(`${prefix}layers.${i}`, config)),
    ...normShapes(`${prefix}layernorm_embedding`, D),
  ];
}

/** LEDModel's parameters under a prefix ("led." in the headed classes), the token table once, as shared.weight. */
export function modelParameters(config: Geometry, prefix: string): ParameterShape[] {
  return [
    { name: `${prefix}shared.weight`, shape: [config.vocab_size, config.d_model] },
    ...encoderParameters(config, `${prefix}encoder.`),
    ...decoderParameters(config, `${prefix}decoder.`),
  ];
}

/** LEDClassificationHead under a name. */
export function classificationHead(config: Geometry, name: string, labels: number): ParameterShape[] {
  const { d_model: D } = config;
  return [...linearShapes(`${name}.dense`, D, D), ...linearShapes(`${name}.out_proj`, labels, D)];
}

/** The linear layer that gives an answer's start and end. */
export function answerHead(config: Geometry, name: string): ParameterShape[] {
  return linearShapes(name, 2, config.d_model);
}

/** LEDForConditionalGeneration's parameters; lm_head.weight only where it is a tensor of its own. */
export function conditionalGenerationParameters(config: Geometry): ParameterShape[] {
  return [
    ...modelParameters(config, "led."),
    { name: "final_logits_bias", shape: [1, config.vocab_size], optional: true, buffer: true },
    ...(config.tie_word_embeddings ? [] : [{ name: "lm_head.weight", shape: [config.vocab_size, config.d_model] }]),
  ];
}

/** The names of the token table, its own first: any of them in a checkpoint serves all. */
export function tokenTableNames(config: Geometry, prefix: string): string[] {
  const names = ["shared.weight", "encoder.embed_tokens.weight", "decoder.embed_tokens.weight"].map(
    (name) => prefix + name,
  );
  return prefix !== "" && config.tie_word_embeddings ? [...names, "lm_head.weight"] : names;
}

/** Parameters in all as num_parameters() has it: the token table once, no buffers. */
export function countParameters(parameters: readonly ParameterShape[]): number {
  return parameters
    .filter(({ buffer }) => !buffer)
    .reduce((sum, { shape }) => sum + shape.reduce((product, dim) => product * dim, 1), 0);
}
