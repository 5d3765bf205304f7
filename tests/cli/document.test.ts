/** What `led` says of documents that it cannot read: one line, exit code 1, nothing on standard output. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readDocument } from "../../src/cli/document.ts";
import { led } from "../support/command.ts";

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
  ["a PDF", bytes("%PDF-1.7\n%\xe2\xe3\xcf\xd3"), "UTF-8 text, got a PDF. Extract its text first: pdftotext FILE."],
  [
    "a zip archive",
    bytes("PK\x03\x04\x14\0\0\0"),
    "UTF-8 text, got a zip archive, such as a .docx, .odt or .epub. Extract its text first.",
  ],
  ["gzip", [0x1f, 0x8b, 8, 0], "UTF-8 text, got gzip data. Unpack it first: gunzip FILE."],
  [
    "UTF-16, little-endian",
    [0xff, 0xfe, 0x61, 0],
    "UTF-8 text, got UTF-16 text. Convert it first: iconv -f UTF-16 -t UTF-8.",
  ],
  [
    "UTF-16, big-endian",
    [0xfe, 0xff, 0, 0x61],
    "UTF-8 text, got UTF-16 text. Convert it first: iconv -f UTF-16 -t UTF-8.",
  ],
] as const)("%s", async (name, content, words) => {
  const path = document(`${name}.txt`, content);
  expect(await led("summarize", path)).toEqual({
    exitCode: 1,
    stdout: "",
    stderr: `led: read ${path}: expected ${words}\n`,
  });
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
