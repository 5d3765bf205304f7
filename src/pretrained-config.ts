/**
 * What every config does: take keys, keep unknown ones, rebuild labels, be written as a dict or as JSON.
 * Mirrors transformers 4.37.2, configuration_utils.py: PretrainedConfig. Departures:
 * - JavaScript does not tell 1 from 1.0: keys known to be floats are written 1.0, whole numbers elsewhere 1.
 * - an override that from_dict cannot place throws, unless `return_unused_kwargs` asks for it.
 * - a key named like a method, or like something of Object.prototype, is refused rather than shadowing it.
 */
import { InvalidArgumentError, nearestName } from "./errors.ts";
import { warn } from "./log.ts";
import { labels, PretrainedConfigKeys, pretrainedFloatKeys } from "./pretrained-config-keys.ts";
import { pythonJson } from "./python-json.ts";

/** The version of transformers whose files these are: `transformers_version` of every config written. */
export const transformersVersion = "4.37.2";

/** Any keys, by name; undefined is the same as not given. */
export interface ConfigValues {
  [key: string]: unknown;
}

/** The keys and aliases of a config class with their types, and any others. */
export type OptionsOf<T> = {
  [K in keyof T as string extends K
    ? never
    : number extends K
      ? never
      : T[K] extends (...args: never[]) => unknown
        ? never
        : K]?: T[K] | undefined;
} & ConfigValues;

// `never` lets classes with typed options be the `this` of a method that has values of unknown types, which the
// constructor checks.
type Constructor<T> = new (options?: never) => T;

const problemTypes: readonly unknown[] = ["regression", "single_label_classification", "multi_label_classification"];

// PyTorch's other names of these dtypes; a torch.dtype prints the first.
const dtypeNames: Readonly<Record<string, string>> = {
  half: "float16",
  float: "float32",
  double: "float64",
  short: "int16",
  int: "int32",
  long: "int64",
};
const dtypes = ["float16", "bfloat16", "float32", "float64", "uint8", "int8", "int16", "int32", "int64", "bool"];

/** Attributes that are no keys of a written config. */
const unwritten: ReadonlySet<string> = new Set(["_commit_hash", "_attn_implementation_internal"]);

export class PretrainedConfig extends PretrainedConfigKeys {
  static readonly model_type: string = "";
  /** Other names of keys: readable, settable, accepted by the constructor, never written. */
  static readonly attribute_map: Readonly<Record<string, string>> = {};
  /** Keys whose whole numbers are written as floats, at any depth. */
  static readonly float_keys: ReadonlySet<string> = new Set(pretrainedFloatKeys);

  get model_type(): string {
    return (this.constructor as typeof PretrainedConfig).model_type;
  }

  set model_type(value: string | null) {
    const expected = this.model_type;
    if (value === null || value === expected) return;
    throw new InvalidArgumentError({
      operation: this.constructor.name,
      expected: `the config of a model of type "${expected}"`,
      got: `model type ${show(value)}`,
      fix: "Give a checkpoint of that type.",
    });
  }

  /** How many labels `id2label` has. Setting another number makes new labels, LABEL_0 and so on, in both directions. */
  get num_labels(): number {
    return Object.keys(this.id2label).length;
  }

  set num_labels(count: number) {
    if (!Number.isInteger(count) || count < 0) {
      throw new InvalidArgumentError({
        operation: this.constructor.name,
        expected: "`num_labels` to be a whole number",
        got: show(count),
      });
    }
    if (this.num_labels !== count) Object.assign(this, labels(count));
  }

  get name_or_path(): string {
    return this._name_or_path;
  }

  set name_or_path(value: string) {
    this._name_or_path = String(value);
  }

  /** Whether calls give output objects where they do not say: `return_dict`, unless `torchscript`. */
  get use_return_dict(): boolean {
    return this.return_dict && !this.torchscript;
  }

  get _attn_implementation(): string {
    return this._attn_implementation_internal ?? "eager";
  }

  set _attn_implementation(value: string | null) {
    this._attn_implementation_internal = value;
  }

