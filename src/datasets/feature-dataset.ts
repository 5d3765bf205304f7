/**
 * What a model is trained on, made of rows when it is asked for. Every row is looked at once beforehand: a text that is missing
 * should not come to light in the third hour of training.
 */
import { InvalidArgumentError } from "../errors.ts";
import { BadRowError } from "./bad-row.ts";
import { Dataset, type Row } from "./dataset.ts";

/** How a task makes model inputs of rows. */
export interface Featurizer<F extends object> {
  /** The columns that it reads; undefined: any. */
  readonly reads: readonly string[] | undefined;
  /** What its features hold. */
  readonly columns: readonly string[];
  /** How many features the row gives. Throws a BadRowError for a row that the task cannot use. */
  count(row: Row, place: string): number;
  /** `index` is the row's in the source. */
  features(row: Row, place: string, index: number): readonly F[];
}

export interface FeatureOptions {
  /** A row that the task cannot use is an error, the default, or is left out and counted. */
  readonly on_bad_row?: "error" | "skip" | undefined;
  /** Called as rows are looked at. */
  readonly progress_callback?: ((done: number, total: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

export const featureOptionNames = ["on_bad_row", "progress_callback", "signal"] as const;

/** How many rows pass between two reports. */
const reportEvery = 1000;

export class FeatureDataset<F extends object> extends Dataset<F> {
  readonly source: Dataset;
  /** Rows that were left out. */
  readonly skipped: number;
  /** What was wrong with the first of them. */
  readonly first_skipped: BadRowError | undefined;
  readonly columns: readonly string[];
  readonly #featurizer: Featurizer<F>;
  /** Of each feature, the source's row and which of that row's features it is. */
  readonly #rows: Uint32Array;
  readonly #parts: Uint32Array;
  /** The row that was read last: features of one row mostly come one after another. */
  #last: { readonly row: number; readonly features: Promise<readonly F[]> } | undefined;

  private constructor(
    source: Dataset,
    featurizer: Featurizer<F>,
    rows: Uint32Array,
    parts: Uint32Array,
    skipped: readonly BadRowError[],
    count: number,
  ) {
    super();
    this.source = source;
    this.columns = featurizer.columns;
    this.#featurizer = featurizer;
    this.#rows = rows;
    this.#parts = parts;
    this.skipped = count;
    this.first_skipped = skipped[0];
  }

  /** Looks at every row. A BadRowError for the first that the task cannot use, unless such are skipped. */
  static async of<F extends object>(
    dataset: Dataset,
    featurizer: Featurizer<F>,
    { on_bad_row = "error", progress_callback, signal }: FeatureOptions,
  ): Promise<FeatureDataset<F>> {
    if (on_bad_row !== "error" && on_bad_row !== "skip") {
      const got = JSON.stringify(on_bad_row);
      throw new InvalidArgumentError({ operation: "option `on_bad_row`", expected: '"error" or "skip"', got });
    }
    const source = featurizer.reads === undefined ? dataset : dataset.only(featurizer.reads);
    const rows: number[] = [];
    const parts: number[] = [];
    const skipped: BadRowError[] = [];
    let count = 0;
    let index = 0;
    for await (const row of source) {
      if (index % reportEvery === 0) {
        signal?.throwIfAborted();
        progress_callback?.(index, source.length);
      }
      try {
        const features = featurizer.count(row, source.placeOf(index));
        for (let part = 0; part < features; part++) {
          rows.push(index);
          parts.push(part);
        }
      } catch (error) {
        if (on_bad_row === "error" || !(error instanceof BadRowError)) throw error;
        if (skipped.length === 0) skipped.push(error);
        count += 1;
      }
      index += 1;
    }
    progress_callback?.(index, source.length);
    if (rows.length === 0) {
      throw new BadRowError({
        operation: `read ${source.name}`,
        expected: "at least one row that can be used",
        got: `none of ${source.length}`,
        ...(skipped[0] === undefined ? {} : { fix: `The first: ${skipped[0].message}` }),
      });
    }
    return new FeatureDataset(source, featurizer, Uint32Array.from(rows), Uint32Array.from(parts), skipped, count);
  }

  get name(): string {
    return this.source.name;
  }
  get length(): number {
    return this.#rows.length;
  }
  /** The source's row that a feature is made of. */
  rowOf(index: number): number {
    return this.#rows[index]!;
  }
  protected async read(index: number): Promise<F> {
    const row = this.#rows[index]!;
    if (this.#last?.row !== row) {
      const features = this.source
        .get(row)
        .then((values) => this.#featurizer.features(values, this.source.placeOf(row), row));
      // A failure reaches whoever waits below.
      features.catch(() => {});
      this.#last = { row, features };
    }
    return (await this.#last.features)[this.#parts[index]!]!;
  }
  placeOf(index: number): string {
    return this.source.placeOf(this.#rows[index]!);
  }
  close(): Promise<void> {
    return this.source.close();
  }
}
