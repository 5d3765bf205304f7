/**
 * Inputs to rows: the steps of LEDTokenizerFast's call in order (tokenizers 0.15.2, tokenizer/mod.rs: encode_batch).
 * Each text becomes columns of tokens, these are cut into rows, and rows are padded.
 */
import { InvalidArgumentError } from "../../errors.ts";
import type { OffsetUnit, Strategies } from "../options.ts";
import type { EncodeInput } from "../tokenizer-call.ts";
import type { Side } from "../truncation.ts";
import { Encoding, type EncodingParts } from "./encoding.ts";
import { type SpaceTable, toCodePoints } from "./offsets.ts";
import { assembleRow, padParts, type RowOptions, type Sequence } from "./rows.ts";
import type { TextEncoderWithOffsets } from "./text-encoder.ts";
import { TokenBuffer } from "./token-buffer.ts";
import { rowsOf } from "./windows.ts";

/** What a call asks for. */
export interface EncodeRequest {
  readonly strategies: Strategies;
  readonly specials: { readonly cls: number; readonly sep: number } | null;
  readonly is_split_into_words: boolean;
  readonly trim: { readonly table: SpaceTable; readonly add_prefix_space: boolean } | null;
  readonly offset_unit: OffsetUnit;
  readonly truncation_side: Side;
  readonly padding_side: Side;
  readonly pad_token_id: number | null;
  readonly tokenOf: (id: number) => string;
}

export type InputPair = readonly [EncodeInput, EncodeInput | null];

export class BatchEncoder {
  readonly #texts: TextEncoderWithOffsets;
  readonly #buffer = new TokenBuffer();

  constructor(texts: TextEncoderWithOffsets) {
    this.#texts = texts;
  }

  /** One Encoding per input, with the rows that truncation cut off as its `overflowing`. */
  encode(inputs: readonly InputPair[], request: EncodeRequest): Encoding[] {
    const samples = inputs.map((input) => this.#rows(input, request));
    const { padding, max_length, pad_to_multiple_of: multiple } = request.strategies;
    const { pad_token_id, padding_side } = request;
    const pad = (parts: EncodingParts): EncodingParts => {
      if (padding === "do_not_pad" || pad_token_id === null) return parts;
      return padParts(parts, target, pad_token_id, padding_side);
    };
    let target =
      padding === "max_length" ? (max_length ?? 0) : Math.max(0, ...samples.map(([first]) => first!.ids.length));
    if (multiple !== null && target % multiple > 0) target += multiple - (target % multiple);
    return samples.map(([first, ...others]) => {
      const overflowing = others.map((parts) => new Encoding(pad(parts)));
      return new Encoding(pad(first!), overflowing);
    });
  }

  #rows([text, pair]: InputPair, request: EncodeRequest): EncodingParts[] {
    const buffer = this.#buffer;
    buffer.clear();
    const sequences = (pair === null ? [text] : [text, pair]).map((input) => this.#sequence(input, request));
    const options: RowOptions = {
      specials: request.specials,
      trim: request.trim,
      code_points: request.offset_unit === "code_points",
      tokenOf: request.tokenOf,
    };
    const { truncation: strategy, max_length, stride } = request.strategies;
    const specials = request.specials === null ? 0 : 2 * sequences.length;
    const lengths = sequences.map(({ length }) => length);
    const cut = { strategy, max_length, stride, side: request.truncation_side };
    return rowsOf(lengths, specials, cut).map((row) => assembleRow(buffer, sequences, row, options));
  }

  #sequence(input: EncodeInput, request: EncodeRequest): Sequence {
    const buffer = this.#buffer;
    const first = buffer.length;
    const source = request.is_split_into_words ? requireWords(input) : requireOneText(input);
    if (typeof source === "string") this.#texts.encode(source, buffer);
    else source.forEach((word, index) => void this.#texts.encode(word, buffer, index));
    if (request.offset_unit === "code_points") toCodePoints(buffer, first, buffer.length, source);
    return { first, length: buffer.length - first, source };
  }
}

function requireOneText(input: unknown): string {
  if (typeof input === "string") return input;
  throw new InvalidArgumentError({
    operation: "tokenizer",
    says: "TextEncodeInput must be Union[TextInputSequence, Tuple[InputSequence, InputSequence]]",
    expected: "texts",
    got: shown(input),
    fix: "LEDTokenizer takes tokens and ids as well.",
  });
}

function requireWords(input: unknown): readonly string[] {
  if (Array.isArray(input) && input.every((word): word is string => typeof word === "string")) return input;
  throw new InvalidArgumentError({
    operation: "tokenizer",
    says: "PreTokenizedEncodeInput must be Union[PreTokenizedInputSequence, Tuple[PreTokenizedInputSequence, PreTokenizedInputSequence]]",
    expected: "arrays of words, because is_split_into_words is true",
    got: shown(input),
  });
}

function shown(input: unknown): string {
  return `${JSON.stringify(input) ?? typeof input}`.slice(0, 60);
}