  /** As `from_dict`, with the keys of `overrides` that the config does not have as the second element. */
  static from_dict<T extends PretrainedConfig>(
    this: Constructor<T>,
    config_dict: ConfigValues,
    overrides: ConfigValues & { return_unused_kwargs: true },
  ): [T, ConfigValues];
  /**
   * A config of these values; `overrides` then replace keys that it has. An InvalidArgumentError names an override
   * that it has not.
   */
  static from_dict<T extends PretrainedConfig>(
    this: Constructor<T>,
    config_dict: ConfigValues,
    overrides?: ConfigValues,
  ): T;
  static from_dict<T extends PretrainedConfig>(
    this: Constructor<T>,
    config_dict: ConfigValues,
    overrides: ConfigValues = {},
  ): T | [T, ConfigValues] {
    const { return_unused_kwargs, attn_implementation, ...keys } = overrides;
    const config = new this({ ...config_dict, attn_implementation: attn_implementation ?? null } as never);
    const { num_labels, id2label } = keys;
    if (num_labels !== undefined && id2label !== undefined) {
      const given = isDictionary(id2label) ? Object.keys(id2label).length : 0;
      if (given !== num_labels) {
        throw new InvalidArgumentError({
          operation: "from_dict",
          says:
            `You passed along \`num_labels=${num_labels}\` with an incompatible id to label map: ${show(id2label)}. ` +
            "Since those arguments are inconsistent with each other, you should remove one of them.",
        });
      }
    }
    const unused: ConfigValues = {};
    for (const [key, value] of Object.entries(keys)) {
      if (value === undefined) continue;
      if (hasKey(config, key)) setKey(config, key, value);
      else unused[key] = value;
    }
    if (return_unused_kwargs === true) return [config, unused];
    for (const key of Object.keys(unused)) {
      const near = nearestName(key, [...Object.keys(config), ...settableNames(config)]);
      throw new InvalidArgumentError({
        operation: "from_dict",
        expected: "overrides that are keys of the config",
        got: `\`${key}\``,
        ...(near === undefined ? {} : { fix: `Did you mean \`${near}\`?` }),
      });
    }
    return config;
  }

  /** A config of the JSON object that `text` holds; `where` is what a message calls the text. */
  static from_json_text<T extends PretrainedConfig>(this: Constructor<T>, text: string, where = "config.json"): T {
    return new this(parseConfig(text, where) as never);
  }

  /** A deep copy of all keys. */
  to_dict(): ConfigValues {
    const entries = Object.entries(this).filter(([key, value]) => value !== undefined && !unwritten.has(key));
    return {
      ...Object.fromEntries(entries.map(([key, value]) => [key, copy(value)])),
      model_type: this.model_type,
      transformers_version: transformersVersion,
    };
  }

  /** The keys of `to_dict` that a config of no known kind would not have, or not with that value. */
  to_diff_dict(): ConfigValues {
    const base = new PretrainedConfig().to_dict();
    const own = new (this.constructor as Constructor<PretrainedConfig>)().to_dict();
    const differs = ([key, value]: [string, unknown]) =>
      !Object.hasOwn(base, key) ||
      key === "transformers_version" ||
      !same(value, base[key]) ||
      (Object.hasOwn(own, key) && !same(value, own[key]));
    return Object.fromEntries(Object.entries(this.to_dict()).filter(differs));
  }

  /** `to_diff_dict`, or `to_dict` where `use_diff` is false, as the reference writes it to config.json. */
  to_json_string(use_diff = true): string {
    const keys = {
      floatKeys: (this.constructor as typeof PretrainedConfig).float_keys,
      intKeyed: new Set(["id2label", "pruned_heads"]),
    };
    return `${pythonJson(use_diff ? this.to_diff_dict() : this.to_dict(), keys)}\n`;
  }

  /** Sets every key of `values`. */
  update(values: ConfigValues): void {
    for (const [key, value] of Object.entries(values)) if (value !== undefined) setKey(this, key, value);
  }

  override toString(): string {
    return `${this.constructor.name} ${this.to_json_string()}`;
  }
}

/** What a constructor does with its options, once the defaults are in place. */
export function takeOptions(config: PretrainedConfig, options: ConfigValues): void {
  const given = new Map(Object.entries(options).filter(([, value]) => value !== undefined));
  const take = (key: string): unknown => {
    const value = given.get(key);
    given.delete(key);
    return value;
  };
  takeLabels(config, take("id2label"), take("label2id"), take("num_labels"));
  if ((take("xla_device") ?? null) !== null) {
    warn(
      "The `xla_device` argument has been deprecated in v4.4.0 of Transformers. It is ignored and you can safely remove " +
        "it from your `config.json` file.",
    );
  }
  const implementation = take("attn_implementation");
  if (implementation !== undefined) setKey(config, "_attn_implementation", implementation);
  // Aliases and keys of no known kind come last, so that an alias beats the name it stands for.
  const known = new Set(Object.keys(config).filter((key) => !key.startsWith("_")));
  for (const [key, value] of given) if (known.has(key)) setKey(config, key, value);
  for (const [key, value] of given) if (!known.has(key)) setKey(config, key, value);
}

