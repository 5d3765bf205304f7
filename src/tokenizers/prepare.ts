/**
 * Ids to one row for a model: truncated and with special tokens, not yet padded
 * (transformers 4.37.2, tokenization_utils_base.py: prepare_for_model). The fields come in the reference's order.
 */
import { InvalidArgumentError } from "../errors.ts";
import { warn } from "../log.ts";
import type { EncodingFields } from "./batch-encoding.ts";
import type { LengthLimits, PrepareOptions, Strategies } from "./options.ts";
import { type Side, type Truncated, truncateSequences } from "./truncation.ts";

/** What of the tokenizer a row depends on. */
export interface RowMaker extends LengthLimits {
  readonly truncation_side: Side;
  readonly model_input_names: readonly string[];
  num_special_tokens_to_add(pair?: boolean): number;
  build_inputs_with_special_tokens(ids: readonly number[], pair_ids?: readonly number[] | null): number[];
  create_token_type_ids_from_sequences(ids: readonly number[], pair_ids?: readonly number[] | null): number[];
  get_special_tokens_mask(ids: readonly number[], pair_ids?: readonly number[] | null): number[];
}

export interface PreparedRow {
  fields: EncodingFields & { input_ids: number[] };
  /** Tokens that truncation cut. */
  num_truncated: number;
}

export function prepareRow(
  tokenizer: RowMaker,
  ids: readonly number[],
  pair_ids: readonly number[] | null,
  how: PrepareOptions,
  strategies: Strategies,
): PreparedRow {
  const special = how.add_special_tokens ?? true;
  const { truncation, max_length } = strategies;
  if (how.return_token_type_ids && !special) {
    throw new InvalidArgumentError({
      operation: "return_token_type_ids",
      says: "Asking to return token_type_ids while setting add_special_tokens to False results in an undefined behavior. Please set add_special_tokens to True or set return_token_type_ids to None.",
    });
  }
  if (how.return_overflowing_tokens && truncation === "longest_first" && pair_ids !== null) {
    throw new InvalidArgumentError({
      operation: "return_overflowing_tokens",
      says: "Not possible to return overflowing tokens for pair of sequences with the `longest_first`. Please select another truncation strategy than `longest_first`, for instance `only_second` or `only_first`.",
    });
  }
  const total =
    ids.length + (pair_ids?.length ?? 0) + (special ? tokenizer.num_special_tokens_to_add(pair_ids !== null) : 0);
  let kept: Truncated = { ids, pair_ids, overflowing_tokens: [] };
  // A max_length of 0 truncates nothing, as in the reference.
  if (truncation !== "do_not_truncate" && max_length && total > max_length) {
    const excess = total - max_length;
    kept = truncateSequences(ids, pair_ids, excess, truncation, strategies.stride, tokenizer.truncation_side);
  }

  const fields: EncodingFields = {};
  if (how.return_overflowing_tokens) {
    if (max_length === null) {
      throw new InvalidArgumentError({
        operation: "return_overflowing_tokens",
        expected: "a max_length, or truncation with the tokenizer's model_max_length",
        got: "neither",
        fix: "Give truncation: true and max_length.",
      });
    }
    fields.overflowing_tokens = [...kept.overflowing_tokens];
    fields.num_truncated_tokens = total - max_length;
  }
  const input_ids = special
    ? tokenizer.build_inputs_with_special_tokens(kept.ids, kept.pair_ids)
    : [...kept.ids, ...(kept.pair_ids ?? [])];
  fields.input_ids = input_ids;
  const zeros = (): number[] => new Array<number>(input_ids.length).fill(0);
  if (how.return_token_type_ids ?? tokenizer.model_input_names.includes("token_type_ids")) {
    fields.token_type_ids = special ? tokenizer.create_token_type_ids_from_sequences(kept.ids, kept.pair_ids) : zeros();
  }
  if (how.return_special_tokens_mask) {
    fields.special_tokens_mask = special ? tokenizer.get_special_tokens_mask(kept.ids, kept.pair_ids) : zeros();
  }
  warnOfLength(tokenizer, input_ids.length, max_length, how.verbose ?? true);
  const cut = ids.length - kept.ids.length + (pair_ids?.length ?? 0) - (kept.pair_ids?.length ?? 0);
  return { fields: { ...fields, input_ids }, num_truncated: cut };
}

/** Warns, once per tokenizer, of a row that is longer than the model takes. */
export function warnOfLength(
  tokenizer: LengthLimits,
  length: number,
  max_length: number | null,
  verbose: boolean,
): void {
  const key = "sequence-length-is-longer-than-the-specified-maximum";
  if (max_length !== null || length <= tokenizer.model_max_length || !verbose || tokenizer.warned.has(key)) return;
  tokenizer.warned.add(key);
  warn(
    `Token indices sequence length is longer than the specified maximum sequence length for this model (${length} > ${tokenizer.model_max_length}). Running this sequence through the model will result in indexing errors`,
  );
}
