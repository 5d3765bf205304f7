/**
 * JSON text as Python's `json.dumps(value, indent=2, sort_keys=True)` writes it, so that files written here and there
 * compare byte for byte: keys in code point order, integer keys of a Map by value, everything outside printable ASCII escaped
 * unless `ensureAscii` is false, floats in Python's repr.
 *
 * JavaScript has one number type: whether a whole number is written `1` or `1.0` is told by the key's name (`floatKeys`,
 * at any depth), and which objects are Python dicts keyed by ints, and so sorted as numbers, likewise (`intKeyed`).
 */
import { InvalidArgumentError } from "./errors.ts";

export interface PythonJsonOptions {
  /** Keys whose whole numbers Python holds as floats: 1 is written 1.0. */
  floatKeys?: ReadonlySet<string>;
  /** Keys whose objects have ints for keys. */
  intKeyed?: ReadonlySet<string>;
  /** Python's ensure_ascii; true by default. */
  ensureAscii?: boolean;
}

// int(1e30), a tokenizer's "no limit", is the largest int in the reference's files; beyond, floats are likelier.
const largestInt = 1e30;

/** The text without a final line feed. An InvalidArgumentError names the key whose value JSON cannot hold. */
export function pythonJson(value: unknown, options: PythonJsonOptions = {}): string {
  return write(value, "", "", options);
}

/** Python's repr of a float: the shortest digits that read back, an exponent below 1e-4 and from 1e16 on. */
export function pythonFloat(value: number): string {
  if (Object.is(value, -0)) return "-0.0";
  const [digits, power] = value.toExponential().split("e") as [string, string];
  const exponent = Number(power);
  if (exponent >= -4 && exponent < 16) return Number.isInteger(value) ? `${value}.0` : String(value);
  return `${digits}e${exponent < 0 ? "-" : "+"}${String(Math.abs(exponent)).padStart(2, "0")}`;
}

function write(value: unknown, key: string, indent: string, options: PythonJsonOptions): string {
  if (value === null || typeof value === "boolean") return String(value);
  if (typeof value === "string") return quote(value, options);
  if (typeof value === "bigint") return String(value);
  if (typeof value === "number" && Number.isFinite(value)) {
    const isFloat = options.floatKeys?.has(key) === true || !Number.isInteger(value) || Math.abs(value) > largestInt;
    // BigInt writes every digit of a whole number; String would turn to an exponent, which Python reads as a float.
    return isFloat ? pythonFloat(value) : String(BigInt(value));
  }
  const deeper = `${indent}  `;
  if (Array.isArray(value)) {
    if (value.length === 0) return "[]";
    const items = value.map((item) => `${deeper}${write(item, key, deeper, options)}`);
    return `[\n${items.join(",\n")}\n${indent}]`;
  }
  if (typeof value === "object") {
    const entries = sortedEntries(value, options.intKeyed?.has(key) === true);
    if (entries.length === 0) return "{}";
    const lines = entries.map(
      ([name, item]) => `${deeper}${quote(name, options)}: ${write(item, name, deeper, options)}`,
    );
    return `{\n${lines.join(",\n")}\n${indent}}`;
  }
  throw new InvalidArgumentError({
    operation: "write JSON",
    expected: "finite numbers, strings, booleans, null, arrays and objects",
    got: `${key === "" ? "" : `\`${key}\` = `}${typeof value === "number" ? value : `a ${typeof value}`}`,
  });
}

/** A Map keeps keys that an object would reorder (those that look like numbers), and may have ints for keys. */
function sortedEntries(value: object, intKeyed: boolean): [string, unknown][] {
  const entries = (value instanceof Map ? [...(value as Map<unknown, unknown>)] : Object.entries(value)).filter(
    ([, item]) => item !== undefined,
  );
  const byNumber = intKeyed || (entries.length > 0 && entries.every(([name]) => typeof name === "number"));
  const named = entries.map(([name, item]): [string, unknown] => [String(name), item]);
  return named.sort(([a], [b]) => (byNumber ? Number(a) - Number(b) : compareCodePoints(a, b)));
}

function quote(text: string, { ensureAscii = true }: PythonJsonOptions): string {
  if (!ensureAscii) return JSON.stringify(text);
  const escaped = (unit: string) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`;
  return JSON.stringify(text).replace(/[^ -~]/g, escaped);
}

/** Python's order of strings, by code points. UTF-16's differs where a surrogate meets U+E000-U+FFFF. */
export function compareCodePoints(a: string, b: string): number {
  const n = Math.min(a.length, b.length);
  for (let i = 0; i < n; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x !== y) return surrogatesLast(x) - surrogatesLast(y);
  }
  return a.length - b.length;
}

function surrogatesLast(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit;
}
