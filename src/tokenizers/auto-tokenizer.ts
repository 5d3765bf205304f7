/**
 * AutoTokenizer: LEDTokenizerFast, or LEDTokenizer where `use_fast` is false
 * (transformers 4.37.2, models/auto/tokenization_auto.py). Bart's tokenizer is the same one under another name, so folders
 * that name it are read too; other classes and other models are refused by name.
 */
import { CheckpointError, refuseUnknownOptions } from "../errors.ts";
import { type Files, type Json, readJsonObject } from "../files.ts";
import { type LoadOptions, loadOptionNames, splitLoadOptions } from "../load-options.ts";
import { filesOf } from "../model-folders.ts";
import { LEDTokenizer } from "./led-tokenizer.ts";
import { LEDTokenizerFast } from "./led-tokenizer-fast.ts";
import { fastSettingNames, type LEDTokenizerFastSettings } from "./settings.ts";

/** Tokenizers (without "Fast") and model types that this package's classes serve. */
const servedTokenizers = ["LEDTokenizer", "BartTokenizer"];
const servedModels = ["led", "bart"];

export type AutoTokenizerOptions = LEDTokenizerFastSettings & LoadOptions & { use_fast?: boolean | undefined };

export const AutoTokenizer = {
  /** From a folder, a Hub id, or files at hand, with the options of the class that it gives. */
  async from_pretrained(
    source: string | Files,
    options: AutoTokenizerOptions = {},
  ): Promise<LEDTokenizerFast | LEDTokenizer> {
    refuseUnknownOptions("AutoTokenizer.from_pretrained", options, [
      ...fastSettingNames,
      ...loadOptionNames,
      "use_fast",
    ]);
    const { use_fast = true, ...given } = options;
    const { load, rest } = splitLoadOptions(given);
    const files = await filesOf(source, { ...load, parts: ["tokenizer"] });
    await requireServed(files, () => filesOf(source, { ...load, parts: ["config"] }));
    const { loadFast, loadSlow } = await import("./files/loading.ts");
    if (!use_fast) {
      const read = await loadSlow(files, rest, servedTokenizers);
      return new LEDTokenizer(read.options, read.kept);
    }
    const read = await loadFast(files, rest, servedTokenizers);
    return new LEDTokenizerFast(read.options, read.kept);
  },
};

/** `withConfig`: the folder with the model's config.json, which is looked at where the tokenizer's own config names no class. */
async function requireServed(files: Files, withConfig: () => Promise<Files>): Promise<void> {
  let named = await namedIn(files, "tokenizer_config.json", "tokenizer_class");
  const config = named === undefined ? await withConfig() : files;
  named ??= await namedIn(config, "config.json", "tokenizer_class");
  if (named !== undefined) {
    if (servedTokenizers.includes(named.replace(/Fast$/, ""))) return;
    throw refusal(files, `tokenizer_class ${servedTokenizers.join(" or ")}`, named);
  }
  const model = await namedIn(config, "config.json", "model_type");
  if (model !== undefined && !servedModels.includes(model))
    throw refusal(files, `model_type ${servedModels[0]}`, model);
}

async function namedIn(files: Files, file: string, key: string): Promise<string | undefined> {
  if (!(await files.has(file))) return undefined;
  const value: Json | undefined = (await readJsonObject(files, file))[key];
  return typeof value === "string" ? value : undefined;
}

function refusal(files: Files, expected: string, got: string): CheckpointError {
  return new CheckpointError({
    operation: `AutoTokenizer.from_pretrained(${files.where})`,
    expected,
    got,
    fix: "This package reads the tokenizers of LED models.",
  });
}
