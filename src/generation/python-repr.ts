/** Values as the reference's own messages print them: Python's str of None, True, 1.0, [1, 2] and {(1,): 2.0}. */
import { pythonFloat } from "../python-json.ts";

/** `float` prints whole numbers as 1.0. Strings are printed bare, inside lists in quotes. */
export function pythonStr(value: unknown, float = false): string {
  return typeof value === "string" ? value : repr(value, float);
}

/** A dict with tuples for keys and floats for values, from pairs. */
export function pythonTupleDict(pairs: readonly (readonly [readonly unknown[], unknown])[]): string {
  const tuple = (ids: readonly unknown[]) =>
    `(${ids.map((id) => repr(id, false)).join(", ")}${ids.length === 1 ? "," : ""})`;
  return `{${pairs.map(([ids, value]) => `${tuple(ids)}: ${repr(value, true)}`).join(", ")}}`;
}

function repr(value: unknown, float: boolean): string {
  if (value === null || value === undefined) return "None";
  if (value === true) return "True";
  if (value === false) return "False";
  if (typeof value === "number") {
    if (!Number.isFinite(value)) return Number.isNaN(value) ? "nan" : value > 0 ? "inf" : "-inf";
    return float || !Number.isInteger(value) ? pythonFloat(value) : String(value);
  }
  if (typeof value === "string") return `'${value}'`;
  if (Array.isArray(value)) return `[${value.map((item) => repr(item, float)).join(", ")}]`;
  if (typeof value === "object") {
    const entries = Object.entries(value).map(([key, item]) => `'${key}': ${repr(item, float)}`);
    return `{${entries.join(", ")}}`;
  }
  return String(value);
}
