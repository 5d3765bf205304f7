/**
 * Encoder and decoder as the reference's forward methods run them (transformers 4.37.2, modeling_led.py: LEDEncoder.forward,
 * LEDDecoder.forward, LEDModel.forward). Heads, losses and output classes are the callers'.
 */
import { InvalidArgumentError } from "../../errors.ts";
import { Tensor } from "../../tensor.ts";
import type { LEDCore } from "./core.ts";
import { causalBias, type DecoderRunner, type Source, sourceBias } from "./decoder.ts";
import type { Encoded, EncoderInputs, StageProgress } from "./encoder.ts";
import {
  type DecoderForwardInputs,
  type EncoderForwardInputs,
  type EncoderOutputsLike,
  headMask,
  idsOrEmbeds,
  optionalTensor,
  outputFlags,
  type Seq2SeqForwardInputs,
  type SourceOptions,
} from "./forward-inputs.ts";
import { asTensor, shiftTokensRight, type TensorLike, tokenIds } from "./model-inputs.ts";
import type { PastKeyValues } from "./outputs.ts";
import type { Geometry } from "./parameters.ts";
import { type LayerRows, numbersOfSource, sourceOfNumbers } from "./source-rows.ts";

type Floats = Tensor<"float32">;

export interface Decoded {
  /** [B, T, D] */
  readonly hidden: Floats;
  /** [B, T, V]; of a model with a language-modelling head. */
  readonly logits: Floats | undefined;
  readonly past_key_values: PastKeyValues | undefined;
  readonly hidden_states: readonly Floats[] | undefined;
  readonly attentions: readonly Floats[] | undefined;
  readonly cross_attentions: readonly Floats[] | undefined;
}

/** What input_ids or inputs_embeds of an encoder have to be. */
export function encoderSource({ vocab_size, d_model }: Geometry): SourceOptions {
  return { operation: "LEDEncoder", prefix: "", vocab_size, d_model };
}

/** What the encoder reads, checked. */
export function encoderInputs(core: LEDCore, inputs: EncoderForwardInputs): EncoderInputs {
  const { encoder_layers, encoder_attention_heads, ...sizes } = core.geometry;
  const source = idsOrEmbeds(inputs.input_ids, inputs.inputs_embeds, encoderSource(core.geometry));
  const rows = sizes.max_encoder_position_embeddings;
  const length = source.dims[1]!;
  if (length > rows) {
    throw new InvalidArgumentError({
      operation: "LEDEncoder",
      expected: `at most ${rows} tokens (max_encoder_position_embeddings)`,
      got: `${length}`,
      fix: "Truncate the document (tokenizer option truncation: true), or summarise it in parts.",
    });
  }
  return {
    source,
    attention_mask: optionalTensor(inputs.attention_mask),
    global_attention_mask: optionalTensor(inputs.global_attention_mask),
    head_mask: headMask(inputs.head_mask, "head_mask", encoder_layers, encoder_attention_heads),
  };
}

export async function runEncoder(
  core: LEDCore,
  inputs: EncoderForwardInputs,
  progress?: StageProgress,
): Promise<Encoded> {
  const given = encoderInputs(core, inputs);
  const { output_attentions, output_hidden_states } = outputFlags(inputs, core.loaded.config);
  const encoder = await core.encoder();
  return encoder.encode(given, { signal: inputs.signal, progress, output_attentions, output_hidden_states });
}

/** The encoder's output from the call, or by running it. */
export async function encodedOf(
  core: LEDCore,
  inputs: Seq2SeqForwardInputs,
  progress?: StageProgress,
): Promise<Encoded> {
  const given = inputs.encoder_outputs ?? undefined;
  return given === undefined ? runEncoder(core, inputs, progress) : readEncoderOutputs(given);
}

/** An encoder's output as people hand it over. */
export function readEncoderOutputs(given: EncoderOutputsLike): Encoded {
  const [last, ...more] = Array.isArray(given) ? (given as readonly (Tensor | readonly Tensor[])[]) : [];
  const fields = Array.isArray(given)
    ? { last_hidden_state: last, hidden_states: more[0], attentions: more[1], global_attentions: more[2] }
    : (given as { readonly [name: string]: unknown });
  const state = fields.last_hidden_state;
  if (!(state instanceof Tensor) || state.dims.length !== 3) {
    throw new InvalidArgumentError({
      operation: "encoder_outputs",
      expected: "an encoder's output with its last_hidden_state [batch, length, width]",
      got: state instanceof Tensor ? `dims [${state.dims.join(", ")}]` : typeof state,
      fix: "Pass what get_encoder() gave, or { last_hidden_state }.",
    });
  }
  const layers = (name: string) => {
    const value = (fields as { readonly [name: string]: unknown })[name];
    return value === undefined || value === null ? {} : { [name]: (value as Tensor[]).map((one) => one.to("float32")) };
  };
  return {
    last_hidden_state: state.to("float32"),
    ...layers("hidden_states"),
    ...layers("attentions"),
    ...layers("global_attentions"),
  };
}

