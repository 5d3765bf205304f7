/** `led train-tokenizer`: a complete new folder, or none. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { AutoTokenizer, LEDTokenizer } from "../../src/tokenizers/index.ts";
import { trainTokenizer } from "../../src/tokenizers/train-tokenizer.ts";
import { type BuiltCommand, buildCommand, ended, led } from "../support/command.ts";
import { readFixture, tinyText } from "../support/tokenizer-fixtures.ts";

const [small] = readFixture<{ cases: { texts: [string] }[] }>("training.json").cases;
const text = small!.texts[0];

let folder = "";
let target = "";

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "led-training-"));
  target = join(folder, "new", "folder");
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

function file(name: string, content: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

const jsonLines = (...objects: object[]) => objects.map((object) => `${JSON.stringify(object)}\n`).join("");

const train = (...args: string[]) => led("train-tokenizer", ...args, "--output", target);

const written = (name: string) => readFileSync(join(target, name), "utf8");

/** What the texts give, trained in this process. */
async function vocabularyOf(texts: readonly string[], vocab_size = 300): Promise<object> {
  return (await trainTokenizer(texts, { vocab_size })).get_vocab();
}

test("the small vocabulary of the tests, file for file", async () => {
  const args = ["--vocab-size", "1000", "--min-frequency", "1", "--model-max-length", "512"];
  const outcome = await train(file("text.txt", text), ...args);
  expect(outcome).toEqual({ exitCode: 0, stdout: `1000 tokens, 739 merges in ${target}\n`, stderr: "" });
  const names = ["merges.txt", "special_tokens_map.json", "tokenizer_config.json", "vocab.json"];
  expect(readdirSync(target).sort()).toEqual(names);
  for (const name of names) expect(written(name)).toBe(tinyText(name));
});

test("defaults: pairs that occur twice, and the released models' sizes; and what to do about fewer tokens", async () => {
  const { exitCode, stdout, stderr } = await train(file("text.txt", text));
  expect(exitCode).toBe(0);
  const [, tokens, merges] = /^(\d+) tokens, (\d+) merges in /.exec(stdout)!;
  expect(Number(tokens)).toBe(261 + Number(merges));
  expect(stderr).toBe(
    `led: ${tokens} tokens instead of 50265: no pair is left that occurs 2 times in the texts. ` +
      "Give more texts, or the model a vocabulary of this size.\n",
  );
  const tokenizer = await AutoTokenizer.from_pretrained(target);
  expect(tokenizer.model_max_length).toBe(16384);
  expect(tokenizer.get_vocab()).toEqual(await vocabularyOf([text], 50265));
  const { input_ids } = tokenizer("The keeper of the lighthouse");
  expect(tokenizer.decode(input_ids, { skip_special_tokens: true })).toBe("The keeper of the lighthouse");
});

test("several files, each a text of its own", async () => {
  const texts = ["low lower", "lowest of the low", "the lowlands"];
  const paths = texts.map((content, index) => file(`${index}.txt`, content));
  expect((await train(...paths, "--vocab-size", "300")).exitCode).toBe(0);
  const tokenizer = await LEDTokenizer.from_pretrained(target);
  expect(tokenizer.get_vocab()).toEqual(await vocabularyOf(texts));
});

describe("JSON Lines", () => {
  const rows = [
    { id: 1, document: "low lower\u2028lowest", summary: "low" },
    { id: 2, document: "the lowlands 灯台守", summary: "" },
  ];
  const documents = rows.map((row) => row.document);
  const all = rows.flatMap((row) => [row.document, row.summary]);

  test.each([
    ["one field", ["--jsonl-field", "document"], documents],
    ["names with commas", ["--jsonl-field", "document, summary"], all],
    ["the option again", ["--jsonl-field", "document", "--jsonl-field", "summary,document"], all],
  ])("%s", async (_, args, texts) => {
    const path = file("rows.jsonl", jsonLines(...rows));
    expect((await train(path, "--vocab-size", "300", ...args)).exitCode).toBe(0);
    expect((await LEDTokenizer.from_pretrained(target)).get_vocab()).toEqual(await vocabularyOf(texts));
  });

  test("packed, with empty lines, a byte order mark, CRLF, no end of the last line, beside a text", async () => {
    const lines = `\ufeff${jsonLines(...rows)}`.replaceAll("\n", "\r\n\r\n").trimEnd();
    const paths = [file("rows.JSONL.gz", gzipSync(lines)), file("text.txt", "lower and lower")];
    expect((await train(...paths, "--vocab-size", "300", "--jsonl-field", "document")).exitCode).toBe(0);
    const texts = [...documents, "lower and lower"];
    expect((await LEDTokenizer.from_pretrained(target)).get_vocab()).toEqual(await vocabularyOf(texts));
  });

  test("longer than a part of the file that is read at once", async () => {
    const texts = Array.from({ length: 40 }, (_, row) => `灯台守 ${row} `.repeat(200 + 97 * row));
    const path = file("rows.jsonl", jsonLines(...texts.map((document) => ({ document }))));
    expect((await train(path, "--vocab-size", "300", "--jsonl-field", "document")).exitCode).toBe(0);
    expect((await LEDTokenizer.from_pretrained(target)).get_vocab()).toEqual(await vocabularyOf(texts));
  });
});

