/** Reads a document from a file or standard input: plain text as it is, and the text of an HTML page, a PDF or a Word document. */
import { readFile, stat } from "node:fs/promises";
import { type ErrorParts, FileError } from "../errors.ts";
import { decodeUtf8 } from "./documents/decode-text.ts";
import { type DocumentFormat, formatOf } from "./documents/formats.ts";
import type { PageStart } from "./documents/pdf-text.ts";

type Problem = Pick<ErrorParts, "expected" | "got" | "fix">;

const problems: Readonly<Record<string, Problem>> = {
  ENOENT: { expected: "a file", got: "none of that name", fix: "Check the path." },
  ENOTDIR: { expected: "a file", got: "a path through a file that is no folder", fix: "Check the path." },
  EACCES: { expected: "a readable file", got: "no permission", fix: "Check the file's permissions." },
  EISDIR: { expected: "a file", got: "a folder", fix: "Name one file in it." },
};

/** What commands are told of a document. */
export interface LoadedDocument {
  /** As it was given; "-" is standard input. */
  readonly name: string;
  readonly format: DocumentFormat;
  /** Places in the document are UTF-16 code units of this. */
  readonly text: string;
  /** Of a PDF: where each page begins. */
  readonly pages?: readonly PageStart[];
}

/** The text of `path`, or of standard input for "-": loadDocument, where nothing else matters. */
export async function readDocument(path: string): Promise<string> {
  return (await loadDocument(path)).text;
}

/**
 * The document at `path`, or in standard input for "-". What it is, its content says. A byte order mark is dropped. Throws a FileError
 * for what is missing, empty, binary, damaged, locked, of another format, or no UTF-8.
 */
export async function loadDocument(path: string): Promise<LoadedDocument> {
  const operation = path === "-" ? "read standard input" : `read ${path}`;
  const bytes = await readAll(path, operation);
  if (bytes.length === 0) {
    throw new FileError({ operation, expected: "a document", got: "no bytes", fix: "Is the file empty?" });
  }
  const format = formatOf(bytes, path, operation);
  const read = await readers[format](bytes, operation);
  if (read.text.trim() === "") {
    const got = format === "text" ? "white space only" : "one without text";
    throw new FileError({ operation, expected: "a document", got, fix: "Is it the right file?" });
  }
  return { name: path, format, ...read };
}

type Reader = (bytes: Uint8Array, operation: string) => Promise<Pick<LoadedDocument, "text" | "pages">>;

/** Each is loaded when it is needed: plain text is read most, and needs none of them. */
const readers: Readonly<Record<DocumentFormat, Reader>> = {
  text: async (bytes, operation) => ({ text: decodeUtf8(bytes, operation) }),
  html: async (bytes, operation) => {
    const { decodeHtml, htmlText } = await import("./documents/html.ts");
    return { text: await htmlText(decodeHtml(bytes, operation), operation) };
  },
  pdf: async (bytes, operation) => (await import("./documents/pdf.ts")).pdfText(bytes, operation),
  docx: async (bytes, operation) => ({ text: await (await import("./documents/docx.ts")).docxText(bytes, operation) }),
};

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
