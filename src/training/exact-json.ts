/** JSON that brings every number back as it was, also those that JSON does not have: Infinity and what is no number. */
import { CheckpointError } from "../errors.ts";
import { type Files, readJsonObject } from "../files.ts";

const names = ["NaN", "Infinity", "-Infinity"];

export async function writeExactJson(files: Files, name: string, value: object): Promise<void> {
  const text = JSON.stringify(
    value,
    (_, item: unknown) => (typeof item === "number" && !Number.isFinite(item) ? { number: String(item) } : item),
    2,
  );
  await files.write(name, [new TextEncoder().encode(`${text}\n`)]);
}

/** What `writeExactJson` wrote. A CheckpointError where keys of `required` are missing. */
export async function readExactJson<T extends object>(
  files: Files,
  name: string,
  required: readonly (keyof T & string)[],
): Promise<T> {
  const value = revived(await readJsonObject(files, name)) as T;
  const missing = required.filter((key) => value[key] === undefined);
  if (missing.length === 0) return value;
  throw new CheckpointError({
    operation: `read ${name} of ${files.where}`,
    expected: `\`${missing.join("`, `")}\``,
    got: `only ${Object.keys(value).join(", ")}`,
    fix: "Resume from another checkpoint.",
  });
}

function revived(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(revived);
  if (typeof value !== "object" || value === null) return value;
  const { number } = value as { number?: unknown };
  if (typeof number === "string" && names.includes(number) && Object.keys(value).length === 1) return Number(number);
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, revived(item)]));
}
