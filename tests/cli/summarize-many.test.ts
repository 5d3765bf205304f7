/** `led summarize` of several documents, of documents that are no plain text, and in a terminal. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { led } from "../support/command.ts";
import { docxBytes, paragraph } from "../support/docx-writer.ts";
import { pdf } from "../support/pdf-writer.ts";
import { type ModelFolder, tinyLed } from "../support/tiny-led.ts";

let model: ModelFolder;
let folder = "";

beforeAll(async () => {
  model = await tinyLed();
  folder = join(model.path, "documents");
  mkdirSync(folder);
});

afterAll(() => model.remove());

function file(name: string, content: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

const withTiny = (...args: string[]) => led("summarize", ...args, "--model", model.path);

/** What `led` prints of each alone. */
async function alone(path: string, ...flags: string[]): Promise<string> {
  const { exitCode, stdout } = await withTiny(path, ...flags);
  expect(exitCode).toBe(0);
  return stdout;
}

/** Runs with standard output as a terminal of so many columns. */
async function inTerminal<T>(columns: number, work: () => Promise<T>): Promise<T> {
  const before = { isTTY: process.stdout.isTTY, columns: process.stdout.columns };
  Object.assign(process.stdout, { isTTY: true, columns });
  try {
    return await work();
  } finally {
    Object.assign(process.stdout, before);
  }
}

describe("several documents", () => {
  const texts = ["a few words", "some other words, and more of them", "b"];
  const paths = () => texts.map((text, i) => file(`${i}.txt`, text));

  test("each below its name, in the order in which they are given", async () => {
    const [first, second, third] = paths() as [string, string, string];
    const parts = [];
    for (const path of [first, second, third]) parts.push(`==> ${path} <==\n${await alone(path)}`);
    const outcome = await withTiny(first, second, third);
    expect(outcome).toEqual({ exitCode: 0, stdout: parts.join("\n"), stderr: "" });
  });

  test("--json: a line each", async () => {
    const { exitCode, stdout } = await withTiny(...paths(), "--json");
    expect(exitCode).toBe(0);
    const lines = stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as { file: string; summary_text: string });
    expect(lines.map((line) => line.file)).toEqual(paths());
    for (const line of lines) {
      expect({ ...line, seconds: 0 }).toEqual({ ...JSON.parse(await alone(line.file, "--json")), seconds: 0 });
    }
  });

  test("bad ones do not keep the others from their summaries", async () => {
    const [first, , third] = paths() as [string, string, string];
    const empty = file("empty.txt", "");
    const dashes = file("dashes.txt", "---");
    const outcome = await withTiny(first, empty, dashes, "none.txt", third, "--extractive", "--max-new-tokens", "16");
    expect(outcome).toEqual({
      exitCode: 1,
      stdout:
        `==> ${first} <==\n${await alone(first, "--extractive", "--max-new-tokens", "16")}\n` +
        `==> ${third} <==\n${await alone(third, "--extractive", "--max-new-tokens", "16")}`,
      stderr:
        `led: read ${empty}: expected a document, got no bytes. Is the file empty?\n` +
        "led: read none.txt: expected a file, got none of that name. Check the path.\n" +
        `led: ${dashes}: summarize, extractive: expected a document with at least one whole sentence in what is read of it, got none\n`,
    });
  });

  test("nothing is loaded where none can be read", async () => {
    const outcome = await led("summarize", "none.txt", "nothing.txt", "--model", join(folder, "no-model"));
    expect(outcome).toEqual({
      exitCode: 1,
      stdout: "",
      stderr: ["none.txt", "nothing.txt"]
        .map((name) => `led: read ${name}: expected a file, got none of that name. Check the path.\n`)
        .join(""),
    });
  });

  test("what concerns them all ends the command with one line", async () => {
    const { exitCode, stdout, stderr } = await withTiny(...paths(), "--max-new-tokens", "4000");
    expect([exitCode, stdout]).toEqual([1, ""]);
    expect(stderr).toMatch(/^led: summarize: expected a summary of at most [^\n]+\n$/);
    expect((await withTiny(...paths(), "--max-new-tokens", "4000", "--strategy", "hierarchical")).stderr).toBe(stderr);
  });

  test("what is cut is said of each by its name", async () => {
    const long = file("long.txt", "a".repeat(60));
    const { exitCode, stderr } = await withTiny(long, file("short.txt", "a"));
    expect([exitCode, stderr]).toEqual([
      0,
      `led: ${long} has 62 tokens and the model holds 40: the last 22 were not read.\n`,
    ]);
  });
});

