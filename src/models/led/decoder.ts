/**
 * Runs the decoder's graph: the source's keys and values once a document, then steps. State is what the caller passes in;
 * nothing is remembered here.
 *
 * B batch, Q query rows an example, P cache rows, S source positions, h heads, e width of a head.
 */
import { InvalidArgumentError } from "../../errors.ts";
import { stageInput } from "../../graph/stages.ts";
import type { Engine, Session, SessionOptions } from "../../runtime/engine.ts";
import { mostNegativeFloat32, Tensor } from "../../tensor.ts";
import { type DecoderGeometry, decoderGraph } from "./decoder-graph.ts";
import { breathe, type StageProgress } from "./encoder.ts";
import { type BoundWeights, weightsFor } from "./weights.ts";

/** Keys and values of one layer, each [B, h, n, e]. */
export interface LayerRows {
  readonly keys: Tensor<"float32">;
  readonly values: Tensor<"float32">;
}

/** What a document is to the decoder. */
export interface Source {
  readonly batch: number;
  /** A layer each, [B, h, S, e]. */
  readonly layers: readonly LayerRows[];
  /** [B, 1, 1, S], added to cross-attention scores. */
  readonly bias: Tensor<"float32">;
}

export interface StepInputs {
  /** int64 [B, Q] */
  readonly input_ids: Tensor<"int64">;
  /** int64 [Q] */
  readonly position_ids: Tensor<"int64">;
  /** [B, 1, Q, P+Q], added to self-attention scores. */
  readonly self_bias: Tensor<"float32">;
  /** A layer each, [B, h, P, e]. */
  readonly past: readonly LayerRows[];
  readonly source: Source;
}

export interface StepOutputs {
  /** [B, Q, V] */
  readonly logits: Tensor<"float32">;
  /** The cache's new rows, a layer each, [B, h, Q, e]. */
  readonly added: readonly LayerRows[];
}

export class DecoderRunner {
  readonly config: DecoderGeometry;
  readonly #session: Session;

  private constructor(session: Session, config: DecoderGeometry) {
    this.#session = session;
    this.config = config;
  }

  /** @param base where the decoder is: "led." in a headed model. */
  static async open(
    engine: Engine,
    config: DecoderGeometry,
    { weights, storedName }: BoundWeights,
    base: string,
    options: SessionOptions,
  ): Promise<DecoderRunner> {
    const graph = decoderGraph(config, storedName, base);
    const session = await engine.compile(graph, weightsFor(graph.parameters.keys(), weights), options);
    return new DecoderRunner(session, config);
  }

  /** Projects the encoder's output [B, S, D] into every layer's source keys and values. */
  async prepareSource(
    encoded: Tensor<"float32">,
    attention_mask: Tensor | undefined,
    { signal, progress }: { signal?: AbortSignal | undefined; progress?: StageProgress | undefined } = {},
  ): Promise<Source> {
    const [batch, length] = encoded.dims as [number, number];
    const count = this.config.decoder_layers;
    const layers: LayerRows[] = [];
    for (let layer = 0; layer < count; layer++) {
      await breathe(signal);
      const [keys, values] = [`project.${layer}.keys`, `project.${layer}.values`];
      const inputs = { [stageInput]: Tensor.from(layer, "int64"), encoder_hidden_states: encoded };
      const outputs = await this.#session.run(inputs, [keys, values]);
      layers.push({ keys: outputs[keys] as Tensor<"float32">, values: outputs[values] as Tensor<"float32"> });
      progress?.("prepare", layer + 1, count);
    }
    return { batch, layers, bias: sourceBias(batch, length, attention_mask) };
  }

  async step({ input_ids, position_ids, self_bias, past, source }: StepInputs): Promise<StepOutputs> {
    const inputs: Record<string, Tensor> = {
      [stageInput]: Tensor.from(this.config.decoder_layers, "int64"),
      input_ids,
      position_ids,
      self_bias,
      source_bias: source.bias,
    };
    const names = ["step.logits"];
    past.forEach(({ keys, values }, layer) => {
      inputs[`past.${layer}.keys`] = keys;
      inputs[`past.${layer}.values`] = values;
      inputs[`source.${layer}.keys`] = source.layers[layer]!.keys;
      inputs[`source.${layer}.values`] = source.layers[layer]!.values;
      names.push(`step.${layer}.keys`, `step.${layer}.values`);
    });
    const outputs = await this.#session.run(inputs, names);
    const added = past.map((_, layer) => ({
      keys: outputs[`step.${layer}.keys`] as Tensor<"float32">,
      values: outputs[`step.${layer}.values`] as Tensor<"float32">,
    }));
    return { logits: outputs["step.logits"] as Tensor<"float32">, added };
  }

  async dispose(): Promise<void> {
    await this.#session.dispose();
  }
}

/** The encoder's mask for cross-attention: 0 at 1, the most negative float32 at 0 (reference: _expand_mask). */
export function sourceBias(batch: number, length: number, attention_mask: Tensor | undefined): Tensor<"float32"> {
  const bias = Tensor.zeros("float32", [batch, 1, 1, length]);
  if (attention_mask === undefined) return bias;
  if (attention_mask.dims.join() !== `${batch},${length}`) {
    throw new InvalidArgumentError({
      operation: "LEDDecoder, encoder attention_mask",
      expected: `[${batch}, ${length}], a value for each source position`,
      got: `[${attention_mask.dims.join(", ")}]`,
    });
  }
  for (let i = 0; i < bias.data.length; i++) {
    const inverted = 1 - attention_mask.at(i);
    // A mask value of 2 gives the most positive float32, as the reference multiplies by the inverted mask.
    bias.data[i] = inverted === 0 ? 0 : mostNegativeFloat32 * inverted;
  }
  return bias;
}

/**
 * The bias of T tokens after P cached ones (reference: LEDDecoder._prepare_decoder_attention_mask): causal, plus the
 * padding mask [B, P+T]. One token alone gets none, whatever the mask says. [B, 1, T, P+T]
 */
export function causalBias(
  batch: number,
  past: number,
  tokens: number,
  decoder_attention_mask: Tensor | undefined,
): Tensor<"float32"> {
  const width = past + tokens;
  const bias = Tensor.zeros("float32", [batch, 1, tokens, width]);
  if (tokens === 1) return bias;
  if (decoder_attention_mask !== undefined && decoder_attention_mask.dims.join() !== `${batch},${width}`) {
    throw new InvalidArgumentError({
      operation: "LEDDecoder, decoder_attention_mask",
      expected: `[${batch}, ${width}], a value for each cached and each new token`,
      got: `[${decoder_attention_mask.dims.join(", ")}]`,
    });
  }
  for (let example = 0; example < batch; example++) {
    for (let query = 0; query < tokens; query++) {
      for (let key = 0; key < width; key++) {
        const inverted =
          decoder_attention_mask === undefined ? 0 : 1 - decoder_attention_mask.at(example * width + key);
        // The two are added: a future key that is padding too is at minus infinity, below keys that are only one of them.
        const sum =
          (key > past + query ? mostNegativeFloat32 : 0) + (inverted === 0 ? 0 : mostNegativeFloat32 * inverted);
        bias.data[(example * tokens + query) * width + key] = sum;
      }
    }
  }
  return bias;
}
