/**
 * Padding of one row (transformers 4.37.2, tokenization_utils_base.py: _pad, and models/led/tokenization_led.py: its override,
 * which pads global_attention_mask by -1, because 0 there means local attention).
 */
import { InvalidArgumentError } from "../errors.ts";
import type { EncodingFields } from "./batch-encoding.ts";
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