function takeLabels(config: PretrainedConfig, id2label: unknown, label2id: unknown, num_labels: unknown): void {
  const operation = config.constructor.name;
  const dictionary = (name: string, value: unknown): Record<string, unknown> => {
    if (isDictionary(value)) return value;
    const says = `Argument ${name} should be a dictionary.`;
    throw new InvalidArgumentError({ operation, says, got: show(value) });
  };
  const classes = label2id == null ? null : dictionary("label2id", label2id);
  if (id2label == null) {
    // Labels both ways are made anew here, whatever label2id says, as the reference does.
    if (num_labels !== undefined) config.num_labels = num_labels as number;
    return;
  }
  const names = Object.entries(dictionary("id2label", id2label)).map(([key, name]) => {
    if (!/^\s*[+-]?\d+\s*$/.test(key)) {
      throw new InvalidArgumentError({ operation, expected: "whole numbers as keys of `id2label`", got: show(key) });
    }
    return [Number(key), name];
  });
  if (num_labels != null && names.length !== num_labels) {
    warn(
      `You passed along \`num_labels=${num_labels}\` with an incompatible id to label map: ${show(id2label)}. ` +
        `The number of labels wil be overwritten to ${names.length}.`,
    );
  }
  config.id2label = Object.fromEntries(names);
  config.label2id = classes as Record<string, number> | null;
}

function setKey(config: PretrainedConfig, key: string, value: unknown): void {
  const operation = config.constructor.name;
  if (key in Object.getPrototypeOf(config) && !settableNames(config).includes(key)) {
    throw new InvalidArgumentError({
      operation,
      expected: "keys that can be set",
      got: `\`${key}\``,
      fix: "Give the key another name.",
    });
  }
  if (key === "problem_type" && value !== null && !problemTypes.includes(value)) {
    throw new InvalidArgumentError({
      operation,
      says:
        `The config parameter \`problem_type\` was not understood: received ${value} but only 'regression', ` +
        "'single_label_classification' and 'multi_label_classification' are valid.",
    });
  }
  if (key === "torch_dtype" && value !== null) {
    const name = typeof value === "string" ? (dtypeNames[value] ?? value) : value;
    if (typeof name !== "string" || !dtypes.includes(name)) {
      throw new InvalidArgumentError({
        operation,
        expected: `\`torch_dtype\` among ${dtypes.join(", ")}`,
        got: show(value),
      });
    }
    config.torch_dtype = name;
    return;
  }
  config[key] = value;
}

/** Names that are no keys but can be set: aliases and num_labels. */
function settableNames(config: PretrainedConfig): string[] {
  const names: string[] = [];
  for (let at = Object.getPrototypeOf(config); at !== Object.prototype; at = Object.getPrototypeOf(at)) {
    for (const [name, { set }] of Object.entries(Object.getOwnPropertyDescriptors(at))) if (set) names.push(name);
  }
  return names;
}

function hasKey(config: PretrainedConfig, key: string): boolean {
  return Object.hasOwn(config, key) || key in Object.getPrototypeOf(config);
}

/** The JSON object that a config's text holds. An InvalidArgumentError names `where` when it holds none. */
export function parseConfig(text: string, where: string): ConfigValues {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new InvalidArgumentError({
      operation: "read config",
      says: `It looks like the config file at '${where}' is not a valid JSON file.`,
      got: cause instanceof Error ? cause.message : String(cause),
      cause,
    });
  }
  if (isDictionary(value)) return value;
  throw new InvalidArgumentError({ operation: `read config ${where}`, expected: "a JSON object", got: show(value) });
}

function isDictionary(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function copy(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(copy);
  if (!isDictionary(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, copy(item)]));
}

function same(a: unknown, b: unknown): boolean {
  if (Array.isArray(a) && Array.isArray(b)) return a.length === b.length && a.every((item, i) => same(item, b[i]));
  if (isDictionary(a) && isDictionary(b)) {
    const keys = Object.keys(a);
    return keys.length === Object.keys(b).length && keys.every((key) => Object.hasOwn(b, key) && same(a[key], b[key]));
  }
  return a === b;
}

/** A value as a message quotes it. */
export function show(value: unknown): string {
  return typeof value === "function" ? "a function" : (JSON.stringify(value) ?? String(value));
}
