/**
 * Features of texts, or pairs of texts, with classes (transformers 4.37.2, examples/pytorch/text-classification/run_glue.py and
 * run_classification.py: preprocess_function): one class, several at once, or numbers (regression).
 */
import { InvalidArgumentError, nearestName, refuseUnknownOptions } from "../errors.ts";
import type { ByteLevelTokenizer } from "../tokenizers/index.ts";
import { requireInteger } from "../tokenizers/options.ts";
import { badRow, cellOf, chooseColumn, skipFix, textOf } from "./columns.ts";
import type { Dataset, Row } from "./dataset.ts";
import { FeatureDataset, type FeatureOptions, type Featurizer, featureOptionNames } from "./feature-dataset.ts";
import { type GlobalAttention, globalAttention } from "./global-attention.ts";
import { kindOf } from "./json-lines.ts";
import { labelName, labelNames, listOfLabels, usualLabelColumns } from "./labels.ts";
import { encodeSource, type SourceFeatures, sourceNames } from "./text-to-text.ts";

export const problemTypes = ["single_label_classification", "multi_label_classification", "regression"] as const;
/** A config's problem_type. */
export type ProblemType = (typeof problemTypes)[number];

export type ClassificationFeatures = SourceFeatures & {
  /** A class; for several at once 1 or 0 for each; for regression a number or several. Absent where they are not read. */
  readonly labels?: number | number[];
};

export interface ClassificationFeatureOptions extends FeatureOptions {
  /** "single_label_classification" by default. */
  readonly problem_type?: ProblemType | undefined;
  /** Names of the classes in the order of their ids (labelsOf finds them); needed but for regression. */
  readonly labels?: readonly string[] | undefined;
  readonly text_column?: string | undefined;
  /** A second text that the class is about too, such as a hypothesis. */
  readonly text_pair_column?: string | undefined;
  /** null: there are no labels, and features have none. */
  readonly label_column?: string | null | undefined;
  /** Between labels of one text where they stand in one text, "news|sport"; several at once only. */
  readonly label_separator?: string | undefined;
  /** Tokens of a text at most, `<s>` and `</s>` included; longer ones are cut. */
  readonly max_length?: number | undefined;
  /** "first" by default. */
  readonly global_attention?: GlobalAttention | undefined;
}

const optionNames = [
  "problem_type",
  "labels",
  "text_column",
  "text_pair_column",
  "label_column",
  "label_separator",
  "max_length",
  "global_attention",
  ...featureOptionNames,
];

const usualTexts = ["text", "sentence", "sentence1", "document", "premise", "content"];
const longest = 16384;

export async function classificationFeatures(
  dataset: Dataset,
  tokenizer: ByteLevelTokenizer,
  options: ClassificationFeatureOptions = {},
): Promise<FeatureDataset<ClassificationFeatures>> {
  refuseUnknownOptions("classificationFeatures", options, optionNames);
  const { text_pair_column, label_column, global_attention = "first" } = options;
  const max_length = options.max_length ?? Math.min(tokenizer.model_max_length, longest);
  requireInteger("max_length", max_length, 5);
  const text = chooseColumn(dataset, "text_column", options.text_column, usualTexts);
  const pair = text_pair_column && chooseColumn(dataset, "text_pair_column", text_pair_column, []);
  const label = label_column === null ? null : chooseColumn(dataset, "label_column", label_column, usualLabelColumns);
  const columns = [text, pair, label].filter((column) => typeof column === "string");
  const maskOf = globalAttention(global_attention, tokenizer);
  const labelOf = label === null ? undefined : labelReader(label, options);
  const textsOf = (row: Row, place: string) =>
    [text, pair].map((column) => (column === undefined ? null : plainText(row, column, place, tokenizer))) as [
      string,
      string | null,
    ];
  const featurizer: Featurizer<ClassificationFeatures> = {
    reads: typeof global_attention === "function" ? undefined : columns,
    columns: [...sourceNames, ...(label === null ? [] : ["labels"])],
    count(row, place) {
      textsOf(row, place);
      labelOf?.(row, place);
      return 1;
    },
    features(row, place) {
      const source = encodeSource(tokenizer, ...textsOf(row, place), max_length);
      const features = { ...source, global_attention_mask: maskOf(row, source) };
      return [labelOf === undefined ? features : { ...features, labels: labelOf(row, place) }];
    },
  };
  return FeatureDataset.of(dataset, featurizer, options);
}

