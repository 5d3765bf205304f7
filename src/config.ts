/**
 * LEDConfig: the geometry of an LED model and everything else that its config.json says.
 * Mirrors transformers 4.37.2, models/led/configuration_led.py, and the checks of the config that modeling_led.py makes
 * when a model is built (LEDEncoder.__init__, LEDEncoderSelfAttention.__init__). Departures:
 * - sizes that are no whole numbers and rates that are no numbers are refused here; the reference fails later, elsewhere.
 * - the config of another type of model is refused; the reference warns and goes on.
 * - attention_window 2 is no error here; the reference accepts it and fails at the first forward pass.
 */
import { InvalidArgumentError, nearestName } from "./errors.ts";
import { type Files, readText } from "./files.ts";
import { type LoadOptions, splitLoadOptions } from "./load-options.ts";
import { filesOf, folderOf } from "./model-folders.ts";
import {
  type ConfigValues,
  type OptionsOf,
  PretrainedConfig,
  parseConfig,
  show,
  takeOptions,
} from "./pretrained-config.ts";
import { pretrainedFloatKeys, type TokenId } from "./pretrained-config-keys.ts";

export { transformersVersion } from "./pretrained-config.ts";

const sizes = [
  "vocab_size",
  "max_encoder_position_embeddings",
  "max_decoder_position_embeddings",
  "d_model",
  "encoder_layers",
  "decoder_layers",
  "encoder_attention_heads",
  "decoder_attention_heads",
  "encoder_ffn_dim",
  "decoder_ffn_dim",
  "num_hidden_layers",
] as const;

const rates = [
  "dropout",
  "attention_dropout",
  "activation_dropout",
  "classifier_dropout",
  "encoder_layerdrop",
  "decoder_layerdrop",
  "init_std",
] as const;

/** Keys by which a config that does not say its model_type is taken for LED's. */
const ledKeys = ["attention_window", "max_encoder_position_embeddings", "max_decoder_position_embeddings"];

const fileName = "config.json";

/** Every key and alias of LEDConfig, and any key that it does not know. */
export type LEDConfigOptions = OptionsOf<LEDConfig>;

export class LEDConfig extends PretrainedConfig {
  static override readonly model_type: string = "led";
  static override readonly attribute_map: Readonly<Record<string, string>> = {
    num_attention_heads: "encoder_attention_heads",
    hidden_size: "d_model",
    attention_probs_dropout_prob: "attention_dropout",
    initializer_range: "init_std",
  };
  static override readonly float_keys: ReadonlySet<string> = new Set<string>([...pretrainedFloatKeys, ...rates]);
  /** Outputs that evaluation during training leaves out. */
  static readonly keys_to_ignore_at_inference: readonly string[] = ["past_key_values"];

  /** Rows of the token table. */
  vocab_size = 50265;
  /** Rows of the encoder's position table: tokens of a document at most. */
  max_encoder_position_embeddings = 16384;
  /** Rows of the decoder's position table: tokens of a summary at most. */
  max_decoder_position_embeddings = 1024;
  /** Width of the hidden states. */
  d_model = 1024;
  /** Layers of the encoder. */
  encoder_layers = 12;
  /** Layers of the decoder. */
  decoder_layers = 12;
  /** Heads of each encoder layer; they divide d_model. */
  encoder_attention_heads = 16;
  /** Heads of each decoder layer; they divide d_model. */
  decoder_attention_heads = 16;
  /** Width of the encoder's feed-forward layers. */
  encoder_ffn_dim = 4096;
  /** Width of the decoder's feed-forward layers. */
  decoder_ffn_dim = 4096;
  /** Dropout after embeddings, attention and feed-forward layers. */
  dropout = 0.1;
  /** Dropout of attention probabilities. */
  attention_dropout = 0.0;
  /** Dropout after the activation function. */
  activation_dropout = 0.0;
  /** Dropout in the classification head. */
  classifier_dropout = 0.0;
  /** Probability that training skips an encoder layer. */
  encoder_layerdrop = 0.0;
  /** Probability that training skips a decoder layer. */
  decoder_layerdrop = 0.0;
  /** Activation of the feed-forward layers, one of `activationNames`. */
  activation_function = "gelu";
  /** Standard deviation of the normal distribution that new weights are drawn from. */
  init_std = 0.02;
  /** Tokens that a token attends to on both sides together: one even number, or one for each encoder layer. */
  attention_window: number | number[] = 512;
  /** Layers that attention_window is for: encoder_layers, unless given. */
  num_hidden_layers = 12;
  /** Keep keys and values between the steps of generation. */
  use_cache = true;
  override is_encoder_decoder = true;
  override pad_token_id: TokenId = 1;
  override bos_token_id: TokenId = 0;
  override eos_token_id: TokenId | number[] = 2;
  override decoder_start_token_id: TokenId = 2;

