/** Texts to train on: whole documents, and fields of JSON Lines files, which are read line by line. */
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { pipeline } from "node:stream";
import { createGunzip } from "node:zlib";
import { FileError } from "../errors.ts";
import type { Json } from "../files.ts";
import { errnoOf, fileProblem } from "../hub/disk.ts";
import { readDocument } from "./document.ts";

const zipped = /\.gz$/i;

/** Whether a file holds a JSON object a line; `.jsonl.gz` is unpacked on the way. */
export function isJsonLines(path: string): boolean {
  return /\.jsonl(\.gz)?$/i.test(path);
}

/**
 * The texts of the files in their order; `fields` are those of JSON Lines files. Throws a FileError for what cannot be read,
 * for files that are not there before any is read. `onRead` gets the bytes read of the bytes that all files have.
 */
export async function* trainingTexts(
  paths: readonly string[],
  fields: readonly string[],
  onRead: (done: number, total: number) => void,
): AsyncGenerator<string> {
  const sizes = await Promise.all(paths.map(sizeOf));
  const total = sizes.reduce((sum, size) => sum + size, 0);
  let before = 0;
  for (const [index, path] of paths.entries()) {
    onRead(before, total);
    if (isJsonLines(path)) yield* textsOfLines(path, fields, (done) => onRead(before + done, total));
    else yield await readDocument(path);
    before += sizes[index]!;
  }
  onRead(total, total);
}

/** In bytes; 0 for standard input, of which nobody knows. */
async function sizeOf(path: string): Promise<number> {
  if (path === "-") return 0;
  try {
    return (await stat(path)).size;
  } catch (cause) {
    throw fileProblem(cause, { operation: `read ${path}`, expected: "a file" });
  }
}

async function* textsOfLines(
  path: string,
  fields: readonly string[],
  onRead: (done: number) => void,
): AsyncGenerator<string> {
  let number = 0;
  let objects = 0;
  for await (const line of linesOf(path, onRead)) {
    number++;
    if (line.trim() === "") continue;
    objects++;
    const operation = `read ${path}, line ${number}`;
    const object = parseObject(line, operation);
    for (const field of fields) {
      const value = Object.hasOwn(object, field) ? object[field] : undefined;
      if (typeof value === "string") {
        yield value;
        continue;
      }
      const got = value === undefined ? `the fields ${Object.keys(object).join(", ") || "of {}"}` : kindOf(value);
      throw new FileError({
        operation,
        expected: `a text in the field ${field}`,
        got,
        ...(value === undefined ? { fix: "Name one of these with --jsonl-field." } : {}),
      });
    }
  }
  if (objects > 0) return;
  const operation = `read ${path}`;
  throw new FileError({ operation, expected: "a JSON object a line", got: "no line", fix: "Is the file empty?" });
}

function parseObject(line: string, operation: string): { readonly [field: string]: Json } {
  let value: Json;
  try {
    value = JSON.parse(line) as Json;
  } catch (cause) {
    const got = cause instanceof Error ? cause.message : String(cause);
    throw new FileError({ operation, expected: "a JSON object", got, cause });
  }
  if (value === null || typeof value !== "object" || Array.isArray(value)) {
    throw new FileError({ operation, expected: "a JSON object", got: kindOf(value) });
  }
  return value;
}

function kindOf(value: Json): string {
  return value === null
    ? "null"
    : Array.isArray(value)
      ? "an array"
      : `${typeof value === "object" ? "an" : "a"} ${typeof value}`;
}

/** Not by node:readline, which ends lines at U+2028 too, and reads what is no UTF-8 as U+FFFD. */
async function* linesOf(path: string, onRead: (done: number) => void): AsyncGenerator<string> {
  const operation = `read ${path}`;
  const decoder = new TextDecoder("utf-8", { fatal: true });
  const file = createReadStream(path);
  // A failure of the file reaches the stream that is read below.
  const bytes = zipped.test(path) ? pipeline(file, createGunzip(), () => {}) : file;
  let pending = "";
  let lines = 0;
  try {
    for await (const part of bytes) {
      onRead(file.bytesRead);
      const parts = decoder.decode(part as Uint8Array, { stream: true }).split("\n");
      parts[0] = pending + parts[0];
      pending = parts.pop()!;
      lines += parts.length;
      yield* parts;
    }
    pending += decoder.decode();
  } catch (cause) {
    const code = errnoOf(cause);
    if (code === "ERR_ENCODING_INVALID_ENCODED_DATA") {
      const got = `a byte that is no UTF-8 after line ${lines}`;
      throw new FileError({ operation, expected: "UTF-8 text", got, fix: "Is it the right file?", cause });
    }
    if (code?.startsWith("Z_")) {
      const got = `other or damaged data: ${(cause as Error).message}`;
      throw new FileError({ operation, expected: "gzip data", got, fix: "Is the download complete?", cause });
    }
    throw fileProblem(cause, { operation, expected: "a file" });
  }
  if (pending !== "") yield pending;
}
