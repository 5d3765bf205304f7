/** Classes by name and by number. */
import { InvalidArgumentError } from "../errors.ts";
import { badRow, cellOf, chooseColumn } from "./columns.ts";
import type { Dataset } from "./dataset.ts";
import { kindOf } from "./json-lines.ts";

/** As a config has them: `new LEDConfig({ id2label, label2id })`. */
export interface LabelNames {
  readonly labels: readonly string[];
  readonly id2label: Readonly<Record<number, string>>;
  readonly label2id: Readonly<Record<string, number>>;
}

/** Names in the order of their ids. An InvalidArgumentError for none, and for a name that stands twice. */
export function labelNames(labels: readonly string[]): LabelNames {
  const twice = labels.find((label, i) => labels.indexOf(label) !== i);
  if (labels.length === 0 || twice !== undefined) {
    throw new InvalidArgumentError({
      operation: "option `labels`",
      expected: "names of classes, each once",
      got: twice === undefined ? "none" : `${JSON.stringify(twice)} twice`,
    });
  }
  return {
    labels,
    id2label: Object.fromEntries(labels.entries()),
    label2id: Object.fromEntries(labels.map((label, id) => [label, id])),
  };
}

export const usualLabelColumns = ["label", "labels", "class", "category"] as const;

export interface LabelsOfOptions {
  readonly label_column?: string | undefined;
  /** Between labels of one text; without it a list of them is one in JSON. */
  readonly label_separator?: string | undefined;
}

/**
 * All labels that occur in a column, numbers by size and texts by their characters (as the reference's run_glue.py sorts them).
 * Throws a BadRowError for a row without one: every row is read.
 */
export async function labelsOf(dataset: Dataset, options: LabelsOfOptions = {}): Promise<LabelNames> {
  const column = chooseColumn(dataset, "label_column", options.label_column, usualLabelColumns);
  const found = new Set<string>();
  let index = 0;
  for await (const row of dataset.only([column])) {
    const value = cellOf(row, column);
    for (const label of listOfLabels(value, options.label_separator)) {
      const name = labelName(label);
      if (name === undefined) {
        throw badRow(dataset.placeOf(index), `a label in the column ${column}`, label === "" ? "none" : kindOf(label));
      }
      found.add(name);
    }
    index += 1;
  }
  const names = [...found];
  const numbers = names.every((name) => /^-?\d+$/.test(name));
  return labelNames(names.sort((a, b) => (numbers ? Number(a) - Number(b) : a < b ? -1 : 1)));
}

/** The labels of a row: a list as it is, a text cut at the separator, one value alone. */
export function listOfLabels(value: unknown, separator: string | undefined): readonly unknown[] {
  if (Array.isArray(value)) return value;
  if (separator === undefined || typeof value !== "string") return [value];
  return value.split(separator).map((label) => label.trim());
}

/** A label's name; undefined for what is no label. */
export function labelName(value: unknown): string | undefined {
  if (typeof value === "string") return value === "" ? undefined : value;
  if (typeof value === "boolean") return String(value);
  return Number.isInteger(value) ? String(value) : undefined;
}
