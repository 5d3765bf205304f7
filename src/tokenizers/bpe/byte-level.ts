/**
 * The byte <-> character map of byte-level BPE and the way back from bytes to text
 * (transformers 4.37.2, models/led/tokenization_led.py: bytes_to_unicode, convert_tokens_to_string).
 *
 * A vocabulary spells each byte as one printable character: bytes 33-126, 161-172 and 174-255 as themselves, the other
 * 68 in increasing order as U+0100, U+0101, ... (space is U+0120 "Ġ", newline U+010A "Ċ").
 *
 * Departure: Python refuses to encode a lone surrogate; here it becomes the bytes of U+FFFD, as TextEncoder has it.
 */
import { InvalidArgumentError } from "../../errors.ts";

/** The character of each byte value. */
export const byteToChar: readonly string[] = buildByteToChar();

const charToByte: ReadonlyMap<string, number> = new Map(byteToChar.map((char, byte) => [char, byte]));

function buildByteToChar(): string[] {
  let next = 256;
  return Array.from({ length: 256 }, (_, byte) => {
    const printable = (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174;
    return String.fromCharCode(printable ? byte : next++);
  });
}

const encoder = new TextEncoder();

/** The UTF-8 bytes of `text`. */
export function utf8Bytes(text: string): Uint8Array {
  return encoder.encode(text);
}

/** What to do with bytes that are no UTF-8, as `bytes.decode(errors=)` in Python. */
export const decodeErrors = [
  "replace",
  "strict",
  "ignore",
  "backslashreplace",
  "surrogateescape",
  "surrogatepass",
] as const;
export type DecodeErrors = (typeof decodeErrors)[number];

export function requireDecodeErrors(value: string): DecodeErrors {
  const found = decodeErrors.find((name) => name === value);
  if (found !== undefined) return found;
  const encodes = ["xmlcharrefreplace", "namereplace"].includes(value);
  throw new InvalidArgumentError({
    operation: "tokenizer option `errors`",
    expected: `one of ${decodeErrors.join(", ")}`,
    got: String(value),
    ...(encodes ? { fix: "Python has that one for encoding only." } : {}),
  });
}

/** The bytes that a token's characters stand for; a token with other characters is its own UTF-8 (the native library's way). */
export function tokenBytes(token: string): Uint8Array {
  const bytes = new Uint8Array(token.length);
  for (let i = 0; i < token.length; i++) {
    const byte = charToByte.get(token[i]!);
    if (byte === undefined) return encoder.encode(token);
    bytes[i] = byte;
  }
  return bytes;
}

/** Text that byte-level characters spell. Refuses a character outside the map (Python: KeyError). */
export function byteCharsToText(chars: string, errors: DecodeErrors): string {
  const bytes = new Uint8Array(chars.length);
  let n = 0;
  for (const char of chars) {
    const byte = charToByte.get(char);
    if (byte === undefined) {
      throw new InvalidArgumentError({
        operation: "convert_tokens_to_string",
        expected: "tokens spelled in the 256 characters of the byte-level map",
        got: `${JSON.stringify(char)} in ${JSON.stringify(chars.length > 60 ? `${chars.slice(0, 60)}…` : chars)}`,
        fix: "A token with other characters must be an added token, not an ordinary one.",
      });
    }
    bytes[n++] = byte;
  }
  return decodeUtf8(bytes.subarray(0, n), errors);
}

// ignoreBOM keeps a leading U+FEFF in the text, as Python's "utf-8" does.
const replacing = new TextDecoder("utf-8", { ignoreBOM: true });
const strict = new TextDecoder("utf-8", { ignoreBOM: true, fatal: true });

/** What each way makes of bytes that are no UTF-8; null where it refuses them. */
const onBadBytes: { readonly [errors in DecodeErrors]: (bad: Uint8Array) => string | null } = {
  replace: () => "\ufffd",
  strict: () => null,
  ignore: () => "",
  backslashreplace: (bad) => Array.from(bad, (byte) => `\\x${byte.toString(16).padStart(2, "0")}`).join(""),
  surrogateescape: (bad) => String.fromCharCode(...Array.from(bad, (byte) => 0xdc00 + byte)),
  surrogatepass: () => null,
};

/** `bytes.decode("utf-8", errors)`. */
export function decodeUtf8(bytes: Uint8Array, errors: DecodeErrors): string {
  if (errors === "replace") return replacing.decode(bytes);
  try {
    return strict.decode(bytes);
  } catch (cause) {
    let text = "";
    for (let at = 0; at < bytes.length; ) {
      const surrogate = errors === "surrogatepass" ? surrogateAt(bytes, at) : undefined;
      const length = surrogate === undefined ? sequenceLength(bytes, at) : 3;
      const part = bytes.subarray(at, at + Math.abs(length));
      const decoded = surrogate ?? (length > 0 ? strict.decode(part) : onBadBytes[errors](part));
      if (decoded === null) {
        throw new InvalidArgumentError({
          operation: "decode",
          expected: `ids whose bytes are UTF-8 (errors: "${errors}")`,
          got: `the byte 0x${bytes[at]!.toString(16)} at position ${at} of ${bytes.length}`,
          fix: 'Create the tokenizer with errors: "replace".',
          cause,
        });
      }
      text += decoded;
      at += Math.abs(length);
    }
    return text;
  }
}

/** The lone surrogate that the three bytes at `at` would be if UTF-8 had any. */
function surrogateAt(bytes: Uint8Array, at: number): string | undefined {
  const [first, second, third] = [bytes[at], bytes[at + 1], bytes[at + 2]];
  if (first !== 0xed || second === undefined || second < 0xa0 || second > 0xbf) return undefined;
  if (third === undefined || (third & 0xc0) !== 0x80) return undefined;
  return String.fromCharCode(0xd000 | ((second & 0x3f) << 6) | (third & 0x3f));
}

/** Length of the UTF-8 sequence at `at`; negative: of the longest ill-formed start there (Unicode 3.9, maximal subpart). */
function sequenceLength(bytes: Uint8Array, at: number): number {
  const first = bytes[at]!;
  if (first < 0x80) return 1;
  const length =
    first >= 0xc2 && first <= 0xdf ? 2 : first >= 0xe0 && first <= 0xef ? 3 : first >= 0xf0 && first <= 0xf4 ? 4 : 0;
  if (length === 0) return -1;
  const lowest = first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80;
  const highest = first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf;
  for (let i = 1; i < length; i++) {
    const byte = bytes[at + i];
    const fits = byte !== undefined && (i === 1 ? byte >= lowest && byte <= highest : byte >= 0x80 && byte <= 0xbf);
    if (!fits) return -i;
  }
  return length;
}
