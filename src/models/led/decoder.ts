/**
 * Runs the decoder's graph: the source's keys and values once a document, then steps. State is what the caller passes in;
 * nothing is remembered here.
 *
 * B batch, Q query rows an example, P cache rows, S source positions, D d_model, L layers, V vocabulary, h heads, e width of
 * a head.
 */
import { InvalidArgumentError } from "../../errors.ts";
import { stageInput } from "../../graph/stages.ts";
import type { Engine, Session, SessionOptions } from "../../runtime/engine.ts";
import { mostNegativeFloat32, Tensor } from "../../tensor.ts";
import { type DecoderAbilities, type DecoderGeometry, decoderGraph } from "./decoder-graph.ts";
import { breathe, type StageProgress } from "./encoder.ts";
import { padSequence } from "./sequence-masks.ts";
import { type LayerRows, partsOfSource, type SourceLayer } from "./source-rows.ts";
import { type BoundWeights, weightsFor } from "./weights.ts";

/** What a document is to the decoder. */
export interface Source {
  readonly batch: number;
  /** A layer each, in the form that the decoder reads (DecoderRunner.sourceInBytes). */
  readonly layers: readonly SourceLayer[];
  /** [B, 1, 1, S], added to cross-attention scores. */
  readonly bias: Tensor<"float32">;
  /** In how many pieces of equal length steps of a few rows read the values; 1 by default. */
  readonly pieces?: number;
}

/** By their places in the graph; a layer's projection follows that of the layer before. */
const stages = { step: 0, project: 1 };

/** Positions of a piece, about: 256 kB of a head's values where it is 64 wide, which a processor's second cache holds. */
const pieceLength = 1024;
/** From that many rows of a step on, one product is faster. */
const rowsForOneProduct = 10;

export interface PrepareOptions {
  readonly signal?: AbortSignal | undefined;
  readonly progress?: StageProgress | undefined;
  /** Whether the source may get some more rows, which nobody attends to, so that its pieces are of one length. */
  readonly extensible?: boolean;
}

export interface StepInputs {
  /** int64 [B, Q], or float32 [B, Q, D] embeddings. */
  readonly tokens: Tensor<"int64"> | Tensor<"float32">;
  /** int64 [Q] */
  readonly position_ids: Tensor<"int64">;
  /** [B, 1, Q, P+Q], added to self-attention scores. */
  readonly self_bias: Tensor<"float32">;
  /** A layer each, [B, h, P, e]. */
  readonly past: readonly LayerRows[];
  /** Absent for a decoder that stands alone. */
  readonly source?: Source | undefined;
  /** [L, h] */
  readonly head_mask?: Tensor<"float32"> | undefined;
  /** [L, h] */
  readonly cross_attn_head_mask?: Tensor<"float32"> | undefined;
}

export interface StepOptions {
  /** The last layer's output, which is behind the logits. */
  readonly hidden?: boolean;
  /** Their log-softmax in place of logits. */
  readonly log_probs?: boolean;
  readonly output_hidden_states?: boolean;
  readonly output_attentions?: boolean;
}

export interface StepOutputs {
  /** [B, Q, V]; of a decoder with a language-modelling head. */
  readonly logits?: Tensor<"float32">;
  /** [B, Q, D]; where asked for. */
  readonly hidden?: Tensor<"float32">;
  /** The cache's new rows, a layer each, [B, h, Q, e]. */
  readonly added: readonly LayerRows[];
  /** Every layer's input and the last output, [B, Q, D] each. */
  readonly hidden_states?: readonly Tensor<"float32">[];
  /** A layer each, [B, h, Q, P+Q]. */
  readonly attentions?: readonly Tensor<"float32">[];
  /** A layer each, [B, h, Q, S]; absent without a source. */
  readonly cross_attentions?: readonly Tensor<"float32">[];
}

export interface DecoderPlace {
  /** Of the decoder's parameters: "led.decoder" in a headed model. */
  readonly path: string;
  /** Whether there is a language-modelling head. */
  readonly logits: boolean;
}

export class DecoderRunner {
  readonly config: DecoderGeometry;
  /** Whether it reads a source's keys and values as bytes: of a model in bytes, where products of signed bytes are exact. */
  readonly sourceInBytes: boolean;
  readonly #open: (abilities: DecoderAbilities) => Promise<Session>;
  #abilities: DecoderAbilities;
  #session: Promise<Session>;

