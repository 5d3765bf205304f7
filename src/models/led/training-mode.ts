/**
 * What all LED classes have for training: the mode and frozen parameters (torch 2.5.1,
 * nn/modules/module.py: train, eval, requires_grad_; transformers 4.37.2, modeling_utils.py: gradient checkpointing).
 *
 * Departures: models begin in evaluation mode, those made from a config too; gradient checkpointing takes effect in that mode
 * as well.
 */
import { InvalidArgumentError, nearestName } from "../../errors.ts";
import type { LEDCore } from "./core.ts";
import { ModelBase } from "./model-base.ts";

/** A parameter's name, the path of a part ("led.encoder"), or a pattern. */
export type ParameterNames = string | RegExp | readonly (string | RegExp)[];

export abstract class TrainingMode extends ModelBase {
  #training = false;

  constructor(core: LEDCore) {
    super(core);
    const { config } = this;
    core.checkpointing = (config as { gradient_checkpointing?: unknown }).gradient_checkpointing === true;
    delete (config as { gradient_checkpointing?: unknown }).gradient_checkpointing;
  }

  /** Whether loss_and_gradients uses dropout and LayerDrop. */
  get training(): boolean {
    return this.#training;
  }

  train(mode = true): this {
    this.#training = mode;
    return this;
  }

  eval(): this {
    return this.train(false);
  }

  /** Freezes parameters, or lets them be trained again: frozen ones get no gradient, and no time is spent on it. */
  requires_grad_(names: ParameterNames, flag: boolean): this {
    const { weights } = this.core.loaded;
    const known = weights.spec.entries.filter(({ buffer }) => !buffer).map(({ name }) => name);
    for (const one of [names].flat() as (string | RegExp)[]) {
      const chosen = known.filter((name) =>
        typeof one === "string" ? name === one || name.startsWith(`${one}.`) : new RegExp(one).test(name),
      );
      if (chosen.length === 0) {
        const near = typeof one === "string" ? nearestName(one, known) : undefined;
        throw new InvalidArgumentError({
          operation: "requires_grad_",
          expected: "a parameter's name, the path of a part such as led.encoder, or a pattern that fits one",
          got: `\`${one}\``,
          ...(near === undefined ? {} : { fix: `Did you mean \`${near}\`?` }),
        });
      }
      for (const name of chosen) weights.freeze(name, !flag);
    }
    return this;
  }

  /**
   * Of each layer only its input is kept, [tokens, d_model], and the layer is computed again on the way back: for a quarter more time.
   * Without it, what products of matrices gave is kept too, about ten times as much. Numbers are the same to float32's rounding.
   */
  gradient_checkpointing_enable(): void {
    this.core.checkpointing = true;
  }

  gradient_checkpointing_disable(): void {
    this.core.checkpointing = false;
  }

  get is_gradient_checkpointing(): boolean {
    return this.core.checkpointing;
  }
}
