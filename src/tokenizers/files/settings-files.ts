/**
 * The settings that a tokenizer's folder holds beside the vocabulary
 * (transformers 4.37.2, tokenization_utils_base.py: _from_pretrained).
 *
 * tokenizer_config.json gives options; keys that no option names are kept and written back. Without
 * `added_tokens_decoder` in it, special_tokens_map.json, added_tokens.json and the `added_tokens` of tokenizer.json count,
 * in this order, as in tokenizers saved by older versions. What the caller gives wins over all.
 */
import { CheckpointError } from "../../errors.ts";
import { type Files, type Json, readJsonObject } from "../../files.ts";
import { warn } from "../../log.ts";
import { AddedToken } from "../added-tokens.ts";
import { fastSettingNames, type LEDTokenizerFastSettings, settingNames } from "../settings.ts";
import { specialTokenNames, type TokenValue } from "../special-tokens.ts";

export interface Reading {
  /** The class that reads. */
  readonly name: "LEDTokenizer" | "LEDTokenizerFast";
  readonly expectedClasses: readonly string[];
  /** Tokens of the base vocabulary, for a warning; infinite where the warning has no place. */
  readonly vocabSize: number;
}

export async function readSettings(
  files: Files,
  given: LEDTokenizerFastSettings,
  { name: className, expectedClasses, vocabSize }: Reading,
): Promise<{ settings: LEDTokenizerFastSettings; kept: { [key: string]: Json } }> {
  const config = (await readIfThere(files, "tokenizer_config.json")) ?? {};
  warnOfOtherClass(await classOf(files, config), className, expectedClasses);

  const settings: { [name: string]: unknown } = {};
  const kept: { [key: string]: Json } = {};
  const known: readonly string[] = className === "LEDTokenizerFast" ? fastSettingNames : settingNames;
  for (const [key, value] of Object.entries(config)) {
    if (notOptions.includes(key)) continue;
    if (key === "max_len" && config.model_max_length === undefined) settings.model_max_length = value;
    else if (known.includes(key)) settings[key] = readSetting(key, value, `tokenizer_config.json of ${files.where}`);
    else kept[key] = value;
  }
  const overrides = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  let added = new Map<number, AddedToken>();
  /** The added tokens that replace specials of the same spelling. */
  const bySpelling = new Map<string, AddedToken>();
  if (config.added_tokens_decoder !== undefined) {
    added = readAddedTokensDecoder(config.added_tokens_decoder, `tokenizer_config.json of ${files.where}`);
    for (const token of added.values()) bySpelling.set(token.content, token);
    Object.assign(settings, overrides);
  } else {
    Object.assign(settings, overrides);
    await readSpecialTokensMap(files, settings, overrides);
    await readAddedTokens(files, settings, added);
    for (const [id, token] of await tokensOfTokenizerJson(files)) {
      added.set(id, token);
      bySpelling.set(token.content, token);
    }
  }
  for (const name of specialTokenNames) {
    const value = settings[name];
    if (value !== undefined && value !== null) settings[name] = bySpelling.get(String(value)) ?? value;
  }
  limitLength(settings);
  const lastId = [...added.keys()].at(-1) ?? 0;
  if (lastId > vocabSize) {
    warn(
      "Special tokens have been added in the vocabulary, make sure the associated word embeddings are fine-tuned or trained.",
    );
  }
  return { settings: { ...settings, added_tokens_decoder: given.added_tokens_decoder ?? added }, kept };
}

/** Keys of tokenizer_config.json that describe the file itself, or that are read apart. */
const notOptions = [
  "tokenizer_class",
  "added_tokens_decoder",
  "name_or_path",
  "special_tokens_map_file",
  "tokenizer_file",
  "vocab_file",
  "merges_file",
];

async function readIfThere(files: Files, name: string): Promise<{ [key: string]: Json } | undefined> {
  return (await files.has(name)) ? readJsonObject(files, name) : undefined;
}

/** The tokenizer class that the folder names: the tokenizer's config first, then the model's. */
async function classOf(files: Files, config: { readonly [key: string]: Json }): Promise<Json | undefined> {
  if (config.tokenizer_class !== undefined) return config.tokenizer_class;
  const model = (await readIfThere(files, "config.json")) ?? {};
  return model.tokenizer_class ?? (model.model_type === "bart" ? "BartTokenizer" : undefined);
}

function warnOfOtherClass(tokenizer_class: Json | undefined, className: string, expected: readonly string[]): void {
  if (typeof tokenizer_class !== "string" || expected.includes(tokenizer_class.replace("Fast", ""))) return;
  warn(
    `The tokenizer class you load from this checkpoint is not the same type as the class this function is called from. It may result in unexpected tokenization. \nThe tokenizer class you load from this checkpoint is '${tokenizer_class}'. \nThe class this function is called from is '${className}'.`,
  );
}

/** Value kinds of the settings that are no tokens. */
const kinds: { readonly [name: string]: "boolean" | "number" | "string" | "strings" } = {
  model_max_length: "number",
  padding_side: "string",
  truncation_side: "string",
  clean_up_tokenization_spaces: "boolean",
  split_special_tokens: "boolean",
  model_input_names: "strings",
  verbose: "boolean",
  add_prefix_space: "boolean",
  errors: "string",
  trim_offsets: "boolean",
  offset_unit: "string",
};

