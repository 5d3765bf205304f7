/**
 * The arguments of a model call: their types, and what the reference checks of them
 * (transformers 4.37.2, modeling_led.py: LEDEncoder.forward, LEDDecoder.forward).
 *
 * B batch, S source positions, T target positions, P cached ones, D d_model, L layers, h heads.
 */
import type { LEDConfig } from "../../config.ts";
import { InvalidArgumentError } from "../../errors.ts";
import { Tensor } from "../../tensor.ts";
import { asTensor, type TensorLike, tokenIds } from "./model-inputs.ts";
import type { LEDEncoderBaseModelOutput, PastKeyValues } from "./outputs.ts";

type Maybe<T> = T | null | undefined;

/** What an encoder gave earlier: its output, an object like it, or the values in their order. */
export type EncoderOutputsLike =
  | LEDEncoderBaseModelOutput
  | {
      readonly last_hidden_state: Tensor;
      readonly hidden_states?: readonly Tensor[] | undefined;
      readonly attentions?: readonly Tensor[] | undefined;
      readonly global_attentions?: readonly Tensor[] | undefined;
    }
  | readonly (Tensor | readonly Tensor[])[];

/** What to give back besides the result; the config has the defaults. */
export interface OutputOptions {
  output_attentions?: Maybe<boolean>;
  output_hidden_states?: Maybe<boolean>;
  /** false gives nested arrays in place of output objects. */
  return_dict?: Maybe<boolean>;
  signal?: AbortSignal | undefined;
}

export interface EncoderForwardInputs extends OutputOptions {
  /** [B, S] */
  input_ids?: Maybe<TensorLike>;
  /** [B, S]: 1 at tokens, 0 at padding. All ones by default. */
  attention_mask?: Maybe<TensorLike>;
  /** [B, S]: 1 at positions that attend to and are seen by all others. None by default, as in the reference. */
  global_attention_mask?: Maybe<TensorLike>;
  /** [L, h]: what each head's attention is multiplied by. */
  head_mask?: Maybe<TensorLike>;
  /** [B, S, D], in place of input_ids. */
  inputs_embeds?: Maybe<TensorLike>;
}

export interface DecoderForwardInputs extends OutputOptions {
  /** [B, T] */
  input_ids?: Maybe<TensorLike>;
  /** [B, P + T]; ignored for a single token, as in the reference. */
  attention_mask?: Maybe<TensorLike>;
  /** [B, S, D] */
  encoder_hidden_states?: Maybe<TensorLike>;
  /** [B, S] */
  encoder_attention_mask?: Maybe<TensorLike>;
  /** [L, h] */
  head_mask?: Maybe<TensorLike>;
  /** [L, h] */
  cross_attn_head_mask?: Maybe<TensorLike>;
  /** From an earlier call, which this one continues. */
  past_key_values?: Maybe<PastKeyValues>;
  /** [B, T, D], in place of input_ids. */
  inputs_embeds?: Maybe<TensorLike>;
  /** Give past_key_values back. */
  use_cache?: Maybe<boolean>;
}

/** Arguments of LEDModel; the headed classes add theirs. */
export interface Seq2SeqForwardInputs extends EncoderForwardInputs {
  /** [B, T]; by default input_ids shifted right. */
  decoder_input_ids?: Maybe<TensorLike>;
  /** [B, P + T]; ignored for a single token, as in the reference. */
  decoder_attention_mask?: Maybe<TensorLike>;
  /** [L, h] */
  decoder_head_mask?: Maybe<TensorLike>;
  /** [L, h] */
  cross_attn_head_mask?: Maybe<TensorLike>;
  /** In place of running the encoder. */
  encoder_outputs?: Maybe<EncoderOutputsLike>;
  past_key_values?: Maybe<PastKeyValues>;
  /** [B, T, D], in place of decoder_input_ids. */
  decoder_inputs_embeds?: Maybe<TensorLike>;
  use_cache?: Maybe<boolean>;
}

const outputNames = ["output_attentions", "output_hidden_states", "return_dict", "signal"] as const;

export const encoderInputNames = [
  "input_ids",
  "attention_mask",
  "global_attention_mask",
  "head_mask",
  "inputs_embeds",
  ...outputNames,
] as const satisfies readonly (keyof EncoderForwardInputs)[];