/** The model reads a text at its end token, and wants as many of them in every row. */
function plainText(row: Row, column: string, place: string, { eos_token }: ByteLevelTokenizer): string {
  const value = textOf(row, column, place);
  if (eos_token === null || !value.includes(eos_token)) return value;
  throw badRow(place, `a text without the end token ${eos_token} in the column ${column}`, "one with it");
}

function labelReader(
  column: string,
  options: ClassificationFeatureOptions,
): (row: Row, place: string) => number | number[] {
  const { problem_type = "single_label_classification", label_separator } = options;
  if (!problemTypes.includes(problem_type)) {
    throw new InvalidArgumentError({
      operation: "option `problem_type`",
      expected: problemTypes.join(", "),
      got: JSON.stringify(problem_type),
    });
  }
  for (const [name, only] of [
    ["label_separator", "multi_label_classification"],
    ["labels", "classes, not for regression"],
  ] as const) {
    const fits = name === "labels" ? problem_type !== "regression" : problem_type === only;
    if (options[name] === undefined || fits) continue;
    throw new InvalidArgumentError({ operation: `option \`${name}\``, expected: `it for ${only}`, got: problem_type });
  }
  if (problem_type === "regression") return (row, place) => numbersOf(cellOf(row, column), column, place);
  const idOf = labelIds(options.labels, column);
  if (problem_type === "single_label_classification") return (row, place) => idOf(cellOf(row, column), place);
  return (row, place) => {
    const value = cellOf(row, column);
    if (value === null || value === undefined) throw badRow(place, `labels in the column ${column}`, kindOf(value));
    const hot = new Array<number>(options.labels!.length).fill(0);
    for (const label of value === "" ? [] : listOfLabels(value, label_separator)) hot[idOf(label, place)] = 1;
    return hot;
  };
}

/** A label by its name; one that is no name, but a class's number, by that. */
function labelIds(names: readonly string[] | undefined, column: string): (value: unknown, place: string) => number {
  if (names === undefined) {
    throw new InvalidArgumentError({
      operation: "classificationFeatures",
      expected: "`labels`, the names of the classes in the order of their ids",
      got: "none",
      fix: "labelsOf(dataset) finds those of a data set.",
    });
  }
  const { label2id } = labelNames(names);
  const numbered = names.some((name) => /^-?\d+$/.test(name));
  return (value, place) => {
    const name = labelName(value);
    if (name === undefined)
      throw badRow(place, `a label in the column ${column}`, value === "" ? "none" : kindOf(value));
    if (Object.hasOwn(label2id, name)) return label2id[name]!;
    const id = Number(name);
    if (!numbered && /^\d+$/.test(name) && id < names.length) return id;
    const near = nearestName(name, names);
    const known = `${names.slice(0, 20).join(", ")}${names.length > 20 ? `, … (${names.length})` : ""}`;
    const fix = near === undefined ? skipFix : `Did you mean ${near}? ${skipFix}`;
    throw badRow(place, `a label among ${known}`, JSON.stringify(value), fix);
  };
}

function numbersOf(value: unknown, column: string, place: string): number | number[] {
  if (Array.isArray(value) && value.length > 0) return value.map((one) => numberOf(one, column, place));
  return numberOf(value, column, place);
}

function numberOf(value: unknown, column: string, place: string): number {
  const number = typeof value === "string" && value.trim() !== "" ? Number(value) : value;
  if (typeof number === "number" && Number.isFinite(number)) return number;
  const got = typeof value === "string" || typeof value === "number" ? JSON.stringify(value) : kindOf(value);
  throw badRow(place, `a number in the column ${column}`, got);
}
