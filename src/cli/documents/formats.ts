/** What a document's bytes are. Their content says it; a name only helps where the content leaves it open. */
import { FileError } from "../../errors.ts";

export type DocumentFormat = "text" | "html" | "pdf" | "docx";

interface Unreadable {
  readonly got: string;
  readonly fix: string;
}

const saveAsDocx = "Save it as .docx, PDF or plain text.";
const unpack = "Extract its text first.";

/** What begins with these bytes (as Latin-1 text) is no document that can be read. */
const unreadableStarts: readonly (Unreadable & { readonly start: string })[] = [
  { start: "\x1f\x8b", got: "gzip data", fix: "Unpack it first: gunzip FILE." },
  { start: "\xff\xfe", got: "UTF-16 text", fix: "Convert it first: iconv -f UTF-16 -t UTF-8." },
  { start: "\xfe\xff", got: "UTF-16 text", fix: "Convert it first: iconv -f UTF-16 -t UTF-8." },
  { start: "{\\rtf", got: "an RTF document", fix: saveAsDocx },
];

/** Zip archives by a file in them, which archives name as plain text. */
const zipContents: readonly (Unreadable & { readonly name: string })[] = [
  { name: "xl/workbook", got: "an Excel workbook", fix: "Save its text as .txt or .csv." },
  { name: "ppt/presentation", got: "a PowerPoint presentation", fix: "Save it as PDF." },
  { name: "application/vnd.oasis.opendocument", got: "an OpenDocument file", fix: saveAsDocx },
  { name: "application/epub+zip", got: "an EPUB book", fix: unpack },
  { name: "META-INF/MANIFEST.MF", got: "a Java archive", fix: "Is it the right file?" },
];

/** Microsoft's older container by a stream in it, which is named in UTF-16. */
const oleContents: readonly (Unreadable & { readonly name: string })[] = [
  { name: "EncryptedPackage", got: "an Office document with a password", fix: "Save it without one." },
  { name: "WordDocument", got: "a .doc of Word 97 to 2003", fix: saveAsDocx },
  { name: "Workbook", got: "an .xls of Excel 97 to 2003", fix: "Save its text as .txt or .csv." },
  { name: "PowerPoint Document", got: "a .ppt of PowerPoint 97 to 2003", fix: "Save it as PDF." },
];

const oleStart = "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1";

/** White space, comments and declarations, then the document's type or its root. */
const htmlStart = /^\s*(?:<\?xml[^>]*>\s*|<!--[\s\S]*?-->\s*)*(?:<!doctype\s+html\b|<html[\s>])/i;
const htmlName = /\.x?html?$/i;
const anyTag = /<\/?[a-z][^<>]*>/i;

/** Throws a FileError for formats that are known and not read, with what helps. */
export function formatOf(bytes: Uint8Array, name: string, operation: string): DocumentFormat {
  const start = latin1(bytes.subarray(0, 1024));
  const refused = unreadableStarts.find((other) => start.startsWith(other.start));
  if (refused !== undefined) throw unreadable(operation, refused);
  // Acrobat reads a PDF behind other bytes too, which a text about PDFs might have.
  if (start.startsWith("%PDF-") || (/\.pdf$/i.test(name) && start.includes("%PDF-"))) return "pdf";
  if (start.startsWith("PK\x03\x04") || start.startsWith("PK\x05\x06")) return zipFormat(bytes, operation);
  if (start.startsWith(oleStart)) {
    const known = oleContents.find((other) => Buffer.from(bytes).includes(other.name, 0, "utf16le"));
    throw unreadable(operation, known ?? { got: "a file of an old Microsoft program", fix: unpack });
  }
  const text = start.replace(/^\xef\xbb\xbf/, "");
  if (htmlStart.test(text) || (htmlName.test(name) && anyTag.test(latin1(bytes)))) return "html";
  return "text";
}

function zipFormat(bytes: Uint8Array, operation: string): DocumentFormat {
  const archive = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const known = zipContents.find((other) => archive.includes(other.name));
  if (known !== undefined) throw unreadable(operation, known);
  if (archive.includes("[Content_Types].xml")) return "docx";
  throw unreadable(operation, { got: "a zip archive that is no .docx", fix: "Unpack it, and name a file in it." });
}

function unreadable(operation: string, { got, fix }: Unreadable): FileError {
  return new FileError({ operation, expected: "text, HTML, PDF or .docx", got, fix });
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
}
