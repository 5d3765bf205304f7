/**
 * The tokens of one text as they are found: columns of numbers that grow, used again for the next text
 * (arrays of objects were measured at a third of the speed).
 */

/** Columns longer than this are given back after use. */
const KEPT_CAPACITY = 1 << 16;

export class TokenBuffer {
  length = 0;
  ids = new Int32Array(64);
  /** Offsets into the text, UTF-16 code units. */
  starts = new Int32Array(64);
  ends = new Int32Array(64);
  words = new Int32Array(64);
  /** What an added token matched in the text where it is more than the token, by index. */
  readonly matched = new Map<number, string>();

  clear(): void {
    this.length = 0;
    this.matched.clear();
    if (this.ids.length > KEPT_CAPACITY) this.#resize(64);
  }

  /** Makes room for `count` more tokens. */
  reserve(count: number): void {
    if (this.length + count > this.ids.length) this.#resize(2 * (this.length + count));
  }

  #resize(capacity: number): void {
    const grown = (column: Int32Array): Int32Array<ArrayBuffer> => {
      const larger = new Int32Array(capacity);
      larger.set(column.subarray(0, this.length));
      return larger;
    };
    this.ids = grown(this.ids);
    this.starts = grown(this.starts);
    this.ends = grown(this.ends);
    this.words = grown(this.words);
  }
}
