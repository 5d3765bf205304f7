/**
 * What a tokenizer call gives (transformers 4.37.2, tokenization_utils_base.py: BatchEncoding): plain nested numbers, or
 * Tensors where return_tensors asks for them. Fields are absent when they were not asked for, so that
 * `model({ ...encoding })` passes exactly what the tokenizer made.
 */
import { InvalidArgumentError } from "../errors.ts";
import { Tensor } from "../tensor.ts";

/** One number, one row, or a batch of rows. */
export type NestedIds = number | number[] | number[][];
export type EncodingField = NestedIds | Tensor;
export type EncodingFields = { [name: string]: EncodingField };

/** "pt", "tf" and "np" mean the same as "ort", so that published snippets run. */
export const tensorTypes = ["ort", "pt", "tf", "np"] as const;
export type TensorsOption = (typeof tensorTypes)[number];

const notFast = " is not available when using non-fast tokenizers (e.g. instance of a `XxxTokenizerFast` class).";
const notPython = " is not available when using Python based tokenizers";

export class BatchEncoding<F = EncodingField> {
  declare input_ids: F;
  declare attention_mask?: F;
  declare token_type_ids?: F;
  declare special_tokens_mask?: F;
  declare global_attention_mask?: F;
  declare labels?: F;
  declare overflowing_tokens?: F;
  declare num_truncated_tokens?: EncodingField;
  declare length?: EncodingField;
  /** How many tokens truncation cut: a number, or one per row of a batch. Not enumerable: no model takes it. */
  declare readonly num_truncated: number | number[];

  constructor(fields: EncodingFields, num_truncated: number | number[]) {
    Object.assign(this, fields);
    Object.defineProperty(this, "num_truncated", { value: num_truncated, enumerable: false });
  }

  /** Whether offsets and words are known; they are not with LEDTokenizer. */
  get is_fast(): boolean {
    return false;
  }

  tokens(): never {
    return refuse("tokens", notFast);
  }
  words(): never {
    return refuse("words", notFast);
  }
  word_ids(): never {
    return refuse("word_ids", notFast);
  }
  sequence_ids(): never {
    return refuse("sequence_ids", notFast);
  }
  token_to_sequence(): never {
    return refuse("token_to_sequence", notPython);
  }
  token_to_word(): never {
    return refuse("token_to_word", notPython);
  }
  word_to_tokens(): never {
    return refuse("word_to_tokens", notPython);
  }
  token_to_chars(): never {
    return refuse("token_to_chars", notPython);
  }
  char_to_token(): never {
    return refuse("char_to_token", notPython);
  }
  word_to_chars(): never {
    return refuse("word_to_chars", notPython);
  }
  char_to_word(): never {
    return refuse("char_to_word", notPython);
  }

  /** Turns every field into an int64 Tensor, in place. `prepend_batch_axis` makes a batch of one of a single encoding. */
  convert_to_tensors(tensor_type: TensorsOption | null = null, prepend_batch_axis = false): this {
    if (tensor_type !== null) {
      Object.assign(this, fieldsToTensors(encodingFields(this), tensor_type, prepend_batch_axis));
    }
    return this;
  }
}

function refuse(method: string, why: string): never {
  throw new InvalidArgumentError({ operation: `BatchEncoding.${method}`, says: `${method}()${why}` });
}

/** The enumerable fields of an encoding or of an object like one. */
export function encodingFields(encoding: object): EncodingFields {
  const fields: EncodingFields = {};
  for (const [name, value] of Object.entries(encoding as Record<string, unknown>)) {
    if (value !== undefined && value !== null) fields[name] = value as EncodingField;
  }
  return fields;
}

export function fieldsToTensors(fields: EncodingFields, type: string, prependBatchAxis: boolean): EncodingFields {
  if (!(tensorTypes as readonly string[]).includes(type)) {
    throw new InvalidArgumentError({
      operation: "return_tensors",
      says: `${type} is not a valid TensorType, please select one of ${list(tensorTypes)}`,
    });
  }
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [
      name,
      value instanceof Tensor ? value : toTensor(name, prependBatchAxis ? ([value] as NestedIds) : value),
    ]),
  );
}

/** As Python prints a list of strings. */
export function list(names: readonly string[]): string {
  return `[${names.map((name) => `'${name}'`).join(", ")}]`;
}

function toTensor(name: string, value: NestedIds): Tensor {
  try {
    return Tensor.from(value, "int64");
  } catch (cause) {
    const overflow = name === "overflowing_tokens";
    throw new InvalidArgumentError({
      operation: "return_tensors",
      says: overflow
        ? "Unable to create tensor returning overflowing tokens of different lengths. Please see if a fast version of this tokenizer is available to have this feature available."
        : `Unable to create tensor, you should probably activate truncation and/or padding with 'padding=True' 'truncation=True' to have batched tensors with the same length. Perhaps your features (\`${name}\` in this case) have excessive nesting (inputs type \`list\` where type \`int\` is expected).`,
      expected: "rows of one length",
      got: Array.isArray(value) ? `lengths ${lengths(value)}` : String(value),
      ...(overflow ? {} : { fix: "Give padding: true, and truncation: true where rows may be too long." }),
      cause,
    });
  }
}

function lengths(rows: readonly (number | readonly number[])[]): string {
  const all = rows.map((row) => (typeof row === "number" ? "a number" : String(row.length)));
  return all.length > 8 ? `${all.slice(0, 8).join(", ")}, …` : all.join(", ");
}