/** What the decoder reads beside its source, checked. */
export function decoderInputs(
  core: LEDCore,
  inputs: Pick<DecoderForwardInputs, "input_ids" | "inputs_embeds" | "head_mask" | "cross_attn_head_mask">,
): {
  target: Tensor<"int64"> | Floats;
  head_mask: Floats | undefined;
  cross_attn_head_mask: Floats | undefined;
} {
  const { vocab_size, d_model, decoder_layers, decoder_attention_heads } = core.geometry;
  const target = idsOrEmbeds(inputs.input_ids, inputs.inputs_embeds, {
    operation: "LEDDecoder",
    prefix: "decoder_",
    vocab_size,
    d_model,
  });
  const maskOf = (name: "head_mask" | "cross_attn_head_mask"): Floats | undefined =>
    headMask(inputs[name], `\`${name}\``, decoder_layers, decoder_attention_heads);
  return { target, head_mask: maskOf("head_mask"), cross_attn_head_mask: maskOf("cross_attn_head_mask") };
}

/** What a mask adds to the scores of the decoder's two attentions. */
export interface DecoderBiases {
  readonly causal: typeof causalBias;
  readonly source: typeof sourceBias;
}

const torchBiases: DecoderBiases = { causal: causalBias, source: sourceBias };

/** `prefix`: how the caller's arguments are called, "decoder_" before those of a whole model. */
export async function runDecoder(
  core: LEDCore,
  inputs: DecoderForwardInputs,
  prefix: "" | "decoder_",
  biases = torchBiases,
): Promise<Decoded> {
  const { d_model, decoder_layers, decoder_attention_heads } = core.geometry;
  const { config } = core.loaded;
  const { target, head_mask, cross_attn_head_mask } = decoderInputs(core, inputs);
  const past = inputs.past_key_values ?? undefined;
  const [batch, length] = target.dims as [number, number];
  if (past !== undefined && past.length !== decoder_layers) {
    throw new InvalidArgumentError({
      operation: "LEDDecoder, past_key_values",
      expected: `an entry for each of the ${decoder_layers} decoder layers`,
      got: String(past.length),
    });
  }
  const cached = past?.[0]?.[0]?.dims[2] ?? 0;
  requireDecoderRows(core, cached + length, prefix);
  const { output_attentions, output_hidden_states } = outputFlags(inputs, config);
  const use_cache = inputs.use_cache ?? config.use_cache;
  const runner = await core.decoder();
  const encoded = inputs.encoder_hidden_states ?? undefined;
  const source = encoded === undefined ? undefined : await sourceOf(runner, encoded, past, batch, inputs, biases);
  const none = Tensor.zeros("float32", [batch, decoder_attention_heads, 0, d_model / decoder_attention_heads]);
  const result = await runner.step(
    {
      tokens: target,
      position_ids: positions(cached, length),
      self_bias: biases.causal(batch, cached, length, optionalTensor(inputs.attention_mask)),
      past: Array.from({ length: decoder_layers }, (_, layer) => ({
        keys: past?.[layer]?.[0] ?? none,
        values: past?.[layer]?.[1] ?? none,
      })),
      source,
      head_mask,
      cross_attn_head_mask,
    },
    { hidden: true, output_attentions, output_hidden_states },
  );
  return {
    hidden: result.hidden!,
    logits: result.logits,
    past_key_values: use_cache ? extendPast(past, result.added, source) : undefined,
    hidden_states: result.hidden_states,
    attentions: result.attentions,
    cross_attentions: result.cross_attentions,
  };
}

async function sourceOf(
  runner: DecoderRunner,
  given: TensorLike,
  past: PastKeyValues | undefined,
  batch: number,
  inputs: DecoderForwardInputs,
  biases: DecoderBiases,
): Promise<Source> {
  const encoded = asTensor(given, "float32");
  const mask = optionalTensor(inputs.encoder_attention_mask);
  if (encoded.dims[0] !== batch) {
    throw new InvalidArgumentError({
      operation: "LEDDecoder",
      expected: `a source for each of the ${batch} targets`,
      got: `${encoded.dims[0]} sources`,
    });
  }
  if (past === undefined) {
    const source = await runner.prepareSource(encoded, undefined, { signal: inputs.signal });
    return { ...source, bias: biases.source(batch, encoded.dims[1]!, mask) };
  }
  const layers = past.map((layer) => {
    const [, , keys, values] = layer;
    if (keys === undefined || values === undefined) {
      throw new InvalidArgumentError({
        operation: "LEDDecoder, past_key_values",
        expected: "[self_k, self_v, cross_k, cross_v] in each layer",
        got: `${layer.length} tensors`,
      });
    }
    return sourceOfNumbers({ keys, values }, runner.sourceInBytes);
  });
  // Of a source whose keys are there nothing else is read, its length included.
  return { batch, layers, bias: biases.source(batch, layers[0]!.keys.dims[2]!, mask) };
}

