/**
 * generate() of LEDForConditionalGeneration: sorts a call's options into model inputs and generation settings, and gives
 * generation/ a decoder that encodes the document when everything else has been checked (transformers 4.37.2,
 * generation/utils.py: GenerationMixin.generate, the steps before the search).
 *
 * Departures: decoder_attention_mask is refused, for the reference takes it and does nothing with it; the masks of the
 * decoder's heads work in every mode, where the reference repeats them with the beams and then fails.
 */
import { InvalidArgumentError } from "../../errors.ts";
import type { GenerationConfig, GenerationOptions } from "../../generation/config.ts";
import { type GenerateResult, type SearchOptions, generate as search } from "../../generation/generate.ts";
import { warn } from "../../log.ts";
import { type NestedNumbers, Tensor } from "../../tensor.ts";
import type { DecoderRunner, Source } from "./decoder.ts";
import type { Encoded, StageProgress } from "./encoder.ts";
import { readEncoderOutputs } from "./forward.ts";
import { type EncoderForwardInputs, type EncoderOutputsLike, headMask, idsOrEmbeds } from "./forward-inputs.ts";
import { GenerateBeamEncoderDecoderOutput, GenerateEncoderDecoderOutput } from "./generate-outputs.ts";
import { generationDecoder } from "./generation-decoder.ts";
import { asTensor, type TensorLike, tokenIds } from "./model-inputs.ts";

/** How far a call of generate() is, in tokens of the stage: those of the source, then those of the output. */
export interface GenerateProgress {
  readonly stage: "encode" | "prepare" | "generate";
  readonly done: number;
  readonly total: number;
  readonly unit: "tokens";
}

/** Inputs of the model, options of the call, and any field of GenerationConfig, which it overrides for this call. */
export interface GenerateOptions extends GenerationOptions, SearchOptions {
  /** [B, S] */
  input_ids?: TensorLike | undefined;
  /** The same as input_ids. */
  inputs?: TensorLike | undefined;
  /** [B, S, D], in place of input_ids. */
  inputs_embeds?: TensorLike | undefined;
  /** [B, S]; by default 0 at padding where the ids hold any. */
  attention_mask?: TensorLike | undefined;
  /** [B, S]; never invented. */
  global_attention_mask?: TensorLike | undefined;
  encoder_outputs?: EncoderOutputsLike | undefined;
  /** [B, T]: what the output begins with. */
  decoder_input_ids?: TensorLike | undefined;
  /** [encoder layers, heads] */
  head_mask?: TensorLike | undefined;
  /** [decoder layers, heads] */
  decoder_head_mask?: TensorLike | undefined;
  /** [decoder layers, heads] */
  cross_attn_head_mask?: TensorLike | undefined;
  /** Instead of the model's generation_config. */
  generation_config?: GenerationConfig | undefined;
  progress_callback?: ((progress: GenerateProgress) => void) | undefined;
}

/** What generate() gives: the sequences alone, or an output class where the call asks for one. */
export type Generation<O> = O extends { readonly return_dict_in_generate: true }
  ? GenerateEncoderDecoderOutput | GenerateBeamEncoderDecoderOutput
  : O extends { readonly return_dict_in_generate: boolean }
    ? Tensor<"int64"> | GenerateEncoderDecoderOutput | GenerateBeamEncoderDecoderOutput
    : Tensor<"int64">;

/** What generate() needs of the model. */
export interface GeneratingModel {
  readonly decoder: DecoderRunner;
  /** The generation settings of the model, the way it is now. */
  readonly generation_config: GenerationConfig;
  encode(inputs: EncoderForwardInputs, progress: StageProgress | undefined): Promise<Encoded>;
}

