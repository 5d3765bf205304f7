/** Texts, or pairs of them, as rows of what a model reads, cut where the model ends. */
import { InvalidArgumentError } from "../errors.ts";
import type { ByteLevelTokenizer, PaddingStrategy, TruncationStrategy } from "../tokenizers/index.ts";
import { requireInteger } from "../tokenizers/options.ts";

/** Options of the tokenizer that pipelines have. */
export interface ReadOptions {
  /** Cut a text that is too long (true, the default), a pair's longer text (longest_first) or the one that is named; false: an error. */
  readonly truncation?: boolean | TruncationStrategy | undefined;
  /** Tokens at most; by default what model and tokenizer hold. */
  readonly max_length?: number | undefined;
  /** "max_length" pads rows to it. Results are the same; otherwise rows are padded to the longest of their batch. */
  readonly padding?: boolean | PaddingStrategy | undefined;
  /** Put `<s>` and `</s>` around; true by default. */
  readonly add_special_tokens?: boolean | undefined;
}

export const readOptionNames = [
  "truncation",
  "max_length",
  "padding",
  "add_special_tokens",
] as const satisfies readonly (keyof ReadOptions)[];

const paddings = [true, false, "longest", "max_length", "do_not_pad"] as const;

export interface ReadText {
  readonly input_ids: readonly number[];
  readonly attention_mask: readonly number[];
  /** How many tokens were cut. */
  readonly truncated: number;
}

export interface TextReader {
  /** Throws an InvalidArgumentError for a text that is too long where truncation does not mend it, and for one without a token. */
  read(text: string, text_pair: string | undefined, place: string): ReadText;
  /** Tokens to which all rows are padded; undefined where each batch is padded to its longest. */
  readonly width: number | undefined;
}

/** `limit`: tokens that the model holds. */
export function textReader(tokenizer: ByteLevelTokenizer, limit: number, options: ReadOptions): TextReader {
  const { truncation = true, add_special_tokens = true, padding = false } = options;
  const max_length = options.max_length ?? Math.min(limit, tokenizer.model_max_length);
  requireInteger("max_length", max_length, 1);
  if (max_length > limit) {
    throw new InvalidArgumentError({
      operation: "option `max_length`",
      expected: `at most ${limit}, the tokens that the model holds`,
      got: String(max_length),
    });
  }
  if (!paddings.includes(padding)) {
    throw new InvalidArgumentError({
      operation: "option `padding`",
      expected: paddings.map((one) => JSON.stringify(one)).join(", "),
      got: JSON.stringify(padding),
    });
  }
  const cuts = truncation !== false && truncation !== "do_not_truncate";
  return {
    width: padding === "max_length" ? max_length : undefined,
    read(text, text_pair, place) {
      const encoding = tokenizer(text, {
        ...(text_pair === undefined ? {} : { text_pair }),
        truncation,
        ...(cuts ? { max_length } : {}),
        add_special_tokens,
        return_attention_mask: true,
        verbose: false,
      });
      const input_ids = encoding.input_ids as number[];
      if (input_ids.length === 0 || input_ids.length > max_length) {
        throw new InvalidArgumentError({
          operation: place,
          expected: `a text of 1 to ${max_length} tokens, what the model holds`,
          got: String(input_ids.length),
          ...(cuts || input_ids.length === 0 ? {} : { fix: "Allow truncation, or shorten it." }),
        });
      }
      return {
        input_ids,
        attention_mask: encoding.attention_mask as number[],
        truncated: encoding.num_truncated as number,
      };
    },
  };
}
