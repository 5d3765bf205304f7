/**
 * One model's config, weights and engine, and the encoder and decoder that run on them. The engine's sessions open when they are
 * first needed and again after the weights have changed.
 */
import { EngineError, InvalidArgumentError } from "../../errors.ts";
import { type DecoderPlace, DecoderRunner } from "./decoder.ts";
import { EncoderRunner } from "./encoder.ts";
import { HeadRunner } from "./head.ts";
import type { LoadedModel } from "./loading.ts";
import type { Geometry } from "./parameters.ts";
import { TrainingSessions } from "./training/training-sessions.ts";

export class LEDCore {
  readonly loaded: LoadedModel;
  /** Sizes as they are now: resizing the token table changes them. */
  geometry: Geometry;
  #encoder: Promise<EncoderRunner> | undefined;
  #decoder: Promise<DecoderRunner> | undefined;
  #head: Promise<HeadRunner> | undefined;
  #disposed = false;
  #stale = false;
  /** Graphs of loss and gradients. */
  readonly training: TrainingSessions;
  /** Calls of loss_and_gradients so far, which tell their dropout apart. */
  trainingCalls = 0;
  /** Whether training computes layers again on the way back instead of keeping what was costly to compute. */
  checkpointing = false;

  constructor(loaded: LoadedModel) {
    this.loaded = loaded;
    this.training = new TrainingSessions(loaded);
    this.geometry = loaded.geometry;
  }

  /** Opens all that the model's class has, one after the other. */
  async open(): Promise<void> {
    const { spec } = this.loaded.weights;
    try {
      if (spec.encoder !== undefined) await this.encoder();
      if (spec.decoder !== undefined) await this.decoder();
      if (spec.headName !== undefined) await this.head();
    } catch (error) {
      await this.dispose();
      throw error;
    }
  }

  async encoder(): Promise<EncoderRunner> {
    await this.#refresh();
    const { weights, engine, session } = this.loaded;
    const path = this.#part("encoder", weights.spec.encoder);
    this.#encoder ??= EncoderRunner.open(engine, this.geometry, weights, path, session);
    return this.#encoder;
  }

  async decoder(): Promise<DecoderRunner> {
    await this.#refresh();
    const { weights, engine, session } = this.loaded;
    const place: DecoderPlace = { path: this.#part("decoder", weights.spec.decoder), logits: weights.spec.logits };
    this.#decoder ??= DecoderRunner.open(engine, this.geometry, weights, place, session);
    return this.#decoder;
  }

  async head(): Promise<HeadRunner> {
    await this.#refresh();
    const { weights, engine, session } = this.loaded;
    const name = this.#part("head", weights.spec.headName);
    this.#head ??= HeadRunner.open(engine, weights, name, session);
    return this.#head;
  }

  #part(what: string, path: string | undefined): string {
    const { className } = this.loaded.weights.spec;
    this.#requireOpen();
    if (path !== undefined) return path;
    throw new InvalidArgumentError({ operation: className, expected: `a model with ${what}`, got: "one without" });
  }

  #requireOpen(): void {
    if (!this.#disposed) return;
    const { className } = this.loaded.weights.spec;
    throw new EngineError({ operation: className, expected: "a model that is open", got: "a disposed one" });
  }

  /** Puts the weights where training changes them, and closes what holds copies of them. */
  async prepareTraining(): Promise<void> {
    this.#requireOpen();
    await this.loaded.weights.toMemory();
    await this.changed();
  }

  /** Says that numbers of weights have changed: what holds the old ones is closed when it is next asked for. */
  weightsChanged(): void {
    this.#stale = true;
  }

  async #refresh(): Promise<void> {
    if (!this.#stale) return;
    this.#stale = false;
    await this.changed();
  }

  /** To be called after weights have changed: sessions hold the old ones. */
  async changed(): Promise<void> {
    const open = [this.#encoder, this.#decoder, this.#head];
    this.#encoder = undefined;
    this.#decoder = undefined;
    this.#head = undefined;
    for (const runner of open) await (await runner)?.dispose();
  }

  async dispose(): Promise<void> {
    this.#disposed = true;
    await this.changed();
    await this.training.dispose();
  }
}
