/**
 * Parquet files. Rows lie in groups, which are decoded when one of their rows is asked for; groups of up to `cacheBytes` stay,
 * so that rows in any order are fast while the file fits, and possible where it does not. Whole numbers, which the format may hold
 * in 64 bits, come as numbers.
 */
import { FileError } from "../errors.ts";
import type { Json, OpenFile } from "../files.ts";
import { Dataset, type Row } from "./dataset.ts";
import { noRows } from "./json-lines.ts";

type Library = typeof import("hyparquet");
type Metadata = Awaited<ReturnType<Library["parquetMetadataAsync"]>>;

/** Bytes of decoded groups that are kept, as the file counts them. */
const cacheBytes = 256 * 2 ** 20;

interface Source {
  readonly file: OpenFile;
  readonly name: string;
  readonly library: Library;
  readonly metadata: Metadata;
  /** The first row of each group, and behind the last. */
  readonly starts: readonly number[];
}

type Group = readonly Readonly<Record<string, unknown>>[];

export class ParquetDataset extends Dataset {
  readonly columns: readonly string[];
  readonly #source: Source;
  /** The longest unused first. */
  readonly #groups = new Map<number, Promise<Group>>();

  private constructor(source: Source, columns: readonly string[]) {
    super();
    this.#source = source;
    this.columns = columns;
  }

  static async open(file: OpenFile, name: string): Promise<ParquetDataset> {
    const library = await import("hyparquet");
    const metadata = await library.parquetMetadataAsync(asyncBuffer(file)).catch((cause: unknown) => {
      throw new FileError({
        operation: `read ${name}`,
        expected: "a Parquet file",
        got: messageOf(cause),
        fix: "Is the download complete?",
        cause,
      });
    });
    const starts = [0];
    for (const { num_rows } of metadata.row_groups) starts.push(starts.at(-1)! + Number(num_rows));
    if (starts.at(-1) === 0) throw noRows(name);
    const columns = library.parquetSchema(metadata).children.map(({ element }) => element.name);
    return new ParquetDataset({ file, name, library, metadata, starts }, columns);
  }

  get name(): string {
    return this.#source.name;
  }
  get length(): number {
    return this.#source.starts.at(-1)!;
  }
  protected async read(row: number): Promise<Row> {
    const { starts } = this.#source;
    const number = starts.findLastIndex((start) => start <= row);
    const group = await this.#group(number);
    const values = group[row - starts[number]!]!;
    return Object.fromEntries(
      this.columns.map((column) => [column, plainValue(values[column], `${this.placeOf(row)}, column ${column}`)]),
    );
  }
  placeOf(row: number): string {
    return `${this.name}, row ${row + 1} of ${this.length}`;
  }
  close(): Promise<void> {
    this.#groups.clear();
    return this.#source.file.close();
  }
  override only(columns: readonly string[]): Dataset {
    return new ParquetDataset(
      this.#source,
      this.columns.filter((column) => columns.includes(column)),
    );
  }

  #group(number: number): Promise<Group> {
    const kept = this.#groups.get(number);
    this.#groups.delete(number);
    const group = kept ?? this.#decode(number);
    this.#groups.set(number, group);
    const { row_groups } = this.#source.metadata;
    let bytes = 0;
    for (const other of [...this.#groups.keys()].reverse()) {
      bytes += Number(row_groups[other]!.total_byte_size);
      if (bytes > cacheBytes && other !== number) this.#groups.delete(other);
    }
    return group;
  }

  async #decode(number: number): Promise<Group> {
    const { file, name, library, metadata, starts } = this.#source;
    try {
      return await library.parquetReadObjects({
        file: asyncBuffer(file),
        metadata,
        columns: [...this.columns],
        rowStart: starts[number]!,
        rowEnd: starts[number + 1]!,
      });
    } catch (cause) {
      this.#groups.delete(number);
      const codec = /unsupported compression codec: (\w+)/.exec(messageOf(cause))?.[1];
      throw new FileError({
        operation: `read ${name}, rows ${starts[number]! + 1} to ${starts[number + 1]}`,
        expected: codec === undefined ? "Parquet data" : "values that are not compressed, or by SNAPPY",
        got: codec ?? messageOf(cause),
        fix: codec === undefined ? "Is the file whole?" : 'Write the file again, with compression="snappy".',
        cause,
      });
    }
  }
}

function asyncBuffer(file: OpenFile): { byteLength: number; slice(start: number, end?: number): Promise<ArrayBuffer> } {
  return {
    byteLength: file.size,
    async slice(start, end = file.size) {
      const bytes = await file.read(start, end - start);
      const whole = bytes.byteOffset === 0 && bytes.byteLength === bytes.buffer.byteLength;
      return (whole ? bytes : bytes.slice()).buffer as ArrayBuffer;
    },
  };
}

/** As JSON holds values: dates in ISO 8601, bytes as lists of numbers. */
function plainValue(value: unknown, place: string): Json {
  if (value === undefined || value === null) return null;
  if (typeof value === "bigint") {
    const number = Number(value);
    if (Number.isSafeInteger(number)) return number;
    throw new FileError({ operation: place, expected: "a whole number of at most 2^53 - 1", got: String(value) });
  }
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value)) return value.map((item) => plainValue(item, place));
  if (ArrayBuffer.isView(value)) return Array.from(value as Uint8Array, (item) => plainValue(item, place));
  if (typeof value === "object") {
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plainValue(item, place)]));
  }
  return value as Json;
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
