/**
 * What every tokenizer of the package shares: calls on texts, preparing ids for a model, padding and decoding
 * (transformers 4.37.2, tokenization_utils_base.py: PreTrainedTokenizerBase). How a text becomes ids and ids a text is the subclass's.
 *
 * Python keyword arguments are one object of options; an unknown option is an error. Beyond the reference an encoding
 * carries `num_truncated`, how many tokens truncation cut.
 */
import { InvalidArgumentError, refuseUnknownOptions } from "../errors.ts";
import { Tensor } from "../tensor.ts";
import {
  BatchEncoding,
  type EncodingField,
  type EncodingFields,
  encodingFields,
  fieldsToTensors,
} from "./batch-encoding.ts";
import * as options from "./options.ts";
import { columnsOf, holdsTensor, isBatch, padFields, toPlain } from "./padding.ts";
import { prepareRow } from "./prepare.ts";
import type { BaseOptions } from "./settings.ts";
import { SpecialTokens } from "./special-tokens.ts";
import type { EncodeInput, EncodePair, Plain, Tensors } from "./tokenizer-call.ts";
import { type Side, truncateSequences } from "./truncation.ts";

export abstract class TokenizerBase extends SpecialTokens {
  readonly name_or_path: string;
  model_max_length: number;
  padding_side: Side;
  truncation_side: Side;
  clean_up_tokenization_spaces: boolean;
  split_special_tokens: boolean;
  model_input_names: readonly string[];
  pad_token_type_id = 0;
  /** Keys of the warnings that were given already: each is given once per tokenizer. */
  readonly warned = new Set<string>();

  constructor(given: BaseOptions) {
    super(given, given.verbose ?? false);
    this.name_or_path = given.name_or_path ?? "";
    this.model_max_length = given.model_max_length ?? 1e30;
    this.padding_side = requireSide(given.padding_side ?? "right");
    this.truncation_side = requireSide(given.truncation_side ?? "right");
    this.clean_up_tokenization_spaces = given.clean_up_tokenization_spaces ?? true;
    this.split_special_tokens = given.split_special_tokens ?? false;
    this.model_input_names = given.model_input_names ?? ["input_ids", "attention_mask"];
    if (typeof this.model_max_length !== "number" || !(this.model_max_length > 0)) {
      throw new InvalidArgumentError({
        operation: "option `model_max_length`",
        expected: "a positive number of tokens",
        got: String(this.model_max_length),
      });
    }
  }

  protected abstract encodeOne(
    text: EncodeInput,
    text_pair: EncodeInput | null,
    how: options.EncodeOptions,
    strategies: options.Strategies,
  ): BatchEncoding;
  protected abstract encodeBatch(
    batch: readonly (options.TextInput | EncodePair)[],
    how: options.EncodeOptions,
    strategies: options.Strategies,
  ): BatchEncoding;
  /** Throws for options that are not in `known`, or that only another class has. */
  protected abstract refuseUnknown(operation: string, given: object, known: readonly string[]): void;
  abstract convert_tokens_to_string(tokens: readonly string[]): string;
  abstract decode(ids: number | readonly number[] | Tensor, how?: options.DecodeOptions): string;
  abstract build_inputs_with_special_tokens(ids: readonly number[], pair_ids?: readonly number[] | null): number[];
  abstract create_token_type_ids_from_sequences(ids: readonly number[], pair_ids?: readonly number[] | null): number[];
  abstract get_special_tokens_mask(
    ids: readonly number[],
    pair_ids?: readonly number[] | null,
    already_has_special_tokens?: boolean,
  ): number[];
  abstract num_special_tokens_to_add(pair?: boolean): number;

  /** `tokenizer(text, {...})`: a text, a batch of texts, or with is_split_into_words the words of either. */
  _call(text: options.TextsInput | null = null, given: options.CallOptions = {}): BatchEncoding {
    this.refuseUnknown("tokenizer", given, options.callOptionNames);
    const { text_pair = null, text_target = null, text_pair_target = null, ...how } = given;
    if (text === null && text_target === null) {
      throw new InvalidArgumentError({
        operation: "tokenizer",
        says: "You need to specify either `text` or `text_target`.",
      });
    }
    if (text === null) return this.#callOne(text_target!, text_pair_target, how);
    const encoding = this.#callOne(text, text_pair, how);
    if (text_target !== null) encoding.labels = this.#callOne(text_target, text_pair_target, how).input_ids;
    return encoding;
  }

