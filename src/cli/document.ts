/** Reads a document from a file or standard input: UTF-8 text, and nothing else. */
import { readFile, stat } from "node:fs/promises";
import { type ErrorParts, FileError } from "../errors.ts";

type Problem = Pick<ErrorParts, "expected" | "got" | "fix">;

const problems: Readonly<Record<string, Problem>> = {
  ENOENT: { expected: "a file", got: "none of that name", fix: "Check the path." },
  ENOTDIR: { expected: "a file", got: "a path through a file that is no folder", fix: "Check the path." },
  EACCES: { expected: "a readable file", got: "no permission", fix: "Check the file's permissions." },
  EISDIR: { expected: "a file", got: "a folder", fix: "Name one file in it." },
};

/** What begins with these bytes (as Latin-1 text) is known, and how to get text from it too. */
const knownStarts: readonly { readonly start: string; readonly got: string; readonly fix: string }[] = [
  { start: "%PDF-", got: "a PDF", fix: "Extract its text first: pdftotext FILE." },
  { start: "PK\x03\x04", got: "a zip archive, such as a .docx, .odt or .epub", fix: "Extract its text first." },
  { start: "\x1f\x8b", got: "gzip data", fix: "Unpack it first: gunzip FILE." },
  { start: "\xff\xfe", got: "UTF-16 text", fix: "Convert it first: iconv -f UTF-16 -t UTF-8." },
  { start: "\xfe\xff", got: "UTF-16 text", fix: "Convert it first: iconv -f UTF-16 -t UTF-8." },
];

/**
 * The text of `path`, or of standard input for "-", without a byte order mark. Throws a FileError for what is missing,
 * empty, binary or no UTF-8.
 */
export async function readDocument(path: string): Promise<string> {
  const operation = path === "-" ? "read standard input" : `read ${path}`;
  const bytes = await readAll(path, operation);
  if (bytes.length === 0) {
    throw new FileError({ operation, expected: "a document", got: "no bytes", fix: "Is the file empty?" });
  }
  const start = String.fromCharCode(...bytes.subarray(0, 8));
  const known = knownStarts.find((other) => start.startsWith(other.start));
  if (known !== undefined) {
    throw new FileError({ operation, expected: "UTF-8 text", got: known.got, fix: known.fix });
  }
  const zero = bytes.indexOf(0);
  if (zero >= 0) {
    const got = `binary data, a zero byte at ${zero}`;
    throw new FileError({ operation, expected: "UTF-8 text", got, fix: "Extract its text first." });
  }
  const text = decodeUtf8(bytes, operation);
  if (text.trim() === "") {
    throw new FileError({ operation, expected: "a document", got: "white space only", fix: "Is it the right file?" });
  }
  return text;
}

async function readAll(path: string, operation: string): Promise<Uint8Array> {
  try {
    if (path === "-") return await readStandardInput();
    if ((await stat(path)).isDirectory()) throw new FileError({ operation, ...problems.EISDIR });
    return await readFile(path);
  } catch (cause) {
    if (!(cause instanceof Error && "code" in cause)) throw cause;
    const problem = problems[String(cause.code)];
    throw new FileError({ operation, ...(problem ?? { expected: "a readable file", got: cause.message }), cause });
  }
}

async function readStandardInput(): Promise<Uint8Array> {
  const parts: Buffer[] = [];
  for await (const part of process.stdin) parts.push(part as Buffer);
  return Buffer.concat(parts);
}

/** A byte order mark is dropped. */
function decodeUtf8(bytes: Uint8Array, operation: string): string {
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
