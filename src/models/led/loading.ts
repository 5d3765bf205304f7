/**
 * What every LED class does to come from a checkpoint, or from a config alone: the folder, the config, the weights by name, the
 * engine (transformers 4.37.2, modeling_utils.py: from_pretrained, _load_pretrained_model).
 *
 * Departures: a checkpoint that lacks weights of the model below the head is an error that lists them, where the reference
 * fills in random ones with a warning; with output_loading_info they are filled in and reported here too. A head that is missing is
 * new, as in the reference.
 */
import { platform } from "#platform";
import { type NameMatch, requireMatch } from "../../checkpoints/names.ts";
import { type Checkpoint, openCheckpoint } from "../../checkpoints/open.ts";
import { quantizationConfig } from "../../checkpoints/quantize.ts";
import { checkAttentionImplementation, LEDConfig } from "../../config.ts";
import { InvalidArgumentError, nearestName } from "../../errors.ts";
import type { Files } from "../../files.ts";
import { type LoadOptions, loadOptionNames } from "../../load-options.ts";
import { warn } from "../../log.ts";
import { filesOf } from "../../model-folders.ts";
import { type Device, devices } from "../../platform/platform.ts";
import type { Engine, SessionOptions } from "../../runtime/engine.ts";
import type { Tensor } from "../../tensor.ts";
import type { WeightsSearch } from "../../weights-files.ts";
import { type ClassName, classSpec, tensorsOf, tokenTable } from "./class-specs.ts";
import { geometryOf } from "./geometry.ts";
import { initialWeight } from "./initial-weights.ts";
import { type DType, dtypes, ModelWeights, tensorWeight } from "./model-weights.ts";
import type { Geometry } from "./parameters.ts";
import { isMatrix, quantize } from "./quantization.ts";
import { bindWeights, zeroWeight } from "./weights.ts";

/** Where and how a model computes. */
export interface ComputeOptions {
  /** "auto" is the native CPU engine, or its WebAssembly build where that is missing. */
  device?: Device | undefined;
  /**
   * "fp32"; "fp16": weights rounded to half precision, computed with in float32; "q8": matrices in bytes, multiplied as such,
   * which takes a quarter of the memory and less time and changes results a little. By default what the checkpoint is in.
   */
  dtype?: DType | undefined;
  /** Threads that work on one operator. */
  num_threads?: number | undefined;
  /**
   * Keep weights as pages of their files, which the system takes back where memory is short, instead of in the form that is
   * multiplied fastest: opens at once and takes little memory, and computes slower. Native engine only.
   */
  low_cpu_mem_usage?: boolean | undefined;
}

/** Options of from_config. */
export interface CreateOptions extends ComputeOptions {
  /** Of the random weights; 0 by default, so that two runs give the same model. */
  seed?: number | undefined;
}

/** Options of from_pretrained. Keys of LEDConfig beside them override the checkpoint's config. */
export interface PretrainedOptions extends LoadOptions, CreateOptions {
  /** Instead of the folder's config.json. */
  config?: LEDConfig | undefined;
  /** Other weights of the same model ("fp16": model.fp16.safetensors). */
  variant?: string | undefined;
  /** Read the weights of a TensorFlow class, tf_model.h5 or shards of it. */
  from_tf?: boolean | undefined;
  /** Weights instead of the folder's. */
  state_dict?: ReadonlyMap<string, Tensor> | undefined;
  /** Weights of another shape than the model's are made anew instead of refused. */
  ignore_mismatched_sizes?: boolean | undefined;
  /** Give [model, LoadingInfo]. */
  output_loading_info?: boolean | undefined;
  /** Compute in a process of its own, which leaves this one free and can be killed: see InWorker. */
  worker?: boolean | undefined;
}

const computeNames = ["device", "dtype", "num_threads", "low_cpu_mem_usage"] as const;
const createNames = [...computeNames, "seed"] as const;
const pretrainedNames = [
  ...loadOptionNames,
  ...createNames,
  "config",
  "variant",
  "from_tf",
  "state_dict",
  "ignore_mismatched_sizes",
  "output_loading_info",
  "worker",
] as const;

/** What a load made of the checkpoint's names, in the file's spelling, sorted. */
export interface LoadingInfo {
  readonly missing_keys: string[];
  readonly unexpected_keys: string[];
  /** [name, shape in the file, shape in the model] */
  readonly mismatched_keys: [string, number[], number[]][];
  readonly error_msgs: string[];
}

