/** `led summarize` where all is well: the summary on standard output, everything else on standard error. */
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { selectorNotice, writerNotice } from "../../src/cli/embedded.ts";
import { led } from "../support/command.ts";
import { type ModelFolder, tinyLed } from "../support/tiny-led.ts";

let model: ModelFolder;

beforeAll(async () => {
  model = await tinyLed();
});

afterAll(() => model.remove());

function text(content: string): string {
  const path = join(model.path, "text.txt");
  writeFileSync(path, content);
  return path;
}

const withTiny = (path: string, ...more: string[]) => led("summarize", path, "--model", model.path, ...more);

describe("a tiny model", () => {
  test("prints the summary and a line end, and no more", async () => {
    const plain = await withTiny(text("a few words"));
    const json = await withTiny(text("a few words"), "--json");
    const { summary_text } = JSON.parse(json.stdout) as { summary_text: string };
    expect(summary_text).not.toBe("");
    expect(plain).toEqual({ exitCode: 0, stdout: `${summary_text}\n`, stderr: "" });
  });

  test("--json says what was computed, how and where", async () => {
    const file = text("a few words");
    const { exitCode, stdout, stderr } = await withTiny(file, "--json", "--device", "cpu");
    expect([exitCode, stderr]).toEqual([0, ""]);
    expect(stdout).toMatch(/^[^\n]+\n$/);
    expect(JSON.parse(stdout)).toEqual({
      file,
      format: "text",
      model: model.path,
      device: "cpu",
      summary_text: expect.any(String),
      unwrapped_lines: 0,
      source_tokens: 13,
      truncated_tokens: 0,
      summary_tokens: expect.any(Number),
      global_attention: [0],
      generation: {
        num_beams: 2,
        max_length: 12,
        min_length: 4,
        length_penalty: 1,
        early_stopping: false,
        no_repeat_ngram_size: 0,
        encoder_no_repeat_ngram_size: 0,
        repetition_penalty: 1,
        do_sample: false,
      },
      seconds: expect.any(Number),
    });
  });

  test("--extractive prints whole sentences of the document with their lines, --json with their offsets", async () => {
    const content = "Aha\n\nAb c. De\nfg. Hi.\n";
    const plain = await withTiny(text(content), "--extractive", "--max-new-tokens", "16");
    expect([plain.exitCode, plain.stderr]).toEqual([0, ""]);
    const lines = new Map([
      ["Aha", 1],
      ["Ab c.", 3],
      ["De", 3],
      ["fg.", 4],
      ["Hi.", 4],
    ]);
    const printed = plain.stdout.trimEnd().split("\n");
    expect(printed.length).toBeGreaterThan(0);
    for (const line of printed) {
      const [, number, sentence] = /^(\d+): (.*)$/.exec(line)!;
      expect(lines.get(sentence!)).toBe(Number(number));
    }
    const json = await withTiny(text(content), "--max-sentences", "2", "--json", "--max-new-tokens", "16");
    const { sentences, summary_text } = JSON.parse(json.stdout) as {
      sentences: { text: string; start: number; end: number; line: number }[];
      summary_text: string;
    };
    expect(sentences.length).toBeGreaterThan(0);
    expect(sentences.length).toBeLessThanOrEqual(2);
    for (const one of sentences) {
      expect(content.slice(one.start, one.end)).toBe(one.text);
      expect(lines.get(one.text)).toBe(one.line);
    }
    expect(summary_text).toBe(sentences.map((one) => one.text).join(" "));
  });

  test("--extractive of a document without sentences, and without room for one", async () => {
    expect(await withTiny(text("---\n***\n"), "--extractive")).toMatchObject({
      exitCode: 1,
      stderr:
        "led: summarize, extractive: expected a document with at least one whole sentence in what is read of it, got none\n",
    });
    const short = await withTiny(text("Ab cd ef."), "--extractive", "--max-new-tokens", "3");
    expect(short.exitCode).toBe(1);
    expect(short.stderr).toContain("Raise max_new_tokens.");
  });

  test("wrapped lines are read as one, unless --no-unwrap keeps them", async () => {
    const path = text(
      "The lines of this paragraph were wrapped by an editor\nat some column, as lines of text files are.",
    );
    const joined = await withTiny(path, "--json");
    const kept = await withTiny(path, "--json", "--no-unwrap");
    expect(JSON.parse(joined.stdout)).toMatchObject({ unwrapped_lines: 1 });
    expect(JSON.parse(kept.stdout)).toMatchObject({ unwrapped_lines: 0 });
  });

  test("flags change the generation settings", async () => {
    const flags = ["--num-beams", "1", "--max-new-tokens", "6", "--min-length", "7", "--threads", "1"];
    const { stdout } = await withTiny(text("a few words"), "--json", ...flags);
    const { generation, summary_tokens } = JSON.parse(stdout);
    expect(generation).toMatchObject({ num_beams: 1, max_length: 7, min_length: 7 });
    expect(summary_tokens).toBe(7);
  });

  test("--device wasm is the engine of WebAssembly, with the same summary", async () => {
    const native = JSON.parse((await withTiny(text("a few words"), "--json")).stdout);
    const wasm = JSON.parse((await withTiny(text("a few words"), "--json", "--device", "wasm")).stdout);
    expect(wasm).toEqual({ ...native, device: "wasm", seconds: expect.any(Number) });
  });

  test("a byte order mark is no part of the text", async () => {
    const plain = JSON.parse((await withTiny(text("a few words"), "--json")).stdout);
    const marked = JSON.parse((await withTiny(text("\ufeffa few words"), "--json")).stdout);
    expect(marked).toEqual({ ...plain, seconds: expect.any(Number) });
  });

  test("what is cut is said on standard error and in JSON", async () => {
    const stderr = "led: the document has 62 tokens and the model holds 40: the last 22 were not read.\n";
    const { exitCode, ...said } = await withTiny(text("a".repeat(60)));
    expect([exitCode, said.stderr]).toEqual([0, stderr]);
    const json = await withTiny(text("a".repeat(60)), "--json");
    expect(json.stderr).toBe(stderr);
    expect(JSON.parse(json.stdout)).toMatchObject({ source_tokens: 62, truncated_tokens: 22 });
    const whole = JSON.parse((await withTiny(text("a".repeat(38)), "--json", "--no-truncate")).stdout);
    expect(whole).toMatchObject({
      source_tokens: 40,
      truncated_tokens: 0,
      summary_text: JSON.parse(json.stdout).summary_text,
    });
  });

  test("warnings are lines on standard error", async () => {
    const { exitCode, stderr } = await withTiny(text("a few words"), "--max-new-tokens", "2");
    expect(exitCode).toBe(0);
    expect(stderr).toMatch(/^led: Unfeasible length constraints: `min_length` \(4\) is larger than [^\n]+\n$/);
  });
});

