/** Rows to train on or to evaluate: an array of features, or whatever gives its rows one by one. */
import { InvalidArgumentError } from "../errors.ts";

/** One row: inputs of the model by name, before they are put into a batch. */
export interface Features {
  readonly [name: string]: unknown;
}

type MaybeLater<T> = T | Promise<T>;

/** Anything with a length and rows at places from 0 on, such as an array. Rows may come later. */
export type TrainingDataset =
  | { readonly length: number; at(place: number): MaybeLater<Features | undefined> }
  | { readonly length: number; get(place: number): MaybeLater<Features | undefined> };

export function isDataset(value: unknown): value is TrainingDataset {
  if (typeof value !== "object" || value === null) return false;
  const { length, at, get } = value as { length?: unknown; at?: unknown; get?: unknown };
  return typeof length === "number" && (typeof at === "function" || typeof get === "function");
}

export function requireDataset(operation: string, name: string, value: unknown): asserts value is TrainingDataset {
  if (!isDataset(value)) {
    throw new InvalidArgumentError({
      operation,
      expected: `\`${name}\` to be an array of features, or an object with \`length\` and \`at(place)\` or \`get(place)\``,
      got: value === null ? "null" : Array.isArray(value) ? "an array" : typeof value,
    });
  }
  if (value.length > 0) return;
  throw new InvalidArgumentError({ operation, expected: `rows in \`${name}\``, got: "none" });
}

/** The row at a place. An InvalidArgumentError where there is no object. */
export async function rowAt(dataset: TrainingDataset, place: number): Promise<Features> {
  const row = await ("at" in dataset ? dataset.at(place) : dataset.get(place));
  if (typeof row === "object" && row !== null && !Array.isArray(row)) return row;
  throw new InvalidArgumentError({
    operation: "training data",
    expected: `an object of features as row ${place}`,
    got: row === null ? "null" : Array.isArray(row) ? "an array" : typeof row,
  });
}
