/**
 * Encoder and decoder as TensorFlow's LED runs them (transformers 4.37.2, modeling_tf_led.py: TFLEDEncoder.call,
 * TFLEDDecoder.call, TFLEDMainLayer.call), on the same graphs as PyTorch's: masks, head masks and outputs are what differs.
 */
import type { LEDConfig } from "../config.ts";
import { InvalidArgumentError } from "../errors.ts";
import type { LEDCore } from "../models/led/core.ts";
import type { Encoded, StageProgress } from "../models/led/encoder.ts";
import { type Decoded, runDecoder, runEncoder } from "../models/led/forward.ts";
import { ModelOutput } from "../models/led/model-output.ts";
import { Tensor } from "../tensor.ts";
import type {
  TFDecoderInputs,
  TFEncoderInputs,
  TFEncoderOutputs,
  TFModelInputs,
  TFOutputOptions,
} from "./call-arguments.ts";
import { causalBias, crossHeadMask, encoderMasks, headMask, sourceBias } from "./masks.ts";
import { TFLEDEncoderBaseModelOutput } from "./outputs.ts";

/** What a call gives back, from its options and the config's. */
export interface Flags {
  readonly output_attentions: boolean;
  readonly output_hidden_states: boolean;
  readonly return_dict: boolean;
}

export function flagsOf(given: TFOutputOptions, config: LEDConfig): Flags {
  return {
    output_attentions: given.output_attentions ?? config.output_attentions,
    output_hidden_states: given.output_hidden_states ?? config.output_hidden_states,
    return_dict: given.return_dict ?? config.use_return_dict,
  };
}

/** Global attentions are there wherever attentions are. */
export async function encode(core: LEDCore, inputs: TFEncoderInputs, progress?: StageProgress): Promise<Encoded> {
  const { geometry } = core;
  const { encoder_layers, encoder_attention_heads: heads, attention_window } = geometry;
  requireSource(inputs);
  const encoded = await runEncoder(
    core,
    {
      input_ids: inputs.input_ids,
      inputs_embeds: inputs.inputs_embeds,
      ...encoderMasks(inputs.attention_mask ?? undefined, inputs.global_attention_mask ?? undefined),
      head_mask: headMask(inputs.head_mask ?? undefined, encoder_layers, heads),
      ...flagsOf(inputs, core.loaded.config),
      signal: inputs.signal,
    },
    progress,
  );
  if (encoded.attentions === undefined || encoded.global_attentions !== undefined) return encoded;
  const [batch, length] = encoded.last_hidden_state.dims as [number, number];
  const widest = Math.max(...attention_window);
  const padded = Math.ceil(length / widest) * widest;
  const none = Tensor.zeros("float32", [batch, heads, padded, 0]);
  return { ...encoded, global_attentions: encoded.attentions.map(() => none) };
}

/** Without its source where it stands alone. */
export async function decode(core: LEDCore, inputs: TFDecoderInputs, prefix: "" | "decoder_"): Promise<Decoded> {
  const { decoder_layers, decoder_attention_heads: heads } = core.geometry;
  const cross = inputs.encoder_head_mask ?? undefined;
  return runDecoder(
    core,
    {
      input_ids: inputs.input_ids,
      inputs_embeds: inputs.inputs_embeds,
      attention_mask: inputs.attention_mask,
      encoder_hidden_states: inputs.encoder_hidden_states,
      encoder_attention_mask: inputs.encoder_attention_mask,
      head_mask: headMask(inputs.head_mask ?? undefined, decoder_layers, heads),
      cross_attn_head_mask: crossHeadMask(cross?.to("float32"), decoder_layers, heads),
      past_key_values: inputs.past_key_values,
      use_cache: inputs.use_cache,
      ...flagsOf(inputs, core.loaded.config),
      signal: inputs.signal,
    },
    prefix,
    { causal: causalBias, source: sourceBias },
  );
}

/** What the encoder gave, and which of it a tuple of everything shows. */
export interface EncodedSource {
  readonly encoded: Encoded;
  readonly tuple: readonly object[];
}

