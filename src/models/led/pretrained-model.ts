/**
 * What all LED classes share: coming from a checkpoint or a config, weights as a state dict, the token table, saving
 * (transformers 4.37.2, modeling_utils.py: PreTrainedModel; modeling_led.py: LEDPreTrainedModel).
 *
 * Departures: what touches weights is asynchronous, for they lie in files until they are needed; prune_heads, which fails in
 * the reference, is refused by name.
 */
import { quantizationConfig } from "../../checkpoints/quantize.ts";
import { saveWeights } from "../../checkpoints/save.ts";
import type { LEDConfig } from "../../config.ts";
import { InvalidArgumentError, refuseUnknownOptions } from "../../errors.ts";
import type { Files } from "../../files.ts";
import { elementCount, type Tensor } from "../../tensor.ts";
import { type ClassName, tensorsOf } from "./class-specs.ts";
import { LEDCore } from "./core.ts";
import {
  type CreateOptions,
  createModel,
  type LoadingInfo,
  loadModel,
  type PretrainedOptions,
  setTensors,
} from "./loading.ts";
import { isMatrix } from "./quantization.ts";
import { type EmbeddingTable, resizeTokenTable } from "./token-table.ts";
import { TrainingMode } from "./training-mode.ts";
import { type InWorker, loadInWorker } from "./worker-model.ts";

export interface SaveOptions {
  /** model.safetensors, the default; false writes pytorch_model.bin. */
  safe_serialization?: boolean;
  /** Bytes, or digits with a unit: "5GB". */
  max_shard_size?: number | string;
  signal?: AbortSignal;
}

/** Which names a load_state_dict did not find, or did not know. */
export interface IncompatibleKeys {
  readonly missing_keys: string[];
  readonly unexpected_keys: string[];
}

/** A class of models, for what all of them inherit. */
interface ModelClass<M extends PreTrainedModelBase> {
  readonly className: ClassName;
  new (core: LEDCore): M;
}

/** Options of from_pretrained, and keys of LEDConfig that override the checkpoint's. */
export type FromPretrainedOptions = PretrainedOptions & { readonly [configKey: string]: unknown };

/** What from_pretrained gives for options O: a model, here or in a worker, and with output_loading_info what was loaded. */
type Loaded<M, O> = O extends { output_loading_info: true } ? [Placed<M, O>, LoadingInfo] : Placed<M, O>;

type Placed<M, O> = O extends { worker: infer W } ? (W extends true ? InWorker<M> : M) : M;

export abstract class PreTrainedModelBase extends TrainingMode {
  /**
   * A model from a local folder, a Hub id or files at hand. Keys of LEDConfig among the options override the
   * checkpoint's. The weights stay in their files where the engine can map them. Throws a CheckpointError that lists every missing
   * or misshapen weight; a head that the checkpoint lacks is new, and a warning says so. With `worker: true` the model computes in a
   * process of its own.
   */
  static async from_pretrained<M extends PreTrainedModelBase, O extends FromPretrainedOptions>(
    this: ModelClass<M>,
    source: string | Files,
    options?: O,
  ): Promise<Loaded<M, O>> {
    if (options?.worker === true) {
      const { model, info } = await loadInWorker(this.className, source, options);
      return (info === undefined ? model : [model, info]) as unknown as Loaded<M, O>;
    }
    const { files, info, ...loaded } = await loadModel(this.className, source, options ?? {});
    const model = new this(new LEDCore(loaded));
    await model.loadBeside(files);
    await model.core.open();
    const result = options?.output_loading_info ? [model, info] : model;
    return result as Loaded<M, O>;
  }

  /** A model with random weights, as constructing it from a config gives in Python; the same seed gives the same weights. */
  static async from_config<M extends PreTrainedModelBase>(
    this: ModelClass<M>,
    config: LEDConfig,
    options: CreateOptions = {},
  ): Promise<M> {
    const model = new this(new LEDCore(await createModel(this.className, config, options)));
    await model.core.open();
    return model;
  }

  /** Every weight by its name, tied names with the one tensor that they are. Numbers are read from where they lie. */
  async state_dict(): Promise<Map<string, Tensor>> {
    return this.core.loaded.weights.stateDict();
  }

  /** Takes weights over. Where names do not agree it is an error (strict, the default), or told in the result. */
  async load_state_dict(
    tensors: ReadonlyMap<string, Tensor>,
    { strict = true }: { strict?: boolean } = {},
  ): Promise<IncompatibleKeys> {
    const { weights } = this.core.loaded;
    const names = weights.spec.entries.map(({ name }) => name);
    const missing_keys = names.filter((name) => !tensors.has(name));
    const unexpected_keys = [...tensors.keys()].filter((name) => !names.includes(name));
    if (strict && missing_keys.length + unexpected_keys.length > 0) {
      const list = (keys: string[]): string => keys.map((key) => `"${key}"`).join(", ");
      const parts = [
        unexpected_keys.length > 0 ? `Unexpected key(s) in state_dict: ${list(unexpected_keys)}. ` : "",
        missing_keys.length > 0 ? `Missing key(s) in state_dict: ${list(missing_keys)}. ` : "",
      ].filter((part) => part !== "");
      throw new InvalidArgumentError({
        operation: "load_state_dict",
        says: `Error(s) in loading state_dict for ${weights.spec.className}:\n\t${parts.join("\n\t")}`,
        fix: "Give { strict: false } to take over what fits.",
      });
    }
    setTensors(weights, tensors);
    await this.core.changed();
    return { missing_keys, unexpected_keys };
  }

