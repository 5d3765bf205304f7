/** `led classify`: the classes that the pipeline gives, for people and for programs. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { LEDForSequenceClassification, LEDTokenizerFast } from "../../src/index.ts";
import { TextClassificationPipeline } from "../../src/pipelines/text-classification.ts";
import { led } from "../support/command.ts";
import { withHead } from "../support/tiny-heads.ts";
import { type ModelFolder, tinyLed } from "../support/tiny-led.ts";

const labels = { id2label: { 0: "bad", 1: "good", 2: "so so" }, label2id: { bad: 0, good: 1, "so so": 2 } };

let model: ModelFolder;
let several: ModelFolder;
let numbers: ModelFolder;

beforeAll(async () => {
  const make = (keys: object) =>
    withHead((config) => LEDForSequenceClassification.from_config(config, { seed: 3 }), { ...labels, ...keys });
  model = await make({});
  several = await make({ problem_type: "multi_label_classification" });
  numbers = await make({ problem_type: "regression", id2label: { 0: "stars" }, label2id: { stars: 0 } });
});

afterAll(() => Promise.all([model, several, numbers].map((folder) => folder.remove())));

function file(name: string, content: string): string {
  const path = join(model.path, name);
  writeFileSync(path, content);
  return path;
}

const classify = (folder: ModelFolder, ...args: string[]) =>
  led("classify", "--model", folder.path, "--device", "cpu", ...args);

/** All classes, the likeliest first. */
async function expected(folder: ModelFolder, text: string): Promise<{ label: string; score: number }[]> {
  const pipeline = new TextClassificationPipeline({
    task: "text-classification",
    model: await LEDForSequenceClassification.from_pretrained(folder.path, { device: "cpu" }),
    tokenizer: await LEDTokenizerFast.from_pretrained(folder.path),
  });
  const found = await pipeline(text, { top_k: null });
  await pipeline.dispose();
  return found;
}

test("the likeliest class and its score; --all prints every class", async () => {
  const scores = await expected(model, "a few words");
  expect(scores).toHaveLength(3);
  const path = file("text.txt", "a few words");
  const lines = scores.map(({ label, score }) => `${label}\t${score.toFixed(4)}\n`);
  expect(await classify(model, path)).toEqual({ exitCode: 0, stdout: lines[0], stderr: "" });
  expect(await classify(model, path, "--all")).toEqual({ exitCode: 0, stdout: lines.join(""), stderr: "" });
});

test("of several classes at once those that are likelier than not", async () => {
  const texts = ["a few words", "xyz", "other ones qq"];
  const paths = texts.map((text, i) => file(`${i}.txt`, text));
  const { stdout } = await classify(several, ...paths);
  const lines: string[] = [];
  for (const [i, text] of texts.entries()) {
    const likely = (await expected(several, text)).filter(({ score }) => score > 0.5);
    for (const { label, score } of likely) lines.push(`${paths[i]}\t${label}\t${score.toFixed(4)}`);
    if (likely.length === 0) lines.push(`${paths[i]}\t(none)`);
  }
  expect(stdout.trimEnd().split("\n")).toEqual(lines);
});

test("a number where the model gives one", async () => {
  const [first] = await expected(numbers, "a few words");
  const { stdout } = await classify(numbers, file("text.txt", "a few words"));
  expect(stdout).toBe(`stars\t${first!.score.toFixed(4)}\n`);
});

test("--json: a line a file, with all scores", async () => {
  const paths = [file("a.txt", "a few words"), file("b.txt", "a".repeat(60))];
  const { exitCode, stdout, stderr } = await classify(model, ...paths, "--json");
  expect(exitCode).toBe(0);
  expect(stderr).toBe(`led: ${paths[1]} is longer than the model holds: the last 22 tokens were not read.\n`);
  const [first, second] = stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
  const scores = await expected(model, "a few words");
  expect(first).toEqual({
    file: paths[0],
    format: "text",
    model: model.path,
    device: "cpu",
    labels: [scores[0]!.label],
    scores,
    seconds: expect.any(Number),
  });
  expect(second).toMatchObject({ file: paths[1], truncated: 22 });
});

test("--progress counts files", async () => {
  const { stderr } = await classify(model, file("a.txt", "ab"), file("b.txt", "cd"), "--progress");
  expect(stderr).toMatch(/^classify 0%\n(?:classify 50%[^\n]*\n)?classify 100%[^\n]*\n$/);
});

describe("what cannot be done", () => {
  test("without a model", async () => {
    expect(await led("classify", "x")).toEqual({
      exitCode: 2,
      stdout: "",
      stderr:
        "led: option '--model <model>' is needed, since no model that classifies texts comes with this package: " +
        "name the folder that 'led train --task classification' wrote, or a Hub id\n",
    });
  });

  test("with a model of another task, by its weights and by its config", async () => {
    const other = await tinyLed();
    const path = file("text.txt", "a few words");
    expect(await classify(other, path)).toEqual({
      exitCode: 1,
      stdout: "",
      stderr: expect.stringMatching(
        /^led: load .*: expected a model that classifies texts, got one without classification_head\.[^\n]+\. Train it with led train --task classification, or name another\.\n$/,
      ),
    });
    await other.remove();
    expect(await led("classify", path, "--model", "embedded")).toEqual({
      exitCode: 1,
      stdout: "",
      stderr: expect.stringContaining(
        "led: The model 'LEDForConditionalGeneration' is not supported for text-classification.",
      ),
    });
  });

  test("with a file of several that is missing", async () => {
    const path = file("text.txt", "a few words");
    const { exitCode, stdout, stderr } = await classify(model, path, "nowhere.txt");
    expect(exitCode).toBe(1);
    expect(stderr).toBe("led: read nowhere.txt: expected a file, got none of that name. Check the path.\n");
    expect(stdout).toMatch(/text\.txt\t[^\n]+\n$/);
  });
});