export async function encodeAndDecode(
  core: LEDCore,
  inputs: TFModelInputs,
): Promise<{ source: EncodedSource; decoded: Decoded }> {
  requireInputs(inputs);
  const { return_dict } = flagsOf(inputs, core.loaded.config);
  const given = inputs.encoder_outputs ?? undefined;
  const source = given === undefined ? ownSource(await encode(core, inputs)) : givenSource(given, return_dict);
  const decoded = await decode(
    core,
    {
      input_ids: inputs.decoder_input_ids,
      inputs_embeds: inputs.decoder_inputs_embeds,
      attention_mask: inputs.decoder_attention_mask,
      encoder_hidden_states: source.encoded.last_hidden_state,
      encoder_attention_mask: inputs.attention_mask,
      head_mask: inputs.decoder_head_mask,
      encoder_head_mask: inputs.head_mask,
      past_key_values: inputs.past_key_values,
      use_cache: inputs.use_cache,
      output_attentions: inputs.output_attentions,
      output_hidden_states: inputs.output_hidden_states,
      signal: inputs.signal,
    },
    "decoder_",
  );
  return { source, decoded };
}

/** Before the encoder's work: what the reference refuses before it and after it. Decoder ids are never made of input_ids. */
export function requireInputs(inputs: TFModelInputs): void {
  if (inputs.encoder_outputs === undefined) requireSource(inputs);
  requireOne(inputs.decoder_input_ids, inputs.decoder_inputs_embeds, "decoder_");
}

function requireSource(inputs: Pick<TFEncoderInputs, "input_ids" | "inputs_embeds">): void {
  requireOne(inputs.input_ids, inputs.inputs_embeds, "");
}

const decoderIdsFix =
  "TensorFlow's classes make no decoder ids of input_ids. Give decoder_input_ids: config.decoder_start_token_id, then " +
  "input_ids without the last, is what LEDModel makes of them; TFLEDForConditionalGeneration takes labels instead.";

function requireOne(ids: unknown, embeds: unknown, prefix: string): void {
  if ((ids ?? undefined) !== undefined || (embeds ?? undefined) !== undefined) return;
  throw new InvalidArgumentError({
    operation: prefix === "" ? "TFLEDEncoder" : "TFLEDDecoder",
    says: `You have to specify either ${prefix}input_ids or ${prefix}inputs_embeds`,
    ...(prefix === "" ? {} : { fix: decoderIdsFix }),
  });
}

function ownSource(encoded: Encoded): EncodedSource {
  const { last_hidden_state, hidden_states, attentions } = encoded;
  return { encoded, tuple: [last_hidden_state, hidden_states, attentions].filter((value) => value !== undefined) };
}

/** Of values without names the fourth is dropped where an output object is made; an output that becomes a tuple keeps it. */
function givenSource(given: TFEncoderOutputs, return_dict: boolean): EncodedSource {
  const whole = given instanceof TFLEDEncoderBaseModelOutput;
  const values = given instanceof ModelOutput ? given.to_tuple() : (given as readonly object[]);
  const fields = whole ? { ...given } : { hidden_states: values[1], attentions: values[2] };
  const state = values[0];
  if (!(state instanceof Tensor) || state.dims.length !== 3) {
    throw new InvalidArgumentError({
      operation: "encoder_outputs",
      expected: "an encoder's output with its last_hidden_state [batch, length, width]",
      got: state instanceof Tensor ? `dims [${state.dims.join(", ")}]` : typeof state,
      fix: "Pass what get_encoder() gave, or an array that begins with the states.",
    });
  }
  const encoded = { ...fields, last_hidden_state: state.to("float32") } as Encoded;
  return { encoded, tuple: return_dict ? [] : values };
}

/** What the decoder gave, as a tuple has it: fields that are there, in order. */
export function decodedTuple(decoded: Decoded, first: object): object[] {
  const { past_key_values, hidden_states, attentions, cross_attentions } = decoded;
  return [first, past_key_values, hidden_states, attentions, cross_attentions].filter((value) => value !== undefined);
}
