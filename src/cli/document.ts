/** Reads a document from a file or standard input: UTF-8 text, and nothing else. */
import { readFile, stat } from "node:fs/promises";
import { FileError } from "../errors.ts";

/** Bytes looked at for the zero bytes that text does not have. */
const probeLength = 8192;

const problems: Readonly<Record<string, { expected: string; got: string; fix: string }>> = {
  ENOENT: { expected: "a file", got: "none of that name", fix: "Check the path." },
  EACCES: { expected: "a readable file", got: "no permission", fix: "Check the file's permissions." },
  EISDIR: { expected: "a file", got: "a folder", fix: "Name one file in it." },
};

/** The text of `path`, or of standard input for "-". Throws a FileError for what is missing, empty, binary or no UTF-8. */
export async function readDocument(path: string): Promise<string> {
  const operation = path === "-" ? "read standard input" : `read ${path}`;
  const bytes = path === "-" ? await readStandardInput() : await readPath(path, operation);
  if (bytes.length === 0) {
    throw new FileError({ operation, expected: "a document", got: "no bytes", fix: "Is the file empty?" });
  }
  if (bytes.subarray(0, probeLength).includes(0)) {
    const fix = "Extract the text first (pdftotext for a PDF).";
    throw new FileError({ operation, expected: "UTF-8 text", got: "binary data", fix });
  }
  const text = decodeUtf8(bytes, operation);
  if (text.trim() === "") throw new FileError({ operation, expected: "a document", got: "white space only" });
  return text;
}

async function readPath(path: string, operation: string): Promise<Uint8Array> {
  try {
    if ((await stat(path)).isDirectory()) throw new FileError({ operation, ...problems.EISDIR! });
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

function decodeUtf8(bytes: Uint8Array, operation: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    const got = `bytes that are no UTF-8, first at ${firstInvalidByte(bytes)}`;
    const fix = "Convert it first: iconv -f ISO-8859-1 -t UTF-8.";
    throw new FileError({ operation, expected: "UTF-8 text", got, fix, cause });
  }
}

/** By halving: a stream decoder accepts a prefix that ends within a character. */
function firstInvalidByte(bytes: Uint8Array): number {
  let valid = 0;
  let invalid = bytes.length;
  while (invalid - valid > 1) {
    const middle = (valid + invalid) >> 1;
    try {
      new TextDecoder("utf-8", { fatal: true }).decode(bytes.subarray(0, middle), { stream: true });
      valid = middle;
    } catch {
      invalid = middle;
    }
  }
  return valid;
}
