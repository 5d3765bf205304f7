/**
 * One text to ids with the place of each token in the text, as the native library does it (tokenizers 0.15.2: added tokens,
 * then the ByteLevel pre-tokenizer, then BPE; pre_tokenizers/byte_level.rs, models/bpe/model.rs).
 *
 * A token that begins or ends inside a character counts as covering the whole character. The space that add_prefix_space
 * puts before a stretch of text shares the place of the stretch's first character.
 * Departure: bytes that the vocabulary lacks do not let their neighbours merge.
 */
import type { BytePairEncoder } from "../bpe/pair-encoder.ts";
import { pieceEnd } from "../bpe/split.ts";
import type { Vocabulary } from "../bpe/vocabulary.ts";
import type { NativeAddedVocabulary } from "./native-added-vocabulary.ts";
import type { TokenBuffer } from "./token-buffer.ts";

export interface TextEncoderOptions {
  add_prefix_space: boolean;
  /** Special tokens in texts are cut like other text. */
  split_special_tokens: boolean;
  /** What bytes outside the vocabulary become; null drops them. */
  unk_id: number | null;
}

export class TextEncoderWithOffsets {
  readonly #pairs: BytePairEncoder;
  readonly #added: NativeAddedVocabulary;
  readonly #options: Readonly<TextEncoderOptions>;
  /** Id of each symbol, -1 where the vocabulary has none; and how many bytes it stands for. */
  readonly #ids: Int32Array;
  readonly #bytes: Int32Array;
  readonly #lacksBytes: boolean;

  constructor(
    pairs: BytePairEncoder,
    vocabulary: Vocabulary,
    added: NativeAddedVocabulary,
    options: Readonly<TextEncoderOptions>,
  ) {
    this.#pairs = pairs;
    this.#added = added;
    this.#options = options;
    this.#ids = Int32Array.from(pairs.table.symbols, (symbol) => vocabulary.ids.get(symbol) ?? -1);
    this.#bytes = pairs.table.byteLengths;
    this.#lacksBytes = this.#ids.includes(-1);
  }

  /** Adds the text's tokens. `word`: the word that they belong to; without it each piece is a word. */
  encode(text: string, into: TokenBuffer, word?: number): void {
    let pieces = 0;
    for (const { id, start, end } of this.#added.isolate(text, this.#options.split_special_tokens)) {
      if (id === null) {
        pieces = this.#encodePart(text, start, end, into, word, pieces);
        continue;
      }
      const at = into.length;
      into.reserve(1);
      into.ids[at] = id;
      into.starts[at] = start;
      into.ends[at] = end;
      into.words[at] = word ?? pieces++;
      into.length = at + 1;
      const token = this.#added.decoder.get(id)!;
      if (end - start !== token.content.length) into.matched.set(at, text.slice(start, end));
    }
  }

  #encodePart(
    text: string,
    start: number,
    end: number,
    into: TokenBuffer,
    word: number | undefined,
    pieces: number,
  ): number {
    // The native library asks for a plain space here; other white space gets one before it.
    if (!this.#options.add_prefix_space || text.charCodeAt(start) === 0x20) {
      return this.#encodePieces(text, start, end, into, word, pieces);
    }
    const first = into.length;
    const prefixed = ` ${text.slice(start, end)}`;
    const after = this.#encodePieces(prefixed, 0, prefixed.length, into, word, pieces);
    const shift = start - 1;
    const afterFirst = start + (text.codePointAt(start)! > 0xffff ? 2 : 1);
    for (let i = first; i < into.length; i++) {
      into.starts[i] = Math.max(start, into.starts[i]! + shift);
      into.ends[i] = Math.max(afterFirst, into.ends[i]! + shift);
    }
    return after;
  }

  #encodePieces(
    text: string,
    from: number,
    to: number,
    into: TokenBuffer,
    word: number | undefined,
    pieces: number,
  ): number {
    const idOf = this.#ids;
    const bytes = this.#bytes;
    for (let at = from; at < to; ) {
      const end = pieceEnd(text, at, to);
      const symbols = this.#pairs.encode(text, at, end);
      const owner = word ?? pieces++;
      into.reserve(symbols.length);
      const { ids, starts, ends, words } = into;
      const first = into.length;
      let n = first;
      let place = at;
      for (let i = 0; i < symbols.length; i++) {
        const symbol = symbols[i]!;
        ids[n] = idOf[symbol]!;
        starts[n] = place;
        place += bytes[symbol]!;
        ends[n] = place;
        words[n] = owner;
        n++;
      }
      into.length = n;
      // As many bytes as code units: all of them are ASCII, and a byte's place is its character's.
      if (place !== end) placeInCharacters(text, at, into, first);
      if (this.#lacksBytes) this.#dropUnknown(into, first);
      at = end;
    }
    return pieces;
  }

  #dropUnknown(into: TokenBuffer, first: number): void {
    const { ids, starts, ends, words } = into;
    const { unk_id } = this.#options;
    let kept = first;
    for (let i = first; i < into.length; i++) {
      const id = ids[i]! >= 0 ? ids[i]! : unk_id;
      if (id === null) continue;
      ids[kept] = id;
      starts[kept] = starts[i]!;
      ends[kept] = ends[i]!;
      words[kept] = words[i]!;
      kept++;
    }
    into.length = kept;
  }
}

/**
 * Turns places counted in bytes from `at`, where the piece begins, into code units of the text, for the tokens from `first`
 * on: a token covers every character that it has a byte of.
 */
function placeInCharacters(text: string, at: number, into: TokenBuffer, first: number): void {
  const { starts, ends, length } = into;
  let unit = at;
  let byte = at;
  let bytes = byteLength(text, unit);
  const next = (): void => {
    byte += bytes;
    unit += bytes === 4 ? 2 : 1;
    bytes = byteLength(text, unit);
  };
  for (let i = first; i < length; i++) {
    const lastByte = ends[i]! - 1;
    while (byte + bytes <= starts[i]!) next();
    starts[i] = unit;
    while (byte + bytes <= lastByte) next();
    ends[i] = unit + (bytes === 4 ? 2 : 1);
  }
}

/** UTF-8 bytes of the character at `unit`; a lone surrogate is U+FFFD. */
function byteLength(text: string, unit: number): number {
  const code = text.charCodeAt(unit);
  if (code < 0x80) return 1;
  if (code < 0x800) return 2;
  return code >= 0xd800 && code <= 0xdbff && text.codePointAt(unit)! > 0xffff ? 4 : 3;
}
