/** `led answer`: what the pipeline finds, with its place in the document. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { LEDForQuestionAnswering, LEDTokenizerFast } from "../../src/index.ts";
import { QuestionAnsweringPipeline } from "../../src/pipelines/question-answering.ts";
import { led } from "../support/command.ts";
import { withHead } from "../support/tiny-heads.ts";
import { type ModelFolder, tinyLed } from "../support/tiny-led.ts";

let model: ModelFolder;
let pipeline: QuestionAnsweringPipeline;

beforeAll(async () => {
  model = await withHead((config) => LEDForQuestionAnswering.from_config(config, { seed: 3 }));
  pipeline = new QuestionAnsweringPipeline({
    task: "question-answering",
    model: await LEDForQuestionAnswering.from_pretrained(model.path, { device: "cpu" }),
    tokenizer: await LEDTokenizerFast.from_pretrained(model.path),
  });
});

afterAll(async () => {
  await pipeline.dispose();
  await model.remove();
});

function file(name: string, content: string): string {
  const path = join(model.path, name);
  writeFileSync(path, content);
  return path;
}

const answer = (...args: string[]) => led("answer", ...args, "--model", model.path, "--device", "cpu");

const content = "ab cd. ef gh\n\nij kl? mn op.";

test("the answer, its line and score, and its sentence", async () => {
  const path = file("text.txt", content);
  const found = await pipeline("who", content);
  expect(found.answer).not.toBe("");
  const { exitCode, stdout, stderr } = await answer(path, "--question", "who");
  expect([exitCode, stderr]).toEqual([0, ""]);
  const [first, second] = stdout.split("\n");
  const line = content.slice(0, found.start).split("\n").length;
  const shown = found.answer.replaceAll(/\s*\n\s*/g, " ");
  expect(first).toBe(`${shown}  (line ${line}, score ${found.score.toFixed(3)})`);
  expect(content.replaceAll(/\s*\n\s*/g, " ")).toContain(second!.trim());
  expect(second!.trim()).toContain(shown);
  expect(second).toMatch(/^ {4}\S/);
});

test("--json: a line a file, with every answer's place", async () => {
  const other = "qr st. uv wx.";
  const paths = [file("a.txt", content), file("b.txt", other)];
  const questions = ["--question", "who", "--question", "what"];
  const { exitCode, stdout, stderr } = await answer(...paths, ...questions, "--top-k", "3", "--json");
  expect([exitCode, stderr]).toEqual([0, ""]);
  const results = stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
  for (const [i, text] of [content, other].entries()) {
    expect(results[i]).toMatchObject({ file: paths[i], model: model.path, device: "cpu", seconds: expect.any(Number) });
    for (const [j, question] of ["who", "what"].entries()) {
      const expected = await pipeline(question, text, { top_k: 3 });
      const { question: asked, answers } = results[i].questions[j];
      expect(asked).toBe(question);
      expect(answers).toMatchObject(expected);
      for (const { start, end, answer: found, line, sentence } of answers) {
        expect(text.slice(start, end)).toBe(found);
        expect(line).toBe(text.slice(0, start).split("\n").length);
        expect(text.slice(sentence.start, sentence.end)).toBe(sentence.text);
        expect(sentence.start).toBeLessThanOrEqual(start);
        expect(sentence.end).toBeGreaterThanOrEqual(end);
      }
    }
  }
});

test("several files and questions are told apart, and the options reach the pipeline", async () => {
  const path = file("long.txt", "ab cd ef gh ij kl mn op qr st uv wx yz ".repeat(4));
  const { stdout } = await answer(path, path, "--question", "who", "--question", "what");
  expect(stdout.match(/^==> .*long\.txt <==\nwho\n[\s\S]+?\n\nwhat\n/gm)).toHaveLength(2);
  const flags = ["--max-answer-len", "2", "--max-seq-len", "20", "--doc-stride", "4", "--handle-impossible-answer"];
  const { stdout: json } = await answer(path, "--question", "who", ...flags, "--json");
  const { windows, answer: found } = JSON.parse(json).questions[0].answers[0];
  expect(windows).toBeGreaterThan(1);
  // Two letters, in two words at most.
  expect(found.length).toBeLessThanOrEqual("ab cd".length);
});

