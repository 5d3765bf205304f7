/** The types of a tokenizer call: what goes in, and what that says about the encoding that comes out. */
import { InvalidArgumentError } from "../errors.ts";
import type { Tensor } from "../tensor.ts";
import type { BatchEncoding } from "./batch-encoding.ts";
import type { CallOptions, PrepareOptions, TextInput, TextsInput } from "./options.ts";

export type Tensors<O> = O & { return_tensors: NonNullable<PrepareOptions["return_tensors"]> };
export type Plain<O> = O & { return_tensors?: null | undefined };

/** How a tokenizer is called. */
export interface TokenizerCall {
  (text: TextsInput | null | undefined, options: Tensors<CallOptions>): BatchEncoding<Tensor>;
  (text: string | null | undefined, options?: Plain<CallOptions>): BatchEncoding<number[]>;
  (text: readonly string[], options: Plain<CallOptions> & { is_split_into_words: true }): BatchEncoding<number[]>;
  (text: readonly string[] | readonly (readonly string[])[], options?: Plain<CallOptions>): BatchEncoding<number[][]>;
  (text?: TextsInput | null, options?: CallOptions): BatchEncoding;
}

/** A text, its words, or ids: what encode and encode_plus take. */
export type EncodeInput = TextInput | readonly number[];
export type EncodePair = readonly [EncodeInput, EncodeInput];

/** The one or two inputs of a batch's element. */
export function pairOf(
  element: TextInput | EncodePair,
  how: { is_split_into_words?: boolean | null | undefined },
): [EncodeInput, EncodeInput | null] {
  if (!Array.isArray(element)) return [element as string, null];
  if (how.is_split_into_words && !Array.isArray(element[0])) return [element as readonly string[], null];
  if (element.length !== 2 || element.some((part) => part === null || part === undefined)) {
    throw new InvalidArgumentError({
      operation: "batch_encode_plus",
      expected: "texts, or pairs of texts, as the batch's elements",
      got: element.length === 2 ? "a pair without one of its texts" : `an array of ${element.length}`,
      ...(element.length === 2 ? {} : { fix: "Give is_split_into_words: true for texts that are cut into words." }),
    });
  }
  return [element[0] as EncodeInput, element[1] as EncodeInput];
}
