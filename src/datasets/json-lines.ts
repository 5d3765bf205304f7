/** A JSON object a line. Lines are read when their row is asked for; blank ones count for line numbers and are no rows. */
import { FileError } from "../errors.ts";
import type { Json, OpenFile } from "../files.ts";
import { Dataset, type Row } from "./dataset.ts";
import { indexLines, type RecordIndex } from "./record-index.ts";
import { ByteReader, textStart, utf8Text } from "./text-bytes.ts";

export class JsonLinesDataset extends Dataset {
  readonly name: string;
  readonly columns: readonly string[];
  readonly #file: OpenFile;
  readonly #index: RecordIndex;
  readonly #reader: ByteReader;

  private constructor(file: OpenFile, name: string, index: RecordIndex, reader: ByteReader, first: Row) {
    super();
    this.#file = file;
    this.name = name;
    this.#index = index;
    this.#reader = reader;
    this.columns = Object.keys(first);
  }

  /** Columns are those of the first line. A FileError for a file without one. */
  static async open(file: OpenFile, name: string): Promise<JsonLinesDataset> {
    const index = await indexLines(file, await textStart(file, name));
    if (index.length === 0) throw noRows(name);
    const reader = new ByteReader(file);
    const first = await readLine(reader, index, 0, name);
    return new JsonLinesDataset(file, name, index, reader, first);
  }

  get length(): number {
    return this.#index.length;
  }
  protected read(row: number): Promise<Row> {
    return readLine(this.#reader, this.#index, row, this.name);
  }
  placeOf(row: number): string {
    return `${this.name}, line ${this.#index.line(row)}`;
  }
  close(): Promise<void> {
    return this.#file.close();
  }
}

async function readLine(reader: ByteReader, index: RecordIndex, row: number, name: string): Promise<Row> {
  const operation = `read ${name}, line ${index.line(row)}`;
  const text = utf8Text(await reader.read(...index.range(row)), operation);
  let value: Json;
  try {
    value = JSON.parse(text) as Json;
  } catch (cause) {
    throw new FileError({
      operation,
      expected: "a JSON object on the line",
      got: cause instanceof Error ? cause.message : String(cause),
      fix: "Is it one whole object a line? A file that is one JSON value has a name that ends in .json.",
      cause,
    });
  }
  return requireObject(value, operation);
}

export function requireObject(value: Json | undefined, operation: string): Row {
  if (value !== null && typeof value === "object" && !Array.isArray(value)) return value;
  throw new FileError({ operation, expected: "a JSON object", got: kindOf(value) });
}

/** What messages call a value: "an array". */
export function kindOf(value: unknown): string {
  if (value === null) return "null";
  if (value === undefined) return "nothing";
  if (Array.isArray(value)) return "an array";
  return `${typeof value === "object" ? "an" : "a"} ${typeof value}`;
}

export function noRows(name: string): FileError {
  return new FileError({ operation: `read ${name}`, expected: "at least one row", got: "none", fix: "Is it empty?" });
}