/** A model before any engine holds it. */
export interface LoadedModel {
  readonly config: LEDConfig;
  readonly geometry: Geometry;
  readonly weights: ModelWeights;
  readonly engine: Engine;
  readonly session: SessionOptions;
  readonly seed: number;
  /** The numbers that training starts from. */
  readonly initial: typeof initialWeight;
  /** The folder that weights are read from; undefined for those in memory. */
  readonly where: string | undefined;
}

/** What the classes of the two frameworks do differently when they are loaded or made. */
export interface ModelForm {
  /** What messages call the class. */
  readonly name: string;
  /** Which files of weights are looked for. */
  readonly search: WeightsSearch;
  readonly initial: typeof initialWeight;
  /** The token table is the head too, whatever the config says, and in files it has its own name alone. */
  readonly oneTable: boolean;
  /** Names that a file may hold without a word. */
  readonly ignored: RegExp | undefined;
}

function torchForm(name: ClassName, from_tf: boolean): ModelForm {
  const search = from_tf ? "from_tf" : "torch";
  return { name, search, initial: initialWeight, oneTable: false, ignored: undefined };
}

export async function loadModel(
  className: ClassName,
  source: string | Files,
  given: PretrainedOptions & { readonly [configKey: string]: unknown },
  form = torchForm(className, given.from_tf === true),
): Promise<LoadedModel & { readonly files: Files; readonly info: LoadingInfo }> {
  const operation = `${form.name}.from_pretrained`;
  const { options, overrides: allOverrides } = splitOptions(operation, given);
  for (const name of ["worker", "from_tf"] as const) {
    if (typeof (options[name] ?? false) === "boolean") continue;
    throw new InvalidArgumentError({
      operation,
      expected: `\`${name}\` to be true or false`,
      got: String(options[name]),
    });
  }
  if (options.from_tf && options.state_dict !== undefined) {
    throw new InvalidArgumentError({ operation, expected: "`from_tf` or `state_dict`", got: "both" });
  }
  // Stock configs do not have this package's own key, so that it cannot replace one in them.
  const { head, ...overrides } = allOverrides;
  checkCompute(operation, options);
  const files = await filesOf(source, {
    ...Object.fromEntries(loadOptionNames.map((name) => [name, options[name]])),
    variant: options.variant,
    parts: options.state_dict === undefined ? ["config", "weights"] : ["config"],
    weights: form.search,
  });
  const config = options.config ?? (await LEDConfig.from_files(files, overrides));
  if (options.config !== undefined) config.update(overrides);
  if (head !== undefined) config.update({ head });
  const model = await prepare(className, config, options, form);
  const { spec } = model.weights;
  if (options.state_dict !== undefined) {
    setTensors(model.weights, options.state_dict);
    const names = new Set(options.state_dict.keys());
    const info = infoOf({
      bound: new Map(),
      missing_keys: tensorsOf(spec)
        .filter(({ name, optional }) => !names.has(name) && !optional)
        .map(({ name }) => name),
      unexpected_keys: [...names].filter((name) => !spec.entries.some((entry) => entry.name === name)),
      mismatched_keys: [],
    });
    const settled = settle(model, info, `${form.name} from the state_dict`, options);
    await quantizeIfAsked(model.weights, undefined);
    return { ...model, files, info: settled };
  }
  const checkpoint = await openCheckpoint(files, {
    ...(options.variant === undefined ? {} : { variant: options.variant }),
    search: form.search,
  });
  const table = tokenTable(spec);
  const bound = await bindWeights(checkpoint, tensorsOf(spec), form.oneTable ? table.slice(0, 1) : table);
  for (const [name, weight] of bound.weights) model.weights.set(name, weight);
  for (const [name, weight] of bound.quantized) model.weights.setQuantized(name, weight);
  const { unexpected_keys, ...match } = bound.match;
  const expected = infoOf({ ...match, unexpected_keys: unexpected_keys.filter((key) => !form.ignored?.test(key)) });
  const info = settle(model, expected, `${form.name} from ${files.where}`, options);
  const whole = tensorsOf(spec).every((one) => !isMatrix(one) || bound.weights.has(one.name));
  await quantizeIfAsked(model.weights, whole ? checkpoint : undefined);
  return { ...model, files, info, where: files.where };
}

