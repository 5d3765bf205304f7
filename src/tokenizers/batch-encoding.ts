/**
 * What a tokenizer call gives (transformers 4.37.2, tokenization_utils_base.py: BatchEncoding): plain nested numbers, or
 * Tensors where return_tensors asks for them. Fields are absent when they were not asked for, so that
 * `model({ ...encoding })` passes exactly what the tokenizer made.
 */
import { InvalidArgumentError } from "../errors.ts";
import { warn } from "../log.ts";
import { Tensor } from "../tensor.ts";
import type { Encoding, Span } from "./fast/encoding.ts";

/** One number, one row, or a batch of rows; of offsets, which are pairs, a level more. */
export type NestedIds = number | number[] | number[][] | number[][][];
export type EncodingField = NestedIds | Tensor;
export type EncodingFields = { [name: string]: EncodingField };

/** "pt", "tf" and "np" mean the same as "ort", so that published snippets run. */
export const tensorTypes = ["ort", "pt", "tf", "np"] as const;
export type TensorsOption = (typeof tensorTypes)[number];

/** Pairs of start and end, nested like the ids beside them. */
type OffsetsOf<F> = F extends Tensor
  ? Tensor
  : F extends number[][]
    ? [start: number, end: number][][]
    : F extends number[]
      ? [start: number, end: number][]
      : EncodingField;

const notFast = " is not available when using non-fast tokenizers (e.g. instance of a `XxxTokenizerFast` class).";
const notPython = " is not available when using Python based tokenizers";

/**
 * Methods that find a token, a word or a character take the row of the batch first; with one index less they speak of row 0.
 * Indices below 0 count from the end where the reference's do (rows and tokens). What is not found is null.
 */
export class BatchEncoding<F = EncodingField> {
  declare input_ids: F;
  declare attention_mask?: F;
  declare token_type_ids?: F;
  declare special_tokens_mask?: F;
  declare offset_mapping?: OffsetsOf<F>;
  declare global_attention_mask?: F;
  declare labels?: F;
  declare overflowing_tokens?: F;
  declare num_truncated_tokens?: EncodingField;
  declare overflow_to_sample_mapping?: EncodingField;
  declare length?: EncodingField;
  /** How many tokens truncation cut: a number, or one per row of a batch. Not enumerable: no model takes it. */
  declare readonly num_truncated: number | number[];
  /** One per row, from LEDTokenizerFast; else null. Not enumerable. */
  declare readonly encodings: readonly Encoding[] | null;

  constructor(fields: EncodingFields, num_truncated: number | number[], encodings: readonly Encoding[] | null = null) {
    Object.assign(this, fields);
    Object.defineProperty(this, "num_truncated", { value: num_truncated, enumerable: false });
    Object.defineProperty(this, "encodings", { value: encodings, enumerable: false });
  }

  /** Whether offsets and words are known; they are not with LEDTokenizer. */
  get is_fast(): boolean {
    return this.encodings !== null;
  }

  /** 1 for single texts, 2 for pairs; null with LEDTokenizer. */
  get n_sequences(): number | null {
    return this.encodings?.[0]?.n_sequences ?? null;
  }

  /** Spellings of a row's tokens; an added token that takes spaces is spelled with them. */
  tokens(batch_index = 0): string[] {
    return this.#row("tokens", batch_index, notFast).tokens;
  }

  /** 0 or 1 for the tokens of the first or second text, null for specials and padding. */
  sequence_ids(batch_index = 0): (number | null)[] {
    return this.#row("sequence_ids", batch_index, notFast).sequence_ids;
  }

  /** Index of each token's word, null for specials and padding. */
  word_ids(batch_index = 0): (number | null)[] {
    return this.#row("word_ids", batch_index, notFast).word_ids;
  }

  /** The reference's deprecated name of word_ids. */
  words(batch_index = 0): (number | null)[] {
    const words = this.#row("words", batch_index, notFast).word_ids;
    warn(
      "`BatchEncoding.words()` property is deprecated and should be replaced with the identical, but more self-explanatory `BatchEncoding.word_ids()` property.",
    );
    return words;
  }

  token_to_sequence(batch_or_token_index: number, token_index?: number): number | null {
    const [row, token] = this.#token("token_to_sequence", batch_or_token_index, token_index);
    return row.token_to_sequence(token);
  }

  token_to_word(batch_or_token_index: number, token_index?: number): number | null {
    const [row, token] = this.#token("token_to_word", batch_or_token_index, token_index);
    return row.token_to_word(token);
  }

  token_to_chars(batch_or_token_index: number, token_index?: number): Span | null {
    const [row, token] = this.#token("token_to_chars", batch_or_token_index, token_index);
    return row.token_to_chars(token);
  }

  word_to_tokens(batch_or_word_index: number, word_index?: number | null, sequence_index = 0): Span | null {
    const [row, word] = this.#at("word_to_tokens", batch_or_word_index, word_index);
    return row.word_to_tokens(word, sequence_index);
  }

  word_to_chars(batch_or_word_index: number, word_index?: number | null, sequence_index = 0): Span | null {
    const [row, word] = this.#at("word_to_chars", batch_or_word_index, word_index);
    return row.word_to_chars(word, sequence_index);
  }

  char_to_token(batch_or_char_index: number, char_index?: number | null, sequence_index = 0): number | null {
    const [row, char] = this.#at("char_to_token", batch_or_char_index, char_index);
    return row.char_to_token(char, sequence_index);
  }

  char_to_word(batch_or_char_index: number, char_index?: number | null, sequence_index = 0): number | null {
    const [row, char] = this.#at("char_to_word", batch_or_char_index, char_index);
    return row.char_to_word(char, sequence_index);
  }

  #row(method: string, index: number, unavailable: string): Encoding {
    if (this.encodings === null) {
      throw new InvalidArgumentError({ operation: `BatchEncoding.${method}`, says: `${method}()${unavailable}` });
    }
    const row = this.encodings.at(index);
    if (row !== undefined) return row;
    throw new InvalidArgumentError({
      operation: `BatchEncoding.${method}`,
      expected: `a row of the batch of ${this.encodings.length}`,
      got: String(index),
    });
  }

  #at(method: string, first: number, second: number | null | undefined): [Encoding, number] {
    const [batch, index] = second === null || second === undefined ? [0, first] : [first, second];
    return [this.#row(method, batch, notPython), index];
  }

  #token(method: string, first: number, second: number | undefined): [Encoding, number] {
    const [row, token] = this.#at(method, first, second);
    return [row, token < 0 ? token + row.length : token];
  }

  /** Turns every field into an int64 Tensor, in place. `prepend_batch_axis` makes a batch of one of a single encoding. */
  convert_to_tensors(tensor_type: TensorsOption | null = null, prepend_batch_axis = false): this {
    if (tensor_type !== null) {
      Object.assign(this, fieldsToTensors(encodingFields(this), tensor_type, prepend_batch_axis));
    }
    return this;
  }
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

function lengths(rows: readonly (number | readonly unknown[])[]): string {
  const all = rows.map((row) => (typeof row === "number" ? "a number" : String(row.length)));
  return all.length > 8 ? `${all.slice(0, 8).join(", ")}, …` : all.join(", ");
}