  private constructor(
    config: DecoderGeometry,
    session: Session,
    abilities: DecoderAbilities,
    open: (abilities: DecoderAbilities) => Promise<Session>,
  ) {
    this.config = config;
    this.sourceInBytes = abilities.sourceInBytes;
    this.#open = open;
    this.#abilities = abilities;
    this.#session = Promise.resolve(session);
  }

  static async open(
    engine: Engine,
    config: DecoderGeometry,
    { weights, names }: BoundWeights,
    { path, logits }: DecoderPlace,
    options: SessionOptions,
  ): Promise<DecoderRunner> {
    const open = (abilities: DecoderAbilities): Promise<Session> => {
      const graph = decoderGraph(config, names, path, abilities);
      return engine.compile(graph, weightsFor(graph.parameters.keys(), weights), options);
    };
    const projection = names.stored(`${path === "" ? "" : `${path}.`}layers.0.encoder_attn.k_proj.weight`);
    const sourceInBytes = names.quantized(projection) !== undefined && (await engine.multipliesSignedBytes());
    const abilities = { logits, full: false, source: true, sourceInBytes };
    return new DecoderRunner(config, await open(abilities), abilities, open);
  }

  /** Projects the encoder's output [B, S, D] into every layer's source keys and values. */
  async prepareSource(
    encoded: Tensor<"float32">,
    attention_mask: Tensor | undefined,
    { signal, progress, extensible = false }: PrepareOptions = {},
  ): Promise<Source> {
    this.#need({ full: false, source: true });
    const [batch, length] = encoded.dims as [number, number];
    const pieces = this.sourceInBytes ? 1 : Math.max(1, Math.round(length / pieceLength));
    const rows = extensible ? Math.ceil(length / pieces) * pieces : length;
    const source = padSequence(encoded, rows);
    const count = this.config.decoder_layers;
    const layers: SourceLayer[] = [];
    const parts = partsOfSource(this.sourceInBytes);
    for (let layer = 0; layer < count; layer++) {
      await breathe(signal);
      const names = parts.map((part) => `project.${layer}.${part}`);
      const outputs = await this.#run(stages.project + layer, { encoder_hidden_states: source }, names);
      const entries = parts.map((part, at) => [part, outputs[names[at]!]!] as const);
      layers.push(Object.fromEntries(entries) as unknown as SourceLayer);
      progress?.("prepare", layer + 1, count);
    }
    if (source !== encoded) source.dispose();
    const seen = sourceBias(batch, length, attention_mask).reshape([batch, length]);
    const bias = padSequence(seen, rows, Number.NEGATIVE_INFINITY).reshape([batch, 1, 1, rows]);
    return { batch, layers, bias, pieces: rows % pieces === 0 ? pieces : 1 };
  }

