/**
 * GenerationConfig: every setting of generate(), from a file, from a model's config, and back to a file.
 * Mirrors transformers 4.37.2, generation/configuration_utils.py: GenerationConfig. Departures:
 * - JavaScript does not tell 1 from 1.0: keys known to be floats are written 1.0, whole numbers elsewhere 1.
 * - a key named like a method is refused rather than shadowing it.
 */
import { InvalidArgumentError } from "../errors.ts";
import { type Files, readText } from "../files.ts";
import { type LoadOptions, splitLoadOptions } from "../load-options.ts";
import { warn } from "../log.ts";
import { filesOf, folderOf } from "../model-folders.ts";
import { type ConfigValues, type OptionsOf, parseConfig, transformersVersion } from "../pretrained-config.ts";
import { pythonJson } from "../python-json.ts";
import { floatKeys, GenerationConfigKeys, legacyKeys } from "./config-keys.ts";
import { validate } from "./validate.ts";

export const generationConfigName = "generation_config.json";

/** Any keys of a GenerationConfig, and others. */
export type GenerationOptions = OptionsOf<GenerationConfigKeys>;

/** A model's config, as far as generation reads it. */
export interface ModelConfig {
  to_dict(): ConfigValues;
}

/** All that a config holds, and what it was when it was read. */
export interface GenerationConfigParts {
  readonly values: ConfigValues;
  readonly original: string | undefined;
}

// What a config says of itself, rather than of generation.
const metadataKeys = ["_from_model_config", "_commit_hash", "transformers_version"];

// Parts of composite models whose settings count where the model's own say nothing.
const decoderNames = ["decoder", "generator", "text_config"];

export class GenerationConfig extends GenerationConfigKeys {
  /** What the config was when it was read or derived; undefined for one made by hand. */
  #original: string | undefined;

  /** Unset keys have their defaults. Warns of, or refuses, settings that cannot be meant: see `validate`. */
  constructor(options: GenerationOptions = {}) {
    super();
    this.transformers_version = transformersVersion;
    const known = new Set(Object.keys(this));
    // A model's config holds much that is no generation setting.
    const keepUnknown = options._from_model_config !== true;
    for (const [key, value] of Object.entries(options)) {
      if (value === undefined || !(keepUnknown || known.has(key))) continue;
      if (key in GenerationConfig.prototype) {
        throw new InvalidArgumentError({
          operation: "GenerationConfig",
          expected: "keys that can be set",
          got: `\`${key}\``,
          fix: "Give the key another name.",
        });
      }
      this[key] = value;
    }
    this.validate(true);
  }

  static from_dict(config_dict: ConfigValues, overrides: GenerationOptions = {}): GenerationConfig {
    return new GenerationConfig({ ...config_dict, ...defined(overrides) });
  }

  /** From the text of a generation_config.json; `where` is what a message calls it. */
  static from_json_text(
    text: string,
    where = generationConfigName,
    overrides: GenerationOptions = {},
  ): GenerationConfig {
    const config = GenerationConfig.from_dict(parseConfig(text, where), overrides);
    config.#original = config.#identity();
    return config;
  }

  /**
   * From generation_config.json (or `config_file_name`) of a folder or Hub id. Options of the load, and keys that override the
   * file's. A FileError where there is none: see from_model_config.
   */
  static async from_pretrained(
    source: string | Files,
    options: GenerationOptions & LoadOptions & { readonly config_file_name?: string } = {},
  ): Promise<GenerationConfig> {
    const { config_file_name = generationConfigName, ...given } = options;
    const { load, rest: overrides } = splitLoadOptions(given);
    return GenerationConfig.read(await filesOf(source, { ...load, parts: ["config"] }), config_file_name, overrides);
  }

  /** Writes generation_config.json (or `config_file_name`) into a folder. A config that `validate` complains about is refused. */
  async save_pretrained(folder: string | Files, config_file_name = generationConfigName): Promise<void> {
    await this.write(folderOf(folder), config_file_name);
  }

  /** From generation_config.json (or `config_file_name`) of a model folder. A FileError where there is none. */
  static async read(
    files: Files,
    config_file_name = generationConfigName,
    overrides: GenerationOptions = {},
  ): Promise<GenerationConfig> {
    const where = `${config_file_name} of ${files.where}`;
    return GenerationConfig.from_json_text(await readText(files, config_file_name), where, overrides);
  }

  /** From what a model's config says about generation, where there is no generation_config.json. */
  static from_model_config(model_config: ModelConfig): GenerationConfig {
    const values = model_config.to_dict();
    const config = GenerationConfig.from_dict(values, { _from_model_config: true });
    const defaults = new GenerationConfig();
    for (const name of decoderNames) {
      const decoder = values[name];
      if (typeof decoder !== "object" || decoder === null) continue;
      for (const key of Object.keys(config.to_dict())) {
        if (Object.hasOwn(decoder, key) && same(config[key], defaults[key])) {
          config[key] = (decoder as ConfigValues)[key];
        }
      }
    }
    config.#original = config.#identity();
    return config;
  }

