/**
 * Features of tasks that turn one text into another (transformers 4.37.2, examples/pytorch/summarization/run_summarization.py and
 * translation/run_translation.py: preprocess_function). Labels are as long as the target; a collator pads them.
 */
import { refuseUnknownOptions } from "../errors.ts";
import type { ByteLevelTokenizer } from "../tokenizers/index.ts";
import { requireInteger } from "../tokenizers/options.ts";
import type { Dataset } from "./dataset.ts";
import { FeatureDataset, type FeatureOptions, type Featurizer, featureOptionNames } from "./feature-dataset.ts";
import { type GlobalAttention, globalAttention } from "./global-attention.ts";
import { type TextColumns, type TextReader, type TranslationColumns, textReader } from "./text-reader.ts";

/** One row of a model's input, neither padded nor in a batch; the masks are as long as input_ids. */
export type SourceFeatures = {
  readonly input_ids: number[];
  readonly attention_mask: number[];
  readonly global_attention_mask: number[];
};

export type TextToTextFeatures = SourceFeatures & {
  /** The target's ids; absent where targets are not read. */
  readonly labels?: number[];
};

/** What texts become, whatever their columns. */
interface LengthOptions extends FeatureOptions {
  /** Tokens of a source and of a target at most, `<s>` and `</s>` included; longer ones are cut. */
  readonly max_source_length?: number | undefined;
  readonly max_target_length?: number | undefined;
  /** Put before every source, such as "summarize: ". */
  readonly prefix?: string | undefined;
  /** "first" by default. */
  readonly global_attention?: GlobalAttention | undefined;
}

export interface TextToTextOptions extends LengthOptions, TextColumns {}

export interface TranslationOptions extends LengthOptions, TranslationColumns {}

/** What a model of the released sizes holds. */
const longestSource = 16384;
const usualTargetLength = 512;

const optionNames = [
  "target_column",
  "max_source_length",
  "max_target_length",
  "prefix",
  "global_attention",
  ...featureOptionNames,
];

/** Documents and their summaries. Columns that are not named are sought under usual names, `document` and `summary` first. */
export function summarizationFeatures(
  dataset: Dataset,
  tokenizer: ByteLevelTokenizer,
  options: TextToTextOptions = {},
): Promise<FeatureDataset<TextToTextFeatures>> {
  refuseUnknownOptions("summarizationFeatures", options, ["text_column", ...optionNames]);
  return featuresOf(dataset, tokenizer, textReader("summarization", dataset, options), options);
}

/** Texts and what they are to become. Columns that are not named are sought under usual names, `text` and `target` first. */
export function textToTextFeatures(
  dataset: Dataset,
  tokenizer: ByteLevelTokenizer,
  options: TextToTextOptions = {},
): Promise<FeatureDataset<TextToTextFeatures>> {
  refuseUnknownOptions("textToTextFeatures", options, ["text_column", ...optionNames]);
  return featuresOf(dataset, tokenizer, textReader("text2text", dataset, options), options);
}

/** Texts in one language and in another, in two columns or by language in one (`{ "translation": { "en": ..., "de": ... } }`). */
export function translationFeatures(
  dataset: Dataset,
  tokenizer: ByteLevelTokenizer,
  options: TranslationOptions = {},
): Promise<FeatureDataset<TextToTextFeatures>> {
  const own = ["source_column", "source_lang", "target_lang", "translation_column"];
  refuseUnknownOptions("translationFeatures", options, [...own, ...optionNames]);
  return featuresOf(dataset, tokenizer, textReader("translation", dataset, options), options);
}

function featuresOf(
  dataset: Dataset,
  tokenizer: ByteLevelTokenizer,
  { columns, source, target }: TextReader,
  options: LengthOptions,
): Promise<FeatureDataset<TextToTextFeatures>> {
  const { prefix = "", global_attention = "first" } = options;
  const max_source_length = options.max_source_length ?? Math.min(tokenizer.model_max_length, longestSource);
  const max_target_length = options.max_target_length ?? usualTargetLength;
  for (const [name, value] of Object.entries({ max_source_length, max_target_length })) requireInteger(name, value, 3);
  const maskOf = globalAttention(global_attention, tokenizer);
  const featurizer: Featurizer<TextToTextFeatures> = {
    reads: typeof global_attention === "function" ? undefined : columns,
    columns: [...sourceNames, ...(target === undefined ? [] : ["labels"])],
    count(row, place) {
      source(row, place);
      target?.(row, place);
      return 1;
    },
    features(row, place) {
      const encoded = encodeSource(tokenizer, `${prefix}${source(row, place)}`, null, max_source_length);
      const features = { ...encoded, global_attention_mask: maskOf(row, encoded) };
      if (target === undefined) return [features];
      const how = { truncation: true, max_length: max_target_length, verbose: false } as const;
      return [{ ...features, labels: tokenizer(target(row, place), how).input_ids }];
    },
  };
  return FeatureDataset.of(dataset, featurizer, options);
}

/** What every task's features have. */
export const sourceNames = ["input_ids", "attention_mask", "global_attention_mask"] as const;

/** A text, or a pair of them, cut to a length from the end of the longer. */
export function encodeSource(
  tokenizer: ByteLevelTokenizer,
  text: string,
  text_pair: string | null,
  max_length: number,
): Omit<SourceFeatures, "global_attention_mask"> {
  const how = { truncation: true, max_length, return_attention_mask: true, verbose: false } as const;
  const { input_ids, attention_mask } = tokenizer(text, text_pair === null ? how : { ...how, text_pair });
  return { input_ids, attention_mask: attention_mask! };
}
