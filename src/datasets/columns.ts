/** Which column of a data set a task reads, and what stands in it. */
import { InvalidArgumentError, nearestName } from "../errors.ts";
import { BadRowError } from "./bad-row.ts";
import type { Row } from "./dataset.ts";
import { kindOf } from "./json-lines.ts";

/** What of a data set the choice of columns needs. */
export interface HasColumns {
  readonly name: string;
  readonly columns: readonly string[];
}

/**
 * The column that `option` names, else the first of the `usual` ones that is there. Throws an InvalidArgumentError that names the
 * file, its columns and the option.
 */
export function chooseColumn(
  { name, columns }: HasColumns,
  option: string,
  given: string | undefined,
  usual: readonly string[],
): string {
  const wanted = given === undefined ? usual : [given];
  const found = wanted.find((column) => columns.includes(column));
  if (found !== undefined) return found;
  const near = given === undefined ? undefined : nearestName(given, columns);
  throw new InvalidArgumentError({
    operation: `read ${name}`,
    expected: given === undefined ? `one of the columns ${usual.join(", ")}` : `the column ${given}`,
    got: `the columns ${columns.join(", ") || "of an empty row"}`,
    fix: `${near === undefined ? "" : `Did you mean ${near}? `}Name another with ${asOption(option)}.`,
  });
}

/** An option as code and as the command line has it. */
export function asOption(option: string): string {
  return `${option} (--${option.replaceAll("_", "-")})`;
}

export const skipFix = 'Mend the row, or leave such rows out: on_bad_row: "skip" (--on-bad-row skip).';

export function badRow(place: string, expected: string, got: string, fix = skipFix): BadRowError {
  return new BadRowError({ operation: place, expected, got, fix });
}

/** The value, or undefined where the row has none of that name. */
export function cellOf(row: Row, column: string): Row[string] | undefined {
  return Object.hasOwn(row, column) ? row[column] : undefined;
}

/** The text in a column. A BadRowError where there is none, or nothing but white space. */
export function textOf(row: Row, column: string, place: string): string {
  return requireText(cellOf(row, column), `a text in the column ${column}`, place);
}

export function requireText(value: unknown, expected: string, place: string): string {
  if (typeof value !== "string") throw badRow(place, expected, kindOf(value));
  if (value === "") throw badRow(place, expected, "an empty text");
  if (value.trim() === "") throw badRow(place, expected, "white space alone");
  return value;
}

/** The start of a text for a message, on one line. */
export function excerpt(text: string): string {
  const short = text.length > 60 ? `${text.slice(0, 60)}…` : text;
  return JSON.stringify(short);
}
