/**
 * JSON text as Python's `json.dumps(value, indent=2, sort_keys=True)` writes it, so that files written here and there
 * compare byte for byte: keys in code point order, everything outside printable ASCII escaped, floats in Python's repr.
 *
 * JavaScript has one number type: whether a whole number is written `1` or `1.0` is told by the key's name (`floatKeys`,
 * at any depth), and which objects are Python dicts keyed by ints, and so sorted as numbers, likewise (`intKeyed`).
 */
import { InvalidArgumentError } from "./errors.ts";

export interface PythonJsonKeys {
  /** Keys whose whole numbers Python holds as floats: 1 is written 1.0. */
  floatKeys?: ReadonlySet<string>;
  /** Keys whose objects have ints for keys. */
  intKeyed?: ReadonlySet<string>;
}

// int(1e30), a tokenizer's "no limit", is the largest int in the reference's files; beyond, floats are likelier.
const largestInt = 1e30;

/** The text without a final line feed. An InvalidArgumentError names the key whose value JSON cannot hold. */
export function pythonJson(value: unknown, keys: PythonJsonKeys = {}): string {
  return write(value, "", "", keys);
}

/** Python's repr of a float: the shortest digits that read back, an exponent below 1e-4 and from 1e16 on. */
export function pythonFloat(value: number): string {
  if (Object.is(value, -0)) return "-0.0";
  const [digits, power] = value.toExponential().split("e") as [string, string];
  const exponent = Number(power);
  if (exponent >= -4 && exponent < 16) return Number.isInteger(value) ? `${value}.0` : String(value);
  return `${digits}e${exponent < 0 ? "-" : "+"}${String(Math.abs(exponent)).padStart(2, "0")}`;
}

function write(value: unknown, key: string, indent: string, keys: PythonJsonKeys): string {
  if (value === null || typeof value === "boolean") return String(value);
  if (typeof value === "string") return quote(value);
  if (typeof value === "bigint") return String(value);
  if (typeof value === "number" && Number.isFinite(value)) {
    const isFloat = keys.floatKeys?.has(key) === true || !Number.isInteger(value) || Math.abs(value) > largestInt;
    // BigInt writes every digit of a whole number; String would turn to an exponent, which Python reads as a float.
    return isFloat ? pythonFloat(value) : String(BigInt(value));
  }
  const deeper = `${indent}  `;
  if (Array.isArray(value)) {
    if (value.length === 0) return "[]";
    const items = value.map((item) => `${deeper}${write(item, key, deeper, keys)}`);
    return `[\n${items.join(",\n")}\n${indent}]`;
  }
  if (typeof value === "object") {
    const entries = Object.entries(value).filter(([, item]) => item !== undefined);
    if (entries.length === 0) return "{}";
    const byNumber = keys.intKeyed?.has(key) === true;
    entries.sort(([a], [b]) => (byNumber ? Number(a) - Number(b) : byCodePoint(a, b)));
    const lines = entries.map(([name, item]) => `${deeper}${quote(name)}: ${write(item, name, deeper, keys)}`);
    return `{\n${lines.join(",\n")}\n${indent}}`;
  }
  throw new InvalidArgumentError({
    operation: "write JSON",
    expected: "finite numbers, strings, booleans, null, arrays and objects",
    got: `${key === "" ? "" : `\`${key}\` = `}${typeof value === "number" ? value : `a ${typeof value}`}`,
  });
}

function quote(text: string): string {
  const escaped = (unit: string) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`;
  return JSON.stringify(text).replace(/[^ -~]/g, escaped);
}

// The default order is that of UTF-16 units, which puts U+1F600 before U+FF5E; Python's is that of code points.
function byCodePoint(a: string, b: string): number {
  const left = Array.from(a, (c) => c.codePointAt(0)!);
  const right = Array.from(b, (c) => c.codePointAt(0)!);
  for (let i = 0; i < Math.min(left.length, right.length); i++) {
    if (left[i] !== right[i]) return left[i]! - right[i]!;
  }
  return left.length - right.length;
}
