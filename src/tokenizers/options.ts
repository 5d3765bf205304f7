/**
 * Options of tokenizer calls and what they mean together
 * (transformers 4.37.2, tokenization_utils_base.py: _get_padding_truncation_strategies).
 * The reference's deprecated `truncation_strategy` and `pad_to_max_length` are unknown options here.
 */
import { InvalidArgumentError } from "../errors.ts";
import { warn, warnOnce } from "../log.ts";
import { list, type TensorsOption } from "./batch-encoding.ts";

type Maybe<T> = T | null | undefined;

export const paddingStrategies = ["longest", "max_length", "do_not_pad"] as const;
export type PaddingStrategy = (typeof paddingStrategies)[number];

export const truncationStrategies = ["only_first", "only_second", "longest_first", "do_not_truncate"] as const;
export type TruncationStrategy = (typeof truncationStrategies)[number];

/** A text, or with is_split_into_words its words. */
export type TextInput = string | readonly string[];
/** One input, or a batch. */
export type TextsInput = TextInput | readonly (readonly string[])[];

export interface PrepareOptions {
  /** Put `<s>` and `</s>` around. Default true. */
  add_special_tokens?: Maybe<boolean>;
  /** true: to the longest row. Default false. */
  padding?: Maybe<boolean | PaddingStrategy>;
  /** true: longest_first. Default none, but a bare max_length truncates (with a warning). */
  truncation?: Maybe<boolean | TruncationStrategy>;
  /** In tokens, specials included. Default: the tokenizer's model_max_length where a length is needed. */
  max_length?: Maybe<number>;
  /** Tokens that overflowing_tokens repeats from what was kept. */
  stride?: Maybe<number>;
  pad_to_multiple_of?: Maybe<number>;
  return_tensors?: Maybe<TensorsOption>;
  return_token_type_ids?: Maybe<boolean>;
  return_attention_mask?: Maybe<boolean>;
  return_overflowing_tokens?: Maybe<boolean>;
  return_special_tokens_mask?: Maybe<boolean>;
  /** LEDTokenizerFast only, as in the reference: where each token is in its text. */
  return_offsets_mapping?: Maybe<boolean>;
  return_length?: Maybe<boolean>;
  /** Default true: warnings are given. */
  verbose?: Maybe<boolean>;
}

export const offsetUnits = ["utf16", "code_points"] as const;
/** What offsets count. */
export type OffsetUnit = (typeof offsetUnits)[number];

/** LEDTokenizer's; LEDTokenizerFast has the first two as options of its constructor, as in the reference. */
export interface TokenizeOptions {
  /** Overrides the tokenizer's own for this call. */
  add_prefix_space?: Maybe<boolean>;
  /** Whether added tokens are cut like other text. Overrides the tokenizer's own for this call. */
  split_special_tokens?: Maybe<boolean>;
  is_split_into_words?: Maybe<boolean>;
}

export interface EncodeOptions extends PrepareOptions, TokenizeOptions {
  /** LEDTokenizerFast only: overrides the tokenizer's own for this call. */
  offset_unit?: Maybe<OffsetUnit>;
}

export interface EncodePairOptions extends EncodeOptions {
  text_pair?: Maybe<TextInput | readonly number[]>;
}

export interface CallOptions extends EncodeOptions {
  text_pair?: Maybe<TextsInput>;
  /** Tokenized too; its ids come as `labels` when there is a text as well. */
  text_target?: Maybe<TextsInput>;
  text_pair_target?: Maybe<TextsInput>;
}

export interface PadOptions {
  /** Default true. */
  padding?: Maybe<boolean | PaddingStrategy>;
  max_length?: Maybe<number>;
  pad_to_multiple_of?: Maybe<number>;
  return_attention_mask?: Maybe<boolean>;
  return_tensors?: Maybe<TensorsOption>;
  verbose?: Maybe<boolean>;
}

export interface DecodeOptions {
  skip_special_tokens?: Maybe<boolean>;
  /** " ." becomes "." and the like. Default: the tokenizer's own. */
  clean_up_tokenization_spaces?: Maybe<boolean>;
  /** Whether added tokens that are not special are joined to the text by spaces. Default true. */
  spaces_between_special_tokens?: Maybe<boolean>;
}

export const prepareOptionNames = [
  "add_special_tokens",
  "padding",
  "truncation",
  "max_length",
  "stride",
  "pad_to_multiple_of",
  "return_tensors",
  "return_token_type_ids",
  "return_attention_mask",
  "return_overflowing_tokens",
  "return_special_tokens_mask",
  "return_offsets_mapping",
  "return_length",
  "verbose",
] as const satisfies readonly (keyof PrepareOptions)[];

export const tokenizeOptionNames = [
  "add_prefix_space",
  "split_special_tokens",
  "is_split_into_words",
] as const satisfies readonly (keyof TokenizeOptions)[];

export const encodeOptionNames = [...prepareOptionNames, ...tokenizeOptionNames, "offset_unit"] as const;

export const callOptionNames = [...encodeOptionNames, "text_pair", "text_target", "text_pair_target"] as const;

export const padOptionNames = [
  "padding",
  "max_length",
  "pad_to_multiple_of",
  "return_attention_mask",
  "return_tensors",
  "verbose",
] as const satisfies readonly (keyof PadOptions)[];

export const decodeOptionNames = [
  "skip_special_tokens",
  "clean_up_tokenization_spaces",
  "spaces_between_special_tokens",
] as const satisfies readonly (keyof DecodeOptions)[];

/** What padding, truncation and max_length come to. */
export interface Strategies {
  padding: PaddingStrategy;
  truncation: TruncationStrategy;
  max_length: number | null;
  stride: number;
  pad_to_multiple_of: number | null;
}

