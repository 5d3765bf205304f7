/**
 * Rows by number. A data set reads a row when it is asked for it, so that a file may be larger than memory; what is made of one
 * (a part, another order, features of a model) is a data set over it. Trainers take any of them.
 */
import { InvalidArgumentError } from "../errors.ts";
import type { Json } from "../files.ts";
import { permutation } from "./permutation.ts";

/** A row as files hold it: values by column. */
export interface Row {
  readonly [column: string]: Json;
}

export abstract class Dataset<R extends object = Row> {
  /** What messages call it: the file's path, for one. */
  abstract readonly name: string;
  abstract readonly length: number;
  abstract readonly columns: readonly string[];
  protected abstract read(index: number): Promise<R>;
  /** Where a row stands, for messages: "train.jsonl, line 7". */
  abstract placeOf(index: number): string;
  /** Closes the file below. Nothing can be read afterwards. */
  abstract close(): Promise<void>;

  /** Row `index`, from 0 on. An InvalidArgumentError for any other number. */
  async get(index: number): Promise<R> {
    if (!Number.isInteger(index) || index < 0 || index >= this.length) {
      throw new InvalidArgumentError({
        operation: `read a row of ${this.name}`,
        expected: `a row number of 0 to ${this.length - 1}`,
        got: String(index),
      });
    }
    return this.read(index);
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<R, void, undefined> {
    for (let index = 0; index < this.length; index++) yield await this.read(index);
  }

  /** Each row as `change` makes it, when it is asked for. `columns` says what the new rows hold. */
  map<S extends object>(
    change: (row: R, index: number) => S | Promise<S>,
    columns: readonly string[] = this.columns,
  ): Dataset<S> {
    return new MappedDataset(this, change, columns);
  }

  /** Rows `start` up to, without it, `end`; or the rows of these numbers, in their order. */
  select(rows: { readonly start?: number; readonly end?: number } | readonly number[] | Uint32Array): Dataset<R> {
    if (rows instanceof Uint32Array || Array.isArray(rows)) {
      const wrong = rows.find((row) => !Number.isInteger(row) || row < 0 || row >= this.length);
      if (wrong !== undefined) this.#refuseSelection(`row numbers of 0 to ${this.length - 1}`, String(wrong));
      return new SelectedDataset(this, Uint32Array.from(rows));
    }
    const { start = 0, end = this.length } = rows as { start?: number; end?: number };
    const whole = Number.isInteger(start) && Number.isInteger(end);
    if (!whole || start < 0 || end > this.length || start >= end) {
      this.#refuseSelection(`a range within its ${this.length} rows that holds at least one`, `${start} to ${end}`);
    }
    return new SelectedDataset(
      this,
      Uint32Array.from({ length: end - start }, (_, i) => start + i),
    );
  }

  /** The same rows in an order that `seed` decides. */
  shuffle(seed: number | bigint = 0): Dataset<R> {
    return new SelectedDataset(this, permutation(this.length, seed));
  }

  /** With these columns alone; files that are stored by columns then read no others. */
  only(columns: readonly string[]): Dataset<R> {
    const kept = (row: R) => Object.fromEntries(Object.entries(row).filter(([name]) => columns.includes(name))) as R;
    return this.map(kept, columns);
  }

  #refuseSelection(expected: string, got: string): never {
    throw new InvalidArgumentError({ operation: `select rows of ${this.name}`, expected, got });
  }
}

class MappedDataset<S extends object, R extends object> extends Dataset<S> {
  readonly #source: Dataset<R>;
  readonly #change: (row: R, index: number) => S | Promise<S>;
  readonly columns: readonly string[];

  constructor(source: Dataset<R>, change: (row: R, index: number) => S | Promise<S>, columns: readonly string[]) {
    super();
    this.#source = source;
    this.#change = change;
    this.columns = columns;
  }

  get name(): string {
    return this.#source.name;
  }
  get length(): number {
    return this.#source.length;
  }
  protected async read(index: number): Promise<S> {
    return this.#change(await this.#source.get(index), index);
  }
  placeOf(index: number): string {
    return this.#source.placeOf(index);
  }
  close(): Promise<void> {
    return this.#source.close();
  }
}

class SelectedDataset<R extends object> extends Dataset<R> {
  readonly #source: Dataset<R>;
  readonly #rows: Uint32Array;

  constructor(source: Dataset<R>, rows: Uint32Array) {
    super();
    this.#source = source;
    this.#rows = rows;
  }

  get name(): string {
    return this.#source.name;
  }
  get length(): number {
    return this.#rows.length;
  }
  get columns(): readonly string[] {
    return this.#source.columns;
  }
  protected read(index: number): Promise<R> {
    return this.#source.get(this.#rows[index]!);
  }
  placeOf(index: number): string {
    return this.#source.placeOf(this.#rows[index]!);
  }
  close(): Promise<void> {
    return this.#source.close();
  }
  override only(columns: readonly string[]): Dataset<R> {
    return new SelectedDataset(this.#source.only(columns), this.#rows);
  }
}

/** Rows that are at hand. `name` is what messages call them. */
export class ArrayDataset<R extends object = Row> extends Dataset<R> {
  readonly #rows: readonly R[];
  readonly name: string;
  readonly columns: readonly string[];

  constructor(rows: readonly R[], name = "the given rows") {
    super();
    if (rows.length === 0) {
      throw new InvalidArgumentError({ operation: `take ${name}`, expected: "at least one row", got: "none" });
    }
    this.#rows = rows;
    this.name = name;
    this.columns = Object.keys(rows[0]!);
  }

  get length(): number {
    return this.#rows.length;
  }
  protected async read(index: number): Promise<R> {
    return this.#rows[index]!;
  }
  placeOf(index: number): string {
    return `${this.name}, row ${index + 1} of ${this.length}`;
  }
  async close(): Promise<void> {}
}
