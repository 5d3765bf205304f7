/** Rows of tokens through a model, a batch at a time. */
import { InvalidArgumentError } from "../errors.ts";
import { requireWatching } from "./watching.ts";

/** What the model reads of one text, or of one window of it. */
export interface ModelRow {
  readonly input_ids: readonly number[];
  readonly attention_mask: readonly number[];
  readonly global_attention_mask: readonly number[];
}

/** As forward takes it, [B, S] each; return_dict, since a config may say otherwise. */
export interface ModelBatch {
  readonly input_ids: number[][];
  readonly attention_mask: number[][];
  readonly global_attention_mask: number[][];
  readonly return_dict: true;
  readonly signal?: AbortSignal | undefined;
}

export interface PipelineProgress {
  readonly stage: string;
  readonly done: number;
  readonly total: number;
  readonly unit: string;
}

/** Options that every pipeline over rows has. */
export interface RowOptions {
  /** Rows that are computed together; 1 by default. They are padded to the longest. */
  readonly batch_size?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Called at the start and after each batch. */
  readonly progress_callback?: ((progress: PipelineProgress) => void) | undefined;
}

export const rowOptionNames = ["batch_size", "signal", "progress_callback"] as const satisfies (keyof RowOptions)[];

export interface RowSettings<R> {
  /** Of the progress. */
  readonly stage: string;
  readonly unit: string;
  readonly pad_token_id: number;
  /** Tokens to which all batches are padded; by default each to its own longest row. */
  readonly width?: number | undefined;
  /** Rows of different kinds are not computed together. */
  readonly kindOf?: (row: R) => unknown;
}

/** What `run` makes of each row, in order; it gets a batch and the rows in it. */
export async function overRows<R extends ModelRow, T>(
  rows: readonly R[],
  { batch_size = 1, signal, progress_callback }: RowOptions,
  { stage, unit, pad_token_id, width, kindOf = () => undefined }: RowSettings<R>,
  run: (batch: ModelBatch, rows: readonly R[]) => Promise<readonly T[]>,
): Promise<T[]> {
  if (!Number.isInteger(batch_size) || batch_size < 1) {
    throw new InvalidArgumentError({
      operation: "option `batch_size`",
      expected: "a whole number above 0",
      got: String(batch_size),
    });
  }
  requireWatching(stage, { signal, progress_callback });
  const results: T[] = [];
  const tell = () => progress_callback?.({ stage, done: results.length, total: rows.length, unit });
  signal?.throwIfAborted();
  tell();
  while (results.length < rows.length) {
    const first = results.length;
    const other = rows.slice(first, first + batch_size).findIndex((row) => kindOf(row) !== kindOf(rows[first]!));
    const batch = rows.slice(first, first + (other < 0 ? batch_size : other));
    results.push(...(await run({ ...padded(batch, pad_token_id, width), return_dict: true, signal }, batch)));
    signal?.throwIfAborted();
    tell();
  }
  return results;
}

function padded(rows: readonly ModelRow[], pad_token_id: number, width = 0) {
  const length = Math.max(width, ...rows.map(({ input_ids }) => input_ids.length));
  const fill = (row: readonly number[], value: number) => [...row, ...Array(length - row.length).fill(value)];
  return {
    input_ids: rows.map((row) => fill(row.input_ids, pad_token_id)),
    attention_mask: rows.map((row) => fill(row.attention_mask, 0)),
    global_attention_mask: rows.map((row) => fill(row.global_attention_mask, 0)),
  };
}