function readSetting(name: string, value: Json, where: string): unknown {
  if (value === null) return name === "model_max_length" || !(name in kinds) ? null : undefined;
  const kind = kinds[name];
  if (kind === undefined) {
    return name === "additional_special_tokens" && Array.isArray(value)
      ? value.map((token) => readToken(token, name, where))
      : readToken(value, name, where);
  }
  const fits =
    kind === "strings"
      ? Array.isArray(value) && value.every((item) => typeof item === "string")
      : typeof value === kind;
  if (fits) return value;
  throw new CheckpointError({
    operation: `read ${where}`,
    expected: `a ${kind === "strings" ? "list of strings" : kind} as \`${name}\``,
    got: JSON.stringify(value),
  });
}

/** A token as JSON has it: a string, or the fields of an AddedToken. */
function readToken(value: Json, name: string, where: string, special?: boolean): TokenValue {
  if (typeof value === "string") return value;
  if (value !== null && typeof value === "object" && !Array.isArray(value) && typeof value.content === "string") {
    const flag = (key: string): boolean | undefined => (typeof value[key] === "boolean" ? value[key] : undefined);
    return new AddedToken(value.content, {
      single_word: flag("single_word"),
      lstrip: flag("lstrip"),
      rstrip: flag("rstrip"),
      normalized: flag("normalized"),
      special: special ?? flag("special"),
    });
  }
  throw new CheckpointError({
    operation: `read ${where}`,
    expected: `a string or an object with \`content\` as \`${name}\``,
    got: JSON.stringify(value),
  });
}

function readAddedTokensDecoder(value: Json, where: string): Map<number, AddedToken> {
  if (value === null || typeof value !== "object" || Array.isArray(value)) {
    throw new CheckpointError({
      operation: `read ${where}`,
      expected: "an object of ids and tokens as `added_tokens_decoder`",
      got: JSON.stringify(value),
    });
  }
  const tokens = new Map<number, AddedToken>();
  for (const [id, item] of Object.entries(value)) {
    const token = readToken(item, `added_tokens_decoder[${id}]`, where);
    if (typeof token === "string") {
      throw new CheckpointError({
        operation: `read ${where}`,
        says: "Found a <class 'str'> in the saved `added_tokens_decoder`, should be a dictionary or an AddedToken instance",
      });
    }
    tokens.set(requireId(Number(id), token.content, where), token);
  }
  return tokens;
}

function requireId(id: unknown, token: string, where: string): number {
  if (typeof id === "number" && Number.isInteger(id) && id >= 0 && id < 2 ** 31) return id;
  throw new CheckpointError({
    operation: `read ${where}`,
    expected: "a whole number as the id of each added token",
    got: `${JSON.stringify(id)} for ${JSON.stringify(token)}`,
  });
}

async function readSpecialTokensMap(
  files: Files,
  settings: { [name: string]: unknown },
  overrides: { [name: string]: unknown },
): Promise<void> {
  const map = await readIfThere(files, "special_tokens_map.json");
  const where = `special_tokens_map.json of ${files.where}`;
  for (const [key, value] of Object.entries(map ?? {})) {
    if (overrides[key]) continue;
    if (key === "additional_special_tokens" && Array.isArray(value)) {
      const tokens = [...((settings[key] as readonly TokenValue[] | undefined) ?? [])];
      for (const item of value) {
        const token = readToken(item, key, where, true);
        if (!tokens.some((known) => known === token)) tokens.push(token);
      }
      settings[key] = tokens;
    } else if ((specialTokenNames as readonly string[]).includes(key)) {
      settings[key] = value === null ? null : readToken(value, key, where, true);
    }
  }
}

async function readAddedTokens(
  files: Files,
  settings: { [name: string]: unknown },
  into: Map<number, AddedToken>,
): Promise<void> {
  const where = `added_tokens.json of ${files.where}`;
  const specials = new Set(
    [...specialTokenNames.map((name) => settings[name]), ...((settings.additional_special_tokens as []) ?? [])]
      .filter((token) => token !== undefined && token !== null)
      .map(String),
  );
  for (const [content, id] of Object.entries((await readIfThere(files, "added_tokens.json")) ?? {})) {
    const special = specials.has(content);
    into.set(requireId(id, content, where), new AddedToken(content, { special, normalized: !special }));
  }
}

async function tokensOfTokenizerJson(files: Files): Promise<[number, AddedToken][]> {
  const tokens = (await readIfThere(files, "tokenizer.json"))?.added_tokens;
  const where = `tokenizer.json of ${files.where}`;
  if (!Array.isArray(tokens)) return [];
  return tokens.map((item) => {
    const token = readToken(item, "added_tokens", where);
    if (typeof token === "string" || item === null || typeof item !== "object" || Array.isArray(item)) {
      throw new CheckpointError({
        operation: `read ${where}`,
        expected: "objects as `added_tokens`",
        got: String(token),
      });
    }
    return [requireId(item.id, token.content, where), token];
  });
}

/** Longest inputs of released models whose tokenizer_config.json says nothing or more. */
const knownLengths: { readonly [name: string]: number } = { "allenai/led-base-16384": 16384 };

function limitLength(settings: { [name: string]: unknown }): void {
  const limit = knownLengths[String(settings.name_or_path)];
  if (limit === undefined) return;
  const own = settings.model_max_length;
  settings.model_max_length = Math.min(typeof own === "number" ? own : limit, limit);
}