/** int64 [B * num_return_sequences, T], the start token included; or an output class. */
export async function generate(
  model: GeneratingModel,
  options: GenerateOptions,
): Promise<Tensor<"int64"> | GenerateEncoderDecoderOutput | GenerateBeamEncoderDecoderOutput> {
  checkGenerateOptions(options);
  const {
    input_ids: given,
    inputs,
    inputs_embeds,
    attention_mask,
    global_attention_mask,
    encoder_outputs,
    decoder_input_ids,
    head_mask,
    decoder_head_mask,
    cross_attn_head_mask,
    generation_config,
    prefix_allowed_tokens_fn,
    logits_processor,
    stopping_criteria,
    streamer,
    seed,
    extractive,
    draft_from_source,
    signal,
    progress_callback,
    ...settings
  } = options;
  const config = (generation_config ?? model.generation_config).copy();
  checkUnused(Object.keys(config.update(settings)));
  if (given !== undefined && inputs !== undefined) {
    throw new InvalidArgumentError({ operation: "generate", expected: "`inputs` or `input_ids`", got: "both" });
  }
  const sizes = model.decoder.config;
  const encodedBefore = encoder_outputs && readEncoderOutputs(encoder_outputs);
  const embeds = inputs_embeds === undefined ? undefined : embeddings(given ?? inputs, inputs_embeds, sizes);
  const ids = embeds === undefined ? sourceIds(given ?? inputs, encodedBefore, config, sizes.vocab_size) : undefined;
  if (attention_mask === undefined && config.pad_token_id === null && config.eos_token_id !== null) {
    warn(
      "The attention mask and the pad token id were not set. As a consequence, you may observe unexpected behavior. Please pass your input's `attention_mask` to obtain reliable results.",
    );
  }
  const mask = attention_mask === undefined ? paddingMask(ids, config) : asTensor(attention_mask, "float32");
  const [batch, sourceLength] = (encodedBefore?.last_hidden_state ?? embeds ?? ids!).dims as [number, number];
  const progress: StageProgress | undefined =
    progress_callback &&
    ((stage, done, total) => {
      const tokens = batch * sourceLength;
      progress_callback({ stage, done: Math.round((tokens * done) / total), total: tokens, unit: "tokens" });
    });

  let encoded: Encoded | undefined = encodedBefore;
  const source = async (): Promise<Source> => {
    const shown = config.return_dict_in_generate;
    encoded ??= await model.encode(
      {
        ...(embeds === undefined ? { input_ids: ids } : { inputs_embeds: embeds }),
        attention_mask: mask,
        global_attention_mask,
        head_mask,
        output_attentions: shown && config.output_attentions,
        output_hidden_states: shown && config.output_hidden_states,
        signal,
      },
      progress,
    );
    const { last_hidden_state, hidden_states } = encoded;
    const prepared = await model.decoder.prepareSource(last_hidden_state, mask, {
      signal,
      progress,
      // What is shown of a source is of its own length.
      extensible: !config.return_dict_in_generate,
    });
    // Read for the last time, unless it is the caller's or the last of the hidden states that are shown.
    if (encodedBefore === undefined && hidden_states === undefined) last_hidden_state.dispose();
    return prepared;
  };
  const [layers, heads] = [sizes.decoder_layers, sizes.decoder_attention_heads];
  const masks = {
    head_mask: headMask(decoder_head_mask, "`head_mask`", layers, heads),
    cross_attn_head_mask: headMask(cross_attn_head_mask, "`cross_attn_head_mask`", layers, heads),
  };
  const prompt =
    decoder_input_ids === undefined ? undefined : tokenIds("decoder_input_ids", decoder_input_ids, sizes.vocab_size);
  const result = await search({
    decoder: generationDecoder(model.decoder, batch, masks, source),
    config,
    batch,
    prompt: prompt?.tolist() as number[][] | undefined,
    encoderInputIds: ids?.tolist() as number[][] | undefined,
    maxLengthGiven: settings.max_length !== undefined,
    prefix_allowed_tokens_fn,
    logits_processor,
    stopping_criteria,
    streamer,
    seed,
    extractive,
    draft_from_source,
    signal,
    progress_callback:
      progress_callback &&
      (({ step, maximum }) => progress_callback({ stage: "generate", done: step, total: maximum, unit: "tokens" })),
  });
  return config.return_dict_in_generate ? outputOf(result, encoded!, config) : integers(result.sequences);
}

