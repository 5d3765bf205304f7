/**
 * A tokenizer's files to constructor options (transformers 4.37.2, tokenization_utils_base.py: _from_pretrained).
 *
 * vocab.json and merges.txt must be there. tokenizer_config.json gives options; keys that no option names are kept and
 * written back. Without `added_tokens_decoder` in it, special_tokens_map.json, added_tokens.json and the `added_tokens` of
 * tokenizer.json count, in this order, as in tokenizers saved by older versions. What the caller gives wins over all.
 */
import { CheckpointError, FileError, InvalidArgumentError, refuseUnknownOptions } from "../../errors.ts";
import { type Files, type Json, readJsonObject, readText } from "../../files.ts";
import { type LoadOptions, loadOptionNames, splitLoadOptions } from "../../load-options.ts";
import { warn } from "../../log.ts";
import { filesOf } from "../../model-folders.ts";
import { AddedToken } from "../added-tokens.ts";
import { type Merge, parseMerges, parseVocab } from "../bpe/vocabulary.ts";
import { type LEDTokenizerOptions, type LEDTokenizerSettings, settingNames } from "../settings.ts";
import { specialTokenNames, type TokenValue } from "../special-tokens.ts";

export interface VocabularyFiles {
  /** The contents of vocab.json, or with `files` its name there. */
  vocab_file: string | Uint8Array;
  /** The contents of merges.txt, or with `files` its name there. */
  merges_file: string | Uint8Array;
  files?: Files | undefined;
}

interface Values {
  vocab: ReadonlyMap<string, number>;
  merges: Merge[];
}

export async function readVocabularyFiles({ vocab_file, merges_file, files }: VocabularyFiles): Promise<Values> {
  const vocab = await contents("vocab_file", vocab_file, files);
  const merges = await contents("merges_file", merges_file, files);
  return { vocab: vocabOf(vocab.text, vocab.operation), merges: parseMerges(merges.text, merges.operation) };
}

function vocabOf(text: string, operation: string): ReadonlyMap<string, number> {
  // Ids are checked by the Vocabulary that is made of them.
  return new Map(parseVocab(text, operation) as [string, number][]);
}

async function contents(
  option: string,
  value: unknown,
  files: Files | undefined,
): Promise<{ text: string; operation: string }> {
  if (typeof value === "string" && files !== undefined) {
    return { text: await readText(files, value), operation: `read ${value} of ${files.where}` };
  }
  const operation = `LEDTokenizer option \`${option}\``;
  if (typeof value === "string") return { text: value, operation };
  if (!(value instanceof Uint8Array)) {
    throw new InvalidArgumentError({
      operation,
      expected: "the file's contents as text or bytes, or its name and `files`",
      got: value === null ? "null" : typeof value,
    });
  }
  try {
    return { text: new TextDecoder("utf-8", { fatal: true }).decode(value), operation };
  } catch (cause) {
    throw new CheckpointError({ operation, expected: "UTF-8 text", got: "other bytes", cause });
  }
}

/**
 * Options read from a folder, a Hub id or files at hand, with the caller's over them, and the keys of tokenizer_config.json
 * to write back.
 */
export async function loadPretrained(
  source: string | Files,
  given: LEDTokenizerSettings & LoadOptions,
): Promise<{ options: LEDTokenizerOptions; kept: { [key: string]: Json } }> {
  refuseUnknownOptions("LEDTokenizer.from_pretrained", given, [...settingNames, ...loadOptionNames]);
  const { load, rest } = splitLoadOptions(given);
  return readPretrained(await filesOf(source, { ...load, parts: ["tokenizer"] }), rest);
}

async function readPretrained(
  files: Files,
  given: LEDTokenizerSettings,
): Promise<{ options: LEDTokenizerOptions; kept: { [key: string]: Json } }> {
  for (const name of ["vocab.json", "merges.txt"]) {
    if (await files.has(name)) continue;
    throw new FileError({
      operation: `load the tokenizer of ${files.where}`,
      expected: "vocab.json and merges.txt",
      got: `no ${name}`,
      fix: "Save the tokenizer there with save_pretrained, or name the folder that has one.",
    });
  }
  const values = await readVocabularyFiles({ vocab_file: "vocab.json", merges_file: "merges.txt", files });
  const config = (await readIfThere(files, "tokenizer_config.json")) ?? {};
  warnOfOtherClass(config.tokenizer_class);

  const settings: { [name: string]: unknown } = {};
  const kept: { [key: string]: Json } = {};
  for (const [key, value] of Object.entries(config)) {
    if (notOptions.includes(key)) continue;
    if (key === "max_len" && config.model_max_length === undefined) settings.model_max_length = value;
    else if ((settingNames as readonly string[]).includes(key))
      settings[key] = readSetting(key, value, `tokenizer_config.json of ${files.where}`);
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
  if (lastId > values.vocab.size) {
    warn(
      "Special tokens have been added in the vocabulary, make sure the associated word embeddings are fine-tuned or trained.",
    );
  }
  const options: LEDTokenizerOptions = {
    ...settings,
    ...values,
    added_tokens_decoder: given.added_tokens_decoder ?? added,
  };
  return { options, kept };
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

function warnOfOtherClass(tokenizer_class: Json | undefined): void {
  if (typeof tokenizer_class !== "string" || tokenizer_class.replace("Fast", "") === "LEDTokenizer") return;
  warn(
    `The tokenizer class you load from this checkpoint is not the same type as the class this function is called from. It may result in unexpected tokenization. \nThe tokenizer class you load from this checkpoint is '${tokenizer_class}'. \nThe class this function is called from is 'LEDTokenizer'.`,
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
