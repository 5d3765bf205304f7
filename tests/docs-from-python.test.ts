/**
 * docs/from-python.md leaves nothing of the reference's page out, and every test that it names exists: the file, a test of that
 * title in it, and where a fixture is named, a case of that name in the fixture, which the file reads.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { posix } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { readFixture } from "./support/tokenizer-fixtures.ts";

const root = fileURLToPath(new URL("../", import.meta.url));
const read = (path: string): string => readFileSync(`${root}${path}`, "utf8");
const page = read("docs/from-python.md");
const { members } = readFixture<{ members: { [name: string]: string[] } }>("reference-page.json");

interface Proof {
  readonly file: string;
  readonly title: string;
  readonly fixture: string | undefined;
}

/** Where the links of the page's end lead to: `[name]: ../tests/x.test.ts`. */
const files = new Map([...page.matchAll(/^\[([^\]]+)\]: \.\.\/(\S+)$/gm)].map(([, name, file]) => [name!, file!]));

/** Links to test files, and what is quoted behind each: `[name] "title", "case" of `fixture.json``. */
function proofs(text: string): Proof[] {
  const quoted = '"[^"]+"(?: of `[^`]+`)?';
  return [...text.matchAll(new RegExp(`\\[([^\\]]+)\\] (${quoted}(?:, ${quoted})*)`, "g"))].flatMap(
    ([, name, titles]) =>
      [...titles!.matchAll(/"([^"]+)"(?: of `([^`]+)`)?/g)].map(([, title, fixture]) => ({
        file: files.get(name!) ?? `no file for [${name}]`,
        title: title!,
        fixture,
      })),
  );
}

/** Whether a file has a test or a group of tests of that title. */
function hasTitle(source: string, title: string): boolean {
  const escaped = title.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");
  const call = "(?:\\b(?:test|it|describe)(?:\\.\\w+)*|\\))";
  return new RegExp(`${call}\\(\\s*(["'\`])${escaped}\\1`).test(source);
}

function hasCase(value: unknown, name: string): boolean {
  if (typeof value !== "object" || value === null) return false;
  const own = value as { name?: unknown; case?: unknown };
  return own.name === name || own.case === name || Object.values(value).some((one) => hasCase(one, name));
}

/** Whether a test file, or a file of tests/support that it imports, has this text. */
function reads(file: string, source: string, text: string): boolean {
  const support = [...source.matchAll(/from "(\.[^"]*\/support\/[^"]+\.ts)"/g)].map(([, path]) =>
    read(posix.join(posix.dirname(file), path!)),
  );
  return [source, ...support].some((one) => one.includes(text));
}

/** The text under a heading, to the next one. */
function section(heading: string): string {
  const parts = page.split(/^## /m).filter((part) => part.startsWith(`${heading}\n`));
  expect(parts, `a section "${heading}"`).toHaveLength(1);
  return parts[0]!;
}

const all = proofs(page);

describe("every test that is named exists", () => {
  it("every file that is linked is a proof of something", () => {
    const named = new Set(all.map(({ file }) => file));
    expect([...files.values()].filter((file) => !named.has(file))).toEqual([]);
    expect(all.length).toBeGreaterThan(200);
  });

  it.each([...new Set(all.map(({ file }) => file))])("%s", (file) => {
    expect(existsSync(`${root}${file}`), `${file} is a file`).toBe(true);
    const source = read(file);
    for (const { title, fixture } of all.filter((proof) => proof.file === file)) {
      if (fixture === undefined) {
        expect(hasTitle(source, title), `${file} has a test "${title}"`).toBe(true);
        continue;
      }
      const folder = posix.dirname(fixture);
      const mentioned = folder === "." ? fixture : `${folder}/`;
      expect(reads(file, source, mentioned), `${file} reads ${fixture}`).toBe(true);
      expect(hasCase(readFixture(fixture), title), `${fixture} has a case "${title}"`).toBe(true);
    }
  });

  it("a title that is none, and a case that is none, are found", () => {
    const source = read("tests/docs-from-python.test.ts");
    expect(hasTitle(source, "every test that is named exists")).toBe(true);
    expect(hasTitle(source, "every test that is named")).toBe(false);
    expect(hasTitle(source, "a section")).toBe(false);
    expect(hasCase({ cases: [{ name: "labels" }] }, "labels")).toBe(true);
    expect(hasCase({ cases: [{ about: "labels" }] }, "labels")).toBe(false);
  });
});

describe("nothing of the page is left out", () => {
  it("every program of examples/reference-page is named", () => {
    const names = readdirSync(`${root}examples/reference-page`);
    expect(names.filter((name) => !page.includes(`../examples/reference-page/${name})`))).toEqual([]);
  });

  it.each(Object.entries(members))("%s", (name, parts) => {
    const [owner, method] = name.split(".");
    const text = owner!.endsWith("Output") ? rowOf(owner!) : section(owner!);
    if (method !== undefined) expect(text).toContain(method);
    expect(parts.filter((part) => !new RegExp(`\\b${part}\\b`).test(text))).toEqual([]);
  });

  /** Output classes are rows of one table. */
  function rowOf(name: string): string {
    const rows = section("Output classes")
      .split("\n")
      .filter((line) => line.startsWith(`| ${name} |`));
    expect(rows, `a row of ${name}`).toHaveLength(1);
    return rows[0]!;
  }

  it("the disagreements are numbered, and each has a test", () => {
    const rows = section("Where the page and the code disagree")
      .split("\n")
      .filter((line) => /^\| \d+ \|/.test(line));
    expect(rows.map((row) => Number(row.split("|")[1]))).toEqual(rows.map((_, i) => i + 1));
    expect(rows.filter((row) => proofs(row).length === 0)).toEqual([]);
    expect(rows.length).toBeGreaterThanOrEqual(40);
  });
});