  /** Names and tensors of the parameters: each tensor once, without buffers. */
  async named_parameters(): Promise<[string, Tensor][]> {
    const { weights } = this.core.loaded;
    const names = tensorsOf(weights.spec).filter(({ buffer }) => !buffer);
    return Promise.all(names.map(async ({ name }): Promise<[string, Tensor]> => [name, await weights.tensor(name)]));
  }

  async parameters(): Promise<Tensor[]> {
    return (await this.named_parameters()).map(([, tensor]) => tensor);
  }

  /** Numbers in all parameters; without the token and position tables where `exclude_embeddings` is set. */
  num_parameters({ exclude_embeddings = false }: { exclude_embeddings?: boolean } = {}): number {
    const { weights } = this.core.loaded;
    return tensorsOf(weights.spec)
      .filter(
        ({ name, buffer }) =>
          !buffer && !(exclude_embeddings && /(shared|embed_tokens|embed_positions)\.weight$/.test(name)),
      )
      .reduce((sum, { name }) => sum + elementCount(weights.get(name).shape), 0);
  }

  /** The head's table; null in classes without a language-modelling head. */
  async get_output_embeddings(): Promise<EmbeddingTable | null> {
    return null;
  }

  /**
   * Gives the model `new_num_tokens` tokens, rounded up to a multiple where one is given: rows are copied, new ones are
   * random. Without a number nothing changes. config.vocab_size follows.
   */
  async resize_token_embeddings(
    new_num_tokens: number | null = null,
    pad_to_multiple_of: number | null = null,
  ): Promise<EmbeddingTable> {
    if (new_num_tokens === null && pad_to_multiple_of === null) return this.get_input_embeddings();
    for (const [name, value] of Object.entries({ new_num_tokens, pad_to_multiple_of })) {
      if (value === null || (Number.isInteger(value) && value > 0)) continue;
      throw new InvalidArgumentError({
        operation: "resize_token_embeddings",
        expected: `\`${name}\` above 0`,
        got: String(value),
        ...(name === "pad_to_multiple_of"
          ? {
              says: `Asking to pad the embedding matrix to a multiple of \`${value}\`, which is not and integer. Please make sure to pass an integer`,
            }
          : {}),
      });
    }
    const wanted = new_num_tokens ?? this.core.geometry.vocab_size;
    const rows = pad_to_multiple_of === null ? wanted : Math.ceil(wanted / pad_to_multiple_of) * pad_to_multiple_of;
    await resizeTokenTable(this.core, rows);
    return this.get_input_embeddings();
  }

  /** Tied tables are one tensor here, always. */
  tie_weights(): void {}

  /** The reference's own error: LED's positions cannot be resized. */
  resize_position_embeddings(): never {
    throw this.#unsupported("resize_position_embeddings");
  }

  get_position_embeddings(): never {
    throw this.#unsupported("get_position_embeddings");
  }

  prune_heads(): never {
    throw new InvalidArgumentError({
      operation: `${this.core.loaded.weights.spec.className}.prune_heads`,
      expected: "a head mask, which LED models take",
      got: "heads to prune",
      fix: "Pass head_mask, decoder_head_mask or cross_attn_head_mask to forward.",
    });
  }

  #unsupported(method: string): InvalidArgumentError {
    const { className } = this.core.loaded.weights.spec;
    return new InvalidArgumentError({
      operation: `${className}.${method}`,
      says: `\`${method}\` is not implemented for <class 'transformers.models.led.modeling_led.${className}'>\`. To implement it, you should overwrite this method in the class ${className} in \`modeling_led.py\``,
    });
  }

  /** Writes config.json and the weights so that this package and the reference read them. Returns the names. */
  async save_pretrained(folder: string | Files, options: SaveOptions = {}): Promise<string[]> {
    refuseUnknownOptions("save_pretrained", options, ["safe_serialization", "max_shard_size", "signal"]);
    const files = this.folderToSaveIn(folder);
    const { weights } = this.core.loaded;
    const { spec, dtype } = weights;
    this.config.architectures = [spec.architecture];
    this.config.torch_dtype = dtype === "fp16" ? "float16" : "float32";
    if (dtype === "q8") this.config.update({ quantization_config: { ...quantizationConfig } });
    else delete (this.config as { quantization_config?: unknown }).quantization_config;
    const saved = await saveWeights(
      files,
      spec.entries.map(({ name, storedAs }) => ({
        ...weights.get(name),
        name,
        matrix: isMatrix({ name, shape: weights.get(name).shape }),
        ...(name === storedAs ? {} : { aliasOf: storedAs }),
      })),
      { ...options, dtype },
    );
    await this.saveBeside(files);
    // Last: the config makes the folder a model.
    await this.config.save_pretrained(files);
    return ["config.json", ...saved.files];
  }
}

type Statics = Pick<typeof PreTrainedModelBase, "from_pretrained" | "from_config">;

/** The base with a class's own call signature: `class LEDModel extends LEDPreTrainedModel<Forward>`. */
export const LEDPreTrainedModel = PreTrainedModelBase as unknown as Statics & {
  new <Call extends (...args: never[]) => unknown>(core: LEDCore): Call & PreTrainedModelBase;
};
