/**
 * LED with a language-modelling head: summaries and other texts from long documents (transformers 4.37.2,
 * modeling_led.py: LEDForConditionalGeneration).
 *
 * B batch, S source positions, T target positions, D d_model, V vocab_size, h heads, e = D/h.
 */
import { Callable } from "../../callable.ts";
import type { LEDConfig } from "../../config.ts";
import { InvalidArgumentError, refuseUnknownOptions } from "../../errors.ts";
import type { Files } from "../../files.ts";
import { GenerationConfig, generationConfigName } from "../../generation/config.ts";
import type { Engine } from "../../runtime/engine.ts";
import { Tensor } from "../../tensor.ts";
import { causalBias, DecoderRunner, type LayerRows, type Source, sourceBias } from "./decoder.ts";
import { EncoderRunner, type StageProgress } from "./encoder.ts";
import { type GenerateOptions, generate } from "./generate.ts";
import { loadCheckpoint, type PretrainedOptions } from "./loading.ts";
import { asTensor, type EncoderOutputs, shiftTokensRight, type TensorLike, tokenIds } from "./model-inputs.ts";
import type { LEDSeq2SeqLMOutput, PastKeyValues } from "./outputs.ts";
import { conditionalGenerationParameters, type Geometry } from "./parameters.ts";

export interface ForwardInputs {
  /** [B, S] */
  input_ids?: TensorLike;
  /** [B, S]: 1 at tokens, 0 at padding. All ones by default. */
  attention_mask?: TensorLike;
  /** [B, S]: 1 at positions that attend to and are seen by all others. None by default, as in the reference. */
  global_attention_mask?: TensorLike;
  /** [B, T]; by default input_ids shifted right. */
  decoder_input_ids?: TensorLike;
  /** [B, P+T]; ignored for a single token, as in the reference. */
  decoder_attention_mask?: TensorLike;
  /** Instead of running the encoder. */
  encoder_outputs?: EncoderOutputs;
  /** From an earlier call: decoder_input_ids continue it. */
  past_key_values?: PastKeyValues;
  /** Give past_key_values back; config.use_cache by default. */
  use_cache?: boolean;
  signal?: AbortSignal;
}

const forwardNames: readonly (keyof ForwardInputs)[] = [
  "input_ids",
  "attention_mask",
  "global_attention_mask",
  "decoder_input_ids",
  "decoder_attention_mask",
  "encoder_outputs",
  "past_key_values",
  "use_cache",
  "signal",
];

export type { GenerateOptions, GenerateProgress } from "./generate.ts";

type Forward = (inputs: ForwardInputs) => Promise<LEDSeq2SeqLMOutput>;

export class LEDForConditionalGeneration extends Callable<Forward> {
  readonly config: LEDConfig;
  /** Where it computes. */
  readonly device: Engine["device"];
  /** What generate() does by default. */
  generation_config: GenerationConfig;
  readonly #geometry: Geometry;
  readonly #encoder: EncoderRunner;
  readonly #decoder: DecoderRunner;

  private constructor(
    config: LEDConfig,
    generation_config: GenerationConfig,
    device: Engine["device"],
    geometry: Geometry,
    encoder: EncoderRunner,
    decoder: DecoderRunner,
  ) {
    super();
    this.config = config;
    this.device = device;
    this.generation_config = generation_config;
    this.#geometry = geometry;
    this.#encoder = encoder;
    this.#decoder = decoder;
  }

  /**
   * A model from a local folder, a Hub id or files at hand. The weights stay in their files where the engine can map
   * them. Throws a CheckpointError that lists every missing or misshapen weight.
   */
  static async from_pretrained(
    source: string | Files,
    options: PretrainedOptions = {},
  ): Promise<LEDForConditionalGeneration> {
    const loaded = await loadCheckpoint(
      "LEDForConditionalGeneration",
      source,
      options,
      conditionalGenerationParameters,
      "led.",
    );
    const { files, config, geometry, bound, engine, session } = loaded;
    const generation_config = (await files.has(generationConfigName))
      ? await GenerationConfig.read(files)
      : GenerationConfig.from_model_config(config);
    const encoder = await EncoderRunner.open(engine, geometry, bound, "led.encoder", session);
    try {
      const decoder = await DecoderRunner.open(engine, geometry, bound, "led.", session);
      return new LEDForConditionalGeneration(config, generation_config, engine.device, geometry, encoder, decoder);
    } catch (error) {
      await encoder.dispose();
      throw error;
    }
  }

  /** One pass over source and target. Logits [B, T, V]. */
  async forward(inputs: ForwardInputs): Promise<LEDSeq2SeqLMOutput> {
    refuseUnknownOptions("LEDForConditionalGeneration.forward", inputs, forwardNames);
    const { signal, use_cache = this.config.use_cache } = inputs;
    const encoded = await this.#encode(inputs, { signal });
    const target = this.#decoderIds(inputs);
    const attention_mask = optionalTensor(inputs.attention_mask);
    const past = inputs.past_key_values;
    const source =
      past === undefined
        ? await this.#decoder.prepareSource(encoded, attention_mask, { signal })
        : sourceOf(past, encoded, attention_mask);
    const [batch, length] = target.dims as [number, number];
    const cached = past?.[0]?.[0]?.dims[2] ?? 0;
    this.#requireDecoderRows(cached + length);
    const heads = this.#geometry.decoder_attention_heads;
    const none = Tensor.zeros("float32", [batch, heads, 0, this.#geometry.d_model / heads]);
    const { logits, added } = await this.#decoder.step({
      input_ids: target,
      position_ids: new Tensor(
        "int64",
        BigInt64Array.from({ length }, (_, index) => BigInt(cached + index)),
        [length],
      ),
      self_bias: causalBias(batch, cached, length, optionalTensor(inputs.decoder_attention_mask)),
      past: source.layers.map((_, layer) => ({ keys: past?.[layer]?.[0] ?? none, values: past?.[layer]?.[1] ?? none })),
      source,
    });
    return {
      logits,
      ...(use_cache ? { past_key_values: extendPast(past, added, source) } : {}),
      encoder_last_hidden_state: encoded,
    };
  }

