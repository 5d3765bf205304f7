/**
 * generate() of LEDForConditionalGeneration: sorts a call's options into model inputs and generation settings, and gives
 * generation/ a decoder that encodes the document when everything else has been checked (transformers 4.37.2,
 * generation/utils.py: GenerationMixin.generate, the steps before the search).
 */
import { InvalidArgumentError } from "../../errors.ts";
import type { GenerationConfig, GenerationOptions } from "../../generation/config.ts";
import { generate as search } from "../../generation/generate.ts";
import type { AllowedTokens } from "../../generation/token-processors.ts";
import { type NestedNumbers, Tensor } from "../../tensor.ts";
import type { DecoderRunner, Source } from "./decoder.ts";
import type { StageProgress } from "./encoder.ts";
import { generationDecoder } from "./generation-decoder.ts";
import { asTensor, type EncoderOutputs, type TensorLike, tokenIds } from "./model-inputs.ts";

/** How far a call of generate() is, in tokens of the stage: those of the source, then those of the output. */
export interface GenerateProgress {
  readonly stage: "encode" | "prepare" | "generate";
  readonly done: number;
  readonly total: number;
  readonly unit: "tokens";
}

/** Inputs of the model, options of the call, and any field of GenerationConfig, which it overrides for this call. */
export interface GenerateOptions extends GenerationOptions {
  /** [B, S] */
  input_ids?: TensorLike | undefined;
  /** The same as input_ids. */
  inputs?: TensorLike | undefined;
  /** [B, S]; by default 0 at padding where the ids hold any. */
  attention_mask?: TensorLike | undefined;
  /** [B, S]; never invented. */
  global_attention_mask?: TensorLike | undefined;
  encoder_outputs?: EncoderOutputs | undefined;
  /** [B, T]: what the output begins with. */
  decoder_input_ids?: TensorLike | undefined;
  /** Instead of the model's generation_config. */
  generation_config?: GenerationConfig | undefined;
  prefix_allowed_tokens_fn?: AllowedTokens | undefined;
  signal?: AbortSignal | undefined;
  progress_callback?: ((progress: GenerateProgress) => void) | undefined;
}

/** What generate() needs of the model. */
export interface GeneratingModel {
  readonly decoder: DecoderRunner;
  /** The generation settings of the model, the way it is now. */
  readonly generation_config: GenerationConfig;
  encode(
    inputs: { input_ids?: TensorLike; attention_mask?: TensorLike; global_attention_mask?: TensorLike },
    options: { signal?: AbortSignal | undefined; progress?: StageProgress | undefined },
  ): Promise<Tensor<"float32">>;
}

/** int64 [B * num_return_sequences, T], the start token included. */
export async function generate(model: GeneratingModel, options: GenerateOptions): Promise<Tensor<"int64">> {
  if (options === null || typeof options !== "object" || Array.isArray(options) || options instanceof Tensor) {
    throw new InvalidArgumentError({
      operation: "generate",
      expected: "an object of inputs and options",
      got: options instanceof Tensor ? "a tensor" : Array.isArray(options) ? "an array" : String(options),
      fix: "Write generate({ input_ids, max_new_tokens: 100 }).",
    });
  }
  const {
    input_ids: given,
    inputs,
    attention_mask,
    global_attention_mask,
    encoder_outputs,
    decoder_input_ids,
    generation_config,
    prefix_allowed_tokens_fn,
    signal,
    progress_callback,
    ...settings
  } = options;
  const config = (generation_config ?? model.generation_config).copy();
  const unused = Object.keys(config.update(settings));
  if (unused.length > 0) {
    throw new InvalidArgumentError({
      operation: "generate",
      says:
        `The following \`model_kwargs\` are not used by the model: [${unused.map((name) => `'${name}'`).join(", ")}] ` +
        "(note: typos in the generate arguments will also show up in this list)",
    });
  }
  if (given !== undefined && inputs !== undefined) {
    throw new InvalidArgumentError({ operation: "generate", expected: "`inputs` or `input_ids`", got: "both" });
  }
  const { vocab_size } = model.decoder.config;
  const ids = sourceIds(given ?? inputs, encoder_outputs, config, vocab_size);
  const mask = attention_mask === undefined ? paddingMask(ids, config) : asTensor(attention_mask, "float32");
  const batch = encoder_outputs?.last_hidden_state.dims[0] ?? ids!.dims[0]!;
  const sourceLength = encoder_outputs?.last_hidden_state.dims[1] ?? ids!.dims[1]!;
  const progress: StageProgress | undefined =
    progress_callback &&
    ((stage, done, total) => {
      const tokens = batch * sourceLength;
      progress_callback({ stage, done: Math.round((tokens * done) / total), total: tokens, unit: "tokens" });
    });

  const source = async (): Promise<Source> => {
    const encoded =
      encoder_outputs?.last_hidden_state.to("float32") ??
      (await model.encode(
        {
          input_ids: ids!,
          ...(mask === undefined ? {} : { attention_mask: mask }),
          ...(global_attention_mask === undefined ? {} : { global_attention_mask }),
        },
        { signal, progress },
      ));
    return model.decoder.prepareSource(encoded, mask, { signal, progress });
  };
  const prompt =
    decoder_input_ids === undefined ? undefined : tokenIds("decoder_input_ids", decoder_input_ids, vocab_size);
  const { sequences } = await search({
    decoder: generationDecoder(model.decoder, batch, source),
    config,
    batch,
    prompt: prompt?.tolist() as number[][] | undefined,
    encoderInputIds: ids?.tolist() as number[][] | undefined,
    maxLengthGiven: settings.max_length !== undefined,
    prefix_allowed_tokens_fn,
    signal,
    progress_callback:
      progress_callback &&
      (({ step, maximum }) => progress_callback({ stage: "generate", done: step, total: maximum, unit: "tokens" })),
  });
  return Tensor.from(sequences as NestedNumbers, "int64") as Tensor<"int64">;
}

/** The source's ids; a single bos token where the call has no input at all, as the reference has it. */
function sourceIds(
  given: TensorLike | undefined,
  encoder_outputs: EncoderOutputs | undefined,
  { bos_token_id }: GenerationConfig,
  vocab_size: number,
): Tensor<"int64"> | undefined {
  if (given !== undefined) return tokenIds("input_ids", given, vocab_size);
  if (encoder_outputs !== undefined) return undefined;
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
