/** Bytes to text: UTF-8, and nothing else where nothing says so. */
import { FileError } from "../../errors.ts";

/** A byte order mark is dropped. Throws a FileError with the place of what is binary or no UTF-8. */
export function decodeUtf8(bytes: Uint8Array, operation: string): string {
  const zero = bytes.indexOf(0);
  if (zero >= 0) {
    const got = `binary data, a zero byte at ${zero}`;
    throw new FileError({ operation, expected: "UTF-8 text", got, fix: "Extract its text first." });
  }
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    if (!(cause instanceof TypeError)) throw cause;
    const got = `a byte that is no UTF-8 at ${firstInvalidByte(bytes)}`;
    const fix = "Convert it first, such as iconv -f ISO-8859-1 -t UTF-8.";
    throw new FileError({ operation, expected: "UTF-8 text", got, fix, cause });
  }
}

/** Where the first character begins that is no UTF-8. */
function firstInvalidByte(bytes: Uint8Array): number {
  // By halving: as a stream, a text may end within a character.
  let valid = 0;
  let invalid = bytes.length + 1;
  while (invalid - valid > 1) {
    const middle = (valid + invalid) >> 1;
    if (isUtf8(bytes.subarray(0, middle), { stream: true })) valid = middle;
    else invalid = middle;
  }
  while (!isUtf8(bytes.subarray(0, valid))) valid--;
  return valid;
}

function isUtf8(bytes: Uint8Array, options: { stream?: boolean } = {}): boolean {
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(bytes, options);
    return true;
  } catch {
    return false;
  }
}