test("wrapped lines are read as one, and places stay those of the file", async () => {
  const wrapped = "The lines of this paragraph were wrapped by an editor\nat some column";
  const path = file("wrapped.txt", wrapped);
  const long = ["--question", "w", "--max-answer-len", "90", "--top-k", "20", "--json", "--max-seq-len", "40"];
  const texts = async (...more: string[]) => {
    const { stdout } = await answer(path, ...long, ...more);
    return (JSON.parse(stdout).questions[0].answers as { sentence: { text: string } }[]).map(
      (one) => one.sentence.text,
    );
  };
  for (const text of await texts()) expect(text).toBe(wrapped.replace("\n", " "));
  for (const text of await texts("--no-unwrap")) expect(wrapped).toContain(text);
});

describe("what cannot be done", () => {
  test.each<[string, string[], string]>([
    ["no question", ["x"], "led: required option '--question <text>' not specified\n"],
    ["no file", ["--question", "x"], "led: missing required argument 'file'\n"],
    [
      "an option of another name",
      ["x", "--question", "x", "--top", "2"],
      "led: unknown option '--top' (Did you mean --top-k?)\n",
    ],
    [
      "no answers",
      ["x", "--question", "x", "--top-k", "0"],
      "led: option '--top-k <n>' argument '0' is invalid. Expected a whole number of at least 1.\n",
    ],
    [
      "no model",
      ["x", "--question", "x"],
      "led: option '--model <model>' is needed, since no model that finds answers comes with this package: " +
        "name the folder that 'led train --task question-answering' wrote, or a Hub id\n",
    ],
  ])("%s is wrong usage", async (_, args, stderr) => {
    expect(await led("answer", ...args)).toEqual({ exitCode: 2, stdout: "", stderr });
  });

  test.each<[string, string[], RegExp]>([
    ["an empty question", ["--question", ""], /`question` cannot be empty/],
    [
      "a window beyond the model",
      ["--question", "w", "--max-seq-len", "41"],
      /at most 40, the tokens that the model holds/,
    ],
    [
      "a stride beyond the window",
      ["--question", "w", "--max-seq-len", "20", "--doc-stride", "30"],
      /larger than `max_seq_len`/,
    ],
  ])("%s is wrong usage too", async (_, args, line) => {
    const { exitCode, stdout, stderr } = await answer(file("text.txt", content), ...args);
    expect([exitCode, stdout]).toEqual([2, ""]);
    expect(stderr).toMatch(line);
    expect(stderr).toMatch(/^led: [^\n]+\n$/);
  });

  test("a model of another task is refused by name", async () => {
    const summarizer = await tinyLed();
    const path = file("text.txt", content);
    const { exitCode, stdout, stderr } = await led("answer", path, "--question", "w", "--model", summarizer.path);
    await summarizer.remove();
    expect([exitCode, stdout]).toEqual([1, ""]);
    expect(stderr).toBe(
      `led: load ${summarizer.path}: expected a model that finds answers, got one without qa_outputs.weight, qa_outputs.bias. ` +
        "Train it with led train --task question-answering, or name another.\n",
    );
  });

  test("one file of several that is missing: the others are done, and the exit code says so", async () => {
    const { exitCode, stdout, stderr } = await answer("nowhere.txt", file("text.txt", content), "--question", "w");
    expect(exitCode).toBe(1);
    expect(stderr).toBe("led: read nowhere.txt: expected a file, got none of that name. Check the path.\n");
    expect(stdout).toMatch(/^==> .*text\.txt <==\n/);
  });

  test("none that can be read: no model is loaded", async () => {
    const { exitCode, stdout, stderr } = await led(
      "answer",
      "a.txt",
      "b.txt",
      "--question",
      "w",
      "--model",
      "/nowhere",
    );
    expect([exitCode, stdout]).toEqual([1, ""]);
    expect(stderr.trimEnd().split("\n")).toEqual([
      "led: read a.txt: expected a file, got none of that name. Check the path.",
      "led: read b.txt: expected a file, got none of that name. Check the path.",
    ]);
  });
});