  /** Any keys by name, aliases too. An InvalidArgumentError says what is wrong with one. */
  constructor(options: LEDConfigOptions = {}) {
    super();
    takeOptions(this, options);
    if (options.num_hidden_layers === undefined) this.num_hidden_layers = this.encoder_layers;
    for (const key of sizes) {
      const value: unknown = this[key];
      if (!Number.isInteger(value) || (value as number) < 0) refuse(key, "a whole number", value);
    }
    for (const key of rates) if (!Number.isFinite(this[key])) refuse(key, "a number", this[key]);
  }

  get num_attention_heads(): number {
    return this.encoder_attention_heads;
  }

  set num_attention_heads(value: number) {
    this.encoder_attention_heads = value;
  }

  get hidden_size(): number {
    return this.d_model;
  }

  set hidden_size(value: number) {
    this.d_model = value;
  }

  get attention_probs_dropout_prob(): number {
    return this.attention_dropout;
  }

  set attention_probs_dropout_prob(value: number) {
    this.attention_dropout = value;
  }

  get initializer_range(): number {
    return this.init_std;
  }

  set initializer_range(value: number) {
    this.init_std = value;
  }

  /**
   * The config in a model folder's config.json, with `overrides` as in `from_dict`. A FileError says that there is
   * none; an InvalidArgumentError, that it is no JSON object or the config of another type of model.
   */
  static async from_files(files: Files, overrides: ConfigValues = {}): Promise<LEDConfig> {
    const where = `${files.where}/${fileName}`;
    const values = parseConfig(await readText(files, fileName), where);
    const type = values.model_type ?? null;
    if (type === null ? ledKeys.every((key) => !Object.hasOwn(values, key)) : type !== LEDConfig.model_type) {
      throw new InvalidArgumentError({
        operation: `read ${where}`,
        expected: 'the config of an LED model (`model_type` "led")',
        got: type === null ? "no `model_type` and no key of LED" : `\`model_type\` ${show(type)}`,
        fix: "Give the folder or Hub id of an LED checkpoint.",
      });
    }
    return LEDConfig.from_dict(values, overrides);
  }

  /**
   * The config of a model folder, a Hub id, or files at hand. Load options say where to look; all other keys override the
   * file's. Errors as `from_files`.
   */
  static async from_pretrained(source: string | Files, options: ConfigValues & LoadOptions = {}): Promise<LEDConfig> {
    const { load, rest } = splitLoadOptions(options);
    return LEDConfig.from_files(await filesOf(source, { ...load, parts: ["config"] }), rest);
  }

  /** Writes config.json into a folder: the keys of `to_diff_dict`. */
  async save_pretrained(folder: string | Files): Promise<void> {
    await folderOf(folder).write(fileName, [new TextEncoder().encode(this.to_json_string())]);
  }
}

function refuse(key: string, expected: string, value: unknown): never {
  throw new InvalidArgumentError({
    operation: "LEDConfig",
    expected: `\`${key}\` to be ${expected}`,
    got: show(value),
  });
}

/**
 * Makes `attention_window` the list that a model needs, one window for each layer, and returns it. As the reference,
 * this changes the config: one saved after its model was built holds the list. An InvalidArgumentError says which
 * window is odd, not positive, missing or too many.
 */