export const decoderInputNames = [
  "input_ids",
  "attention_mask",
  "encoder_hidden_states",
  "encoder_attention_mask",
  "head_mask",
  "cross_attn_head_mask",
  "past_key_values",
  "inputs_embeds",
  "use_cache",
  ...outputNames,
] as const satisfies readonly (keyof DecoderForwardInputs)[];

export const seq2seqInputNames = [
  ...encoderInputNames,
  "decoder_input_ids",
  "decoder_attention_mask",
  "decoder_head_mask",
  "cross_attn_head_mask",
  "encoder_outputs",
  "past_key_values",
  "decoder_inputs_embeds",
  "use_cache",
] as const satisfies readonly (keyof Seq2SeqForwardInputs)[];

/** What a call gives back, from its options and the config's. */
export function outputFlags(
  given: OutputOptions,
  config: LEDConfig,
): {
  output_attentions: boolean;
  output_hidden_states: boolean;
  return_dict: boolean;
} {
  return {
    output_attentions: given.output_attentions ?? config.output_attentions,
    output_hidden_states: given.output_hidden_states ?? config.output_hidden_states,
    return_dict: given.return_dict ?? config.use_return_dict,
  };
}

export interface SourceOptions {
  readonly operation: string;
  /** "" or "decoder_": how the arguments are called. */
  readonly prefix: "" | "decoder_";
  readonly vocab_size: number;
  readonly d_model: number;
}

/** Ids int64 [B, n] or embeddings float32 [B, n, D], whichever was given. */
export function idsOrEmbeds(
  ids: Maybe<TensorLike>,
  embeds: Maybe<TensorLike>,
  { operation, prefix, vocab_size, d_model }: SourceOptions,
): Tensor<"int64"> | Tensor<"float32"> {
  const both = prefix === "" ? "input_ids and inputs_embeds" : "decoder_input_ids and decoder_inputs_embeds";
  const given = { ids: ids ?? undefined, embeds: embeds ?? undefined };
  if (given.ids !== undefined && given.embeds !== undefined) {
    throw new InvalidArgumentError({ operation, says: `You cannot specify both ${both} at the same time` });
  }
  if (given.ids !== undefined)
    return filled(`${prefix}input_ids`, tokenIds(`${prefix}input_ids`, given.ids, vocab_size));
  if (given.embeds === undefined) {
    throw new InvalidArgumentError({ operation, says: `You have to specify either ${both.replace(" and ", " or ")}` });
  }
  const tensor = asTensor(given.embeds, "float32");
  if (tensor.dims.length !== 3 || tensor.dims[2] !== d_model) {
    throw new InvalidArgumentError({
      operation: `${prefix}inputs_embeds`,
      expected: `[batch, length, ${d_model}]`,
      got: `dims [${tensor.dims.join(", ")}]`,
    });
  }
  return filled(`${prefix}inputs_embeds`, tensor);
}

function filled<T extends Tensor>(operation: string, tensor: T): T {
  if (tensor.data.length > 0) return tensor;
  throw new InvalidArgumentError({
    operation,
    expected: "at least one row of at least one token",
    got: `dims [${tensor.dims.join(", ")}]`,
  });
}

export function optionalTensor(value: Maybe<TensorLike>): Tensor | undefined {
  if (value === null || value === undefined || value instanceof Tensor) return value ?? undefined;
  return asTensor(value, "float32");
}

/** A head mask [L, h], checked. `quoted`: how the reference's message names it. */
export function headMask(
  value: Maybe<TensorLike>,
  quoted: string,
  layers: number,
  heads: number,
): Tensor<"float32"> | undefined {
  if (value === null || value === undefined) return undefined;
  const mask = asTensor(value, "float32");
  const [rows] = mask.dims;
  if (mask.dims.length === 0 || rows !== layers) {
    throw new InvalidArgumentError({
      operation: "head masks",
      says: `The ${quoted} should be specified for ${layers} layers, but it is for ${rows ?? 0}.`,
    });
  }
  if (mask.dims.length !== 2 || mask.dims[1] !== heads) {
    throw new InvalidArgumentError({
      operation: "head masks",
      says: `Head mask for a single layer should be of size (${heads},), but is torch.Size([${mask.dims.slice(1).join(", ")}])`,
    });
  }
  return mask;
}