/** A model with random weights. */
export async function createModel(
  className: ClassName,
  config: LEDConfig,
  given: CreateOptions,
  form = torchForm(className, false),
): Promise<LoadedModel> {
  const operation = `${form.name}.from_config`;
  if (!(config instanceof LEDConfig)) {
    throw new InvalidArgumentError({
      operation,
      expected: "an LEDConfig",
      got: typeof config,
      fix: "Write new LEDConfig({...}).",
    });
  }
  for (const name of Object.keys(given)) {
    if (!(createNames as readonly string[]).includes(name)) throw unknownOption(operation, name, createNames);
  }
  checkCompute(operation, given);
  const model = await prepare(className, config, given, form);
  for (const { name } of tensorsOf(model.weights.spec)) initialise(model, name);
  await quantizeIfAsked(model.weights, undefined);
  return model;
}

async function quantizeIfAsked(weights: ModelWeights, checkpoint: Checkpoint | undefined): Promise<void> {
  if (weights.dtype === "q8") await quantize(weights, checkpoint, platform.derivedFolder);
}

async function prepare(
  className: ClassName,
  config: LEDConfig,
  options: CreateOptions,
  { initial, oneTable }: ModelForm,
): Promise<LoadedModel> {
  checkAttentionImplementation(config, className);
  if (className === "LEDForQuestionAnswering") config.num_labels = 2;
  const own = geometryOf(config);
  const geometry = oneTable ? { ...own, tie_word_embeddings: true } : own;
  const spec = classSpec(className, config, geometry);
  const { device = "auto", dtype = storedDtype(config), num_threads, low_cpu_mem_usage = false, seed = 0 } = options;
  return {
    config,
    geometry,
    weights: new ModelWeights(spec, dtype),
    engine: await platform.engine(device),
    session: {
      ...(num_threads === undefined ? {} : { num_threads }),
      ...(low_cpu_mem_usage ? { low_memory: true } : {}),
    },
    seed,
    initial,
    where: undefined,
  };
}

/** A checkpoint in bytes is computed with as it is, where nothing else is asked for. */
function storedDtype(config: LEDConfig): DType {
  const { quantization_config } = config as { quantization_config?: { quant_method?: unknown } };
  return quantization_config?.quant_method === quantizationConfig.quant_method ? "q8" : "fp32";
}

/** Gives a weight the numbers that training starts from. */
export function initialise({ config, weights, seed, initial }: LoadedModel, name: string): void {
  const entry = weights.spec.entries.find((one) => one.name === name)!;
  const padding_idx = config.pad_token_id;
  const made = entry.buffer
    ? zeroWeight(entry.shape)
    : initial(name, entry.shape, { init_std: config.init_std, seed, padding_idx });
  weights.set(name, made);
}

export function setTensors(weights: ModelWeights, tensors: ReadonlyMap<string, Tensor>): void {
  for (const { name, shape } of weights.spec.entries) {
    const tensor = tensors.get(name);
    if (tensor === undefined) continue;
    if (tensor.dims.join() !== shape.join()) {
      throw new InvalidArgumentError({
        operation: `${weights.spec.className} state_dict`,
        says: `size mismatch for ${name}: copying a param with shape torch.Size([${tensor.dims.join(", ")}]) from checkpoint, the shape in current model is torch.Size([${shape.join(", ")}]).`,
      });
    }
    weights.set(name, tensorWeight(tensor));
  }
}

function infoOf({ missing_keys, unexpected_keys, mismatched_keys }: NameMatch): LoadingInfo {
  return { missing_keys, unexpected_keys, mismatched_keys, error_msgs: [] };
}

