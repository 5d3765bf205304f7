/**
 * Cutting one sequence or a pair down to a length (transformers 4.37.2, tokenization_utils_base.py: truncate_sequences).
 */
import { InvalidArgumentError } from "../errors.ts";
import { warn } from "../log.ts";
import type { TruncationStrategy } from "./options.ts";

export type Side = "left" | "right";

export interface Truncated {
  ids: readonly number[];
  pair_ids: readonly number[] | null;
  /** What was cut, with `stride` tokens of what was kept; empty for pairs under longest_first. */
  overflowing_tokens: readonly number[];
}

/** Removes `count` tokens where the strategy says, or says why it cannot and removes nothing. */
export function truncateSequences(
  ids: readonly number[],
  pair_ids: readonly number[] | null,
  count: number,
  strategy: TruncationStrategy,
  stride: number,
  side: Side,
): Truncated {
  const unchanged: Truncated = { ids, pair_ids, overflowing_tokens: [] };
  if (count <= 0 || strategy === "do_not_truncate") return unchanged;
  if (strategy === "only_first" || (strategy === "longest_first" && pair_ids === null)) {
    if (ids.length > count) return { pair_ids, ...cutOne(ids, count, stride, side) };
    const advice =
      strategy === "only_first"
        ? "Please select another truncation strategy than TruncationStrategy.ONLY_FIRST, for instance 'longest_first' or 'only_second'."
        : "";
    warn(
      `We need to remove ${count} to truncate the input but the first sequence has a length ${ids.length}. ${advice}`,
    );
    return unchanged;
  }
  if (pair_ids === null) return unchanged;
  if (strategy === "only_second") {
    if (pair_ids.length > count) {
      const cut = cutOne(pair_ids, count, stride, side);
      return { ids, pair_ids: cut.ids, overflowing_tokens: cut.overflowing_tokens };
    }
    warn(
      `We need to remove ${count} to truncate the input but the second sequence has a length ${pair_ids.length}. Please select another truncation strategy than TruncationStrategy.ONLY_SECOND, for instance 'longest_first' or 'only_first'.`,
    );
    return unchanged;
  }
  warn(
    "Be aware, overflowing tokens are not returned for the setting you have chosen, i.e. sequence pairs with the 'longest_first' truncation strategy. So the returned list will always be empty even if some tokens have been removed.",
  );
  // One by one from the longer; when both are equally long, from the second first.
  const uneven = Math.min(Math.abs(pair_ids.length - ids.length), count);
  const even = count - uneven;
  const smallerHalf = Math.floor(even / 2);
  const firstIsLonger = ids.length > pair_ids.length;
  return {
    ids: dropFrom(ids, firstIsLonger ? uneven + smallerHalf : smallerHalf, side),
    pair_ids: dropFrom(pair_ids, firstIsLonger ? even - smallerHalf : uneven + even - smallerHalf, side),
    overflowing_tokens: [],
  };
}

function cutOne(ids: readonly number[], count: number, stride: number, side: Side): Omit<Truncated, "pair_ids"> {
  const window = Math.min(ids.length, stride + count);
  return {
    ids: dropFrom(ids, count, side),
    overflowing_tokens: side === "left" ? ids.slice(0, window) : ids.slice(ids.length - window),
  };
}

function dropFrom(ids: readonly number[], count: number, side: Side): readonly number[] {
  if (side === "left") return ids.slice(count);
  if (side === "right") return ids.slice(0, Math.max(0, ids.length - count));
  throw new InvalidArgumentError({
    operation: "tokenizer.truncation_side",
    says: `invalid truncation strategy: ${side}, use 'left' or 'right'.`,
  });
}
