/**
 * One row of what LEDTokenizerFast makes: ids, and where in the texts each comes from
 * (tokenizers 0.15.2, tokenizer/encoding.rs; the attributes and methods of Python's `Encoding`).
 *
 * A word is a piece that the pre-tokenizer cut, or with is_split_into_words a word of the caller's. Departure: indices below
 * 0 or beyond the end give null everywhere.
 */

/** `[start, end]`, also as `.start` and `.end`. */
export class Span extends Array<number> {
  // Array methods such as map make plain arrays of their results.
  static override get [Symbol.species](): ArrayConstructor {
    return Array;
  }

  static between(start: number, end: number): Span {
    return Span.of(start, end) as Span;
  }

  get start(): number {
    return this[0]!;
  }
  get end(): number {
    return this[1]!;
  }
}

/** Tokens `start` to `end` of an encoding. */
export interface TokenRange {
  readonly start: number;
  readonly end: number;
}

export interface EncodingParts {
  readonly ids: Int32Array;
  /** Index of each token's word, -1 without one. */
  readonly words: Int32Array;
  readonly starts: Int32Array;
  readonly ends: Int32Array;
  readonly special_tokens_mask: Uint8Array;
  readonly attention_mask: Uint8Array;
  /** The tokens of the first and the second sequence, without specials. */
  readonly ranges: readonly TokenRange[];
  /** Tokens of the sequences that truncation left out of this row. */
  readonly num_truncated: number;
  /** What added tokens matched in the text, spaces included, by index. */
  readonly matched: ReadonlyMap<number, string>;
  /** The spelling of an id. */
  readonly tokenOf: (id: number) => string;
}

export class Encoding {
  readonly #parts: EncodingParts;
  /** The other rows of the same input, where truncation cut it. */
  readonly overflowing: readonly Encoding[];

  constructor(parts: EncodingParts, overflowing: readonly Encoding[] = []) {
    this.#parts = parts;
    this.overflowing = overflowing;
  }

  get length(): number {
    return this.#parts.ids.length;
  }
  get num_truncated(): number {
    return this.#parts.num_truncated;
  }
  get n_sequences(): number {
    return this.#parts.ranges.length;
  }
  get ids(): number[] {
    return numbers(this.#parts.ids);
  }
  get attention_mask(): number[] {
    return numbers(this.#parts.attention_mask);
  }
  get special_tokens_mask(): number[] {
    return numbers(this.#parts.special_tokens_mask);
  }

  get tokens(): string[] {
    const { ids, matched, tokenOf } = this.#parts;
    return Array.from(ids, (id, index) => matched.get(index) ?? tokenOf(id));
  }

  get offsets(): [number, number][] {
    const { starts, ends } = this.#parts;
    const offsets = new Array<[number, number]>(starts.length);
    for (let i = 0; i < starts.length; i++) offsets[i] = [starts[i]!, ends[i]!];
    return offsets;
  }

  get word_ids(): (number | null)[] {
    return Array.from(this.#parts.words, (word) => (word < 0 ? null : word));
  }

  get sequence_ids(): (number | null)[] {
    const ids = new Array<number | null>(this.length).fill(null);
    this.#parts.ranges.forEach((range, sequence) => {
      ids.fill(sequence, range.start, range.end);
    });
    return ids;
  }

  #rangeOf(sequence: number): TokenRange {
    return this.#parts.ranges[sequence] ?? { start: 0, end: this.length };
  }

  /** 0 or 1; null for specials and padding. */
  token_to_sequence(token: number): number | null {
    const sequence = this.#parts.ranges.findIndex(({ start, end }) => token >= start && token < end);
    return sequence < 0 ? null : sequence;
  }

  token_to_word(token: number): number | null {
    if (this.token_to_sequence(token) === null) return null;
    const word = this.#parts.words[token]!;
    return word < 0 ? null : word;
  }

  token_to_chars(token: number): Span | null {
    if (this.token_to_sequence(token) === null) return null;
    return Span.between(this.#parts.starts[token]!, this.#parts.ends[token]!);
  }

  /** The first token whose span holds the character; null for one between tokens. */
  char_to_token(char: number, sequence = 0): number | null {
    const { starts, ends } = this.#parts;
    const range = this.#rangeOf(sequence);
    for (let token = range.start; token < range.end; token++) {
      if (char >= starts[token]! && char < ends[token]!) return token;
    }
    return null;
  }

  char_to_word(char: number, sequence = 0): number | null {
    const token = this.char_to_token(char, sequence);
    return token === null ? null : this.token_to_word(token);
  }

  word_to_tokens(word: number, sequence = 0): Span | null {
    if (word < 0) return null;
    const { words } = this.#parts;
    const range = this.#rangeOf(sequence);
    let start = -1;
    let end = -1;
    for (let token = range.start; token < range.end && words[token]! <= word; token++) {
      if (words[token] !== word) continue;
      if (start < 0) start = token;
      end = token + 1;
    }
    return start < 0 ? null : Span.between(start, end);
  }

  word_to_chars(word: number, sequence = 0): Span | null {
    const tokens = this.word_to_tokens(word, sequence);
    if (tokens === null) return null;
    return Span.between(this.#parts.starts[tokens.start]!, this.#parts.ends[tokens.end - 1]!);
  }
}

/** Array.from, which goes through an iterator, was measured at a fifth of a call's time. */
function numbers(column: Int32Array | Uint8Array): number[] {
  const array = new Array<number>(column.length);
  for (let i = 0; i < column.length; i++) array[i] = column[i]!;
  return array;
}
