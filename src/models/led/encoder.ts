/**
 * Runs the encoder's graph stage by stage. Between two layers the caller's signal is looked at, progress is told and the
 * event loop gets a turn.
 *
 * B batch, S source positions, D d_model, L layers, h heads.
 */

import { stageInput } from "../../graph/stages.ts";
import type { Engine, Session, SessionOptions } from "../../runtime/engine.ts";
import { Tensor } from "../../tensor.ts";
import { globalAttentions, localAttentions } from "./encoder-attentions.ts";
import { type EncoderGeometry, encoderGraph } from "./encoder-graph.ts";
import { cutSequence, joinBlocks, layoutSequence, padSequence } from "./sequence-masks.ts";
import { type BoundWeights, weightsFor } from "./weights.ts";

/** Called after each stage: `done` of `total` stages of the work named. */
export type StageProgress = (stage: "encode" | "prepare", done: number, total: number) => void;

export interface EncodeOptions {
  readonly signal?: AbortSignal | undefined;
  readonly progress?: StageProgress | undefined;
  /** Keep every layer's input and the last output. */
  readonly output_hidden_states?: boolean;
  readonly output_attentions?: boolean;
}

export interface EncoderInputs {
  /** int64 [B, S], or float32 [B, S, D] embeddings. */
  readonly source: Tensor<"int64"> | Tensor<"float32">;
  /** [B, S] */
  readonly attention_mask?: Tensor | undefined;
  /** [B, S] */
  readonly global_attention_mask?: Tensor | undefined;
  /** [L, h] */
  readonly head_mask?: Tensor<"float32"> | undefined;
}

export interface Encoded {
  /** [B, S, D] */
  readonly last_hidden_state: Tensor<"float32">;
  /** After the embedding and after each layer, [B, S, D] each. */
  readonly hidden_states?: Tensor<"float32">[];
  /** A layer each (encoder-attentions.ts). */
  readonly attentions?: Tensor<"float32">[];
  /** A layer each; absent where no position is global. */
  readonly global_attentions?: Tensor<"float32">[];
}

/** Lets timers, signals and I/O run: an engine's run blocks the event loop while it lasts. */
export async function breathe(signal: AbortSignal | undefined): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve));
  signal?.throwIfAborted();
}

export class EncoderRunner {
  readonly #open: (full: boolean) => Promise<Session>;
  readonly #config: EncoderGeometry;
  #session: Promise<Session>;
  /** Whether the session takes embeddings and head masks and shows attention. */
  #full: boolean;

  private constructor(session: Session, config: EncoderGeometry, open: (full: boolean) => Promise<Session>) {
    this.#session = Promise.resolve(session);
    this.#config = config;
    this.#open = open;
    this.#full = false;
  }

  /** @param path of the encoder's parameters: "led.encoder" in a headed model. */
  static async open(
    engine: Engine,
    config: EncoderGeometry,
    { weights, names }: BoundWeights,
    path: string,
    options: SessionOptions,
  ): Promise<EncoderRunner> {
    const open = (full: boolean): Promise<Session> => {
      const graph = encoderGraph(config, names, path, full);
      return engine.compile(graph, weightsFor(graph.parameters.keys(), weights), options);
    };
    return new EncoderRunner(await open(false), config, open);
  }

  async encode(inputs: EncoderInputs, options: EncodeOptions = {}): Promise<Encoded> {
    const { source } = inputs;
    const { output_hidden_states = false, output_attentions = false } = options;
    this.#need(source.type !== "int64" || inputs.head_mask !== undefined || output_attentions);
    const [batch, length] = source.dims as [number, number];
    const layout = layoutSequence({ batch, length }, inputs.attention_mask, inputs.global_attention_mask);
    const { encoder_layers: layers, attention_window } = this.#config;
    const hidden_states: Tensor<"float32">[] = [];
    const attentions: Tensor<"float32">[] = [];
    const global_attentions: Tensor<"float32">[] = [];
    const widest = Math.max(...attention_window);
    const referenceLength = Math.ceil(length / widest) * widest;

    let hidden = await this.#embed(padSequence(source, layout.paddedLength), options.signal);
    if (output_hidden_states) hidden_states.push(cutSequence(hidden, length));
    options.progress?.("encode", 1, layers + 1);
    for (let layer = 0; layer < layers; layer++) {
      await breathe(options.signal);
      const headMask = this.#headMask(inputs.head_mask, layer);
      const stage = `layers.${layer}`;
      const names = [`${stage}.blocks`, ...(output_attentions ? [`${stage}.local`, `${stage}.global`] : [])];
      const wanted = { attentions_wanted: Tensor.from(output_attentions ? 1 : 0, "int64"), head_mask: headMask };
      const feeds = { hidden, ...layout.feeds, ...(this.#full ? wanted : {}) };
      const outputs = await this.#run(layer + 1, feeds, names);
      const blocks = outputs[names[0]!]!;
      const input = hidden;
      hidden = joinBlocks(blocks);
      if (hidden.data !== blocks.data) blocks.dispose();
      if (output_hidden_states) hidden_states.push(cutSequence(hidden, length));
      else input.dispose();
      if (output_attentions) {
        attentions.push(localAttentions(outputs[names[1]!]!, layout, attention_window[layer]!, headMask));
        if (layout.slots > 0) {
          global_attentions.push(globalAttentions(outputs[names[2]!]!, layout, referenceLength, headMask));
        }
      }
      options.progress?.("encode", layer + 2, layers + 1);
    }
    return {
      last_hidden_state: cutSequence(hidden, length),
      ...(output_hidden_states ? { hidden_states } : {}),
      ...(output_attentions ? { attentions } : {}),
      ...(output_attentions && layout.slots > 0 ? { global_attentions } : {}),
    };
  }

  async #embed(source: EncoderInputs["source"], signal: AbortSignal | undefined): Promise<Tensor<"float32">> {
    await breathe(signal);
    if (source.type === "int64") {
      return (await this.#run(0, { input_ids: source }, ["embed.hidden"]))["embed.hidden"]!;
    }
    const name = "embed given.hidden";
    return (await this.#run(this.#config.encoder_layers + 1, { hidden: source }, [name]))[name]!;
  }

  async #run(
    stage: number,
    feeds: Record<string, Tensor>,
    names: string[],
  ): Promise<Record<string, Tensor<"float32">>> {
    const inputs = { [stageInput]: Tensor.from(stage, "int64"), ...feeds };
    return (await (await this.#session).run(inputs, names)) as Record<string, Tensor<"float32">>;
  }

  /** A layer's [h]: all ones where nothing is masked. */
  #headMask(mask: Tensor<"float32"> | undefined, layer: number): Tensor<"float32"> {
    const heads = this.#config.encoder_attention_heads;
    const row = mask?.data.subarray(layer * heads, (layer + 1) * heads) ?? new Float32Array(heads).fill(1);
    return new Tensor("float32", row, [heads]);
  }

  /** Opens the other session in place of this one where a call needs more: two at once would hold the weights twice. */
  #need(full: boolean): void {
    if (!full || this.#full) return;
    this.#full = true;
    this.#session = this.#session.then(async (session) => {
      await session.dispose();
      return this.#open(true);
    });
  }

  async dispose(): Promise<void> {
    await (await this.#session).dispose();
  }
}
