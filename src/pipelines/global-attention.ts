/** The option `global_attention` of pipelines: datasets/global-attention.ts without rows, and positions as a list. */
import { type GlobalAttention, globalAttention, type SourceEncoding } from "../datasets/global-attention.ts";
import { InvalidArgumentError } from "../errors.ts";
import type { ByteLevelTokenizer } from "../tokenizers/index.ts";

/**
 * Which tokens attend to all others and are seen by all. "first": `<s>`; "none"; "question": all before the first end token;
 * `separators`: every token that is one of these ids; a list: these positions of each input; a function: those that it gives for an
 * input.
 */
export type GlobalAttentionOption =
  | Exclude<GlobalAttention, (...args: never[]) => unknown>
  | readonly number[]
  | ((encoding: SourceEncoding) => Iterable<number>);

/** The option as the policy of a data set, whose rows it does not look at. */
export function globalAttentionPolicy(option: GlobalAttentionOption): GlobalAttention {
  if (isPositions(option)) return (_, { input_ids }) => within(option, input_ids.length);
  return typeof option === "function" ? (_, encoding) => option(encoding) : option;
}

/** The option as a function that makes masks, 1 for global tokens. Throws an InvalidArgumentError for what is no such option. */
export function globalAttentionMask(
  option: GlobalAttentionOption,
  tokenizer: ByteLevelTokenizer,
): (encoding: SourceEncoding) => number[] {
  const maskOf = globalAttention(globalAttentionPolicy(option), tokenizer);
  return (encoding) => maskOf({}, encoding);
}

function isPositions(option: GlobalAttentionOption): option is readonly number[] {
  return Array.isArray(option);
}

function within(positions: readonly number[], length: number): readonly number[] {
  const wrong = positions.find((position) => !Number.isInteger(position) || position < 0 || position >= length);
  if (wrong === undefined) return positions;
  throw new InvalidArgumentError({
    operation: "option `global_attention`",
    expected: `positions of 0 to ${length - 1}, those of an input of ${length} tokens`,
    got: String(wrong),
    fix: "Give a function of the encoding where inputs differ.",
  });
}