describe("--progress without a terminal", () => {
  test("stage, percentage, rate and time left, a line each", async () => {
    const { exitCode, stdout, stderr } = await withTiny(text("a few words"), "--progress");
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^[^\n]*\n$/);
    const lines = stderr.trimEnd().split("\n");
    for (const line of lines) {
      expect(line).toMatch(/^(encode|prepare|generate) \d+%(, [\d.]+ tokens\/s, (\d+ min )?\d+ s left)?$/);
    }
    // Of 13 tokens: the embedding and two layers; then one decoder layer; then tokens.
    expect(lines[0]).toBe("encode 30%");
    expect(lines[1]).toMatch(/^encode 100%, \d+(\.\d)? tokens\/s, 0 s left$/);
    expect(lines[2]).toBe("prepare 100%");
    expect(lines[3]).toMatch(/^generate \d+%$/);
  });

  test("none is shown unless it is asked for", async () => {
    expect((await withTiny(text("a few words"))).stderr).toBe("");
  });
});

const root = fileURLToPath(new URL("../../", import.meta.url));

/** Prose of this repository: what people read, not what programs do. */
function documents(folder: string): string[] {
  const skipped = ["node_modules", "dist", "fixtures", "models"];
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return entry.name.startsWith(".") || skipped.includes(entry.name) ? [] : documents(path);
    return entry.isFile() && /(^LICENSE|\.(md|txt))$/.test(entry.name) ? [path] : [];
  });
}

interface Printed {
  readonly sentences: readonly { readonly text: string; readonly start: number; readonly line: number }[];
  readonly summary_text: string;
  readonly source_tokens: number;
  readonly truncated_tokens: number;
}

