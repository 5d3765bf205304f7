/** `led translate`: every part of a document goes through the model, and what is between them stays. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { LEDForConditionalGeneration, LEDTokenizerFast } from "../../src/index.ts";
import { led } from "../support/command.ts";
import { type ModelFolder, tinyLed } from "../support/tiny-led.ts";

let model: ModelFolder;

beforeAll(async () => {
  model = await tinyLed();
});

afterAll(() => model.remove());

function file(name: string, content: string): string {
  const path = join(model.path, name);
  writeFileSync(path, content);
  return path;
}

const translate = (...args: string[]) => led("translate", "--model", model.path, "--device", "cpu", ...args);

/** What the model makes of a part alone, with room for twice its length and 32 tokens, as far as there are positions. */
async function written(...parts: string[]): Promise<string[]> {
  const tokenizer = await LEDTokenizerFast.from_pretrained(model.path);
  const generating = await LEDForConditionalGeneration.from_pretrained(model.path, { device: "cpu" });
  const made: string[] = [];
  for (const part of parts) {
    const { input_ids } = tokenizer(part);
    const ids = await generating.generate({
      input_ids: [input_ids],
      global_attention_mask: [input_ids.map((_, i) => (i === 0 ? 1 : 0))],
      max_new_tokens: 16,
    });
    made.push(tokenizer.batch_decode(ids, { skip_special_tokens: true })[0]!.trim());
  }
  await generating.dispose();
  return made;
}

const content = "# A title\n\n  ab cd! ef\n---\n- gh ij\n";

test("each paragraph in its place", async () => {
  const [title, paragraph, item] = await written("A title", "ab cd! ef", "gh ij");
  const { exitCode, stdout } = await translate(file("text.txt", content));
  expect([exitCode, stdout]).toEqual([0, `# ${title}\n\n  ${paragraph}\n---\n- ${item}\n`]);
});

test("--by sentence, whatever the batch", async () => {
  const [title, one, two, item] = await written("A title", "ab cd!", "ef", "gh ij");
  for (const size of ["1", "3", "8"]) {
    const { stdout } = await translate(file("text.txt", content), "--by", "sentence", "--batch-size", size);
    expect(stdout).toBe(`# ${title}\n\n  ${one} ${two}\n---\n- ${item}\n`);
  }
});

test("--by document", async () => {
  const [all] = await written("ab cd. ef\n\ngh ij");
  expect((await translate(file("text.txt", "ab cd. ef\n\ngh ij\n"), "--by", "document")).stdout).toBe(`${all}\n`);
});

test("a paragraph that is longer than the model is taken by groups of sentences, none left out", async () => {
  const sentences = ["ab cd ef gh!", "ij kl mn op qr st!", "uv wx yz ab cd!", "ef gh ij kl mn op!"];
  const path = file("long.txt", `${sentences.join(" ")}\n`);
  const { exitCode, stdout } = await translate(path, "--json");
  expect(exitCode).toBe(0);
  const result = JSON.parse(stdout);
  const texts = result.parts.map(({ start, end }: { start: number; end: number }) =>
    sentences.join(" ").slice(start, end),
  );
  expect(texts.length).toBeGreaterThan(1);
  expect(texts.join(" ")).toBe(sentences.join(" "));
  expect(result.translation_text).toBe(`${(await written(...texts)).join(" ")}\n`);
});

test("--json: parts with their places, and which were cut", async () => {
  const path = file("text.txt", content);
  const { stdout, stderr } = await translate(path, "--json", "--max-new-tokens", "2");
  const result = JSON.parse(stdout);
  expect(result).toMatchObject({
    file: path,
    model: model.path,
    device: "cpu",
    unwrapped_lines: 0,
    seconds: expect.any(Number),
    parts: [
      { start: 2, end: 9, line: 1, source_tokens: 8 },
      { start: 13, end: 22, line: 3, source_tokens: 10 },
      { start: 29, end: 34, line: 5, source_tokens: 7 },
    ],
  });
  for (const { start, end } of result.parts) expect(content.slice(start, end)).toMatch(/^\w.*\w$/);
  // The model's settings ask for four tokens at least, so that two cannot be its own end.
  expect(result.parts.map(({ cut }: { cut: boolean }) => cut)).toEqual([true, true, true]);
  expect(stderr).toContain(
    `led: ${path}: the translation of lines 1, 3, 5 was ended by its length, and something may be missing: raise --max-new-tokens,`,
  );
});

