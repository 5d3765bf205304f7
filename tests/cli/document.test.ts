/** What `led` says of documents that it cannot read: one line, exit code 1, nothing on standard output. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { strToU8, zipSync } from "fflate";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { loadDocument, readDocument } from "../../src/cli/document.ts";
import { optionalLibrary } from "../../src/cli/documents/optional-library.ts";
import { led } from "../support/command.ts";
import { docxBytes, paragraph } from "../support/docx-writer.ts";
import { pdf } from "../support/pdf-writer.ts";

let folder = "";

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "led-documents-"));
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

function document(name: string, content: string | readonly number[]): string {
  const path = join(folder, name);
  writeFileSync(path, typeof content === "string" ? content : Uint8Array.from(content));
  return path;
}

const bytes = (text: string) => [...text].map((character) => character.charCodeAt(0));

test.each(["summarize", "tokenize"])("%s: a file that is not there, or below a file", async (command) => {
  const path = join(folder, "none.txt");
  expect(await led(command, path)).toEqual({
    exitCode: 1,
    stdout: "",
    stderr: `led: read ${path}: expected a file, got none of that name. Check the path.\n`,
  });
  const below = join(document("plain.txt", "text"), "other.txt");
  expect(await led(command, below)).toEqual({
    exitCode: 1,
    stdout: "",
    stderr: `led: read ${below}: expected a file, got a path through a file that is no folder. Check the path.\n`,
  });
});

test("a folder", async () => {
  expect(await led("summarize", folder)).toEqual({
    exitCode: 1,
    stdout: "",
    stderr: `led: read ${folder}: expected a file, got a folder. Name one file in it.\n`,
  });
});

// Windows has no such permissions.
test.skipIf(process.platform === "win32")("a file that must not be read", async () => {
  const path = join(folder, "secret.txt");
  writeFileSync(path, "secret", { mode: 0 });
  const root = process.geteuid?.() === 0;
  // Everything is readable for root. Somebody else may have no right to read the program either, so only the reader runs.
  if (root) process.seteuid?.(65534);
  const reading = readDocument(path).finally(() => {
    if (root) process.seteuid?.(0);
  });
  const reachable = "a readable file, got no permission. Check the file's permissions.";
  await expect(reading).rejects.toThrow(`read ${path}: expected ${reachable}`);
});

const read = "text, HTML, PDF or .docx, got ";
const save = "Save it as .docx, PDF or plain text.";

test.each([
  ["empty", [], "a document, got no bytes. Is the file empty?"],
  ["only a byte order mark", [0xef, 0xbb, 0xbf], "a document, got white space only. Is it the right file?"],
  [
    "white space",
    bytes(" \n\t\r\n\u00a0".replace("\u00a0", "\u00c2\u00a0")),
    "a document, got white space only. Is it the right file?",
  ],
  ["a zero byte", bytes("text\0text"), "UTF-8 text, got binary data, a zero byte at 4. Extract its text first."],
  [
    "a zero byte far behind",
    bytes(`${"text ".repeat(20_000)}\0`),
    "UTF-8 text, got binary data, a zero byte at 100000. Extract its text first.",
  ],
  [
    "a PDF that ends where it begins",
    bytes("%PDF-1.7\n%\xe2\xe3\xcf\xd3"),
    "a PDF that can be read, got a damaged one (Invalid PDF structure) Is the file whole?",
  ],
  [
    "a zip archive",
    bytes("PK\x03\x04\x14\0\0\0"),
    `${read}a zip archive that is no .docx. Unpack it, and name a file in it.`,
  ],
  ["gzip", [0x1f, 0x8b, 8, 0], `${read}gzip data. Unpack it first: gunzip FILE.`],
  ["RTF", bytes("{\\rtf1 text}"), `${read}an RTF document. ${save}`],
  [
    "a page without text",
    bytes("<html><body><img src=a.png></body></html>"),
    "a document, got one without text. Is it the right file?",
  ],
  ["UTF-16, little-endian", [0xff, 0xfe, 0x61, 0], `${read}UTF-16 text. Convert it first: iconv -f UTF-16 -t UTF-8.`],
  ["UTF-16, big-endian", [0xfe, 0xff, 0, 0x61], `${read}UTF-16 text. Convert it first: iconv -f UTF-16 -t UTF-8.`],
] as const)("%s", async (name, content, words) => {
  const path = document(`${name}.txt`, content);
  expect(await led("summarize", path)).toEqual({
    exitCode: 1,
    stdout: "",
    stderr: `led: read ${path}: expected ${words}\n`,
  });
});

/** Microsoft's old container, as far as it is looked at: its mark, and the name of a stream. */
const ole = (stream: string) => [
  ...[0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1, ...new Uint8Array(1024)],
  ...Buffer.from(stream, "utf16le"),
];
const zip = (name: string, content = "") => [...zipSync({ [name]: strToU8(content) }, { level: 0 })];