describe("--strategy", () => {
  const long = "Ab cd ef gh. ".repeat(12).trim();

  test("hierarchical reads all of a document", async () => {
    const path = file("long.txt", long);
    const { exitCode, stdout, stderr } = await withTiny(path, "--strategy", "hierarchical", "--json");
    expect([exitCode, stderr]).toEqual([0, ""]);
    const result = JSON.parse(stdout) as { strategy: string; chunks: number; levels: number; source_tokens: number };
    const { source_tokens } = JSON.parse(await alone(path, "--json")) as { source_tokens: number };
    expect(result).toMatchObject({ strategy: "hierarchical", truncated_tokens: 0, source_tokens });
    expect(result.chunks).toBeGreaterThan(1);
    expect(result.levels).toBeGreaterThan(1);
  });

  test("truncate is what is done anyway", async () => {
    const path = file("long.txt", long);
    const said = JSON.parse(await alone(path, "--strategy", "truncate", "--json"));
    const plain = JSON.parse(await alone(path, "--json"));
    expect(said).toEqual({ ...plain, strategy: "truncate", chunks: 1, levels: 1, seconds: expect.any(Number) });
  });

  test("an unknown one is wrong usage", async () => {
    expect(await withTiny("a.txt", "--strategy", "hierarchy")).toEqual({
      exitCode: 2,
      stdout: "",
      stderr:
        "led: option '--strategy <name>' argument 'hierarchy' is invalid. Allowed choices are truncate, hierarchical.\n",
    });
  });
});

describe("documents of other kinds", () => {
  const flags = ["--extractive", "--max-sentences", "2", "--max-new-tokens", "16"];
  const sentences = ["Ab c.", "De fg."];

  test("sentences of a PDF have their pages", async () => {
    const pages = sentences.map((text) => [{ text, x: 60, y: 60 }]);
    const path = file("a.pdf", pdf(pages));
    const lines = (await alone(path, ...flags)).trimEnd().split("\n");
    for (const line of lines) expect(sentences.map((text, i) => `p. ${i + 1}: ${text}`)).toContain(line);
    const json = JSON.parse(await alone(path, ...flags, "--json")) as { sentences: { text: string; page: number }[] };
    expect(json).toMatchObject({ format: "pdf" });
    expect(json.sentences.map(({ page, text }) => `p. ${page}: ${text}`)).toEqual(lines);
  });

  test("sentences of a Word document and of a page have their paragraphs", async () => {
    const word = file("a.docx", docxBytes(sentences.map(paragraph).join("")));
    const page = file("a.html", sentences.map((text) => `<p>${text}</p>`).join("\n"));
    const printed = await alone(word, ...flags);
    for (const line of printed.trimEnd().split("\n")) {
      expect(sentences.map((text, i) => `¶ ${i + 1}: ${text}`)).toContain(line);
    }
    expect(await alone(page, ...flags)).toBe(printed);
  });
});

describe("in a terminal", () => {
  test("lines are as wide as it, and elsewhere they are not wrapped", async () => {
    const sentence = "Ab cd ef gh ij.";
    const path = file("wide.pdf", pdf([[{ text: sentence, x: 60, y: 60 }]]));
    const flags = ["--extractive", "--max-new-tokens", "16"];
    expect(await alone(path, ...flags)).toBe(`p. 1: ${sentence}\n`);
    expect(await inTerminal(20, () => alone(path, ...flags))).toBe("p. 1: Ab cd ef gh\n      ij.\n");
  });
});
