/**
 * The JSON header of a safetensors file, read by its own grammar: name -> { dtype, shape, data_offsets }, and
 * `__metadata__` -> { string: string }. JSON.parse would hide a name that stands twice (the last wins), turn 1.0 and 1e3
 * into whole numbers, round integers past 2^53 in silence and build whatever a hostile 100 MB nest asks for.
 * Format: safetensors 0.4.5, README "Format" and safetensors/src/tensor.rs (HashMetadata, TensorInfo).
 */
import { CheckpointError } from "../errors.ts";

export interface HeaderEntry {
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly number[];
  /** Bytes [begin, end) after the header. */
  readonly begin: number;
  readonly end: number;
}

export interface Header {
  readonly entries: HeaderEntry[];
  readonly metadata: Map<string, string>;
}

/** serde_json's own limit on nesting, for the fields that are skipped. */
const maximumDepth = 128;

export function parseHeader(text: string, operation: string): Header {
  const cursor = new Cursor(text, operation);
  const entries: HeaderEntry[] = [];
  const metadata = new Map<string, string>();
  cursor.object("the header", (name) => {
    if (name !== "__metadata__") {
      entries.push(readEntry(cursor, name, operation));
      return;
    }
    cursor.object("__metadata__", (key) => {
      metadata.set(key, cursor.string(`a string for \`${key}\` of __metadata__`));
    });
  });
  cursor.end();
  return { entries, metadata };
}

function readEntry(cursor: Cursor, name: string, operation: string): HeaderEntry {
  let dtype: string | undefined;
  let shape: number[] | undefined;
  let offsets: number[] | undefined;
  cursor.object(`tensor \`${name}\``, (field) => {
    if (field === "dtype") dtype = cursor.string(`a string for dtype of tensor \`${name}\``);
    else if (field === "shape") shape = cursor.wholeNumbers(`shape of tensor \`${name}\``);
    else if (field === "data_offsets") offsets = cursor.wholeNumbers(`data_offsets of tensor \`${name}\``);
    // The Rust reader skips fields that it does not know.
    else cursor.skip();
  });
  if (dtype === undefined || shape === undefined || offsets?.length !== 2) {
    const missing = dtype === undefined ? "dtype" : shape === undefined ? "shape" : "two data_offsets";
    throw new CheckpointError({
      operation,
      expected: `dtype, shape and two data_offsets for tensor \`${name}\``,
      got: `no ${missing}`,
    });
  }
  return { name, dtype, shape, begin: offsets[0]!, end: offsets[1]! };
}

/** JSON's white space: space, tab, line feed, carriage return. */
function isSpace(code: number): boolean {
  return code === 0x20 || code === 0x09 || code === 0x0a || code === 0x0d;
}

/** A place in the text that moves forward; every method expects one thing there. */
class Cursor {
  private readonly text: string;
  private readonly operation: string;
  private at = 0;

  constructor(text: string, operation: string) {
    this.text = text;
    this.operation = operation;
  }

  /** Calls `member` with each key, at the key's value. A key that stands twice is an error. */
  object(what: string, member: (key: string) => void): void {
    this.expect("{", `"{" that opens ${what}`);
    const seen = new Set<string>();
    if (this.accept("}")) return;
    do {
      const key = this.string(`a name in ${what}`);
      if (seen.has(key)) throw this.error(`each name once in ${what}`, `\`${key}\` twice`);
      seen.add(key);
      this.expect(":", `":" after \`${key}\``);
      member(key);
    } while (this.accept(","));
    this.expect("}", `"," or "}" in ${what}`);
  }

  wholeNumbers(what: string): number[] {
    const numbers: number[] = [];
    this.list(`the ${what}`, () => numbers.push(this.wholeNumber(what)));
    return numbers;
  }

  list(what: string, item: () => void): void {
    this.expect("[", `"[" that opens ${what}`);
    if (this.accept("]")) return;
    do item();
    while (this.accept(","));
    this.expect("]", `"," or "]" in ${what}`);
  }

  string(what: string): string {
    this.space();
    if (this.text[this.at] !== '"') throw this.unexpected(what);
    const start = this.at;
    do {
      this.at = this.text.indexOf('"', this.at + 1);
      if (this.at < 0) {
        this.at = this.text.length;
        throw this.error("the end of a string", "the end of the header");
      }
    } while (this.isEscaped(this.at));
    this.at++;
    const quoted = this.text.slice(start, this.at);
    try {
      return JSON.parse(quoted) as string;
    } catch {
      throw this.error(what, `a string with a bad escape or control character at character ${start}`);
    }
  }

  /** Any JSON value, without keeping it. */
  skip(depth = 0): void {
    if (depth > maximumDepth) throw this.error(`at most ${maximumDepth} levels of nesting`, "more");
    this.space();
    const character = this.text[this.at];
    if (character === "{") this.object("an object", () => this.skip(depth + 1));
    else if (character === "[") this.list("a list", () => this.skip(depth + 1));
    else if (character === '"') this.string("a string");
    else this.match(/(?:true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)/y, "a value");
  }

  end(): void {
    this.space();
    if (this.at < this.text.length) throw this.unexpected("nothing after the header's closing brace");
  }

  /** Whether an odd number of backslashes stands before. */
  private isEscaped(index: number): boolean {
    let backslashes = 0;
    while (this.text.charCodeAt(index - 1 - backslashes) === 0x5c) backslashes++;
    return backslashes % 2 === 1;
  }

  private wholeNumber(what: string): number {
    this.space();
    const digits = this.match(/-?\d[\d.eE+-]*/y, `a whole number in the ${what}`);
    const number = Number(digits);
    if (!/^(?:0|[1-9]\d*)$/.test(digits)) throw this.error(`whole numbers from 0 in the ${what}`, digits);
    if (!Number.isSafeInteger(number)) throw this.error(`numbers below 2^53 in the ${what}`, digits);
    return number;
  }

  private match(pattern: RegExp, what: string): string {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text)?.[0];
    if (found === undefined) throw this.unexpected(what);
    this.at += found.length;
    return found;
  }

  private accept(character: string): boolean {
    this.space();
    if (this.text[this.at] !== character) return false;
    this.at++;
    return true;
  }

  private expect(character: string, what: string): void {
    if (!this.accept(character)) throw this.unexpected(what);
  }

  private space(): void {
    while (isSpace(this.text.charCodeAt(this.at))) this.at++;
  }

  private unexpected(expected: string): CheckpointError {
    const rest = this.text.slice(this.at, this.at + 12);
    return this.error(
      expected,
      rest === "" ? "the end of the header" : `${JSON.stringify(rest)} at character ${this.at}`,
    );
  }

  private error(expected: string, got: string): CheckpointError {
    return new CheckpointError({ operation: this.operation, expected, got });
  }
}