/** By default sentences are chosen, and none of the document is left out. */
async function choosesWithEmbedded(path: string): Promise<Printed> {
  const { exitCode, stdout, stderr } = await led("summarize", path, "--json");
  expect([exitCode, stderr]).toEqual([0, `led: ${selectorNotice}\n`]);
  const result = JSON.parse(stdout);
  expect(result.model).toBe("embedded");
  // As the command reads it: without a byte order mark.
  const document = readFileSync(path, "utf8")
    .replace(/^\uFEFF/, "")
    .replaceAll("\r\n", "\n");
  expect(result.sentences.length).toBeGreaterThan(0);
  for (const { text, start, end, line } of result.sentences) {
    // Wrapped lines are read as one.
    expect(document.slice(start, end).replaceAll("\n", " ")).toBe(text.replaceAll("\n", " "));
    expect(document.slice(0, start).split("\n").length).toBe(line);
  }
  return result;
}

async function writesWithEmbedded(path: string): Promise<Printed> {
  const { exitCode, stdout, stderr } = await led("summarize", path, "--json", "--abstractive");
  expect(stderr).toContain(`led: ${writerNotice}\n`);
  expect(exitCode).toBe(0);
  const result = JSON.parse(stdout);
  expect(result).toMatchObject({ model: "embedded", global_attention: [0] });
  expect(stderr.includes("were not read")).toBe(result.truncated_tokens > 0);
  // A sentence: several words up to a full stop.
  expect(result.summary_text).toMatch(/\w+(\W+\w+){4,}[^.!?]*[.!?]/);
  return result;
}

describe("the embedded models", () => {
  const document = `# Ships\n\n${["The rudder turns the ship.", "Sails catch the wind.", "Oars need many people.", "Ships float."].join(" ")}\n`;

  test("choose sentences, each printed with its line; as many as --max-sentences says", async () => {
    const path = text(document);
    const plain = await led("summarize", path);
    expect(plain).toMatchObject({ exitCode: 0, stderr: `led: ${selectorNotice}\n` });
    expect(plain.stdout).toMatch(/^(?:3: \S.*\n){1,3}$/);
    const one = await led("summarize", path, "--max-sentences", "1", "--extractive");
    expect(one.stdout).toMatch(/^3: [^\n]+\n$/);
  });

  test.each([
    ["--abstractive"],
    ["--num-beams", "2"],
    ["--max-new-tokens", "40"],
    ["--min-length", "8"],
    ["--strategy", "truncate"],
  ])("write where %s asks for what only a model has that writes", async (...flags) => {
    const { exitCode, stderr } = await led("summarize", text(document), ...flags);
    expect([exitCode, stderr]).toEqual([0, `led: ${writerNotice}\n`]);
  });

  test("--abstractive and --extractive exclude each other; a document without sentences is told", async () => {
    const both = await led("summarize", text(document), "--abstractive", "--extractive");
    expect(both).toMatchObject({ exitCode: 2, stdout: "" });
    expect(both.stderr).toContain("'--abstractive' and '--extractive' exclude each other");
    const empty = await led("summarize", text("---\n***\n"));
    expect(empty).toMatchObject({ exitCode: 1, stdout: "" });
    expect(empty.stderr).toContain("led: selectSentences: expected a text with at least one sentence, got none\n");
  });

  test("this repository's longest document", async () => {
    const [longest] = documents(root).sort((a, b) => statSync(b).size - statSync(a).size);
    await choosesWithEmbedded(longest!);
    const { source_tokens } = await writesWithEmbedded(longest!);
    expect(source_tokens, relative(root, longest!)).toBeGreaterThan(1000);
  });

  const data = join(process.env.LED_DATA ?? join(root, "../shared/data"), "documents");
  const long = existsSync(data) ? readdirSync(data).filter((name) => name.endsWith(".txt")) : [];

  test.skipIf(long.length === 0)("the long documents of LED_DATA (skipped where that folder is missing)", async () => {
    for (const name of long) {
      await choosesWithEmbedded(join(data, name));
      const result = await writesWithEmbedded(join(data, name));
      expect(result.truncated_tokens, name).toBeGreaterThan(0);
    }
  });

  test("is what --model embedded names, and stays in its folder", async () => {
    const before = readdirSync(join(root, "models/embedded"));
    const path = text(readFileSync(join(root, "LICENSE"), "utf8").slice(0, 2000));
    const named = await led("summarize", path, "--model", "embedded");
    expect(named).toEqual(await led("summarize", path, "--abstractive"));
    expect(named.exitCode).toBe(0);
    expect(readdirSync(join(root, "models/embedded"))).toEqual(before);
  });
});
