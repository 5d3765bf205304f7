/**
 * Rows of features to a batch of tensors (transformers 4.37.2, data/data_collator.py): DataCollatorForSeq2Seq, DataCollatorWithPadding
 * and default_data_collator.
 *
 * JavaScript does not tell 1 from 1.0: numbers that are all whole become int64, others float32. Departures: lists of labels in
 * DataCollatorWithPadding, which say of each class whether it holds, are float32 always, as a model needs them; features of the
 * caller are not changed; lists beside input_ids and as long that no tokenizer knows (a custom mask) are padded with 0.
 */
import { Callable } from "../callable.ts";
import { InvalidArgumentError, refuseUnknownOptions } from "../errors.ts";
import { elementCount, type NestedNumbers, Tensor, type TensorType } from "../tensor.ts";
import type { PaddingTokenizer } from "./padding-tokenizer.ts";
import type { Features } from "./training-dataset.ts";

type Tensors = { [name: string]: Tensor };
type Collate = (features: readonly Features[]) => Tensors;

export interface PaddingOptions {
  /** true, the default: to the longest row. */
  readonly padding?: boolean | "longest" | "max_length" | "do_not_pad";
  readonly max_length?: number | null;
  readonly pad_to_multiple_of?: number | null;
  /** Tensors are of this package, whatever it is called; the default is "ort". */
  readonly return_tensors?: "ort" | "pt" | "np" | "tf";
}

export interface Seq2SeqCollatorOptions extends PaddingOptions {
  /** Where given, it makes decoder_input_ids of the labels. */
  readonly model?: { prepare_decoder_input_ids_from_labels?(labels: Tensor): Tensor } | null;
  /** -100 by default, which no loss counts. */
  readonly label_pad_token_id?: number;
}

const paddingNames = ["padding", "max_length", "pad_to_multiple_of", "return_tensors"] as const;

/** Pads sources by the tokenizer and labels by -100: `collator(features)`. */
export class DataCollatorForSeq2Seq extends Callable<Collate> {
  readonly tokenizer: PaddingTokenizer;
  readonly #options: Seq2SeqCollatorOptions;

  constructor(tokenizer: PaddingTokenizer, options: Seq2SeqCollatorOptions = {}) {
    super();
    refuseUnknownOptions("DataCollatorForSeq2Seq", options, [...paddingNames, "model", "label_pad_token_id"]);
    this.tokenizer = tokenizer;
    this.#options = options;
  }

  _call(features: readonly Features[]): Tensors {
    const { model, label_pad_token_id = -100, pad_to_multiple_of: multiple } = this.#options;
    const sources = features.map(({ labels: _, ...source }) => source);
    const batch = padded("DataCollatorForSeq2Seq", this.tokenizer, sources, this.#options);
    if (features[0]?.labels === undefined) return batch;
    const labels = features.map((row, i) => listOf("labels", row.labels, i));
    const longest = Math.max(...labels.map((row) => row.length));
    const length = multiple ? Math.ceil(longest / multiple) * multiple : longest;
    batch.labels = Tensor.from(
      labels.map((row) => extended(row, length, label_pad_token_id, this.tokenizer.padding_side)),
      "int64",
    );
    if (typeof model?.prepare_decoder_input_ids_from_labels === "function") {
      batch.decoder_input_ids = model.prepare_decoder_input_ids_from_labels(batch.labels);
    }
    return batch;
  }
}

/**
 * Pads by the tokenizer; `label` or `label_ids` become `labels`; lists of start_positions and end_positions, of several answers,
 * are padded by -100: `collator(features)`.
 */
export class DataCollatorWithPadding extends Callable<Collate> {
  readonly tokenizer: PaddingTokenizer;
  readonly #options: PaddingOptions;

  constructor(tokenizer: PaddingTokenizer, options: PaddingOptions = {}) {
    super();
    refuseUnknownOptions("DataCollatorWithPadding", options, paddingNames);
    this.tokenizer = tokenizer;
    this.#options = options;
  }