  /**
   * Text from a source, by the strategy that the settings choose. int64 [B * num_return_sequences, T], the decoder's start
   * token included. Settings are fields of GenerationConfig; they override this model's `generation_config`.
   */
  async generate(options: GenerateOptions): Promise<Tensor<"int64">> {
    this.generation_config = this.generation_config.following(this.config);
    const { generation_config } = this;
    return generate({ decoder: this.#decoder, generation_config, encode: (...call) => this.#encode(...call) }, options);
  }

  _call(inputs: ForwardInputs): Promise<LEDSeq2SeqLMOutput> {
    return this.forward(inputs);
  }

  /** Frees weights and threads; the model cannot be used afterwards. */
  async dispose(): Promise<void> {
    await this.#encoder.dispose();
    await this.#decoder.dispose();
  }

  async #encode(
    inputs: Pick<ForwardInputs, "input_ids" | "attention_mask" | "global_attention_mask" | "encoder_outputs">,
    { signal, progress }: { signal?: AbortSignal | undefined; progress?: StageProgress | undefined },
  ): Promise<Tensor<"float32">> {
    if (inputs.encoder_outputs !== undefined) return inputs.encoder_outputs.last_hidden_state.to("float32");
    if (inputs.input_ids === undefined) {
      throw new InvalidArgumentError({
        operation: "LEDEncoder",
        says: "You have to specify either input_ids or inputs_embeds",
      });
    }
    const { vocab_size, max_encoder_position_embeddings: rows } = this.#geometry;
    const input_ids = tokenIds("input_ids", inputs.input_ids, vocab_size);
    const length = input_ids.dims[1]!;
    if (length > rows) {
      throw new InvalidArgumentError({
        operation: "LEDEncoder",
        expected: `at most ${rows} tokens (max_encoder_position_embeddings)`,
        got: `${length}`,
        fix: "Truncate the document (tokenizer option truncation: true), or summarise it in parts.",
      });
    }
    const { last_hidden_state } = await this.#encoder.encode(
      {
        input_ids,
        attention_mask: optionalTensor(inputs.attention_mask),
        global_attention_mask: optionalTensor(inputs.global_attention_mask),
      },
      { signal, progress },
    );
    return last_hidden_state;
  }

  #decoderIds(inputs: ForwardInputs): Tensor<"int64"> {
    const { vocab_size } = this.#geometry;
    if (inputs.decoder_input_ids !== undefined)
      return tokenIds("decoder_input_ids", inputs.decoder_input_ids, vocab_size);
    if (inputs.input_ids === undefined) {
      throw new InvalidArgumentError({
        operation: "LEDDecoder",
        says: "You have to specify either decoder_input_ids or decoder_inputs_embeds",
      });
    }
    const { pad_token_id, decoder_start_token_id } = this.config;
    return shiftTokensRight(tokenIds("input_ids", inputs.input_ids, vocab_size), pad_token_id, decoder_start_token_id);
  }

  #requireDecoderRows(length: number): void {
    const rows = this.#geometry.max_decoder_position_embeddings;
    if (length <= rows) return;
    throw new InvalidArgumentError({
      operation: "LEDDecoder",
      expected: `at most ${rows} target tokens (max_decoder_position_embeddings)`,
      got: String(length),
      fix: "Pass decoder_input_ids: by default they are the source's, shifted right.",
    });
  }
}

function optionalTensor(value: TensorLike | undefined): Tensor | undefined {
  if (value === undefined || value instanceof Tensor) return value;
  return asTensor(value, "float32");
}

/** The source as an earlier call's past_key_values hold it. */
function sourceOf(past: PastKeyValues, encoded: Tensor<"float32">, attention_mask: Tensor | undefined): Source {
  const [batch, length] = encoded.dims as [number, number];
  const layers = past.map((layer) => {
    const [, , keys, values] = layer;
    if (keys === undefined || values === undefined) {
      throw new InvalidArgumentError({
        operation: "LEDDecoder, past_key_values",
        expected: "[self_k, self_v, cross_k, cross_v] in each layer",
        got: `${layer.length} tensors`,
      });
    }
    return { keys, values };
  });
  return { batch, layers, bias: sourceBias(batch, length, attention_mask) };
}

function extendPast(past: PastKeyValues | undefined, added: readonly LayerRows[], source: Source): PastKeyValues {
  return added.map(({ keys, values }, layer) => [
    joinRows(past?.[layer]?.[0], keys),
    joinRows(past?.[layer]?.[1], values),
    source.layers[layer]!.keys,
    source.layers[layer]!.values,
  ]);
}

/** [B, h, P, e] and [B, h, Q, e] -> [B, h, P+Q, e] */
function joinRows(before: Tensor<"float32"> | undefined, added: Tensor<"float32">): Tensor<"float32"> {
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