/** Refuses a load that cannot be meant, gives what is missing its first numbers, and says what a person should know. */
function settle(model: LoadedModel, info: LoadingInfo, where: string, options: PretrainedOptions): LoadingInfo {
  const { weights } = model;
  const [className] = where.split(" from ");
  const { output_loading_info = false, ignore_mismatched_sizes = false } = options;
  const absent = tensorsOf(weights.spec).filter(({ name }) => !weights.has(name));
  const mismatched = new Set(info.mismatched_keys.map(([name]) => name));
  const isMismatched = (name: string): boolean =>
    [...mismatched].some((key) => key === name || name.endsWith(`.${key}`) || key.endsWith(`.${name}`));
  const missingBase = absent.filter(({ name, head }) => !head && !isMismatched(name));
  const refused = {
    bound: new Map(),
    missing_keys: output_loading_info || missingBase.length === 0 ? [] : info.missing_keys,
    unexpected_keys: info.unexpected_keys,
    mismatched_keys: ignore_mismatched_sizes ? [] : info.mismatched_keys,
  };
  requireMatch(refused, where);
  for (const { name } of absent) initialise(model, name);
  const [, place] = where.split(" from ");
  if (info.unexpected_keys.length > 0) {
    warn(`Some weights of ${place} were not used when initializing ${className}: ${info.unexpected_keys.join(", ")}`);
  }
  if (info.missing_keys.length > 0) {
    warn(
      `Some weights of ${className} were not initialized from the model checkpoint at ${place} and are newly initialized: [${quoted(info.missing_keys)}]\nYou should probably TRAIN this model on a down-stream task to be able to use it for predictions and inference.`,
    );
  }
  if (info.mismatched_keys.length > 0) {
    const shapes = info.mismatched_keys.map(
      ([name, file, own]) =>
        `- ${name}: found shape torch.Size([${file.join(", ")}]) in the checkpoint and torch.Size([${own.join(", ")}]) in the model instantiated`,
    );
    warn(
      `Some weights of ${className} were not initialized from the model checkpoint at ${place} and are newly initialized because the shapes did not match:\n${shapes.join("\n")}\nYou should probably TRAIN this model on a down-stream task to be able to use it for predictions and inference.`,
    );
  }
  return info;
}

const quoted = (names: readonly string[]): string => names.map((name) => `'${name}'`).join(", ");

/** Options of the load, and keys of the config, which every other known key is. */
function splitOptions(
  operation: string,
  given: PretrainedOptions & { readonly [configKey: string]: unknown },
): { options: PretrainedOptions; overrides: { [key: string]: unknown } } {
  const options: { [name: string]: unknown } = {};
  const overrides: { [key: string]: unknown } = {};
  const plain = new LEDConfig();
  const configKeys = [...Object.keys(plain), ...Object.keys(LEDConfig.attribute_map), "num_labels", "head"];
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined) continue;
    if ((pretrainedNames as readonly string[]).includes(name)) options[name] = value;
    else if (configKeys.includes(name)) overrides[name] = value;
    else throw unknownOption(operation, name, [...pretrainedNames, ...configKeys]);
  }
  return { options: options as PretrainedOptions, overrides };
}

function unknownOption(operation: string, name: string, known: readonly string[]): InvalidArgumentError {
  const near = nearestName(name, known);
  return new InvalidArgumentError({
    operation,
    expected: `options among ${known.slice(0, pretrainedNames.length).join(", ")}, and keys of LEDConfig`,
    got: `\`${name}\``,
    ...(near === undefined ? {} : { fix: `Did you mean \`${near}\`?` }),
  });
}

function checkCompute(
  operation: string,
  { device = "auto", dtype = "fp32", num_threads, low_cpu_mem_usage = false, seed = 0 }: CreateOptions,
): void {
  if (!devices.includes(device)) throw notOneOf(operation, "device", devices, device);
  if (!dtypes.includes(dtype)) throw notOneOf(operation, "dtype", dtypes, dtype);
  if (typeof low_cpu_mem_usage !== "boolean") {
    throw new InvalidArgumentError({
      operation,
      expected: "`low_cpu_mem_usage` true or false",
      got: String(low_cpu_mem_usage),
    });
  }
  if (num_threads !== undefined && !(Number.isInteger(num_threads) && num_threads > 0)) {
    throw new InvalidArgumentError({ operation, expected: "`num_threads` above 0", got: String(num_threads) });
  }
  if (!Number.isSafeInteger(seed)) {
    throw new InvalidArgumentError({ operation, expected: "a whole number as `seed`", got: String(seed) });
  }
}

function notOneOf(operation: string, name: string, known: readonly string[], got: unknown): InvalidArgumentError {
  return new InvalidArgumentError({ operation, expected: `\`${name}\` among ${known.join(", ")}`, got: String(got) });
}
