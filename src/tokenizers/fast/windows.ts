/**
 * Where truncation cuts the tokens of one text or a pair into rows (tokenizers 0.15.2, utils/truncation.rs and
 * tokenizer/encoding.rs: truncate, merge_with). What does not fit the first row goes to further ones, which overlap by `stride`.
 *
 * Departures: where the native library panics there is an error of ours with its message.
 */
import { InvalidArgumentError } from "../../errors.ts";
import type { TruncationStrategy } from "../options.ts";
import type { Side } from "../truncation.ts";
import type { TokenRange } from "./encoding.ts";

/** The tokens of each sequence that one row holds. */
export type Row = readonly TokenRange[];

export interface TruncationOptions {
  strategy: TruncationStrategy;
  /** Tokens of a row, specials included; null for no limit. */
  max_length: number | null;
  stride: number;
  side: Side;
}

/** What is left of each sequence. `specials`: how many special tokens a row of these sequences gets; 0 for none. */
export function rowsOf(lengths: readonly number[], specials: number, options: TruncationOptions): Row[] {
  const whole: Row = lengths.map((length) => ({ start: 0, end: length }));
  const budget = budgetOf(specials, options);
  if (budget === null) return [whole];
  const total = lengths.reduce((sum, length) => sum + length, 0);
  if (budget > 0 && total <= budget) return [whole];
  const limits = budget === 0 ? lengths.map(() => 0) : limitsOf(lengths, total - budget, budget, options.strategy);
  const [first, second] = lengths.map((length, i) => windowsOf(length, limits[i]!, options.stride, options.side));
  if (second === undefined) return first!.map((window) => [window]);
  // The rest of the first sequence with all of the second, then the first's beginning with the rest of the second.
  return [
    [first![0]!, second[0]!],
    ...first!.slice(1).flatMap((window) => second.map((other) => [window, other])),
    ...second.slice(1).map((other) => [first![0]!, other]),
  ];
}

/** Tokens that the sequences may have together; null for no limit. */
function budgetOf(specials: number, { strategy, max_length, stride }: TruncationOptions): number | null {
  if (strategy === "do_not_truncate" || max_length === null) return null;
  // The check knows nothing of pairs. Less room than the specials take wraps around to no limit at all.
  const single = max_length - 2;
  if (single >= 0 && single < stride) {
    throw new InvalidArgumentError({
      operation: "truncation",
      says: `tokenizer stride set to ${stride}, which is greater than or equal to its effective max length of ${single} (= ${max_length} original max length - 2 added special tokens), `,
      fix: "Give a smaller stride or a larger max_length.",
    });
  }
  return max_length >= specials ? max_length - specials : null;
}

/** How many tokens of each sequence a row takes. */
function limitsOf(lengths: readonly number[], excess: number, budget: number, strategy: TruncationStrategy): number[] {
  if (strategy === "longest_first") {
    if (lengths.length === 1) return [budget];
    const shorter = Math.min(...lengths);
    // Only the longer is cut while the rest of the budget is at least as long as the shorter; else both get half.
    const rest = shorter > budget ? shorter : Math.max(shorter, budget - shorter);
    const [small, large] =
      shorter + rest > budget ? [Math.floor(budget / 2), Math.floor(budget / 2) + (budget % 2)] : [shorter, rest];
    return lengths[0]! > lengths[1]! ? [large, small] : [small, large];
  }
  const target = strategy === "only_first" ? 0 : 1;
  const length = lengths[target];
  if (length === undefined) {
    throw new InvalidArgumentError({
      operation: "truncation",
      says: "Truncation error: Second sequence not provided",
      fix: 'Give truncation: "only_first" or true for single texts.',
    });
  }
  if (length <= excess) {
    throw new InvalidArgumentError({
      operation: "truncation",
      says: "Truncation error: Sequence to truncate too short to respect the provided max_length",
      expected: `more than ${excess} tokens in the ${target === 0 ? "first" : "second"} sequence`,
      got: String(length),
      fix: "Give a larger max_length or another truncation strategy.",
    });
  }
  return lengths.map((own, i) => (i === target ? own - excess : own));
}

/** Stretches of at most `limit` tokens, each beginning `limit - stride` after the one before (from the end for "left"). */
function windowsOf(length: number, limit: number, stride: number, side: Side): TokenRange[] {
  if (limit >= length) return [{ start: 0, end: length }];
  if (limit === 0) {
    return [
      { start: 0, end: 0 },
      { start: 0, end: length },
    ];
  }
  if (stride >= limit) {
    throw new InvalidArgumentError({
      operation: "truncation",
      says: `\`stride\` must be strictly less than \`max_len=${limit}\` (note that \`max_len\` may be shorter than the max length of the original model, as it subtracts the number of special characters`,
      expected: `a stride below ${limit}`,
      got: String(stride),
      fix: "Give a smaller stride or a larger max_length.",
    });
  }
  const windows: TokenRange[] = [];
  const step = limit - stride;
  for (let at = 0; ; at += step) {
    const window =
      side === "right"
        ? { start: at, end: Math.min(length, at + limit) }
        : { start: Math.max(0, length - at - limit), end: length - at };
    windows.push(window);
    if (side === "right" ? window.end === length : window.start === 0) return windows;
  }
}