test("--progress", async () => {
  const { exitCode, stdout, stderr } = await train(file("text.txt", text), "--vocab-size", "400", "--progress");
  expect(exitCode).toBe(0);
  expect(stdout).toBe(`400 tokens, 139 merges in ${target}\n`);
  expect(stderr).toMatch(/^read 100%\n(read 100%[^\n]*\n)?learn 100%[^\n]*\n$/);
});

describe("refuses", () => {
  /** Nothing was written: not even the folder. */
  async function refused(line: string, ...args: string[]): Promise<void> {
    const { exitCode, stdout, stderr } = await train(...args);
    expect([exitCode, stdout]).toEqual([1, ""]);
    expect(stderr.replaceAll(folder, "DIR")).toBe(`led: ${line}\n`);
    expect(existsSync(join(folder, "new"))).toBe(false);
  }

  test("a file that is not there, before it reads the others", async () => {
    const others = [file("empty.txt", ""), join(folder, "none.txt")];
    await refused("read DIR/none.txt: expected a file, got none. Check the path.", ...others);
  });

  test("a document that summarize would refuse", async () => {
    const line =
      "read DIR/a.txt: expected a PDF that can be read, got a damaged one (Invalid PDF structure) Is the file whole?";
    await refused(line, file("a.txt", "%PDF-1.7"));
  });

  test.each<[name: string, content: string | Uint8Array, line: string]>([
    ["a line that is no object", "\n[1]\n", "DIR/x.jsonl, line 2: expected a JSON object, got an array"],
    [
      "a field that is not there",
      '{"title": "a", "text": "b"}',
      "DIR/x.jsonl, line 1: expected a text in the field document, got the fields title, text. Name one of these with --jsonl-field.",
    ],
    [
      "a field that objects inherit",
      '{"__proto__": {"document": "a"}}',
      "DIR/x.jsonl, line 1: expected a text in the field document, got the fields __proto__. Name one of these with --jsonl-field.",
    ],
    [
      "a field that is no text",
      '{"document": null}',
      "DIR/x.jsonl, line 1: expected a text in the field document, got null",
    ],
    ["no line", "\n\n", "DIR/x.jsonl: expected a JSON object a line, got no line. Is the file empty?"],
    [
      "what is no UTF-8",
      Uint8Array.of(0x0a, 0x7b, 0xff),
      "DIR/x.jsonl: expected UTF-8 text, got a byte that is no UTF-8 after line 0. Is it the right file?",
    ],
    [
      "a character that the end cuts",
      Uint8Array.of(0x0a, 0xe2, 0x82),
      "DIR/x.jsonl: expected UTF-8 text, got a byte that is no UTF-8 after line 1. Is it the right file?",
    ],
  ])("%s", async (_, content, line) => {
    await refused(`read ${line}`, file("x.jsonl", content), "--jsonl-field", "document");
  });

  test("a line that is no JSON", async () => {
    const path = file("x.jsonl", '{"document": "a"}\n{"doc');
    const { exitCode, stderr } = await train(path, "--jsonl-field", "document");
    expect(exitCode).toBe(1);
    // The rest is the engine's own.
    expect(stderr).toMatch(/^led: read [^\n]*x\.jsonl, line 2: expected a JSON object, got [^\n]*JSON[^\n]*\n$/);
    expect(existsSync(join(folder, "new"))).toBe(false);
  });

  test.each([
    ["no gzip data", Buffer.from('{"document": "a"}'), "incorrect header check"],
    ["gzip data that is cut off", gzipSync('{"document": "a"}').subarray(0, 20), "unexpected end of file"],
  ])("%s", async (_, content, why) => {
    const line = `read DIR/x.jsonl.gz: expected gzip data, got other or damaged data: ${why}. Is the download complete?`;
    await refused(line, file("x.jsonl.gz", content), "--jsonl-field", "document");
  });

  test("a folder named as a file of lines", async () => {
    mkdirSync(join(folder, "x.jsonl"));
    const line = "read DIR/x.jsonl: expected a file, got a folder. Name a file in it.";
    await refused(line, join(folder, "x.jsonl"), "--jsonl-field", "document");
  });

  test("texts without a character", async () => {
    const path = file("x.jsonl", jsonLines({ document: "" }, { document: "" }));
    const line = "trainBytePairs: expected texts to learn from, got 2 without a character";
    await refused(line, path, "--jsonl-field", "document");
  });

  test("a folder that holds a model, before anything is read", async () => {
    mkdirSync(target, { recursive: true });
    writeFileSync(join(target, "config.json"), "mine");
    expect(await train(join(folder, "none.txt"))).toEqual({
      exitCode: 1,
      stdout: "",
      stderr: `led: write a model to ${target}: expected a folder without a model, got one that holds config.json. Name a new folder.\n`,
    });
    expect(readdirSync(target)).toEqual(["config.json"]);
    expect(written("config.json")).toBe("mine");
  });

  test("what cannot be written, and leaves other files of a folder that was there", async () => {
    mkdirSync(join(target, "vocab.json"), { recursive: true });
    writeFileSync(join(target, "notes.txt"), "mine");
    const { exitCode, stderr } = await train(file("text.txt", "low lower"), "--vocab-size", "262");
    expect(exitCode).toBe(1);
    expect(stderr).toBe(`led: write vocab.json in ${target}: expected a file name, got a folder of that name\n`);
    expect(readdirSync(target).sort()).toEqual(["notes.txt", "vocab.json"]);
  });
});