export function normalizeAttentionWindows(config: LEDConfig): number[] {
  const operation = "attention_window";
  const { attention_window: given, encoder_layers, num_hidden_layers } = config;
  const fail = (says: string, fix: string): never => {
    throw new InvalidArgumentError({ operation, says, got: show(given), fix });
  };
  const even = "Give an even number of tokens, half of them on either side.";
  if (!(Array.isArray(given) ? given : [given]).every(Number.isInteger)) {
    throw new InvalidArgumentError({ operation, expected: "an even number, or a list of them", got: show(given) });
  }
  if (!Array.isArray(given)) {
    if (given % 2 !== 0) fail("`config.attention_window` has to be an even value", even);
    if (given <= 0) fail("`config.attention_window` has to be positive", even);
  } else if (given.length !== num_hidden_layers) {
    fail(
      "`len(config.attention_window)` should equal `config.num_hidden_layers`. " +
        `Expected ${num_hidden_layers}, given ${given.length}`,
      "Give one window, or as many as the encoder has layers.",
    );
  }
  const windows = Array.isArray(given) ? given : new Array<number>(num_hidden_layers).fill(given);
  if (windows.length < encoder_layers) {
    throw new InvalidArgumentError({
      operation,
      expected: `windows for ${encoder_layers} encoder layers (\`encoder_layers\`)`,
      got: `\`num_hidden_layers\` ${windows.length}`,
      fix: "Leave `num_hidden_layers` out, or make it equal to `encoder_layers`.",
    });
  }
  windows.slice(0, encoder_layers).forEach((window, layer) => {
    const name = `\`attention_window\` for layer ${layer}`;
    if (window % 2 !== 0) fail(`${name} has to be an even value. Given ${window}`, even);
    if (window <= 0) fail(`${name} has to be positive. Given ${window}`, even);
  });
  config.attention_window = windows;
  return windows;
}

/** The names that `activation_function` may have (activations.py: ACT2CLS). */
export const activationNames = [
  "gelu",
  "gelu_10",
  "gelu_fast",
  "gelu_new",
  "gelu_python",
  "gelu_pytorch_tanh",
  "gelu_accurate",
  "laplace",
  "leaky_relu",
  "linear",
  "mish",
  "quick_gelu",
  "relu",
  "relu2",
  "relu6",
  "sigmoid",
  "silu",
  "swish",
  "tanh",
] as const;

export type ActivationName = (typeof activationNames)[number];

/** Returns the name when it is one of `activationNames`; else an InvalidArgumentError lists them. */
export function checkActivation(name: unknown): ActivationName {
  const found = activationNames.find((known) => known === name);
  if (found !== undefined) return found;
  const near = typeof name === "string" ? nearestName(name, activationNames) : undefined;
  throw new InvalidArgumentError({
    operation: "activation_function",
    expected: `one of ${activationNames.join(", ")}`,
    got: show(name),
    ...(near === undefined ? {} : { fix: `Did you mean "${near}"?` }),
  });
}

/**
 * Refuses a config that asks for another attention than LED's own ("eager"), for the model class of this name. Of the
 * reference's messages this keeps the sentence that says what is wrong, not those on whom to ask for support.
 */
export function checkAttentionImplementation(config: LEDConfig, className: string): void {
  const name = config._attn_implementation;
  if (name === "eager") return;
  const known: Record<string, string> = {
    sdpa:
      `${className} does not support an attention implementation through ` +
      "torch.nn.functional.scaled_dot_product_attention yet.",
    flash_attention_2: `${className} does not support Flash Attention 2.0 yet.`,
  };
  const unknown =
    `Specified \`attn_implementation="${name}"\` is not supported. The only possible arguments are ` +
    '`attn_implementation="eager"` (manual attention implementation).';
  throw new InvalidArgumentError({
    operation: "attn_implementation",
    says: known[name] ?? unknown,
    got: show(name),
    fix: 'Leave `attn_implementation` out, or give "eager".',
  });
}
