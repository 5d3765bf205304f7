/**
 * JSON as Python's `json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False)` writes it, for files that the
 * reference reads and that should not differ from its own: keys in code-point order (a JavaScript object would put
 * "10" before "!"), integer keys by value, and large whole numbers in full instead of 1e+30.
 */

export type Writable =
  | null
  | boolean
  | number
  | string
  | readonly Writable[]
  | { readonly [key: string]: Writable | undefined }
  | ReadonlyMap<string, Writable>
  | ReadonlyMap<number, Writable>;

/** Without a newline at the end. Properties that are undefined are left out. */
export function pythonJson(value: Writable, indent = ""): string {
  if (value === null || typeof value === "boolean") return String(value);
  if (typeof value === "number") return Number.isInteger(value) ? BigInt(value).toString() : String(value);
  if (typeof value === "string") return JSON.stringify(value);
  const inner = `${indent}  `;
  if (Array.isArray(value)) {
    const items = (value as readonly Writable[]).map((item) => `${inner}${pythonJson(item, inner)}`);
    return items.length === 0 ? "[]" : `[\n${items.join(",\n")}\n${indent}]`;
  }
  const entries: [string | number, Writable | undefined][] =
    value instanceof Map ? [...(value as Map<string | number, Writable>)] : Object.entries(value);
  const lines = entries
    .filter((entry): entry is [string | number, Writable] => entry[1] !== undefined)
    .sort(([a], [b]) => compareKeys(a, b))
    .map(([key, item]) => `${inner}${JSON.stringify(String(key))}: ${pythonJson(item, inner)}`);
  return lines.length === 0 ? "{}" : `{\n${lines.join(",\n")}\n${indent}}`;
}

function compareKeys(a: string | number, b: string | number): number {
  return typeof a === "number" && typeof b === "number" ? a - b : compareCodePoints(String(a), String(b));
}

/** Python's order of strings. UTF-16's differs where a surrogate meets U+E000-U+FFFF. */
export function compareCodePoints(a: string, b: string): number {
  const n = Math.min(a.length, b.length);
  for (let i = 0; i < n; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x !== y) return order(x) - order(y);
  }
  return a.length - b.length;
}

function order(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit;
}