/** The output class of a search, its fields in the reference's order. */
function outputOf(
  { sequences, record, ...result }: GenerateResult,
  encoded: Encoded,
  { output_attentions, output_hidden_states }: GenerationConfig,
): GenerateEncoderDecoderOutput | GenerateBeamEncoderDecoderOutput {
  const { scores: scored, attentions, hidden_states } = record.recording;
  const scores = scored ? record.scores : undefined;
  const { sequences_scores, beam_indices, past_key_values, chosen_sentences, drafting } = result;
  const inside = {
    encoder_attentions: output_attentions ? encoded.attentions : undefined,
    encoder_hidden_states: output_hidden_states ? encoded.hidden_states : undefined,
    decoder_attentions: attentions ? record.observed.map((step) => step.decoder_attentions!) : undefined,
    cross_attentions: attentions ? record.observed.map((step) => step.cross_attentions!) : undefined,
    decoder_hidden_states: hidden_states ? record.observed.map((step) => step.decoder_hidden_states!) : undefined,
    past_key_values,
    chosen_sentences,
    drafting,
  };
  if (sequences_scores === undefined || beam_indices === undefined) {
    return new GenerateEncoderDecoderOutput({ sequences: integers(sequences), scores, ...inside });
  }
  return new GenerateBeamEncoderDecoderOutput({
    sequences: integers(sequences),
    sequences_scores: scored ? Tensor.from(sequences_scores, "float32") : undefined,
    scores,
    beam_indices: scored ? integers(beam_indices) : undefined,
    ...inside,
  });
}

function integers(rows: number[][]): Tensor<"int64"> {
  return Tensor.from(rows as NestedNumbers, "int64") as Tensor<"int64">;
}

/** Throws for what is no object of options: a tensor of ids, most likely. */
export function checkGenerateOptions(options: unknown): void {
  if (options !== null && typeof options === "object" && !Array.isArray(options) && !(options instanceof Tensor)) {
    return;
  }
  throw new InvalidArgumentError({
    operation: "generate",
    expected: "an object of inputs and options",
    got: options instanceof Tensor ? "a tensor" : Array.isArray(options) ? "an array" : String(options),
    fix: "Write generate({ input_ids, max_new_tokens: 100 }).",
  });
}

function checkUnused(unused: readonly string[]): void {
  if (unused.includes("decoder_attention_mask")) {
    throw new InvalidArgumentError({
      operation: "generate",
      expected: "no decoder_attention_mask",
      got: "one, which generation does not use: every token of the prompt counts",
      fix: "Leave it out.",
    });
  }
  if (unused.length === 0) return;
  throw new InvalidArgumentError({
    operation: "generate",
    says:
      `The following \`model_kwargs\` are not used by the model: [${unused.map((name) => `'${name}'`).join(", ")}] ` +
      "(note: typos in the generate arguments will also show up in this list)",
  });
}

function embeddings(
  ids: TensorLike | undefined,
  inputs_embeds: TensorLike,
  { vocab_size, d_model }: { vocab_size: number; d_model: number },
): Tensor<"float32"> {
  if (ids !== undefined) {
    throw new InvalidArgumentError({
      operation: "generate",
      says: "You passed `inputs_embeds` and `input_ids` to `.generate()`. Please pick one.",
    });
  }
  const options = { operation: "generate", prefix: "", vocab_size, d_model } as const;
  return idsOrEmbeds(undefined, inputs_embeds, options) as Tensor<"float32">;
}

/** The source's ids; a single bos token where the call has no input at all, as the reference has it. */
function sourceIds(
  given: TensorLike | undefined,
  encoded: Encoded | undefined,
  { bos_token_id }: GenerationConfig,
  vocab_size: number,
): Tensor<"int64"> | undefined {
  if (given !== undefined) return tokenIds("input_ids", given, vocab_size);
  if (encoded !== undefined) return undefined;
  if (bos_token_id === null) {
    throw new InvalidArgumentError({
      operation: "generate",
      says: "`bos_token_id` has to be defined when no `input_ids` are provided.",
    });
  }
  return Tensor.from([[bos_token_id]], "int64") as Tensor<"int64">;
}

/** 0 at padding where the ids hold padding that is not an end token too; otherwise no mask is needed. */
function paddingMask(
  ids: Tensor<"int64"> | undefined,
  { pad_token_id, eos_token_id }: GenerationConfig,
): Tensor<"float32"> | undefined {
  if (ids === undefined || pad_token_id === null || [eos_token_id].flat().includes(pad_token_id)) return undefined;
  const pad = BigInt(pad_token_id);
  if (!ids.data.includes(pad)) return undefined;
  return new Tensor(
    "float32",
    Float32Array.from(ids.data, (id) => (id === pad ? 0 : 1)),
    ids.dims,
  );
}
