/**
 * Padding of a row or a batch (transformers 4.37.2, tokenization_utils_base.py: pad and _pad, and models/led/tokenization_led.py: its override,
 * which pads global_attention_mask by -1, because 0 there means local attention).
 */
import { InvalidArgumentError } from "../errors.ts";
import { Tensor } from "../tensor.ts";
import { type EncodingField, type EncodingFields, encodingFields, list } from "./batch-encoding.ts";
import type { PaddingStrategy } from "./options.ts";
import type { Side } from "./truncation.ts";

export interface PadRowOptions {
  padding: PaddingStrategy;
  max_length: number | null;
  pad_to_multiple_of: number | null;
  return_attention_mask: boolean;
  side: Side;
  pad_token_id: number | null;
  pad_token_type_id: number;
}

/** Pads one row, or a batch (input_ids of rows). Without any ids nothing is padded; `maskAsked` then gives an empty mask. */
export function padFields(fields: EncodingFields, maskAsked: boolean, options: PadRowOptions): EncodingFields {
  const ids = fields.input_ids;
  if (ids === undefined) {
    throw new InvalidArgumentError({
      operation: "tokenizer.pad",
      says: `You should supply an encoding or a list of encodings to this method that includes input_ids, but you provided ${list(Object.keys(fields))}`,
    });
  }
  if (!Array.isArray(ids)) {
    throw new InvalidArgumentError({
      operation: "tokenizer.pad",
      expected: "input_ids to be an array",
      got: String(ids),
    });
  }
  if (ids.length === 0) return maskAsked ? { ...fields, attention_mask: [] } : fields;
  if (!isBatch(ids)) return padRow(fields, options);
  for (const [name, column] of Object.entries(fields)) {
    if (Array.isArray(column) && column.length === ids.length) continue;
    throw new InvalidArgumentError({
      operation: "tokenizer.pad",
      says: "Some items in the output dictionary have a different batch size than others.",
      expected: `${ids.length} rows in \`${name}\``,
      got: Array.isArray(column) ? String(column.length) : typeof column,
    });
  }
  const longest = ids.reduce((most, row) => Math.max(most, row.length), 0);
  const rowOptions: PadRowOptions =
    options.padding === "longest" ? { ...options, padding: "max_length", max_length: longest } : options;
  const padded: { [name: string]: EncodingField[] } = {};
  for (let i = 0; i < ids.length; i++) {
    const row = Object.fromEntries(
      Object.entries(fields).map(([name, column]) => [name, (column as EncodingField[])[i]!]),
    );
    for (const [name, value] of Object.entries(padRow(row, rowOptions))) {
      padded[name] ??= [];
      padded[name].push(value);
    }
  }
  return padded as EncodingFields;
}

/** The row with its fields padded; fields of other names, and a row that is long enough, stay as they are. */
export function padRow(row: EncodingFields, options: PadRowOptions): EncodingFields {
  const { padding, pad_to_multiple_of: multiple, return_attention_mask, side } = options;
  const fields = { ...row };
  const ids = numbers(fields, "input_ids");
  let length = padding === "longest" ? ids.length : options.max_length;
  if (length !== null && multiple !== null && length % multiple !== 0) {
    length = (Math.floor(length / multiple) + 1) * multiple;
  }
  if (return_attention_mask && fields.attention_mask === undefined) {
    fields.attention_mask = new Array<number>(ids.length).fill(1);
  }
  if (padding !== "do_not_pad" && length !== null && length > ids.length) {
    const missing = length - ids.length;
    const filler = new Array<number>(missing);
    const extend = (name: string, value: number): void => {
      if (fields[name] !== undefined) fields[name] = joined(numbers(fields, name), filler.fill(value), side);
    };
    if (return_attention_mask) extend("attention_mask", 0);
    extend("token_type_ids", options.pad_token_type_id);
    extend("special_tokens_mask", 1);
    extend("input_ids", requirePadId(options.pad_token_id));
  }
  if (return_attention_mask && fields.global_attention_mask !== undefined) {
    const mask = numbers(fields, "global_attention_mask");
    const missing = numbers(fields, "input_ids").length - mask.length;
    if (missing > 0) fields.global_attention_mask = joined(mask, new Array<number>(missing).fill(-1), side);
  }
  return fields;
}

function joined(row: readonly number[], filler: readonly number[], side: Side): number[] {
  if (side === "right") return row.concat(filler);
  if (side === "left") return filler.concat(row);
  throw new InvalidArgumentError({ operation: "tokenizer.padding_side", says: `Invalid padding strategy:${side}` });
}

function numbers(fields: EncodingFields, name: string): number[] {
  const value = fields[name];
  if (Array.isArray(value) && (value.length === 0 || typeof value[0] === "number")) return value as number[];
  throw new InvalidArgumentError({
    operation: "tokenizer.pad",
    expected: `\`${name}\` to be one row of numbers per example`,
    got: Array.isArray(value) ? "deeper nesting" : String(value),
  });
}

function requirePadId(id: number | null): number {
  if (id !== null) return id;
  throw new InvalidArgumentError({ operation: "tokenizer.pad", expected: "a pad token", got: "none" });
}

export function isBatch(value: EncodingField | undefined): value is number[][] {
  return Array.isArray(value) && Array.isArray(value[0]);
}

/** Rows of one batch from a list of encodings: the fields of the first are looked up in all. */
export function columnsOf(rows: readonly object[]): EncodingFields {
  const all = rows.map(encodingFields);
  const columns: { [name: string]: (EncodingField | undefined)[] } = {};
  for (const name of Object.keys(all[0] ?? {})) {
    columns[name] = all.map((row, i) => {
      if (row[name] !== undefined) return row[name];
      throw new InvalidArgumentError({
        operation: "tokenizer.pad",
        expected: `\`${name}\` in every encoding, as in the first`,
        got: `none at index ${i}`,
      });
    });
  }
  return columns as EncodingFields;
}

/** Whether a field is a Tensor, or a list of them. */
export function holdsTensor(value: unknown): boolean {
  return value instanceof Tensor || (Array.isArray(value) && value[0] instanceof Tensor);
}

/** A field with nested numbers in place of Tensors. */
export function toPlain(value: EncodingField): EncodingField {
  if (value instanceof Tensor) return value.tolist() as EncodingField;
  return Array.isArray(value) ? (Array.from<EncodingField>(value).map(toPlain) as EncodingField) : value;
}