  /**
   * This config, or a new one where it was derived from the model's config, nobody changed it since, and somebody changed
   * the model's config: the former way to control generation, which the reference still honours with a warning.
   */
  following(model_config: ModelConfig): GenerationConfig {
    if (!this._from_model_config || this.#original !== this.#identity()) return this;
    const values = model_config.to_dict();
    const defaults = new GenerationConfigKeys();
    if (legacyKeys.every((key) => !Object.hasOwn(values, key) || same(values[key], defaults[key]))) return this;
    const anew = GenerationConfig.from_model_config(model_config);
    if (anew.equals(this)) return this;
    warn(
      "You have modified the pretrained model configuration to control generation. This is a deprecated strategy to " +
        "control generation and will be removed soon, in a future version. Please use and modify the model generation " +
        "configuration (see https://huggingface.co/docs/transformers/generation_strategies#default-text-generation-configuration )",
    );
    return anew;
  }

  /**
   * Warns of settings that have no effect, and throws an InvalidArgumentError for those that contradict each other, in the
   * reference's words. `num_beams` null becomes 1.
   */
  validate(is_init = false): void {
    for (const message of validate(this, is_init)) warn(message);
  }

  /** Sets the keys that the config has and gives back the others. Checks nothing: see `validate`. */
  update(values: GenerationOptions): ConfigValues {
    const unused: ConfigValues = {};
    for (const [key, value] of Object.entries(values)) {
      if (value === undefined) continue;
      if (Object.hasOwn(this, key)) this[key] = value;
      else unused[key] = value;
    }
    return unused;
  }

  /** A deep copy, which remembers where it came from. Nothing is checked. */
  copy(): GenerationConfig {
    const result = new GenerationConfig();
    for (const [key, value] of Object.entries(this)) result[key] = copied(value);
    result.#original = this.#original;
    return result;
  }

  /** What a config consists of, for a copy of it in another process: see `from_parts`. */
  parts(): GenerationConfigParts {
    return { values: { ...this }, original: this.#original };
  }

  /** The config that these are the parts of. Nothing is checked. */
  static from_parts({ values, original }: GenerationConfigParts): GenerationConfig {
    const result = Object.assign(new GenerationConfig(), values);
    result.#original = original;
    return result;
  }

  /** Same settings, wherever they came from. */
  equals(other: GenerationConfig): boolean {
    return this.#identity() === other.#identity();
  }

  /** A deep copy of all keys; a Map of biases becomes pairs. */
  to_dict(): ConfigValues {
    const entries = Object.entries(this).filter(([key, value]) => value !== undefined && key !== "_commit_hash");
    return {
      ...Object.fromEntries(entries.map(([key, value]) => [key, copied(value)])),
      transformers_version: transformersVersion,
    };
  }

  /** The keys of `to_dict` that have not their default, and the version. */
  to_diff_dict(): ConfigValues {
    const defaults = new GenerationConfig().to_dict();
    const differs = ([key, value]: [string, unknown]) =>
      !Object.hasOwn(defaults, key) || key === "transformers_version" || !same(value, defaults[key]);
    return Object.fromEntries(Object.entries(this.to_dict()).filter(differs));
  }

  /** `to_diff_dict`, or `to_dict` where `use_diff` is false, as the reference writes it to generation_config.json. */
  to_json_string(use_diff = true, ignore_metadata = false): string {
    const values = use_diff ? this.to_diff_dict() : this.to_dict();
    if (ignore_metadata) for (const key of metadataKeys) delete values[key];
    return `${pythonJson(values, { floatKeys })}\n`;
  }

  /** Writes generation_config.json (or `config_file_name`). A config that `validate` complains about is not written. */
  async write(files: Files, config_file_name = generationConfigName): Promise<void> {
    const refuse = (thrown: string, cause?: unknown): never => {
      throw new InvalidArgumentError({
        operation: `write ${config_file_name}`,
        says:
          "The generation config instance is invalid -- `.validate()` throws warnings and/or exceptions. Fix these issues " +
          `to save the configuration.\n\nThrown during validation:\n${thrown}`,
        cause,
      });
    };
    let warnings: string[] = [];
    try {
      warnings = validate(this, false);
    } catch (error) {
      refuse(error instanceof Error ? error.message : String(error), error);
    }
    if (warnings.length > 0) refuse(warnings.join("\n"));
    await files.write(config_file_name, [new TextEncoder().encode(this.to_json_string())]);
  }

  override toString(): string {
    return `GenerationConfig ${this.to_json_string(true, true)}`;
  }

  // Settings that JSON cannot hold (constraints given as objects) stand for themselves by what they hold.
  #identity(): string {
    const values = this.to_dict();
    for (const key of metadataKeys) delete values[key];
    return JSON.stringify(Object.entries(values).sort(([a], [b]) => (a < b ? -1 : 1)));
  }
}

function defined(values: ConfigValues): ConfigValues {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}

/** Arrays, plain objects and Maps are copied; instances of classes are kept. */
function copied(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(copied);
  if (value instanceof Map) return [...value].map(copied);
  if (typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype) {
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, copied(item)]));
  }
  return value;
}

function same(a: unknown, b: unknown): boolean {
  return a === b || JSON.stringify(copied(a)) === JSON.stringify(copied(b));
}