/** Encoder, then decoder. By default the decoder reads the source's own ids, shifted right. */
export async function runSeq2Seq(
  core: LEDCore,
  inputs: Seq2SeqForwardInputs,
): Promise<{ encoded: Encoded; decoded: Decoded }> {
  const ids = targetIds(core, inputs);
  const encoded = await encodedOf(core, inputs);
  const decoded = await runDecoder(
    core,
    {
      input_ids: ids,
      inputs_embeds: inputs.decoder_inputs_embeds,
      attention_mask: inputs.decoder_attention_mask,
      encoder_hidden_states: encoded.last_hidden_state,
      encoder_attention_mask: inputs.attention_mask,
      head_mask: inputs.decoder_head_mask,
      cross_attn_head_mask: inputs.cross_attn_head_mask,
      past_key_values: inputs.past_key_values,
      use_cache: inputs.use_cache,
      output_attentions: inputs.output_attentions,
      output_hidden_states: inputs.output_hidden_states,
      signal: inputs.signal,
    },
    "decoder_",
  );
  return { encoded, decoded };
}

/** The decoder's ids, where it reads ids: checked before the encoder's work, which may take minutes. */
export function targetIds(core: LEDCore, inputs: Seq2SeqForwardInputs): TensorLike | undefined {
  const { decoder_input_ids, decoder_inputs_embeds } = inputs;
  const ids = decoder_input_ids ?? (decoder_inputs_embeds ? undefined : defaultDecoderIds(core, inputs));
  if (ids === undefined) return undefined;
  const length = asTensor(ids, "int64").dims[1] ?? 0;
  const cached = inputs.past_key_values?.[0]?.[0]?.dims[2] ?? 0;
  requireDecoderRows(core, cached + length, "decoder_");
  return ids;
}

function defaultDecoderIds(core: LEDCore, inputs: Seq2SeqForwardInputs): TensorLike | undefined {
  const { config } = core.loaded;
  if (inputs.input_ids === undefined || inputs.input_ids === null) return undefined;
  const ids = tokenIds("input_ids", inputs.input_ids, core.geometry.vocab_size);
  return shiftTokensRight(ids, config.pad_token_id, config.decoder_start_token_id);
}

export function requireDecoderRows({ geometry, loaded }: LEDCore, length: number, prefix: "" | "decoder_"): void {
  const { max_decoder_position_embeddings: rows, max_encoder_position_embeddings } = geometry;
  if (length <= rows) return;
  const { headName } = loaded.weights.spec;
  const fix =
    headName === undefined
      ? `Pass decoder_input_ids: by default they are the source's, shifted right.`
      : `The head reads the decoder, whose ids are the source's. Load the model with head: "encoder", and train that head, for sources of up to ${max_encoder_position_embeddings} tokens.`;
  throw new InvalidArgumentError({
    operation: "LEDDecoder",
    expected: `at most ${rows} target tokens (max_decoder_position_embeddings)`,
    got: String(length),
    ...(prefix === "" ? {} : { fix }),
  });
}

export function positions(first: number, length: number): Tensor<"int64"> {
  const data = BigInt64Array.from({ length }, (_, index) => BigInt(first + index));
  return new Tensor("int64", data, [length]);
}

function extendPast(
  past: PastKeyValues | undefined,
  added: readonly LayerRows[],
  source: Source | undefined,
): PastKeyValues {
  return added.map(({ keys, values }, layer) => {
    const read = source && numbersOfSource(source.layers[layer]!);
    return [
      joinRows(past?.[layer]?.[0], keys),
      joinRows(past?.[layer]?.[1], values),
      ...(read === undefined ? [] : [read.keys, read.values]),
    ];
  });
}

/** [B, h, P, e] and [B, h, Q, e] -> [B, h, P+Q, e] */
function joinRows(before: Floats | undefined, added: Floats): Floats {
  if (before === undefined) return added;
  const [batch, heads, rows, width] = added.dims as [number, number, number, number];
  const past = before.dims[2]!;
  const joined = Tensor.zeros("float32", [batch, heads, past + rows, width]);
  for (let head = 0; head < batch * heads; head++) {
    const start = head * (past + rows) * width;
    joined.data.set(before.data.subarray(head * past * width, (head + 1) * past * width), start);
    joined.data.set(added.data.subarray(head * rows * width, (head + 1) * rows * width), start + past * width);
  }
  return joined;
}

/** The fields that every sequence-to-sequence output ends in, in the reference's order. */
export function seq2seqFields(encoded: Encoded, decoded: Decoded | undefined): Record<string, object | undefined> {
  return {
    past_key_values: decoded?.past_key_values,
    decoder_hidden_states: decoded?.hidden_states,
    decoder_attentions: decoded?.attentions,
    cross_attentions: decoded?.cross_attentions,
    encoder_last_hidden_state: encoded.last_hidden_state,
    encoder_hidden_states: encoded.hidden_states,
    encoder_attentions: encoded.attentions,
    encoder_global_attentions: encoded.global_attentions,
  };
}
