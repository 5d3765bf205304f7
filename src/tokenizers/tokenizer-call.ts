/** The types of a tokenizer call: what goes in, and what that says about the encoding that comes out. */
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
