/**
 * What TensorFlow's two classes share: coming from files or a config, calls with and without dropout, the token table, saving
 * (transformers 4.37.2, modeling_tf_utils.py: TFPreTrainedModel).
 *
 * Departures: what touches weights is asynchronous; models are not Keras layers, so that composing them functionally or
 * extending them throws by name.
 */
import { saveKerasWeights } from "../checkpoints/keras-save.ts";
import type { LEDConfig } from "../config.ts";
import { InvalidArgumentError, refuseUnknownOptions } from "../errors.ts";
import type { Files } from "../files.ts";
import { tensorsOf } from "../models/led/class-specs.ts";
import { LEDCore } from "../models/led/core.ts";
import type { CreateOptions, LoadingInfo } from "../models/led/loading.ts";
import { ModelBase } from "../models/led/model-base.ts";
import { type EmbeddingTable, resizeTokenTable } from "../models/led/token-table.ts";
import { elementCount, Tensor } from "../tensor.ts";
import { createTensorFlowModel, loadTensorFlowModel, type TFClass, type TFPretrainedOptions } from "./loading.ts";
import { TFLEDDecoder, TFLEDEncoder } from "./parts.ts";

export interface TFSaveOptions {
  /** true writes model.safetensors with Keras' names; tf_model.h5 by default. */
  safe_serialization?: boolean;
  /** Of tf_model.h5: bytes, or digits with a unit. "10GB" by default. */
  max_shard_size?: number | string;
  signal?: AbortSignal;
}

interface ModelClass<M extends TFPreTrainedBase> extends TFClass {
  new (core: LEDCore): M;
}

/** What from_pretrained gives for options O. */
type Loaded<M, O> = O extends { output_loading_info: true } ? [M, LoadingInfo] : M;

export abstract class TFPreTrainedBase extends ModelBase {
  constructor(core: LEDCore) {
    super(requireCore(core, new.target.name));
    if (Object.getPrototypeOf(new.target) !== TFPreTrainedBase) {
      throw new InvalidArgumentError({
        operation: `class ${new.target.name}`,
        expected: "a model that is used as it is",
        got: "a subclass: these models are not Keras layers, and what a subclass adds would not be called",
        fix: "Write a function or a class that holds the model.",
      });
    }
  }

  /**
   * A model from a local folder, a Hub id or files at hand: model.safetensors of either framework, tf_model.h5, or shards of it;
   * with from_pt PyTorch's files first. Throws a CheckpointError that lists every missing or misshapen weight.
   */
  static async from_pretrained<
    M extends TFPreTrainedBase,
    O extends TFPretrainedOptions & { readonly [configKey: string]: unknown },
  >(this: ModelClass<M>, source: string | Files, options?: O): Promise<Loaded<M, O>> {
    const { files, info, ...loaded } = await loadTensorFlowModel(this, source, options ?? {});
    const model = new this(new LEDCore(loaded));
    await model.loadBeside(files);
    await model.core.open();
    const result = options?.output_loading_info ? [model, info] : model;
    return result as Loaded<M, O>;
  }

  /** A model with random weights, as constructing it from a config gives in Python. */
  static async from_config<M extends TFPreTrainedBase>(
    this: ModelClass<M>,
    config: LEDConfig,
    options: CreateOptions = {},
  ): Promise<M> {
    const model = new this(new LEDCore(await createTensorFlowModel(this, config, options)));
    await model.core.open();
    return model;
  }

  /** What Keras calls the model in its files. */
  protected abstract readonly kerasName: string;

  get_encoder(): TFLEDEncoder {
    return new TFLEDEncoder(this.core);
  }

  get_decoder(): TFLEDDecoder {
    return new TFLEDDecoder(this.core);
  }

  /** All ones, [1, 2] each: what the reference builds the model with. */
  get dummy_inputs(): { readonly [name: string]: Tensor<"int64"> } {
    const names = [
      "input_ids",
      "attention_mask",
      "decoder_input_ids",
      "decoder_attention_mask",
      "global_attention_mask",
    ];
    return Object.fromEntries(names.map((name) => [name, Tensor.from([[1, 1]], "int64") as Tensor<"int64">]));
  }

  /** Every weight once, by its name in PyTorch's state dict and in its layout. */
  async state_dict(): Promise<Map<string, Tensor>> {
    const { weights } = this.core.loaded;
    const tensors = new Map<string, Tensor>();
    for (const { name } of tensorsOf(weights.spec)) tensors.set(name, await weights.tensor(name));
    return tensors;
  }

  /** Numbers in all weights; without final_logits_bias where `only_trainable` is set. */
  num_parameters({ only_trainable = false }: { only_trainable?: boolean } = {}): number {
    const { weights } = this.core.loaded;
    return tensorsOf(weights.spec)
      .filter(({ buffer }) => !(only_trainable && buffer))
      .reduce((sum, { name }) => sum + elementCount(weights.get(name).shape), 0);
  }

  /** Gives the model `new_num_tokens` tokens: rows are copied, new ones are random; config.vocab_size and the bias follow. */
  async resize_token_embeddings(new_num_tokens: number | null = null): Promise<EmbeddingTable> {
    const rows = new_num_tokens ?? this.core.geometry.vocab_size;
    if (!Number.isInteger(rows) || rows < 1) {
      throw new InvalidArgumentError({
        operation: "resize_token_embeddings",
        expected: "`new_num_tokens` above 0",
        got: String(new_num_tokens),
      });
    }
    await resizeTokenTable(this.core, rows);
    return this.get_input_embeddings();
  }

  /** Writes config.json and the weights so that this package and the reference on TensorFlow read them. Returns the names. */
  async save_pretrained(folder: string | Files, options: TFSaveOptions = {}): Promise<string[]> {
    if ((options as { saved_model?: unknown }).saved_model) {
      throw new InvalidArgumentError({
        operation: "save_pretrained",
        expected: "no `saved_model`",
        got: "one: TensorFlow graphs for serving are not written here",
      });
    }
    refuseUnknownOptions("save_pretrained", options, ["safe_serialization", "max_shard_size", "signal"]);
    const files = this.folderToSaveIn(folder);
    const { weights } = this.core.loaded;
    this.config.architectures = [weights.spec.architecture];
    delete (this.config as { quantization_config?: unknown }).quantization_config;
    const saved = await saveKerasWeights(
      files,
      tensorsOf(weights.spec).map(({ name }) => ({
        ...weights.get(name),
        name: /^(led\.|final_logits_bias$)/.test(name) ? name : `led.${name}`,
      })),
      { ...options, model: this.kerasName },
    );
    await this.saveBeside(files);
    // Last: the config makes the folder a model.
    await this.config.save_pretrained(files);
    return ["config.json", ...saved.files];
  }
}

/** A constructor is called with a config in Python. */
function requireCore(core: LEDCore, className: string): LEDCore {
  if (core instanceof LEDCore) return core;
  throw new InvalidArgumentError({
    operation: `new ${className}`,
    expected: "a model that has its weights",
    got: "a config or another value",
    fix: `Await ${className}.from_config(config) or from_pretrained(source).`,
  });
}

type Statics = Pick<typeof TFPreTrainedBase, "from_pretrained" | "from_config">;

/** The base with a class's own call signature. */
export const TFLEDPreTrainedModel = TFPreTrainedBase as unknown as Statics & {
  new <Call extends (...args: never[]) => unknown>(core: LEDCore): Call & TFPreTrainedBase;
};
