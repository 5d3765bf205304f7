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

export class LEDCore {
  readonly loaded: LoadedModel;
  /** Sizes as they are now: resizing the token table changes them. */
  geometry: Geometry;
  #encoder: Promise<EncoderRunner> | undefined;
  #decoder: Promise<DecoderRunner> | undefined;
  #head: Promise<HeadRunner> | undefined;
  #disposed = false;

  constructor(loaded: LoadedModel) {
    this.loaded = loaded;
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

  encoder(): Promise<EncoderRunner> {
    const { weights, engine, session } = this.loaded;
    const path = this.#part("encoder", weights.spec.encoder);
    this.#encoder ??= EncoderRunner.open(engine, this.geometry, weights, path, session);
    return this.#encoder;
  }

  decoder(): Promise<DecoderRunner> {
    const { weights, engine, session } = this.loaded;
    const place: DecoderPlace = { path: this.#part("decoder", weights.spec.decoder), logits: weights.spec.logits };
    this.#decoder ??= DecoderRunner.open(engine, this.geometry, weights, place, session);
    return this.#decoder;
  }

  head(): Promise<HeadRunner> {
    const { weights, engine, session } = this.loaded;
    const name = this.#part("head", weights.spec.headName);
    this.#head ??= HeadRunner.open(engine, weights, name, session);
    return this.#head;
  }

  #part(what: string, path: string | undefined): string {
    const { className } = this.loaded.weights.spec;
    if (this.#disposed) {
      throw new EngineError({ operation: className, expected: "a model that is open", got: "a disposed one" });
    }
    if (path !== undefined) return path;
    throw new InvalidArgumentError({ operation: className, expected: `a model with ${what}`, got: "one without" });
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
  }
}
