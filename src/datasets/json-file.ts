/**
 * A file that is one JSON value: an array of objects, such an array under `data`, or SQuAD's nested form (articles of paragraphs
 * of questions), which gives a row a question as the data set of that name has them. JSON has no way to a place within, so
 * the whole value is held; JSON Lines files are read row by row.
 */
import { FileError } from "../errors.ts";
import type { Json, OpenFile } from "../files.ts";
import { ArrayDataset, type Row } from "./dataset.ts";
import { kindOf, noRows, requireObject } from "./json-lines.ts";
import { textStart, utf8Text } from "./text-bytes.ts";

/** The longest string of V8. */
const longestText = 0x1fffffe8;

/** Closes the file. */
export async function openJsonFile(file: OpenFile, name: string): Promise<ArrayDataset> {
  try {
    const rows = rowsOf(await readJson(file, name), name);
    if (rows.length === 0) throw noRows(name);
    return new ArrayDataset(rows, name);
  } finally {
    await file.close();
  }
}

async function readJson(file: OpenFile, name: string): Promise<Json> {
  const operation = `read ${name}`;
  if (file.size > longestText) {
    throw new FileError({
      operation,
      expected: `a JSON file of at most ${longestText} bytes`,
      got: String(file.size),
      fix: "Write it as JSON Lines, a row a line, which is read row by row.",
    });
  }
  const start = await textStart(file, name);
  const text = utf8Text(await file.read(start, file.size - start), operation);
  if (text.trim() === "") throw noRows(name);
  try {
    return JSON.parse(text) as Json;
  } catch (cause) {
    const got = cause instanceof Error ? cause.message : String(cause);
    const line = text.slice(0, brokenAt(text)).split("\n").length;
    const fix = /^\s*\{.*\}\s*\n\s*\{/.test(text) ? "A file of one object a line has a name that ends in .jsonl." : "";
    throw new FileError({
      operation: `${operation}, line ${line}`,
      expected: "JSON",
      got,
      ...(fix === "" ? {} : { fix }),
      cause,
    });
  }
}

/** How much of a text could begin a JSON value: not every engine says where JSON.parse stopped. */
function brokenAt(text: string): number {
  let good = 0;
  let bad = text.length;
  while (bad - good > 1) {
    const middle = (good + bad) >> 1;
    if (couldGoOn(text.slice(0, middle))) good = middle;
    else bad = middle;
  }
  return good;
}

function couldGoOn(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch (error) {
    const message = error instanceof Error ? error.message : "";
    const position = /at position (\d+)/.exec(message)?.[1];
    return /end of|EOF|[Uu]nterminated/.test(message) || Number(position ?? -1) >= text.length;
  }
}

function rowsOf(value: Json, name: string): Row[] {
  const operation = `read ${name}`;
  const under = value !== null && typeof value === "object" && !Array.isArray(value) ? value.data : undefined;
  const list = Array.isArray(value) ? value : under;
  if (!Array.isArray(list)) {
    throw new FileError({
      operation,
      expected: "an array of objects, or an object with one under `data`",
      got: under === undefined ? kindOf(value) : `${kindOf(under)} under \`data\``,
    });
  }
  const path = Array.isArray(value) ? "" : "data";
  const objects = list.map((item, i) => requireObject(item, `${operation}, ${path}[${i}]`));
  const nested = objects.some((object) => Object.hasOwn(object, "paragraphs"));
  return nested ? objects.flatMap((article, i) => questionsOf(article, `${operation}, ${path}[${i}]`)) : objects;
}

/** The rows of an article of SQuAD, version 1 or 2. */
function questionsOf(article: Row, place: string): Row[] {
  return listOf(article, "paragraphs", place).flatMap((paragraph, p) => {
    const at = `${place}.paragraphs[${p}]`;
    return listOf(paragraph, "qas", at).map((question, q): Row => {
      const answers = question.is_impossible === true ? [] : listOf(question, "answers", `${at}.qas[${q}]`);
      return {
        id: question.id ?? null,
        title: article.title ?? null,
        context: paragraph.context ?? null,
        question: question.question ?? null,
        answers: {
          text: answers.map(({ text }) => text ?? null),
          answer_start: answers.map(({ answer_start }) => answer_start ?? null),
        },
      };
    });
  });
}

function listOf(object: Row, key: string, place: string): Row[] {
  const list = Object.hasOwn(object, key) ? object[key] : undefined;
  if (!Array.isArray(list)) {
    throw new FileError({ operation: place, expected: `an array under \`${key}\``, got: kindOf(list) });
  }
  return list.map((item, i) => requireObject(item, `${place}.${key}[${i}]`));
}