describe("wrong usage", () => {
  const whole = (option: string, value: string, least: number) =>
    `option '${option} <n>' argument '${value}' is invalid. Expected a whole number of at least ${least}.`;

  test.each([
    [["a.txt", "--vocab-size", "260"], whole("--vocab-size", "260", 261)],
    [["a.txt", "--min-frequency", "0"], whole("--min-frequency", "0", 1)],
    [["a.txt", "--model-max-length", "x"], whole("--model-max-length", "x", 1)],
    [[], "missing required argument 'file'"],
    [["a.txt", "b.jsonl"], "option '--jsonl-field <names>' is needed for b.jsonl: the fields that hold texts"],
    [
      ["a.txt", "-", "--jsonl-field", "text"],
      "option '--jsonl-field <names>' is for .jsonl and .jsonl.gz files, and there is none",
    ],
    [
      ["b.jsonl", "--jsonl-field", "a,,b"],
      "option '--jsonl-field <names>' argument 'a,,b' is invalid. Expected names with commas between them.",
    ],
  ])("%j", async (args, line) => {
    expect(await train(...args)).toEqual({ exitCode: 2, stdout: "", stderr: `led: ${line}\n` });
    expect(existsSync(join(folder, "new"))).toBe(false);
  });

  test("no folder", async () => {
    const stderr = "led: required option '--output <folder>' not specified\n";
    expect(await led("train-tokenizer", "a.txt")).toEqual({ exitCode: 2, stdout: "", stderr });
  });
});

describe("as a process of its own", () => {
  let command: BuiltCommand;

  beforeAll(() => {
    command = buildCommand();
  });

  afterAll(() => command.remove());

  test("- is standard input", async () => {
    const args = ["train-tokenizer", "-", file("more.txt", "the lowlands"), "--vocab-size", "300", "--output", target];
    const outcome = await command.run(args, { input: "low lower lowest" });
    expect(outcome).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/^\d+ tokens, \d+ merges in /) });
    const expected = await vocabularyOf(["low lower lowest", "the lowlands"]);
    expect((await LEDTokenizer.from_pretrained(target)).get_vocab()).toEqual(expected);
  });

  // Windows ends a process outright instead of signalling it.
  test.skipIf(process.platform === "win32")("Ctrl-C while it learns leaves no folder", async () => {
    // No word comes twice: hundreds of thousands of merges.
    const random = numbers(7);
    const words = Array.from({ length: 200_000 }, () => random().toString(36).slice(2));
    const path = file("words.txt", words.join(" "));
    const args = ["--vocab-size", "1000000", "--min-frequency", "1", "--progress", "--output", target];
    const child = command.start(["train-tokenizer", path, ...args]);
    let stderr = "";
    child.stderr.on("data", (data) => {
      stderr += data;
      if (/^learn \d+%/m.test(stderr)) child.kill("SIGINT");
    });
    expect(await ended(child)).toEqual({ exitCode: null, signal: "SIGINT" });
    expect(readdirSync(folder)).toEqual(["words.txt"]);
  });
});

/** Numbers from 0 to 1 that are the same in every run. */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}
