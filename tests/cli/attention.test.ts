/** `led summarize --attention`: the page beside the summary, and what is refused. */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { led } from "../support/command.ts";
import { type ModelFolder, tinyLed } from "../support/tiny-led.ts";

let model: ModelFolder;
let file: string;
let page: string;

const content = `Ab <b>c</b>.
De "fg". Hi.
`;

beforeAll(async () => {
  model = await tinyLed();
  file = join(model.path, "text.txt");
  page = join(model.path, "page.html");
  writeFileSync(file, content);
});

afterAll(() => model.remove());

const summarize = (...args: string[]) => led("summarize", ...args, "--model", model.path);

test("the summary is printed as without it, and the page is written", async () => {
  const plain = await summarize(file);
  expect(await summarize(file, "--attention", page)).toEqual(plain);
  expect(plain).toMatchObject({ exitCode: 0, stderr: "" });
  const html = readFileSync(page, "utf8");
  expect(html).toMatch(/^<!doctype html>\n[\s\S]*<\/html>\n$/);
  expect(html).toContain("<h1>Summary of text.txt</h1>");
  expect(html).toContain("Ab &lt;b&gt;c&lt;/b&gt;.");
  expect(html).toContain(plain.stdout.trimEnd());
});

test("a page that is there is replaced, a folder that is not there is made, and nothing else is left", async () => {
  writeFileSync(page, "old");
  const nested = join(model.path, "pages", "of today", "page.html");
  await summarize(file, "--attention", page);
  await summarize(file, "--attention", nested);
  expect(readFileSync(page, "utf8")).toBe(readFileSync(nested, "utf8"));
  expect(readdirSync(join(model.path, "pages", "of today"))).toEqual(["page.html"]);
});

test("--extractive, --json and --progress go with it", async () => {
  const flags = ["--extractive", "--max-new-tokens", "16", "--json", "--progress"];
  const { exitCode, stdout, stderr } = await summarize(file, "--attention", page, ...flags);
  expect(exitCode).toBe(0);
  expect(stderr).toMatch(/\nattention 0%\nattention 100%/);
  const { sentences } = JSON.parse(stdout) as { sentences: { text: string }[] };
  const labels = [...readFileSync(page, "utf8").matchAll(/<label for="c\d+">(.*?)<\/label>/g)].map(([, text]) => text!);
  const shown = labels.filter((text) => text !== "Whole summary").map((text) => text.replaceAll("&quot;", '"'));
  expect(shown).toEqual(sentences.map(({ text }) => text.replaceAll("<", "&lt;").replaceAll(">", "&gt;")));
});

test("--json says the same with it as without", async () => {
  const flags = [file, "--json", "--strategy", "truncate"];
  const plain = JSON.parse((await summarize(...flags)).stdout);
  expect(plain).toMatchObject({ strategy: "truncate", chunks: 1, levels: 1 });
  const beside = JSON.parse((await summarize(...flags, "--attention", page)).stdout);
  expect(beside).toEqual({ ...plain, seconds: expect.any(Number) });
});

test("where the page cannot be written, the summary is printed first", async () => {
  const folder = join(model.path, "folder.html");
  mkdirSync(folder, { recursive: true });
  const { exitCode, stdout, stderr } = await summarize(file, "--attention", folder);
  expect([exitCode, stdout]).toEqual([1, (await summarize(file)).stdout]);
  expect(stderr).toMatch(/^led: write [^\n]*folder\.html[^\n]*\n$/);
});

test.each([
  [(one: string) => [one, one, "-"], "option '--attention' is for one document, got 3"],
  [
    (one: string) => [one, "--strategy", "hierarchical"],
    "option '--attention' is for summaries of the document itself: --strategy hierarchical summarizes summaries of its parts",
  ],
])("refused as wrong usage, %#", async (args, message) => {
  const other = join(model.path, "other.html");
  const outcome = await summarize(...args(file), "--attention", other);
  expect(outcome).toEqual({ exitCode: 2, stdout: "", stderr: `led: ${message}\n` });
  expect(existsSync(other)).toBe(false);
});

test("the document is not overwritten", async () => {
  const outcome = await summarize(file, "--attention", join(model.path, "pages", "..", "text.txt"));
  expect(outcome).toEqual({
    exitCode: 2,
    stdout: "",
    stderr: "led: option '--attention' would overwrite the document\n",
  });
  expect(readFileSync(file, "utf8")).toBe(content);
});
