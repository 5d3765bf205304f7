/**
 * What a tokenizer is made with, apart from the files: options of the constructor, their names and defaults
 * (transformers 4.37.2, tokenization_utils_base.py: PreTrainedTokenizerBase; models/led/tokenization_led.py: __init__).
 */
import { AddedToken } from "./added-tokens.ts";
import type { DecodeErrors } from "./bpe/byte-level.ts";
import type { Merge } from "./bpe/vocabulary.ts";
import type { OffsetUnit } from "./options.ts";
import { type SpecialTokenOptions, specialTokenNames, type TokenValue } from "./special-tokens.ts";
import type { Side } from "./truncation.ts";

export interface BaseOptions extends SpecialTokenOptions {
  /** Longest input of the model in tokens; default 1e30, no limit. */
  model_max_length?: number | null | undefined;
  padding_side?: Side | undefined;
  truncation_side?: Side | undefined;
  clean_up_tokenization_spaces?: boolean | undefined;
  split_special_tokens?: boolean | undefined;
  /** The fields that a call gives by default. */
  model_input_names?: readonly string[] | undefined;
  /** Where the tokenizer came from: a folder or a Hub id. */
  name_or_path?: string | undefined;
  /** Warn when a special token that is not set is read. */
  verbose?: boolean | undefined;
}

export const baseOptionNames = [
  "model_max_length",
  "padding_side",
  "truncation_side",
  "clean_up_tokenization_spaces",
  "split_special_tokens",
  "model_input_names",
  "name_or_path",
  "verbose",
] as const;

/** Everything but the vocabulary itself. */
export interface LEDTokenizerSettings extends BaseOptions {
  /** A space is put before a text that does not begin with one, so that its first word is like any other. */
  add_prefix_space?: boolean | undefined;
  /** What decoding does with bytes that are no UTF-8. Default "replace". */
  errors?: DecodeErrors | undefined;
  /** Added tokens by id, as a saved tokenizer has them. */
  added_tokens_decoder?: ReadonlyMap<number, AddedToken> | undefined;
}

export interface LEDTokenizerOptions extends LEDTokenizerSettings {
  vocab: { readonly [token: string]: number } | ReadonlyMap<string, number>;
  /** In the order of their ranks; all count (only merges.txt loses its first line). */
  merges: readonly (string | Merge)[];
}

export const settingNames = [
  ...baseOptionNames,
  ...specialTokenNames,
  "additional_special_tokens",
  "add_prefix_space",
  "errors",
  "added_tokens_decoder",
] as const satisfies readonly (keyof LEDTokenizerSettings)[];

/** Of LEDTokenizerFast. */
export interface LEDTokenizerFastSettings extends LEDTokenizerSettings {
  /** Whether spans leave out the spaces that a token's spelling holds. Default true. */
  trim_offsets?: boolean | undefined;
  /** What offsets count: UTF-16 code units, for `text.slice` (the default), or Python's code points. */
  offset_unit?: OffsetUnit | undefined;
}

/** The vocabulary as values, or the object of a tokenizer.json. */
export type LEDTokenizerFastOptions = LEDTokenizerFastSettings &
  (Pick<LEDTokenizerOptions, "vocab" | "merges"> | { tokenizer_file: { readonly [key: string]: unknown } });

export const fastSettingNames = [
  ...settingNames,
  "trim_offsets",
  "offset_unit",
] as const satisfies readonly (keyof LEDTokenizerFastSettings)[];

export type SavedSetting = Exclude<keyof LEDTokenizerSettings, "name_or_path" | "added_tokens_decoder">;

export const savedSettings = settingNames.filter(
  (name): name is SavedSetting => name !== "name_or_path" && name !== "added_tokens_decoder",
);

/** What save_pretrained writes whether it was given or not. */
export const alwaysSaved = [
  ...specialTokenNames,
  "errors",
  "add_prefix_space",
  "model_max_length",
  "clean_up_tokenization_spaces",
] as const satisfies readonly SavedSetting[];

const defaultSpecials = {
  bos_token: "<s>",
  eos_token: "</s>",
  sep_token: "</s>",
  cls_token: "<s>",
  unk_token: "<unk>",
  pad_token: "<pad>",
  mask_token: "<mask>",
} as const;

/** A token of its own, whose `normalized` no longer follows `special`. */
const settled = (token: AddedToken): AddedToken => new AddedToken(token.content, token.state());

/** Strings become AddedTokens; the mask takes the space before it, as a word would. */
export function withSpecials<S extends LEDTokenizerSettings>(given: S): S {
  const specials: { [name: string]: TokenValue | readonly TokenValue[] | null } = {};
  for (const name of specialTokenNames) {
    const value = given[name] === undefined ? defaultSpecials[name] : given[name];
    specials[name] =
      typeof value === "string"
        ? new AddedToken(value, { lstrip: name === "mask_token", normalized: true })
        : value instanceof AddedToken
          ? settled(value)
          : value;
  }
  const additional = given.additional_special_tokens;
  if (Array.isArray(additional)) {
    specials.additional_special_tokens = additional.map((token) =>
      token instanceof AddedToken ? settled(token) : token,
    );
  }
  return { ...given, ...specials };
}

/** The same for LEDTokenizerFast: with a tokenizer.json strings stay strings, but for the mask; a file's own sides count unless set. */
export function withFastSpecials<S extends LEDTokenizerFastSettings>(given: S, file: FileSides | null): S {
  if (file === null) return withSpecials(given);
  const specials: { [name: string]: TokenValue | null } = {};
  for (const name of specialTokenNames) {
    const value = given[name] === undefined ? defaultSpecials[name] : given[name];
    const mask = name === "mask_token" && typeof value === "string";
    specials[name] = mask ? new AddedToken(value, { lstrip: true, normalized: true, special: true }) : value;
  }
  const sides: { padding_side?: Side; truncation_side?: Side } = {};
  if (file.truncation_side !== null) sides.truncation_side = file.truncation_side;
  if (file.padding_side !== null) sides.padding_side = file.padding_side;
  return { ...sides, ...given, ...specials };
}

/** What of a tokenizer.json's own truncation and padding outlasts a call. */
export interface FileSides {
  readonly truncation_side: Side | null;
  readonly padding_side: Side | null;
}