test("wrapped lines are one paragraph; --no-unwrap takes each", async () => {
  const lines = ["ab cd ef gh ij kl mn op qr st uv wx yz abcdefg", "hi jk."];
  const wrapped = file("wrapped.txt", `${lines.join("\n")}\n`);
  const long = await tinyLed({ max_encoder_position_embeddings: 100 });
  const parts = async (...more: string[]): Promise<number> => {
    const { stdout } = await led("translate", wrapped, "--model", long.path, "--json", ...more);
    return JSON.parse(stdout).parts.length;
  };
  expect(await parts()).toBe(1);
  expect(await parts("--no-unwrap")).toBe(2);
  await long.remove();
});

test("--prefix is put before every part", async () => {
  const [one, two] = await written("to b: ab", "to b: cd");
  const { stdout } = await translate(file("text.txt", "ab\ncd\n"), "--prefix", "to b: ");
  expect(stdout).toBe(`${one}\n${two}\n`);
});

test("several files under their names, and progress over parts", async () => {
  const [one, two] = await written("ab", "cd");
  const paths = [file("a.txt", "ab\n"), file("b.txt", "cd\n")];
  const { stdout, stderr } = await translate(...paths, "--progress");
  expect(stdout).toBe(`==> ${paths[0]} <==\n${one}\n==> ${paths[1]} <==\n${two}\n`);
  expect(stderr).toContain("translate 0%\n");
  expect(stderr).toMatch(/translate 100%/);
});

describe("what cannot be done", () => {
  test("a sentence or a document that is longer than the model: nothing is dropped", async () => {
    const long = file("long.txt", `ab\n${"c".repeat(60)}\n`);
    expect(await translate(long)).toEqual({
      exitCode: 1,
      stdout: "",
      stderr:
        "led: split a text: expected sentences of at most 40 tokens, what the model holds, got 62 tokens in line 2. " +
        "End sentences with full stops, or use a model that holds more.\n",
    });
    const { exitCode, stderr } = await translate(long, "--by", "document");
    expect([exitCode, stderr]).toEqual([
      1,
      expect.stringContaining("expected a text of at most 40 tokens, what the model holds"),
    ]);
  });

  test("a file of several that fails is named, and the others are translated", async () => {
    const long = file("long.txt", "c".repeat(60));
    const { exitCode, stdout, stderr } = await translate(long, file("a.txt", "ab\n"));
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/^led: .*long\.txt: split a text: expected sentences [^\n]+\n/);
    expect(stdout).toMatch(/^==> .*a\.txt <==\n/);
  });

  test.each<[string[], number, string]>([
    [
      ["x"],
      2,
      "led: option '--model <model>' is needed, since no model that translates comes with this package: " +
        "name the folder that 'led train --task translation' wrote, or a Hub id\n",
    ],
    [
      ["x", "--by", "word"],
      2,
      "led: option '--by <part>' argument 'word' is invalid. Allowed choices are paragraph, sentence, document.\n",
    ],
    [["x", "--num-bean", "2"], 2, "led: unknown option '--num-bean' (Did you mean --num-beams?)\n"],
  ])("%j", async (args, exitCode, stderr) => {
    expect(await led("translate", ...args)).toEqual({ exitCode, stdout: "", stderr });
  });

  test("more tokens than the decoder has positions", async () => {
    const { exitCode, stderr } = await translate(file("a.txt", "ab"), "--max-new-tokens", "17");
    expect([exitCode, stderr]).toEqual([
      1,
      "led: translate: expected `max_new_tokens` of at most 16, the positions of the decoder (max_decoder_position_embeddings), got 17\n",
    ]);
  });
});
