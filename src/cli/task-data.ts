/** The rows of a file as a task's features, by the flags of the command. */
import type { LEDConfig } from "../config.ts";
import {
  type ClassificationFeatures,
  classificationFeatures,
  type Dataset,
  type FeatureDataset,
  type FeatureOptions,
  type GlobalAttention,
  openDataset,
  type ProblemType,
  type QuestionAnsweringFeatures,
  type QuestionColumns,
  type QuestionWindowOptions,
  questionAnsweringFeatures,
  summarizationFeatures,
  type TextToTextFeatures,
  textToTextFeatures,
  translationFeatures,
} from "../datasets/index.ts";
import { InvalidArgumentError } from "../errors.ts";
import type { ByteLevelTokenizer } from "../tokenizers/index.ts";
import type { DataFlags, Task } from "./data-options.ts";
import { oneLine } from "./failure.ts";
import type { Progress } from "./progress.ts";

export function openData(path: string, flags: DataFlags): Promise<Dataset> {
  return openDataset(path, {
    format: flags.format,
    delimiter: flags.delimiter,
    quote: flags.quotes ? undefined : null,
  });
}

/** What features of any task are made with. */
export interface FeatureSettings {
  readonly flags: DataFlags;
  readonly tokenizer: ByteLevelTokenizer;
  readonly config: LEDConfig;
  /** False: targets, labels and answers are not read. */
  readonly references: boolean;
  readonly progress: Progress;
}

/** Positions that a model reads a text with: a head over the decoder needs as many there. */
export function longestSource(config: LEDConfig, task: Task): number {
  const { max_encoder_position_embeddings: encoder, max_decoder_position_embeddings: decoder } = config;
  const overDecoder = (task === "classification" || task === "question-answering") && config.head !== "encoder";
  return overDecoder ? Math.min(encoder, decoder) : encoder;
}

const usualTargetLength = 512;

export async function textFeatures(
  task: "summarization" | "text2text" | "translation",
  dataset: Dataset,
  settings: FeatureSettings,
): Promise<FeatureDataset<TextToTextFeatures>> {
  const { flags, tokenizer, config } = settings;
  const made = {
    summarization: summarizationFeatures,
    text2text: textToTextFeatures,
    translation: translationFeatures,
  };
  const features = await made[task](dataset, tokenizer, {
    ...textColumns(task, settings),
    prefix: flags.prefix,
    max_source_length: flags.maxSourceLength ?? longestSource(config, task),
    max_target_length: flags.maxTargetLength ?? Math.min(usualTargetLength, config.max_decoder_position_embeddings),
    ...common(settings),
  });
  return told(features);
}

/** The columns of both texts. */
export function textColumns(
  task: "summarization" | "text2text" | "translation",
  { flags, references }: Pick<FeatureSettings, "flags" | "references">,
) {
  const target_column = references ? flags.targetColumn : null;
  if (task !== "translation") return { text_column: flags.textColumn, target_column };
  return {
    source_column: flags.sourceColumn,
    source_lang: flags.sourceLang,
    target_lang: flags.targetLang,
    translation_column: flags.translationColumn,
    target_column,
  };
}

export async function classFeatures(
  dataset: Dataset,
  settings: FeatureSettings,
  problem_type: ProblemType,
  labels: readonly string[] | undefined,
): Promise<FeatureDataset<ClassificationFeatures>> {
  const { flags, tokenizer, config, references } = settings;
  const features = await classificationFeatures(dataset, tokenizer, {
    problem_type,
    labels: problem_type === "regression" ? undefined : labels,
    text_column: flags.textColumn,
    text_pair_column: flags.textPairColumn,
    label_column: references ? flags.labelColumn : null,
    label_separator: flags.labelSeparator,
    max_length: flags.maxLength ?? longestSource(config, "classification"),
    ...common(settings),
  });
  return told(features);
}

export async function answerFeatures(
  dataset: Dataset,
  settings: FeatureSettings,
): Promise<FeatureDataset<QuestionAnsweringFeatures>> {
  const features = await questionAnsweringFeatures(dataset, settings.tokenizer, {
    ...questionColumns(settings),
    ...windowOptions(settings),
    all_answers: settings.flags.allAnswers,
    ...common(settings),
  });
  return told(features);
}

export function questionColumns({ flags, references }: FeatureSettings): QuestionColumns {
  return {
    question_column: flags.questionColumn,
    context_column: flags.contextColumn,
    answers_column: references ? flags.answersColumn : null,
    answer_start_column: flags.answerStartColumn,
    id_column: flags.idColumn,
  };
}

export function windowOptions({ flags, tokenizer, config }: FeatureSettings): QuestionWindowOptions {
  return {
    max_length: flags.maxLength ?? longestSource(config, "question-answering"),
    stride: flags.stride,
    global_attention: globalAttention(flags.globalAttention, tokenizer),
  };
}

function common({ flags, tokenizer, progress }: FeatureSettings): FeatureOptions & {
  readonly global_attention: GlobalAttention | undefined;
} {
  return {
    global_attention: globalAttention(flags.globalAttention, tokenizer),
    on_bad_row: flags.onBadRow,
    progress_callback: (done, total) => progress.update("check", done, total, "rows"),
  };
}

const separators = "separators:";

/** The policy that --global-attention names. */
function globalAttention(text: string | undefined, tokenizer: ByteLevelTokenizer): GlobalAttention | undefined {
  if (text === undefined || text === "first" || text === "none" || text === "question") return text;
  const wrong = (expected: string, got: string) =>
    new InvalidArgumentError({ operation: "--global-attention", expected, got });
  if (!text.startsWith(separators)) throw wrong("first, none, question or separators:TOKENS", text);
  const known = tokenizer.get_vocab();
  const tokens = text.slice(separators.length).split(",");
  const unknown = tokens.find((token) => !Object.hasOwn(known, token));
  if (unknown !== undefined) throw wrong("tokens of the model's tokenizer", JSON.stringify(unknown));
  return { separators: tokens.map((token) => known[token]!) };
}

/** Says on standard error how many rows were left out, and why the first. */
function told<F extends object>(features: FeatureDataset<F>): FeatureDataset<F> {
  sayWhatWasSkipped(features.name, features.skipped, features.first_skipped);
  return features;
}

export function sayWhatWasSkipped(name: string, count: number, first: Error | undefined): void {
  if (count === 0 || first === undefined) return;
  const rows = count === 1 ? "1 row was" : `${count} rows were`;
  process.stderr.write(`led: ${rows} left out of ${oneLine(name)}. The first: ${oneLine(first.message)}\n`);
}