  #callOne(text: options.TextsInput, pair: options.TextsInput | null, how: options.EncodeOptions): BatchEncoding {
    requireText("text", text);
    if (pair !== null) requireText("text_pair", pair);
    const batched = Array.isArray(text) && (!how.is_split_into_words || Array.isArray(text[0]));
    if (!batched) return this.encode_plus(text as options.TextInput, { ...how, text_pair: pair as options.TextInput });
    if (pair === null) return this.batch_encode_plus(text as readonly options.TextInput[], how);
    if (typeof pair === "string") {
      throw new InvalidArgumentError({
        operation: "tokenizer",
        says: "when tokenizing batches of text, `text_pair` must be a list or tuple with the same length as `text`.",
      });
    }
    if (text.length !== pair.length) {
      throw new InvalidArgumentError({
        operation: "tokenizer",
        says: `batch length of \`text\`: ${text.length} does not match batch length of \`text_pair\`: ${pair.length}.`,
      });
    }
    const pairs = Array.from(text, (one, i) => [one, pair[i]!] as const);
    return this.batch_encode_plus(pairs, how);
  }

  /** The ids of one text (or pair), as `encode_plus(...).input_ids`. */
  encode(text: EncodeInput, how: Tensors<options.EncodePairOptions>): Tensor;
  encode(text: EncodeInput, how?: Plain<options.EncodePairOptions>): number[];
  encode(text: EncodeInput, how: options.EncodePairOptions = {}): EncodingField {
    return this.encode_plus(text, how).input_ids;
  }

  /**
   * Encodes one text, or the words of one (is_split_into_words); LEDTokenizer takes tokens and ids too. With
   * return_tensors a batch of one.
   */
  encode_plus(text: EncodeInput, given: options.EncodePairOptions = {}): BatchEncoding {
    this.refuseUnknown("encode_plus", given, [...options.encodeOptionNames, "text_pair"]);
    const { text_pair = null, ...how } = given;
    return this.encodeOne(text, text_pair, how, options.resolveStrategies(how, this));
  }

  /** Encodes each element: an input as for encode_plus, or a pair of them. */
  batch_encode_plus(
    batch: readonly (options.TextInput | EncodePair)[],
    how: options.EncodeOptions = {},
  ): BatchEncoding {
    this.refuseUnknown("batch_encode_plus", how, options.encodeOptionNames);
    return this.encodeBatch(batch, how, options.resolveStrategies(how, this));
  }

  /** Adds special tokens to ids, truncates and pads. */
  prepare_for_model(
    ids: readonly number[],
    given: options.PrepareOptions & { pair_ids?: readonly number[] | null; prepend_batch_axis?: boolean } = {},
  ): BatchEncoding {
    refuseUnknownOptions("prepare_for_model", given, [...options.prepareOptionNames, "pair_ids", "prepend_batch_axis"]);
    const { pair_ids = null, prepend_batch_axis = false, ...how } = given;
    for (const row of [ids, pair_ids ?? []]) options.requireRow(row, "prepare_for_model");
    if (how.return_offsets_mapping) {
      throw new InvalidArgumentError({
        operation: "prepare_for_model",
        expected: "options that ids without their text can serve",
        got: "`return_offsets_mapping`",
        fix: "Call the tokenizer on the text.",
      });
    }
    return this.prepareOne(ids, pair_ids, how, options.resolveStrategies(how, this), prepend_batch_axis);
  }

  protected prepareOne(
    ids: readonly number[],
    pair_ids: readonly number[] | null,
    how: options.PrepareOptions,
    strategies: options.Strategies,
    prependBatchAxis: boolean,
  ): BatchEncoding {
    const row = prepareRow(this, ids, pair_ids, how, strategies);
    const wantsMask = this.wantsMask(how.return_attention_mask);
    const fields: EncodingFields =
      strategies.padding !== "do_not_pad" || wantsMask ? this.padRows(row.fields, strategies, wantsMask) : row.fields;
    if (how.return_length) fields.length = (fields.input_ids as number[]).length;
    const result = how.return_tensors ? fieldsToTensors(fields, how.return_tensors, prependBatchAxis) : fields;
    return new BatchEncoding(result, row.num_truncated);
  }

  protected wantsMask(asked: boolean | null | undefined): boolean {
    return asked ?? this.model_input_names.includes("attention_mask");
  }

  /** Cuts ids as `truncation` does; `num_tokens_to_remove` is what to take off. */
  truncate_sequences(
    ids: readonly number[],
    given: {
      pair_ids?: readonly number[] | null;
      num_tokens_to_remove?: number;
      truncation_strategy?: options.TruncationStrategy;
      stride?: number;
    } = {},
  ): [ids: readonly number[], pair_ids: readonly number[] | null, overflowing_tokens: readonly number[]] {
    const known = ["pair_ids", "num_tokens_to_remove", "truncation_strategy", "stride"];
    refuseUnknownOptions("truncate_sequences", given, known);
    const { truncation } = options.resolveStrategies(
      { truncation: given.truncation_strategy ?? "longest_first", max_length: 1, stride: given.stride },
      this,
    );
    const { num_tokens_to_remove = 0, pair_ids = null, stride = 0 } = given;
    const cut = truncateSequences(ids, pair_ids, num_tokens_to_remove, truncation, stride, this.truncation_side);
    return [cut.ids, cut.pair_ids, cut.overflowing_tokens];
  }

  /**
   * Pads an encoding, an object of batches, or a list of encodings to one length. Tensors are padded too and come back as
   * Tensors. One encoding (or object of batches) is padded in place as well, as the reference does.
   */
  pad(encoded: object | readonly object[], given: options.PadOptions = {}): BatchEncoding {
    refuseUnknownOptions("tokenizer.pad", given, options.padOptionNames);
    const columns = Array.isArray(encoded) ? columnsOf(encoded as readonly object[]) : encodingFields(encoded);
    const hadTensors = Object.values(columns).some(holdsTensor);
    const plain = Object.fromEntries(Object.entries(columns).map(([name, value]) => [name, toPlain(value)]));
    const strategies = options.resolveStrategies({ ...given, padding: given.padding ?? true }, this);
    const fields = this.padRows(plain, strategies, given.return_attention_mask ?? null);
    const type = given.return_tensors ?? (hadTensors ? "ort" : null);
    const result = type === null ? fields : fieldsToTensors(fields, type, false);
    if (!Array.isArray(encoded)) Object.assign(encoded, result);
    const before = (encoded as { num_truncated?: number | number[] }).num_truncated;
    return new BatchEncoding(result, before ?? (isBatch(fields.input_ids) ? fields.input_ids.map(() => 0) : 0));
  }

  protected padRows(
    fields: EncodingFields,
    strategies: Pick<options.Strategies, "padding" | "max_length" | "pad_to_multiple_of">,
    returnMask: boolean | null,
  ): EncodingFields {
    return padFields(fields, returnMask ?? false, {
      ...strategies,
      return_attention_mask: this.wantsMask(returnMask),
      side: this.padding_side,
      pad_token_id: this.pad_token_id,
      pad_token_type_id: this.pad_token_type_id,
    });
  }

  /** Decodes each row. */
  batch_decode(
    rows: Tensor | readonly (number | readonly number[] | Tensor)[],
    how: options.DecodeOptions = {},
  ): string[] {
    const each = rows instanceof Tensor ? (rows.tolist() as (number | number[])[]) : rows;
    return Array.from(each, (row) => this.decode(row, how));
  }

  /** model_max_length less the specials of a single sequence. */
  get max_len_single_sentence(): number {
    return this.model_max_length - this.num_special_tokens_to_add(false);
  }

  /** model_max_length less the specials of a pair. */
  get max_len_sentences_pair(): number {
    return this.model_max_length - this.num_special_tokens_to_add(true);
  }
}

function requireSide(side: Side): Side {
  if (side === "left" || side === "right") return side;
  throw new InvalidArgumentError({
    operation: "tokenizer",
    says: `Padding side should be selected between 'right' and 'left', current value: ${side}`,
  });
}

/** The reference looks at the first element only; so does this, and each text is looked at when it is its turn. */
function requireText(name: string, value: unknown): void {
  const strings = (list: unknown): boolean => Array.isArray(list) && (list.length === 0 || typeof list[0] === "string");
  if (typeof value === "string" || strings(value) || (Array.isArray(value) && strings(value[0]))) return;
  throw new InvalidArgumentError({
    operation: "tokenizer",
    says: "text input must be of type `str` (single example), `List[str]` (batch or single pretokenized example) or `List[List[str]]` (batch of pretokenized examples).",
    expected: `\`${name}\` to be such`,
    got: Array.isArray(value) ? `an array of ${typeof value[0]}` : typeof value,
  });
}
