/**
 * vocab.json and merges.txt, read as the reference reads them (transformers 4.37.2, models/led/tokenization_led.py: __init__).
 *
 * merges.txt is cut at "\n" and its first and last part are dropped: line 1 never counts, whatever it says, and without a
 * final newline the last merge is lost. An empty line takes a rank and merges nothing.
 * Departures: two tokens with one id, ids that are no integers and lines of another number of parts than two are errors;
 * the reference takes the last token, fails later, or never applies the merge.
 */
import { CheckpointError, InvalidArgumentError } from "../../errors.ts";
import type { Json } from "../../files.ts";
import { isPythonSpace } from "./split.ts";

/** A merge of two symbols in byte-level characters; null where merges.txt has an empty line. */
export type Merge = readonly [string, string] | null;

const LARGEST_ID = 2 ** 31 - 1;

/** token -> id and id -> token of the base vocabulary. */
export class Vocabulary {
  readonly ids: ReadonlyMap<string, number>;
  readonly tokens: ReadonlyMap<number, string>;

  /** `operation` names the source in errors. */
  constructor(entries: Iterable<readonly [string, unknown]>, operation: string) {
    const ids = new Map<string, number>();
    const tokens = new Map<number, string>();
    for (const [token, id] of entries) {
      if (typeof id !== "number" || !Number.isInteger(id) || id < 0 || id > LARGEST_ID) {
        throw new CheckpointError({
          operation,
          expected: `an integer from 0 to ${LARGEST_ID} as the id of each token`,
          got: `${JSON.stringify(id)} for ${JSON.stringify(token)}`,
        });
      }
      const other = tokens.get(id);
      if (other !== undefined) {
        throw new CheckpointError({
          operation,
          expected: "one token per id",
          got: `id ${id} for ${JSON.stringify(other)} and for ${JSON.stringify(token)}`,
        });
      }
      ids.set(token, id);
      tokens.set(id, token);
    }
    if (ids.size === 0) {
      throw new CheckpointError({ operation, expected: "tokens with their ids", got: "an empty vocabulary" });
    }
    this.ids = ids;
    this.tokens = tokens;
  }

  get size(): number {
    return this.ids.size;
  }
}

/** A vocabulary given as a value. */
export function requireVocabulary(
  vocab: { readonly [token: string]: number } | ReadonlyMap<string, number>,
  operation: string,
): Vocabulary {
  if (vocab === null || typeof vocab !== "object" || Array.isArray(vocab)) {
    throw notGiven(operation, "{token: id}", vocab);
  }
  return new Vocabulary(vocab instanceof Map ? vocab : Object.entries(vocab), operation);
}

/** Merges given as a value. */
export function requireMerges(merges: readonly (string | Merge)[], operation: string): Merge[] {
  if (!Array.isArray(merges)) throw notGiven(operation, 'an array of "a b" or ["a", "b"]', merges);
  return mergesFromValues(merges, operation);
}

function notGiven(operation: string, expected: string, got: unknown): InvalidArgumentError {
  return new InvalidArgumentError({
    operation,
    expected,
    got: got === null ? "null" : Array.isArray(got) ? "an array" : typeof got,
    fix: `${operation.split(" ")[0]}.from_files takes the contents of vocab.json and merges.txt.`,
  });
}

/** The entries of vocab.json's text. */
export function parseVocab(text: string, operation: string): [string, Json][] {
  let value: Json;
  try {
    value = JSON.parse(text) as Json;
  } catch (cause) {
    throw new CheckpointError({
      operation,
      expected: "JSON",
      got: cause instanceof Error ? cause.message : String(cause),
      fix: "Is the download complete?",
      cause,
    });
  }
  if (value === null || typeof value !== "object" || Array.isArray(value)) {
    throw new CheckpointError({
      operation,
      expected: 'a JSON object of tokens and ids, {"<s>": 0, ...}',
      got: value === null ? "null" : Array.isArray(value) ? "an array" : `a ${typeof value}`,
    });
  }
  return Object.entries(value);
}

/** The merges of merges.txt's text in the order of their ranks. */
export function parseMerges(text: string, operation: string): Merge[] {
  // Python opens text files with universal newlines.
  const lines = text.replace(/\r\n?/g, "\n").split("\n");
  return lines.slice(1, -1).map((line, index) => {
    const parts = splitOnSpaces(line);
    return parts.length === 0 ? null : pairOf(parts, `line ${index + 2} ${JSON.stringify(shorten(line))}`, operation);
  });
}

/** Merges given as values: "a b" or ["a", "b"] each, or null for an empty line. Nothing is dropped here. */
export function mergesFromValues(values: readonly unknown[], operation: string): Merge[] {
  return values.map((value, index) => {
    if (value === null) return null;
    const parts: unknown = typeof value === "string" ? splitOnSpaces(value) : value;
    return pairOf(parts, `${JSON.stringify(value)} at index ${index}`, operation);
  });
}

function pairOf(parts: unknown, got: string, operation: string): Merge {
  if (Array.isArray(parts) && parts.length === 2) {
    const [left, right]: unknown[] = parts;
    if (typeof left === "string" && left !== "" && typeof right === "string" && right !== "") return [left, right];
  }
  throw new CheckpointError({ operation, expected: "two symbols with a space between them in each merge", got });
}

function shorten(line: string): string {
  return line.length > 60 ? `${line.slice(0, 60)}…` : line;
}

/** `line.split()` of Python. */
function splitOnSpaces(line: string): string[] {
  const parts: string[] = [];
  let start = 0;
  for (let at = 0; at <= line.length; at++) {
    if (at < line.length && !isPythonSpace(line.charCodeAt(at))) continue;
    if (at > start) parts.push(line.slice(start, at));
    start = at + 1;
  }
  return parts;
}