/** What of the tokenizer the strategies depend on. */
export interface LengthLimits {
  model_max_length: number;
  readonly pad_token: string | null;
  /** Keys of the warnings that this tokenizer has given already. */
  readonly warned: Set<string>;
}

/** More than any length; int(1e30) stands for "no limit" in tokenizer files. */
const LARGE = 1e20;

export function resolveStrategies(
  options: Pick<PrepareOptions, "padding" | "truncation" | "max_length" | "stride" | "pad_to_multiple_of" | "verbose">,
  tokenizer: LengthLimits,
): Strategies {
  const verbose = options.verbose ?? true;
  const given = options.padding ?? false;
  let truncationGiven = options.truncation ?? null;
  let max_length = options.max_length ?? null;
  const stride = options.stride ?? 0;
  const multiple = options.pad_to_multiple_of ?? null;
  if (max_length !== null) requireInteger("max_length", max_length, 0);
  requireInteger("stride", stride, 0);
  if (multiple !== null) requireInteger("pad_to_multiple_of", multiple, 1);

  const once = (key: string, message: string): void => {
    if (!verbose || tokenizer.warned.has(key)) return;
    tokenizer.warned.add(key);
    warn(message);
  };

  if (max_length !== null && given === false && truncationGiven === null) {
    once(
      "Truncation-not-explicitly-activated",
      "Truncation was not explicitly activated but `max_length` is provided a specific value, please use `truncation=True` to explicitly truncate examples to max length. Defaulting to 'longest_first' truncation strategy. If you encode pairs of sequences (GLUE-style) with the tokenizer you can select this strategy more precisely by providing a specific strategy to `truncation`.",
    );
    truncationGiven = "longest_first";
  }
  let padding = strategy("PaddingStrategy", paddingStrategies, given, "longest", "do_not_pad");
  let truncation = strategy(
    "TruncationStrategy",
    truncationStrategies,
    truncationGiven ?? false,
    "longest_first",
    "do_not_truncate",
  );
  if (given === true && max_length !== null && truncation === "do_not_truncate" && verbose) {
    warnOnce(
      "`max_length` is ignored when `padding`=`True` and there is no truncation strategy. To pad to max length, use `padding='max_length'`.",
    );
  }

  if (max_length === null) {
    const limited = tokenizer.model_max_length <= LARGE;
    if (padding === "max_length" && !limited) {
      once(
        "Asking-to-pad-to-max_length",
        "Asking to pad to max_length but no maximum length is provided and the model has no predefined maximum length. Default to no padding.",
      );
      padding = "do_not_pad";
    }
    if (truncation !== "do_not_truncate" && !limited) {
      once(
        "Asking-to-truncate-to-max_length",
        "Asking to truncate to max_length but no maximum length is provided and the model has no predefined maximum length. Default to no truncation.",
      );
      truncation = "do_not_truncate";
    }
    if (padding === "max_length" || truncation !== "do_not_truncate") max_length = tokenizer.model_max_length;
  }

  if (padding !== "do_not_pad" && tokenizer.pad_token === null) {
    throw new InvalidArgumentError({
      operation: "padding",
      says: "Asking to pad but the tokenizer does not have a padding token. Please select a token to use as `pad_token` `(tokenizer.pad_token = tokenizer.eos_token e.g.)` or add a new pad token via `tokenizer.add_special_tokens({'pad_token': '[PAD]'})`.",
    });
  }
  if (
    truncation !== "do_not_truncate" &&
    padding !== "do_not_pad" &&
    multiple !== null &&
    max_length !== null &&
    max_length % multiple !== 0
  ) {
    throw new InvalidArgumentError({
      operation: "padding and truncation",
      says: `Truncation and padding are both activated but truncation length (${max_length}) is not a multiple of pad_to_multiple_of (${multiple}).`,
    });
  }
  return { padding, truncation, max_length, stride, pad_to_multiple_of: multiple };
}

function strategy<S extends string>(
  enumName: string,
  known: readonly S[],
  given: unknown,
  whenTrue: S,
  whenFalse: S,
): S {
  if (given === true) return whenTrue;
  if (given === false) return whenFalse;
  const found = known.find((name) => name === given);
  if (found !== undefined) return found;
  throw new InvalidArgumentError({
    operation: enumName === "PaddingStrategy" ? "padding" : "truncation",
    says: `${given} is not a valid ${enumName}, please select one of ${list(known)}`,
  });
}

export function requireOffsetUnit(value: string): OffsetUnit {
  const found = offsetUnits.find((name) => name === value);
  if (found !== undefined) return found;
  throw new InvalidArgumentError({
    operation: "option `offset_unit`",
    expected: offsetUnits.map((name) => `"${name}"`).join(" or "),
    got: JSON.stringify(value),
  });
}

export function requireInteger(name: string, value: unknown, least: number): void {
  if (typeof value === "number" && Number.isInteger(value) && value >= least) return;
  throw new InvalidArgumentError({
    operation: `option \`${name}\``,
    expected: `an integer of at least ${least}`,
    got: typeof value === "number" ? String(value) : JSON.stringify(value),
  });
}

/** The row of ids that a method was given. */
export function requireRow(ids: unknown, operation = "tokenizer.decode"): number[] {
  if (Array.isArray(ids) && ids.every((id): id is number => Number.isInteger(id))) return ids;
  throw new InvalidArgumentError({
    operation,
    expected: "one row of ids",
    got: Array.isArray(ids) && Array.isArray(ids[0]) ? "a batch of rows" : `${JSON.stringify(ids)?.slice(0, 60)}`,
    ...(operation === "tokenizer.decode" ? { fix: "Decode a batch with batch_decode." } : {}),
  });
}
