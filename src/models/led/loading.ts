/**
 * What every LED class does to come from a checkpoint: the folder, the config, the weights by name, the engine. Mirrors
 * transformers 4.37.2, modeling_utils.py: from_pretrained.
 */
import { platform } from "#platform";
import { requireMatch } from "../../checkpoints/names.ts";
import { openCheckpoint } from "../../checkpoints/open.ts";
import { checkActivation, checkAttentionImplementation, LEDConfig, normalizeAttentionWindows } from "../../config.ts";
import { InvalidArgumentError, refuseUnknownOptions } from "../../errors.ts";
import type { Files } from "../../files.ts";
import { type LoadOptions, loadOptionNames } from "../../load-options.ts";
import { warn } from "../../log.ts";
import { filesOf } from "../../model-folders.ts";
import { type Device, devices } from "../../platform/platform.ts";
import type { Engine, SessionOptions } from "../../runtime/engine.ts";
import { type Geometry, type ParameterShape, tokenTableNames } from "./parameters.ts";
import { type BoundWeights, bindWeights } from "./weights.ts";

export interface PretrainedOptions extends LoadOptions {
  /** Instead of the folder's config.json. */
  config?: LEDConfig;
  /** "auto" is the native CPU engine, or its WebAssembly build where that is missing. */
  device?: Device;
  /** Weights are held and computed in float32. */
  dtype?: "fp32";
  /** Threads that work on one operator. */
  num_threads?: number;
  /** Other weights of the same model ("fp16": model.fp16.safetensors). */
  variant?: string;
}

const optionNames = [...loadOptionNames, "config", "device", "dtype", "num_threads", "variant"] as const;

/** What the files say, before any engine holds them. */
export interface LoadedCheckpoint {
  readonly files: Files;
  readonly config: LEDConfig;
  readonly geometry: Geometry;
  readonly bound: BoundWeights;
  readonly engine: Engine;
  readonly session: SessionOptions;
}

/**
 * Reads config and names of a checkpoint for a class and finds the engine. `parameters` gives the class's parameters for a
 * geometry, `prefix` where the base model is in them.
 */
export async function loadCheckpoint(
  className: string,
  source: string | Files,
  options: PretrainedOptions,
  parameters: (geometry: Geometry) => ParameterShape[],
  prefix: string,
): Promise<LoadedCheckpoint> {
  const operation = `${className}.from_pretrained`;
  refuseUnknownOptions(operation, options, optionNames);
  const { device = "auto", dtype = "fp32", num_threads } = options;
  if (!devices.includes(device)) throw notOneOf(operation, "device", devices, device);
  if (dtype !== "fp32") throw notOneOf(operation, "dtype", ["fp32"], dtype);
  if (num_threads !== undefined && !(Number.isInteger(num_threads) && num_threads > 0)) {
    throw new InvalidArgumentError({ operation, expected: "`num_threads` above 0", got: String(num_threads) });
  }
  const files = await filesOf(source, {
    ...Object.fromEntries(loadOptionNames.map((name) => [name, options[name]])),
    variant: options.variant,
    parts: ["config", "weights"],
  });
  const config = options.config ?? (await LEDConfig.from_files(files));
  checkAttentionImplementation(config, className);
  const geometry = geometryOf(config);
  const checkpoint = await openCheckpoint(files, options.variant === undefined ? {} : { variant: options.variant });
  const bound = await bindWeights(checkpoint, parameters(geometry), tokenTableNames(geometry, prefix));
  requireMatch(bound.match, `${className} from ${files.where}`);
  const { unexpected_keys } = bound.match;
  if (unexpected_keys.length > 0) {
    warn(`Some weights of ${files.where} were not used when initializing ${className}: ${unexpected_keys.join(", ")}`);
  }
  const engine = await platform.engine(device);
  return { files, config, geometry, bound, engine, session: num_threads === undefined ? {} : { num_threads } };
}

function notOneOf(operation: string, name: string, known: readonly string[], got: unknown): InvalidArgumentError {
  return new InvalidArgumentError({ operation, expected: `\`${name}\` among ${known.join(", ")}`, got: String(got) });
}

/** The sizes that graphs are built from, checked. Normalises the config's attention_window, as the reference does. */
export function geometryOf(config: LEDConfig): Geometry {
  const activation_function = checkActivation(config.activation_function);
  const attention_window = normalizeAttentionWindows(config);
  const { d_model, encoder_attention_heads, decoder_attention_heads } = config;
  if (encoder_attention_heads < 1 || d_model % encoder_attention_heads !== 0) {
    throw new InvalidArgumentError({
      operation: "LEDEncoderSelfAttention",
      says: `The hidden size (${d_model}) is not a multiple of the number of attention heads (${encoder_attention_heads})`,
    });
  }
  if (decoder_attention_heads < 1 || d_model % decoder_attention_heads !== 0) {
    throw new InvalidArgumentError({
      operation: "LEDDecoderAttention",
      says: `embed_dim must be divisible by num_heads (got \`embed_dim\`: ${d_model} and \`num_heads\`: ${decoder_attention_heads}).`,
    });
  }
  return {
    d_model,
    vocab_size: config.vocab_size,
    max_encoder_position_embeddings: config.max_encoder_position_embeddings,
    max_decoder_position_embeddings: config.max_decoder_position_embeddings,
    encoder_layers: config.encoder_layers,
    decoder_layers: config.decoder_layers,
    encoder_attention_heads,
    decoder_attention_heads,
    encoder_ffn_dim: config.encoder_ffn_dim,
    decoder_ffn_dim: config.decoder_ffn_dim,
    activation_function,
    attention_window,
    tie_word_embeddings: config.tie_word_embeddings,
  };
}
