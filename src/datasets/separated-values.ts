/**
 * Files of values with a character between them, CSV and TSV (RFC 4180): the first record names the columns, every value is a
 * text. Records are read when their row is asked for.
 */
import { FileError, InvalidArgumentError } from "../errors.ts";
import type { OpenFile } from "../files.ts";
import { Dataset, type Row } from "./dataset.ts";
import { noRows } from "./json-lines.ts";
import { indexSeparated, type RecordIndex } from "./record-index.ts";
import { ByteReader, textStart, utf8Text } from "./text-bytes.ts";

export interface SeparatedOptions {
  /** Between values: one ASCII character. */
  readonly delimiter: string;
  /** Around values that hold delimiters or line ends; null where quotes are characters like others. */
  readonly quote: string | null;
}

type Parse = typeof import("csv-parse/sync").parse;

/** What every read of a record needs. */
interface Source extends SeparatedOptions {
  readonly file: OpenFile;
  readonly name: string;
  readonly index: RecordIndex;
  readonly reader: ByteReader;
  readonly parse: Parse;
}

export class SeparatedDataset extends Dataset {
  readonly columns: readonly string[];
  readonly #source: Source;

  private constructor(source: Source, columns: readonly string[]) {
    super();
    this.#source = source;
    this.columns = columns;
  }

  /** A FileError for a file without a row, and for columns without names of their own. */
  static async open(file: OpenFile, name: string, options: SeparatedOptions): Promise<SeparatedDataset> {
    const codes = { delimiter: asciiCode("delimiter", options.delimiter), quote: null as number | null };
    if (options.quote !== null) codes.quote = asciiCode("quote", options.quote);
    const index = await indexSeparated(file, await textStart(file, name), codes, (line) => {
      throw new FileError({
        operation: `read ${name}, line ${line}`,
        expected: "a quote that is closed",
        got: "the end of the file",
        fix: quoteFix,
      });
    });
    if (index.length < 2) throw noRows(name);
    const { parse } = await import("csv-parse/sync");
    const source: Source = { ...options, file, name, index, reader: new ByteReader(file), parse };
    const columns = await valuesOf(source, 0);
    const twice = columns.find((column, i) => columns.indexOf(column) !== i);
    if (twice !== undefined) {
      throw new FileError({
        operation: `read ${name}, line ${index.line(0)}`,
        expected: "a header of different names",
        got: `${JSON.stringify(twice)} twice`,
        fix: "The first line names the columns: is it there?",
      });
    }
    return new SeparatedDataset(source, columns);
  }

  get name(): string {
    return this.#source.name;
  }
  get length(): number {
    return this.#source.index.length - 1;
  }
  protected async read(row: number): Promise<Row> {
    const values = await valuesOf(this.#source, row + 1);
    if (values.length !== this.columns.length) {
      throw new FileError({
        operation: `read ${this.placeOf(row)}`,
        expected: `${this.columns.length} values, as many as the header has`,
        got: String(values.length),
        fix: "Values with the delimiter in them need quotes around them.",
      });
    }
    return Object.fromEntries(this.columns.map((column, i) => [column, values[i]!]));
  }
  placeOf(row: number): string {
    return `${this.name}, line ${this.#source.index.line(row + 1)}`;
  }
  close(): Promise<void> {
    return this.#source.file.close();
  }
}

const quoteFix =
  "Write a quote within quotes twice, or read with `quote: null` (--no-quotes) where quotes mean nothing.";

/** The parser's words for what it meets, by its codes. */
const problems: Readonly<Record<string, { readonly expected: string; readonly got: string }>> = {
  INVALID_OPENING_QUOTE: { expected: "quotes around a whole value", got: "one within a value" },
  CSV_INVALID_CLOSING_QUOTE: { expected: "the value's end behind its closing quote", got: "more characters" },
};

async function valuesOf({ index, reader, name, parse, delimiter, quote }: Source, record: number): Promise<string[]> {
  const operation = `read ${name}, line ${index.line(record)}`;
  const text = utf8Text(await reader.read(...index.range(record)), operation);
  try {
    const records = parse(text, {
      delimiter,
      quote,
      record_delimiter: ["\r\n", "\n"],
      relax_column_count: true,
      skip_empty_lines: true,
    }) as string[][];
    return records[0]!;
  } catch (cause) {
    const code = cause instanceof Error && "code" in cause ? String(cause.code) : "";
    const known = problems[code];
    const got = cause instanceof Error ? cause.message : String(cause);
    throw new FileError({
      operation,
      ...(known === undefined ? { expected: "a record", got } : { ...known, fix: quoteFix }),
      cause,
    });
  }
}

function asciiCode(option: string, character: string): number {
  const code = character.charCodeAt(0);
  if (character.length === 1 && code < 128 && code !== 10 && code !== 13) return code;
  throw new InvalidArgumentError({
    operation: `option \`${option}\``,
    expected: "one ASCII character that ends no line",
    got: JSON.stringify(character),
  });
}