  async step(inputs: StepInputs, options: StepOptions = {}): Promise<StepOutputs> {
    const { past, source, tokens } = inputs;
    const { output_hidden_states = false, output_attentions = false } = options;
    const masked = inputs.head_mask !== undefined || inputs.cross_attn_head_mask !== undefined;
    this.#need({
      full: tokens.type !== "int64" || masked || output_hidden_states || output_attentions,
      source: source !== undefined,
    });
    const feeds: Record<string, Tensor> = {
      ...(tokens.type === "int64" ? { input_ids: tokens } : { inputs_embeds: tokens }),
      ...(this.#abilities.full ? this.#fullFeeds(inputs, output_hidden_states, output_attentions) : {}),
      position_ids: inputs.position_ids,
      self_bias: inputs.self_bias,
      ...(source === undefined ? {} : { source_bias: source.bias }),
      ...(source === undefined || this.sourceInBytes ? {} : { source_pieces: piecesFor(tokens.dims[1]!, source) }),
      ...(options.log_probs && this.#abilities.logits ? { log_probs_wanted: Tensor.from(1, "int64") } : {}),
    };
    const names = [
      ...(this.#abilities.logits ? ["step.logits"] : []),
      ...(options.hidden || output_hidden_states ? ["step.hidden"] : []),
    ];
    past.forEach(({ keys, values }, layer) => {
      feeds[`past.${layer}.keys`] = keys;
      feeds[`past.${layer}.values`] = values;
      if (source !== undefined) {
        for (const [part, tensor] of Object.entries(source.layers[layer]!)) feeds[`source.${layer}.${part}`] = tensor;
      }
      names.push(`step.${layer}.keys`, `step.${layer}.values`);
      if (output_hidden_states) names.push(`step.${layer}.input`);
      if (output_attentions) names.push(`step.${layer}.attentions`);
      if (output_attentions && source !== undefined) names.push(`step.${layer}.cross_attentions`);
    });
    const outputs = await this.#run(stages.step, feeds, names);
    const ofLayers = (name: string) => past.map((_, layer) => outputs[`step.${layer}.${name}`]!);
    const [keys, values] = [ofLayers("keys"), ofLayers("values")];
    const hidden = outputs["step.hidden"];
    const maskOf = (masks: Tensor<"float32"> | undefined) => (all: Tensor<"float32">[]) =>
      masks === undefined ? all : all.map((one, layer) => scaledByHead(one, masks, layer));
    return {
      ...(this.#abilities.logits ? { logits: outputs["step.logits"]! } : {}),
      ...(hidden === undefined ? {} : { hidden }),
      added: keys.map((rows, layer) => ({ keys: rows, values: values[layer]! })),
      ...(output_hidden_states ? { hidden_states: [...ofLayers("input"), hidden!] } : {}),
      ...(output_attentions ? { attentions: maskOf(inputs.head_mask)(ofLayers("attentions")) } : {}),
      ...(output_attentions && source !== undefined
        ? { cross_attentions: maskOf(inputs.cross_attn_head_mask)(ofLayers("cross_attentions")) }
        : {}),
    };
  }

  #fullFeeds(inputs: StepInputs, hiddenWanted: boolean, attentionsWanted: boolean): Record<string, Tensor> {
    const flag = (value: boolean): Tensor => Tensor.from(value ? 1 : 0, "int64");
    const dims = [this.config.decoder_layers, this.config.decoder_attention_heads];
    const ones = new Tensor("float32", new Float32Array(dims[0]! * dims[1]!).fill(1), dims);
    return {
      embeds_given: flag(inputs.tokens.type !== "int64"),
      head_mask: inputs.head_mask ?? ones,
      cross_attn_head_mask: inputs.cross_attn_head_mask ?? ones,
      hidden_states_wanted: flag(hiddenWanted),
      attentions_wanted: flag(attentionsWanted),
    };
  }

  async #run(
    stage: number,
    feeds: Record<string, Tensor>,
    names: string[],
  ): Promise<Record<string, Tensor<"float32">>> {
    const inputs = { [stageInput]: Tensor.from(stage, "int64"), ...feeds };
    return (await (await this.#session).run(inputs, names)) as Record<string, Tensor<"float32">>;
  }

  /** Opens another session in place of this one where a call needs it: two at once would hold the weights twice. */
  #need({ full, source }: Pick<DecoderAbilities, "full" | "source">): void {
    const has = this.#abilities;
    if ((has.full || !full) && has.source === source) return;
    this.#abilities = { ...has, full: has.full || full, source };
    const wanted = this.#abilities;
    this.#session = this.#session.then(async (session) => {
      await session.dispose();
      return this.#open(wanted);
    });
  }

  async dispose(): Promise<void> {
    await (await this.#session).dispose();
  }
}

function piecesFor(rows: number, { pieces = 1 }: Source): Tensor {
  return Tensor.from(rows > 1 && rows < rowsForOneProduct ? pieces : 1, "int64");
}

/** Probabilities [B, h, Q, n] times a layer's row of head masks [L, h], in place. */
function scaledByHead(probabilities: Tensor<"float32">, masks: Tensor<"float32">, layer: number): Tensor<"float32"> {
  const [, heads, rows, columns] = probabilities.dims as [number, number, number, number];
  const { data } = probabilities;
  for (let i = 0; i < data.length; i++) {
    data[i]! *= masks.data[layer * heads + (Math.floor(i / (rows * columns)) % heads)]!;
  }
  return probabilities;
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
