/**
 * Runs the encoder's graph stage by stage. Between two layers the caller's signal is looked at, progress is told and the
 * event loop gets a turn.
 */

import { stageInput } from "../../graph/stages.ts";
import type { Engine, Session, SessionOptions } from "../../runtime/engine.ts";
import { Tensor } from "../../tensor.ts";
import { type EncoderGeometry, encoderGraph } from "./encoder-graph.ts";
import { cutSequence, layoutSequence, padSequence } from "./sequence-masks.ts";
import { type BoundWeights, weightsFor } from "./weights.ts";

/** Called after each stage: `done` of `total` stages of the work named. */
export type StageProgress = (stage: "encode" | "prepare", done: number, total: number) => void;

export interface EncodeOptions {
  readonly signal?: AbortSignal | undefined;
  readonly progress?: StageProgress | undefined;
  /** Keep every layer's input and the last output, as output_hidden_states. */
  readonly keepHiddenStates?: boolean;
}

export interface EncoderInputs {
  /** int64 [B, S] */
  readonly input_ids: Tensor<"int64">;
  /** [B, S] */
  readonly attention_mask?: Tensor | undefined;
  /** [B, S] */
  readonly global_attention_mask?: Tensor | undefined;
}

export interface Encoded {
  /** [B, S, D] */
  readonly last_hidden_state: Tensor<"float32">;
  /** After the embedding and after each layer, [B, S, D] each. */
  readonly hidden_states?: Tensor<"float32">[];
}

/** Lets timers, signals and I/O run: an engine's run blocks the event loop while it lasts. */
export async function breathe(signal: AbortSignal | undefined): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve));
  signal?.throwIfAborted();
}

export class EncoderRunner {
  readonly #session: Session;
  readonly #layers: number;

  private constructor(session: Session, layers: number) {
    this.#session = session;
    this.#layers = layers;
  }

  /** @param path of the encoder's parameters: "led.encoder" in a headed model. */
  static async open(
    engine: Engine,
    config: EncoderGeometry,
    { weights, storedName }: BoundWeights,
    path: string,
    options: SessionOptions,
  ): Promise<EncoderRunner> {
    const graph = encoderGraph(config, storedName, path);
    const session = await engine.compile(graph, weightsFor(graph.parameters.keys(), weights), options);
    return new EncoderRunner(session, config.encoder_layers);
  }

  async encode(inputs: EncoderInputs, { signal, progress, keepHiddenStates }: EncodeOptions = {}): Promise<Encoded> {
    const [batch, length] = inputs.input_ids.dims as [number, number];
    const layout = layoutSequence({ batch, length }, inputs.attention_mask, inputs.global_attention_mask);
    const { paddedLength, feeds } = layout;
    const input_ids = padSequence(inputs.input_ids, paddedLength);
    const stages = this.#layers + 1;
    const kept: Tensor<"float32">[] = [];
    let hidden: Tensor<"float32"> | undefined;
    for (let stage = 0; stage < stages; stage++) {
      await breathe(signal);
      const name = stage === 0 ? "embed.hidden" : `layers.${stage - 1}.hidden`;
      const given = hidden === undefined ? { input_ids } : { hidden, ...feeds };
      const outputs = await this.#session.run({ [stageInput]: Tensor.from(stage, "int64"), ...given }, [name]);
      hidden = outputs[name] as Tensor<"float32">;
      if (keepHiddenStates) kept.push(cutSequence(hidden, length));
      progress?.("encode", stage + 1, stages);
    }
    const last_hidden_state = cutSequence(hidden!, length);
    return keepHiddenStates ? { last_hidden_state, hidden_states: kept } : { last_hidden_state };
  }

  async dispose(): Promise<void> {
    await this.#session.dispose();
  }
}
