/**
 * Where byte-level BPE cuts a text into pieces before any merging (transformers 4.37.2, models/led/tokenization_led.py: `pat`):
 *
 *     's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+
 *
 * Every character belongs to some alternative, so the pieces follow each other without gaps, and one function that says
 * where a piece ends is the whole pattern. It scans character classes by hand instead of running the regular expression:
 * positions come without a string per piece, any part of a text can be scanned in place, and it is exact where
 * JavaScript's `\s` is not Python's (`regex` takes U+0085 for a space and U+FEFF for none).
 * Letters and numbers are those of the engine's Unicode version, as the reference's are those of its `regex` release.
 */

const UNKNOWN = 0;
const OTHER = 1;
const LETTER = 2;
const NUMBER = 3;
const SPACE = 4;
/** OTHER, LETTER, NUMBER or SPACE. */
export type CharacterClass = 1 | 2 | 3 | 4;

const letter = /^\p{L}$/u;
const number = /^\p{N}$/u;

/** `\s` of Python's `regex` module: the White_Space property. Unlike JavaScript's, without U+FEFF and with U+0085. */
export function isRegexSpace(code: number): boolean {
  return (
    (code >= 0x09 && code <= 0x0d) ||
    code === 0x20 ||
    code === 0x85 ||
    code === 0xa0 ||
    code === 0x1680 ||
    (code >= 0x2000 && code <= 0x200a) ||
    code === 0x2028 ||
    code === 0x2029 ||
    code === 0x202f ||
    code === 0x205f ||
    code === 0x3000
  );
}

/** `str.isspace` of Python, what its strip methods take off: the above and the separators U+001C-001F. */
export function isPythonSpace(code: number): boolean {
  return isRegexSpace(code) || (code >= 0x1c && code <= 0x1f);
}

/** `text.rstrip()` of Python. */
export function rstrip(text: string): string {
  let end = text.length;
  while (end > 0 && isPythonSpace(text.charCodeAt(end - 1))) end--;
  return text.slice(0, end);
}

/** `text.lstrip()` of Python. */
export function lstrip(text: string): string {
  let start = 0;
  while (start < text.length && isPythonSpace(text.charCodeAt(start))) start++;
  return text.slice(start);
}

function classify(code: number): CharacterClass {
  if (isRegexSpace(code)) return SPACE;
  const char = String.fromCodePoint(code);
  return letter.test(char) ? LETTER : number.test(char) ? NUMBER : OTHER;
}

/** Classes of the characters below U+10000, found when first met: 64 KiB instead of a regular expression per character. */
const classes = new Uint8Array(0x10000);

/** The class of a code point as the pattern sees it. */
export function characterClass(code: number): CharacterClass {
  if (code >= 0x10000) return classify(code);
  const known = classes[code]!;
  if (known !== UNKNOWN) return known as CharacterClass;
  const found = classify(code);
  classes[code] = found;
  return found;
}
for (let code = 0; code < 128; code++) characterClass(code);

/** End of the run of characters of `kind` that begins at `at`. */
function runEnd(text: string, at: number, end: number, kind: CharacterClass): number {
  while (at < end) {
    const unit = text.charCodeAt(at);
    if (classes[unit] === kind && (unit < 0xd800 || unit > 0xdfff)) {
      at++;
      continue;
    }
    const code = text.codePointAt(at)!;
    const width = code > 0xffff && at + 1 < end ? 2 : 1;
    if (characterClass(width === 2 ? code : unit) !== kind) return at;
    at += width;
  }
  return at;
}

const APOSTROPHE = 0x27;

/** Length of the contraction at `at` ('s 't 're 've 'm 'll 'd, lower case only), or 0. */
function contraction(text: string, at: number, end: number): number {
  if (at + 1 >= end) return 0;
  switch (text[at + 1]) {
    case "s":
    case "t":
    case "m":
    case "d":
      return 2;
    case "r":
    case "v":
      return at + 2 < end && text[at + 2] === "e" ? 3 : 0;
    case "l":
      return at + 2 < end && text[at + 2] === "l" ? 3 : 0;
    default:
      return 0;
  }
}

/**
 * End of the piece that begins at `at` of `text`, taking `end` for the end of the text; `at` must be a piece's beginning
 * and below `end`. Positions are UTF-16 code units.
 */
export function pieceEnd(text: string, at: number, end: number): number {
  const unit = text.charCodeAt(at);
  if (unit === APOSTROPHE) {
    const length = contraction(text, at, end);
    if (length > 0) return at + length;
  }
  const kind = classAt(text, at, end);
  if (kind !== SPACE) return runEnd(text, at, end, kind);
  if (unit === 0x20 && at + 1 < end) {
    const next = classAt(text, at + 1, end);
    if (next !== SPACE) return runEnd(text, at + 1, end, next);
  }
  const spaces = runEnd(text, at, end, SPACE);
  // \s+(?!\S): a run before something else gives back its last space, which may open the next piece.
  return spaces === end || spaces === at + 1 ? spaces : spaces - 1;
}

function classAt(text: string, at: number, end: number): CharacterClass {
  const unit = text.charCodeAt(at);
  if (unit < 0xd800 || unit > 0xdfff || at + 1 >= end) return characterClass(unit);
  return characterClass(text.codePointAt(at)!);
}

/** The pieces of a text, in order; together they are the text. */
export function splitPieces(text: string): string[] {
  const pieces: string[] = [];
  for (let at = 0; at < text.length; ) {
    const end = pieceEnd(text, at, text.length);
    pieces.push(text.slice(at, end));
    at = end;
  }
  return pieces;
}
