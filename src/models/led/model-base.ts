/** What the classes of both frameworks have: a config, a device, the token table, and weights that training changes in memory. */
import { Callable } from "../../callable.ts";
import type { LEDConfig } from "../../config.ts";
import { FileError } from "../../errors.ts";
import type { Files } from "../../files.ts";
import { folderOf } from "../../model-folders.ts";
import type { Engine } from "../../runtime/engine.ts";
import type { Tensor } from "../../tensor.ts";
import type { LEDCore } from "./core.ts";
import { type EmbeddingTable, embeddingTable, replaceTokenTable } from "./token-table.ts";

export abstract class ModelBase extends Callable<(...args: never[]) => unknown> {
  readonly config: LEDConfig;
  /** Where it computes. */
  readonly device: Engine["device"];
  protected readonly core: LEDCore;

  constructor(core: LEDCore) {
    super();
    this.core = core;
    this.config = core.loaded.config;
    this.device = core.loaded.engine.device;
  }

  /** Reads what a class has in its folder beside config and weights. */
  protected async loadBeside(_files: Files): Promise<void> {}

  /** Writes what a class has beside config and weights. */
  protected async saveBeside(_files: Files): Promise<void> {}

  /** Where save_pretrained writes: not where the weights are read from. */
  protected folderToSaveIn(folder: string | Files): Files {
    const files = folderOf(folder);
    if (files.where !== this.core.loaded.where) return files;
    throw new FileError({
      operation: `save_pretrained(${files.where})`,
      expected: "another folder than the one that the model's weights are read from",
      got: "that folder",
      fix: "Save into a new folder; this one can be deleted once the model is disposed of.",
    });
  }

  /** The token table. */
  async get_input_embeddings(): Promise<EmbeddingTable> {
    return embeddingTable(this.core);
  }

  /** Another token table in place of this one, for encoder, decoder and a head that is tied to it. */
  async set_input_embeddings({ weight }: { weight: Tensor }): Promise<void> {
    await replaceTokenTable(this.core, weight);
  }

  /** Reads the weights into memory, where optimisers change them. loss_and_gradients does so where it has not been done. */
  async prepare_for_training(): Promise<void> {
    await this.core.prepareTraining();
  }

  /** The numbers of all parameters that are not frozen, in memory: changing them changes the model. */
  trainable_parameters(): ReadonlyMap<string, Tensor<"float32">> {
    const { weights } = this.core.loaded;
    return new Map(weights.trained().map((name) => [name, weights.live(name)]));
  }

  /** To be called after numbers of parameters have changed; optimisers do. */
  parameters_changed(): void {
    this.core.weightsChanged();
  }

  /** Frees weights and threads; the model cannot be used afterwards. */
  async dispose(): Promise<void> {
    await this.core.dispose();
  }
}
