/**
 * A question and its context as a model takes them: `<s>question</s></s>context</s>`, the context in overlapping windows where it
 * is longer than the model (transformers 4.37.2, examples/pytorch/question-answering/run_qa.py: prepare_train_features,
 * prepare_validation_features). Departure: an answer that begins in a window's last token begins there; the reference's search
 * goes on to `</s>`, whose offsets are 0.
 */
import { InvalidArgumentError } from "../errors.ts";
import type { BatchEncoding, ByteLevelTokenizer } from "../tokenizers/index.ts";
import { requireInteger } from "../tokenizers/options.ts";
import type { AnswerSpan } from "./answer-span.ts";
import { badRow } from "./columns.ts";
import type { Row } from "./dataset.ts";
import { type GlobalAttention, globalAttention } from "./global-attention.ts";

export interface QuestionWindowOptions {
  /** Tokens of a window at most, question and special tokens included. */
  readonly max_length?: number | undefined;
  /** Tokens of the context that a window has in common with the one before; 128 by default. */
  readonly stride?: number | undefined;
  /** "question" by default. */
  readonly global_attention?: GlobalAttention | undefined;
}

export interface QuestionWindow {
  readonly input_ids: number[];
  readonly attention_mask: number[];
  readonly global_attention_mask: number[];
  /** Where each token of the context lies in it, in UTF-16 code units; null for tokens of the question and special ones. */
  readonly offsets: readonly (readonly [start: number, end: number] | null)[];
}

export interface QuestionWindows {
  /**
   * `row` is what a global_attention function gets; `place` is what an error says. At least one window. White space before the
   * question is left out.
   */
  windows(question: string, context: string, row: Row, place: string): QuestionWindow[];
  /** As windows, of a question as it is, with the encoding of a row a window. */
  encoded(
    question: string,
    context: string,
    row: Row,
    place: string,
  ): { readonly windows: QuestionWindow[]; readonly encoding: BatchEncoding };
  /** How many those are. */
  count(question: string, context: string, place: string): number;
}

const longest = 16384;
const usualStride = 128;
/** `<s>`, `</s></s>` between and `</s>`. */
const specials = 4;
/** A UTF-16 code unit is three bytes of UTF-8 at most, and a token one at least. */
const mostTokens = 3;

/** Throws an InvalidArgumentError for a tokenizer without offsets and for lengths that leave no room. */
export function questionWindows(tokenizer: ByteLevelTokenizer, options: QuestionWindowOptions = {}): QuestionWindows {
  const { stride = usualStride, global_attention = "question" } = options;
  const max_length = options.max_length ?? Math.min(tokenizer.model_max_length, longest);
  requireInteger("max_length", max_length, specials + 2);
  requireInteger("stride", stride, 0);
  if (!tokenizer.is_fast || tokenizer.padding_side !== "right" || tokenizer.truncation_side !== "right") {
    throw new InvalidArgumentError({
      operation: "question answering",
      expected: "LEDTokenizerFast, which knows the place of each token, with padding and truncation on the right",
      got: tokenizer.is_fast ? "sides on the left" : "LEDTokenizer",
    });
  }
  const room = max_length - specials - stride;
  if (room < 2) {
    throw new InvalidArgumentError({
      operation: "question answering",
      expected: `\`stride\` of at most ${max_length - specials - 2}, so that windows of ${max_length} tokens move on`,
      got: String(stride),
    });
  }
  const maskOf = globalAttention(global_attention, tokenizer);

  function requireShort(question: string, place: string): void {
    if (mostTokens * question.length < room) return;
    const { length } = tokenizer(question, { add_special_tokens: false, verbose: false }).input_ids;
    if (length < room) return;
    throw badRow(
      place,
      `a question of fewer than ${room} tokens, what windows of ${max_length} with ${stride} in common leave`,
      String(length),
    );
  }

  function encode(question: string, context: string, place: string) {
    requireShort(question, place);
    return tokenizer(question, {
      text_pair: context,
      truncation: "only_second",
      max_length,
      stride,
      offset_unit: "utf16",
      return_overflowing_tokens: true,
      return_offsets_mapping: true,
      return_attention_mask: true,
      verbose: false,
    });
  }

  function encoded(question: string, context: string, row: Row, place: string) {
    const encoding = encode(question, context, place);
    const { input_ids, attention_mask, offset_mapping } = encoding as unknown as {
      input_ids: number[][];
      attention_mask: number[][];
      offset_mapping: [number, number][][];
    };
    const windows = input_ids.map((ids, i): QuestionWindow => {
      const sequences = encoding.sequence_ids(i);
      const source = { input_ids: ids, attention_mask: attention_mask[i]!, offset_mapping: offset_mapping[i]! };
      return {
        input_ids: ids,
        attention_mask: attention_mask[i]!,
        global_attention_mask: maskOf(row, source),
        offsets: offset_mapping[i]!.map((offsets, token) => (sequences[token] === 1 ? offsets : null)),
      };
    });
    return { windows, encoding };
  }

  return {
    encoded,
    windows: (given, context, row, place) => encoded(given.trimStart(), context, row, place).windows,
    count(given, context, place) {
      const question = given.trimStart();
      if (mostTokens * (question.length + context.length) + specials <= max_length) {
        requireShort(question, place);
        return 1;
      }
      return (encode(question, context, place).input_ids as unknown as number[][]).length;
    },
  };
}

/**
 * The first and last token of an answer; the first token of the window, twice, where the answer does not lie in it as a whole,
 * or there is none.
 */
export function answerPositions({ offsets }: QuestionWindow, span: AnswerSpan | null): [start: number, end: number] {
  const first = offsets.findIndex((offset) => offset !== null);
  const last = offsets.findLastIndex((offset) => offset !== null);
  if (span === null || first < 0 || offsets[first]![0] > span.start || offsets[last]![1] < span.end) return [0, 0];
  let start = first;
  while (start < last && offsets[start + 1]![0] <= span.start) start += 1;
  let end = last;
  while (end > first && offsets[end - 1]![1] >= span.end) end -= 1;
  return [start, end];
}
