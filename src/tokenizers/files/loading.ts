/**
 * A tokenizer's folder to constructor options (transformers 4.37.2, tokenization_utils_base.py: _from_pretrained): the
 * vocabulary from vocab.json and merges.txt, or for LEDTokenizerFast from tokenizer.json, and the settings beside it
 * (settings-files.ts).
 */
import { CheckpointError, FileError, InvalidArgumentError, refuseUnknownOptions } from "../../errors.ts";
import { type Files, type Json, readJsonObject, readText } from "../../files.ts";
import { type LoadOptions, loadOptionNames, splitLoadOptions } from "../../load-options.ts";
import { filesOf } from "../../model-folders.ts";
import { type Merge, parseMerges, parseVocab } from "../bpe/vocabulary.ts";
import {
  fastSettingNames,
  type LEDTokenizerFastOptions,
  type LEDTokenizerFastSettings,
  type LEDTokenizerOptions,
  type LEDTokenizerSettings,
  settingNames,
} from "../settings.ts";
import { readSettings } from "./settings-files.ts";

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

/** Settings read from files, with the caller's over them, and the keys of tokenizer_config.json to write back. */
interface Loaded<O> {
  options: O;
  kept: { [key: string]: Json };
}

/** Names of tokenizers, without "Fast", that a class reads without a warning. */
const ownClass: readonly string[] = ["LEDTokenizer"];

/** What LEDTokenizer is made of: from a folder, a Hub id or files at hand. */
export async function loadSlow(
  source: string | Files,
  given: LEDTokenizerSettings & LoadOptions,
  expectedClasses = ownClass,
): Promise<Loaded<LEDTokenizerOptions>> {
  const { files, settings: own } = await open(source, given, "LEDTokenizer", settingNames);
  await requireVocabularyFiles(files, "LEDTokenizer");
  const values = await readVocabularyFiles({ vocab_file: "vocab.json", merges_file: "merges.txt", files });
  const { settings, kept } = await readSettings(files, own, {
    name: "LEDTokenizer",
    expectedClasses,
    vocabSize: values.vocab.size,
  });
  return { options: { ...settings, ...values }, kept };
}

/** What LEDTokenizerFast is made of: tokenizer.json where there is one (unless `from_slow`), else vocab.json and merges.txt. */
export async function loadFast(
  source: string | Files,
  given: LEDTokenizerFastSettings & LoadOptions & { from_slow?: boolean | undefined },
  expectedClasses = ownClass,
): Promise<Loaded<LEDTokenizerFastOptions>> {
  const { from_slow = false, ...rest } = given;
  const { files, settings: own } = await open(source, rest, "LEDTokenizerFast", fastSettingNames);
  if (!from_slow && (await files.has("tokenizer.json"))) {
    const tokenizer_file = await readJsonObject(files, "tokenizer.json");
    const { settings, kept } = await readSettings(files, own, {
      name: "LEDTokenizerFast",
      expectedClasses,
      vocabSize: sizeOf(tokenizer_file),
    });
    return { options: { ...settings, tokenizer_file }, kept };
  }
  await requireVocabularyFiles(files, "LEDTokenizerFast");
  const values = await readVocabularyFiles({ vocab_file: "vocab.json", merges_file: "merges.txt", files });
  const { settings, kept } = await readSettings(files, own, {
    name: "LEDTokenizerFast",
    expectedClasses,
    vocabSize: values.vocab.size,
  });
  return { options: { ...settings, ...values }, kept };
}

/** Tokens of a tokenizer.json's vocabulary; none where it is not what it should be, which its parser says. */
function sizeOf({ model }: { readonly [key: string]: Json }): number {
  const vocab = model !== null && typeof model === "object" && !Array.isArray(model) ? model.vocab : null;
  return Object.keys(vocab ?? {}).length;
}

async function open<S extends LEDTokenizerSettings>(
  source: string | Files,
  given: S & LoadOptions,
  className: string,
  names: readonly string[],
): Promise<{ files: Files; settings: Omit<S, keyof LoadOptions> }> {
  refuseUnknownOptions(`${className}.from_pretrained`, given, [...names, ...loadOptionNames]);
  const { load, rest } = splitLoadOptions(given);
  return { files: await filesOf(source, { ...load, parts: ["tokenizer"] }), settings: rest };
}

async function requireVocabularyFiles(files: Files, className: string): Promise<void> {
  for (const name of ["vocab.json", "merges.txt"]) {
    if (await files.has(name)) continue;
    const fast = className === "LEDTokenizerFast";
    const hasJson = await files.has("tokenizer.json");
    throw new FileError({
      operation: `load the tokenizer of ${files.where}`,
      expected: fast ? "tokenizer.json, or vocab.json and merges.txt" : "vocab.json and merges.txt",
      got: `no ${name}`,
      fix:
        hasJson && !fast
          ? "LEDTokenizerFast reads the tokenizer.json that is there."
          : "Save the tokenizer there with save_pretrained, or name the folder that has one.",
    });
  }
}