  _call(features: readonly Features[]): Tensors {
    const sources = positionsPadded(features).map(({ label: _, label_ids: __, labels: ___, ...source }) => source);
    const batch = padded("DataCollatorWithPadding", this.tokenizer, sources, this.#options);
    const labels = features.map(({ label, label_ids, labels }) => label ?? label_ids ?? labels);
    if (labels[0] === undefined || labels[0] === null) return batch;
    const several = typeof labels[0] === "object";
    batch.labels = stacked("DataCollatorWithPadding", "labels", labels, several ? "float32" : undefined);
    return batch;
  }
}

function positionsPadded(features: readonly Features[]): readonly Features[] {
  const names = ["start_positions", "end_positions"].filter((name) => Array.isArray(features[0]?.[name]));
  return names.reduce<readonly Features[]>((rows, name) => {
    const lists = rows.map((row, i) => listOf(name, row[name], i));
    const longest = Math.max(...lists.map(({ length }) => length));
    return rows.map((row, i) => ({ ...row, [name]: extended(lists[i]!, longest, -100, "right") }));
  }, features);
}

/** Stacks rows as they are; `label` or `label_ids` become `labels`; texts and nulls are left out. */
export function default_data_collator(features: readonly Features[]): Tensors {
  const first = features[0] ?? {};
  const batch: Tensors = {};
  const special = ["label", "label_ids"].find((name) => first[name] !== undefined && first[name] !== null);
  const column = (name: string): unknown[] => features.map((row) => row[name]);
  if (special !== undefined) batch.labels = stacked("default_data_collator", special, column(special));
  for (const [name, value] of Object.entries(first)) {
    if (name === "label" || name === "label_ids" || value === undefined || value === null) continue;
    if (typeof value === "string") continue;
    batch[name] = stacked("default_data_collator", name, column(name));
  }
  return batch;
}

function padded(
  operation: string,
  tokenizer: PaddingTokenizer,
  features: readonly Features[],
  { padding = true, max_length = null, pad_to_multiple_of = null }: PaddingOptions,
): Tensors {
  const rows = features.map((row, i) =>
    Object.fromEntries(Object.entries(row).map(([name, v]) => [name, plain(name, v, i)])),
  );
  const fields = padQuietly(tokenizer, rows, { padding, max_length, pad_to_multiple_of });
  const ids = fields.input_ids as number[][];
  const batch: Tensors = {};
  for (const [name, column] of Object.entries(fields)) {
    const grown = column.map((value, i) => {
      const before = (rows[i]!.input_ids as unknown[]).length;
      const lags = Array.isArray(value) && value.length === before && typeof value[0] === "number";
      return lags ? extended(value as number[], ids[i]!.length, 0, tokenizer.padding_side) : value;
    });
    batch[name] = stacked(operation, name, grown);
  }
  return batch;
}

/** Without the advice to pad while tokenizing, which is not what a collator is for (pad_without_fast_tokenizer_warning). */
function padQuietly(
  tokenizer: PaddingTokenizer,
  rows: readonly object[],
  options: PaddingOptions,
): { [name: string]: unknown[] } {
  const key = "Asking-to-pad-a-fast-tokenizer";
  const { warned } = tokenizer;
  const said = warned?.has(key) ?? true;
  warned?.add(key);
  try {
    return tokenizer.pad(rows, options) as { [name: string]: unknown[] };
  } finally {
    if (!said) warned?.delete(key);
  }
}

function extended(row: readonly number[], length: number, value: number, side: "left" | "right"): number[] {
  const filler = new Array<number>(Math.max(0, length - row.length)).fill(value);
  return side === "right" ? [...row, ...filler] : [...filler, ...row];
}

/** Typed arrays and tensors as lists. */
function plain(name: string, value: unknown, row: number): unknown {
  return value instanceof Tensor || ArrayBuffer.isView(value) ? listOf(name, value, row) : value;
}

function listOf(name: string, value: unknown, row: number): number[] {
  if (Array.isArray(value)) return value as number[];
  if (value instanceof Tensor && value.dims.length === 1) return value.tolist() as number[];
  if (ArrayBuffer.isView(value) && !(value instanceof DataView)) {
    return Array.from(value as unknown as ArrayLike<number | bigint>, Number);
  }
  throw new InvalidArgumentError({
    operation: "data collator",
    expected: `\`${name}\` of each row as a list of numbers`,
    got:
      value instanceof Tensor
        ? `dims [${value.dims.join(", ")}] in row ${row} of the batch`
        : `${typeof value} in row ${row} of the batch`,
  });
}

/** Values of rows as one tensor with an axis more. Float32Arrays stay float32, whatever they hold. */
function stacked(operation: string, name: string, values: readonly unknown[], type?: TensorType): Tensor {
  const [first] = values;
  const told = first instanceof Tensor ? first.type : first instanceof Float32Array ? "float32" : type;
  const nested = values.map((value) => (typeof value === "object" && !Array.isArray(value) ? rowOf(value) : value));
  try {
    const tensor = Tensor.from(nested as NestedNumbers, told);
    if (elementCount(tensor.dims) > 0 && tensor.data.every((number) => !Number.isNaN(Number(number)))) return tensor;
  } catch (cause) {
    throw uneven(operation, name, cause instanceof Error ? cause.message : String(cause));
  }
  throw uneven(operation, name, "none, or something that is no number");
}

const rowOf = (value: unknown): unknown =>
  value instanceof Tensor ? value.tolist() : ArrayBuffer.isView(value) ? listOf("", value, 0) : value;

function uneven(operation: string, name: string, got: string): InvalidArgumentError {
  return new InvalidArgumentError({
    operation,
    expected: `numbers of one shape in \`${name}\` of all rows`,
    got,
    fix: "Pad or truncate the rows, or leave the column out.",
  });
}
