/**
 * The text of a line as its tokens come, and what of it can be shown (transformers 4.37.2, generation/streamers.py:
 * TextStreamer.put and end). Same pieces as the reference, which decodes the whole line again for each token.
 *
 * Here only the last tokens are decoded. A line may be cut between tokens where decoding both sides gives the text of the
 * whole: then no character and no change of spaces lies across the cut. The tokens after it are enough of them that those
 * to come change nothing before it. Where a tokenizer allows no cut, all are decoded.
 */

export type DecodeText = (ids: readonly number[]) => string;

/** So many tokens are decoded before a cut is sought; half of them stay. */
const mostTokens = 64;
/** Places tried around the middle. A character has four bytes at most, which four tokens may hold. */
const triedPlaces = 8;
/** Characters after a cut at least: more than any that change together. */
const fewestCharacters = 8;

export class StreamedLine {
  readonly #decode: DecodeText;
  /** Tokens since the cut. */
  #ids: number[] = [];
  #limit = mostTokens;
  /** Of the text before the cut: its length, the end of its last space, and what of it has not been shown. */
  #cutAt = 0;
  #spaceEnd = 0;
  #unshown = "";
  /** Characters of the line that have been shown. */
  #shown = 0;

  constructor(decode: DecodeText) {
    this.#decode = decode;
  }

  /** The text that can be shown now that these tokens have come. */
  put(ids: readonly number[]): string {
    for (const id of ids) this.#ids.push(id);
    const tail = this.#decode(this.#ids);
    const length = this.#cutAt + tail.length;
    if (tail.endsWith("\n")) {
      const rest = this.#slice(tail, length);
      this.#begin();
      return rest;
    }
    const space = tail.lastIndexOf(" ");
    const words = space < 0 ? this.#spaceEnd : this.#cutAt + space + 1;
    const piece = this.#slice(tail, endsInChinese(tail) ? length : words);
    this.#unshown = this.#unshown.slice(piece.length);
    this.#shown += piece.length;
    this.#shorten(tail);
    return piece;
  }

  /** What has not been shown. The next token begins another line. */
  end(): string {
    const tail = this.#ids.length === 0 ? "" : this.#decode(this.#ids);
    const rest = this.#slice(tail, this.#cutAt + tail.length);
    this.#begin();
    return rest;
  }

  #begin(): void {
    this.#ids = [];
    this.#limit = mostTokens;
    this.#cutAt = 0;
    this.#spaceEnd = 0;
    this.#unshown = "";
    this.#shown = 0;
  }

  /** The line from what has been shown to `end`; `tail` is its text after the cut. */
  #slice(tail: string, end: number): string {
    if (end <= this.#shown) return "";
    const origin = this.#cutAt - this.#unshown.length;
    return (this.#unshown + tail).slice(this.#shown - origin, end - origin);
  }

  /** Cuts until few tokens are left. */
  #shorten(tail: string): void {
    let text = tail;
    while (this.#ids.length >= this.#limit) {
      const cut = this.#findCut(text);
      if (cut === null) {
        this.#limit *= 2;
        return;
      }
      const { place, before, after } = cut;
      const space = before.lastIndexOf(" ");
      if (space >= 0) this.#spaceEnd = this.#cutAt + space + 1;
      this.#unshown += before.slice(Math.max(0, this.#shown - this.#cutAt));
      this.#cutAt += before.length;
      this.#ids = this.#ids.slice(place);
      this.#limit = mostTokens;
      text = after;
    }
  }

  #findCut(text: string): { place: number; before: string; after: string } | null {
    const middle = this.#ids.length >> 1;
    for (let place = middle; place > middle - triedPlaces; place--) {
      const after = this.#decode(this.#ids.slice(place));
      if (after.length < fewestCharacters || !text.endsWith(after)) continue;
      const before = this.#decode(this.#ids.slice(0, place));
      if (before + after === text) return { place, before, after };
    }
    return null;
  }
}

/** The blocks that the reference takes for Chinese: CJK ideographs with their extensions and compatibility forms. */
const chinese: readonly (readonly [first: number, last: number])[] = [
  [0x4e00, 0x9fff],
  [0x3400, 0x4dbf],
  [0x20000, 0x2a6df],
  [0x2a700, 0x2b73f],
  [0x2b740, 0x2b81f],
  [0x2b820, 0x2ceaf],
  [0xf900, 0xfaff],
  [0x2f800, 0x2fa1f],
];

function endsInChinese(text: string): boolean {
  const last = text.at(-1);
  if (last === undefined) return false;
  // The second half of a pair is not code point itself.
  const code = /[\udc00-\udfff]/.test(last) ? (text.codePointAt(text.length - 2) ?? 0) : last.charCodeAt(0);
  return chinese.some(([first, end]) => code >= first && code <= end);
}