test.each([
  ["Word's old format", ole("WordDocument"), `a .doc of Word 97 to 2003. ${save}`],
  ["Excel's old format", ole("Workbook"), "an .xls of Excel 97 to 2003. Save its text as .txt or .csv."],
  ["PowerPoint's old format", ole("PowerPoint Document"), "a .ppt of PowerPoint 97 to 2003. Save it as PDF."],
  ["a password", ole("EncryptedPackage"), "an Office document with a password. Save it without one."],
  ["another of that kind", ole("Root Entry"), "a file of an old Microsoft program. Extract its text first."],
  ["Excel", zip("xl/workbook.xml"), "an Excel workbook. Save its text as .txt or .csv."],
  ["PowerPoint", zip("ppt/presentation.xml"), "a PowerPoint presentation. Save it as PDF."],
  ["OpenDocument", zip("mimetype", "application/vnd.oasis.opendocument.text"), `an OpenDocument file. ${save}`],
  ["EPUB", zip("mimetype", "application/epub+zip"), "an EPUB book. Extract its text first."],
  ["a Java archive", zip("META-INF/MANIFEST.MF"), "a Java archive. Is it the right file?"],
  ["an empty archive", zipSync({}), "a zip archive that is no .docx. Unpack it, and name a file in it."],
])("a file named .docx that is %s", async (name, content, words) => {
  const path = document(`${name}.docx`, [...content]);
  await expect(readDocument(path)).rejects.toThrow(`read ${path}: expected ${read}${words}`);
});

describe("what a document is, its content says", () => {
  const page = "<!DOCTYPE html>\n<html><p>Some   text.";
  const sheet = pdf([[{ text: "Some text.", x: 60, y: 60 }]]);
  const word = docxBytes(paragraph("Some text."));

  test.each([
    ["page.txt", Buffer.from(page), "html"],
    ["page.pdf", Buffer.from(`\ufeff<!-- saved -->\n<?xml version="1.0"?>\n<HTML lang="en"><p>Some text.`), "html"],
    ["sheet", sheet, "pdf"],
    ["sheet.html", sheet, "pdf"],
    ["behind-a-line.pdf", Buffer.concat([Buffer.from("a line\n"), sheet]), "pdf"],
    ["word.doc", word, "docx"],
    ["fragment.htm", Buffer.from("<p>Some text."), "html"],
    ["text.html", Buffer.from("Some text."), "text"],
    ["text.docx", Buffer.from("Some text."), "text"],
  ])("%s", async (name, content, format) => {
    const path = document(name, [...content]);
    expect(await loadDocument(path)).toMatchObject({ name: path, format, text: "Some text." });
    expect(await readDocument(path)).toBe("Some text.");
  });

  test.each([
    ["notes.md", "# Notes\n\n<p>Some text."],
    ["notes.txt", "What begins with %PDF- is a PDF, and a page with <html>."],
  ])("%s stays as it is", async (name, content) => {
    expect(await loadDocument(document(name, content))).toMatchObject({ format: "text", text: content });
  });

  test("on standard input too", async () => {
    for (const [content, format] of [
      [sheet, "pdf"],
      [word, "docx"],
      [Buffer.from(page), "html"],
    ] as const) {
      const stdin = vi.spyOn(process, "stdin", "get").mockReturnValue(Readable.from([content]) as typeof process.stdin);
      expect(await loadDocument("-")).toMatchObject({ name: "-", format, text: "Some text." });
      stdin.mockRestore();
    }
  });
});

test("a library that was left out is named", async () => {
  const missing = Object.assign(new Error("Cannot find package 'mammoth' imported from a.js\nmore"), {
    code: "ERR_MODULE_NOT_FOUND",
  });
  const library = { name: "mammoth", purpose: "which reads .docx", otherwise: "save the document as plain text" };
  await expect(optionalLibrary("read a.docx", library, () => Promise.reject(missing))).rejects.toThrow(
    "read a.docx: expected the package mammoth, which reads .docx, got Cannot find package 'mammoth' imported from a.js. " +
      "Install it with `npm install mammoth`, or save the document as plain text.",
  );
});

// The byte named is the first of the character that is none, as in Python's UnicodeDecodeError.
test.each([
  ["a Latin-1 letter", bytes("caf\xe9 au lait"), 3],
  ["at the start", [0x80, 0x61], 0],
  ["an overlong form", [0x61, 0xc0, 0xaf], 1],
  ["a surrogate", [0x61, 0x62, 0xed, 0xa0, 0x80], 2],
  ["a character cut by the end", [0x61, 0xe2, 0x82], 1],
  ["a character cut by another", [0xe2, 0x82, 0xac, 0xf0, 0x9f, 0x61], 3],
  ["far behind", [...bytes("word ".repeat(5000)), 0xff], 25_000],
] as const)("no UTF-8: %s", async (name, content, position) => {
  const path = document(`${name}.txt`, content);
  expect(await led("summarize", path)).toEqual({
    exitCode: 1,
    stdout: "",
    stderr:
      `led: read ${path}: expected UTF-8 text, got a byte that is no UTF-8 at ${position}. ` +
      "Convert it first, such as iconv -f ISO-8859-1 -t UTF-8.\n",
  });
});

test("a name that would write on the terminal", async () => {
  expect(await led("summarize", "a\u001b[31m\nb.txt")).toEqual({
    exitCode: 1,
    stdout: "",
    stderr: "led: read a\\u001b[31m b.txt: expected a file, got none of that name. Check the path.\n",
  });
});
