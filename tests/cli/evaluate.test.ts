/** `led evaluate`: predictions as lines, measures as numbers, for every task. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { LEDConfig } from "../../src/config.ts";
import {
  bleu,
  LEDForConditionalGeneration,
  LEDForQuestionAnswering,
  LEDForSequenceClassification,
  LEDTokenizerFast,
  rouge,
} from "../../src/index.ts";
import { led } from "../support/command.ts";
import { withHead } from "../support/tiny-heads.ts";
import { type ModelFolder, tinyLed } from "../support/tiny-led.ts";

let text: ModelFolder;
let classes: ModelFolder;
let answers: ModelFolder;

const classifier = (config: LEDConfig) => LEDForSequenceClassification.from_config(config, { seed: 3 });

beforeAll(async () => {
  text = await tinyLed();
  classes = await withHead(classifier, {
    id2label: { 0: "bad", 1: "good" },
    label2id: { bad: 0, good: 1 },
  });
  answers = await withHead((config) => LEDForQuestionAnswering.from_config(config, { seed: 3 }));
});

afterAll(() => Promise.all([text, classes, answers].map((folder) => folder.remove())));

function file(name: string, content: string | object[]): string {
  const path = join(text.path, name);
  writeFileSync(
    path,
    typeof content === "string" ? content : content.map((row) => `${JSON.stringify(row)}\n`).join(""),
  );
  return path;
}

const lines = (path: string): Record<string, unknown>[] =>
  readFileSync(path, "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, unknown>);

const documents = [
  { document: "a few words", summary: "few words" },
  { document: "some more of them", summary: "abc de" },
  { document: "and the last", summary: "last" },
];

const evaluate = (task: string, model: ModelFolder, data: string, ...more: string[]) =>
  led("evaluate", "--task", task, "--model", model.path, "--data", data, "--device", "cpu", ...more);

describe("texts", () => {
  /** What the model generates for each, alone. */
  async function generated(prefix = ""): Promise<string[]> {
    const tokenizer = await LEDTokenizerFast.from_pretrained(text.path);
    const model = await LEDForConditionalGeneration.from_pretrained(text.path, { device: "cpu" });
    const made: string[] = [];
    for (const { document } of documents) {
      const { input_ids, attention_mask } = tokenizer([`${prefix}${document}`], { return_tensors: "ort" });
      const global_attention_mask = [Array.from({ length: input_ids.dims[1]! }, (_, i) => (i === 0 ? 1 : 0))];
      const ids = await model.generate({ input_ids, attention_mask: attention_mask!, global_attention_mask });
      made.push(tokenizer.batch_decode(ids, { skip_special_tokens: true })[0]!.trim());
    }
    await model.dispose();
    return made;
  }

  test("summarization: predictions in their order, whatever the batch; ROUGE with intervals", async () => {
    const expected = await generated();
    const output = join(text.path, "out", "predictions.jsonl");
    const data = file("documents.jsonl", documents);
    const { exitCode, stdout, stderr } = await evaluate(
      "summarization",
      text,
      data,
      "--json",
      "--output",
      output,
      "--batch-size",
      "2",
    );
    expect([exitCode, stderr]).toEqual([0, ""]);
    expect(lines(output)).toEqual(
      documents.map(({ summary }, row) => ({ row, prediction: expected[row], reference: summary })),
    );
    const scores = rouge(
      expected,
      documents.map(({ summary }) => summary),
      { use_stemmer: true },
    );
    const result = JSON.parse(stdout) as Record<string, unknown>;
    expect(result).toMatchObject({
      task: "summarization",
      model: text.path,
      data,
      rows: 3,
      skipped: 0,
      details: scores,
    });
    const numbers = result.metrics as Record<string, number>;
    expect(Object.keys(numbers)).toEqual(["rouge1", "rouge2", "rougeL", "rougeLsum"]);
    expect(numbers.rouge1).toBeCloseTo(100 * scores.rouge1.mid.fmeasure, 3);
  });

  test("translation from CSV, with a prefix: BLEU, as a table", async () => {
    const expected = await generated("x: ");
    const data = file(
      "pairs.csv",
      `en,de\n${documents.map(({ document, summary }) => `${document},${summary}`).join("\n")}\n`,
    );
    const columns = ["--source-column", "en", "--target-column", "de", "--prefix", "x: "];
    const { exitCode, stdout, stderr } = await evaluate("translation", text, data, ...columns);
    expect([exitCode, stderr]).toEqual([0, ""]);
    const { score } = bleu(
      expected,
      documents.map(({ summary }) => summary),
    );
    const [measure, rows] = stdout.trimEnd().split("\n");
    expect(measure).toMatch(/^bleu +\d+(\.\d{4})?$/);
    expect(Number(measure!.split(/ +/)[1])).toBeCloseTo(score, 3);
    expect(rows).toMatch(/^rows +3$/);
  });

  test("without references it only predicts; --limit, and rows that are left out", async () => {
    const expected = await generated();
    const data = file("bare.jsonl", [{ text: "" }, ...documents.map(({ document }) => ({ text: document }))]);
    const args = ["--no-references", "--limit", "3", "--on-bad-row", "skip"];
    const { exitCode, stdout, stderr } = await evaluate("text2text", text, data, ...args);
    expect(exitCode).toBe(0);
    expect(stderr).toMatch(
      /^led: 1 row was left out of .*bare\.jsonl\. The first: .*line 1: expected a text in the column text, got an empty text\./,
    );
    expect(stdout).toBe([1, 2].map((row) => `${JSON.stringify({ row, prediction: expected[row - 1] })}\n`).join(""));
  });

  test("other settings of generation reach it", async () => {
    const data = file("documents.jsonl", documents);
    const output = join(text.path, "short.jsonl");
    const { exitCode } = await evaluate(
      "summarization",
      text,
      data,
      "--max-new-tokens",
      "2",
      "--num-beams",
      "1",
      "--min-length",
      "0",
      "--output",
      output,
    );
    expect(exitCode).toBe(0);
    for (const { prediction } of lines(output)) expect(String(prediction).length).toBeLessThanOrEqual(2);
  });

  test("a warning about settings is said once, not for each row", async () => {
    const data = file("documents.jsonl", documents);
    const { exitCode, stderr } = await evaluate(
      "summarization",
      text,
      data,
      "--max-new-tokens",
      "2",
      "--min-length",
      "9",
    );
    expect(exitCode).toBe(0);
    expect(stderr).toMatch(/^led: Unfeasible length constraints: `min_length` \(9\) .*\n$/);
  });
});

describe("classes", () => {
  const rows = ["a good text", "bad", "quite good", "not so bad"].map((words, i) => ({
    text: words,
    label: i % 2 === 0 ? "good" : "bad",
  }));

  test("names, probabilities and measures", async () => {
    const output = join(text.path, "classes.jsonl");
    const { exitCode, stdout, stderr } = await evaluate(
      "classification",
      classes,
      file("rows.jsonl", rows),
      "--json",
      "--output",
      output,
    );
    expect([exitCode, stderr]).toEqual([0, ""]);
    const predicted = lines(output) as {
      row: number;
      prediction: string;
      scores: Record<string, number>;
      reference: string;
    }[];
    expect(predicted.map(({ row, reference }) => [row, reference])).toEqual(rows.map(({ label }, i) => [i, label]));
    for (const { prediction, scores } of predicted) {
      expect(Object.keys(scores)).toEqual(["bad", "good"]);
      expect(scores.bad! + scores.good!).toBeCloseTo(1, 6);
      expect(scores[prediction]).toBeGreaterThanOrEqual(0.5);
    }
    const right = predicted.filter(({ prediction, reference }) => prediction === reference).length;
    const { metrics } = JSON.parse(stdout) as { metrics: Record<string, number> };
    expect(Object.keys(metrics)).toEqual(["accuracy", "f1", "f1_macro", "matthews_correlation"]);
    expect(metrics.accuracy).toBeCloseTo(right / 4, 12);
  });

  test("several at once, and regression", async () => {
    const several = file(
      "several.jsonl",
      rows.map(({ text: words, label }) => ({ text: words, label: [label] })),
    );
    const multi = await evaluate(
      "classification",
      classes,
      several,
      "--json",
      "--problem-type",
      "multi_label_classification",
    );
    expect(multi.exitCode).toBe(0);
    expect(Object.keys((JSON.parse(multi.stdout) as { metrics: object }).metrics)).toEqual([
      "accuracy",
      "f1_micro",
      "f1_macro",
    ]);
    const one = await withHead(classifier, { num_labels: 1 });
    const numbers = file(
      "numbers.jsonl",
      rows.map(({ text: words }, i) => ({ text: words, label: i / 2 })),
    );
    const regression = await evaluate("classification", one, numbers, "--json");
    expect([regression.exitCode, regression.stderr]).toEqual([0, ""]);
    expect(Object.keys((JSON.parse(regression.stdout) as { metrics: object }).metrics)).toEqual([
      "mse",
      "pearson",
      "spearmanr",
    ]);
    await one.remove();
  });

  test("an unknown label is an error with its place", async () => {
    const data = file("unknown.jsonl", [rows[0]!, { text: "x", label: "goood" }]);
    expect(await evaluate("classification", classes, data)).toEqual({
      exitCode: 1,
      stdout: "",
      stderr: `led: ${data}, line 2: expected a label among bad, good, got "goood". Did you mean good? Mend the row, or leave such rows out: on_bad_row: "skip" (--on-bad-row skip).\n`,
    });
  });
});

describe("answers", () => {
  const context = "the cat sat on the mat and the dog lay on the rug, as they all do in the end of it";
  const rows = [
    { id: "a", question: "who sat", context, answers: { text: ["the cat", "cat"], answer_start: [0, 4] } },
    { id: "b", question: "who lay", context, answers: { text: [], answer_start: [] } },
  ];

  test("spans of the context, over several windows; exact match and F1", async () => {
    const output = join(text.path, "answers.jsonl");
    const args = [
      "--max-length",
      "40",
      "--stride",
      "8",
      "--version-2-with-negative",
      "--max-answer-length",
      "6",
      "--json",
    ];
    const { exitCode, stdout, stderr } = await evaluate(
      "question-answering",
      answers,
      file("qa.jsonl", rows),
      ...args,
      "--output",
      output,
    );
    expect([exitCode, stderr]).toEqual([0, ""]);
    const predicted = lines(output);
    expect(predicted.map(({ id, references }) => [id, references])).toEqual([
      ["a", ["the cat", "cat"]],
      ["b", []],
    ]);
    for (const { prediction, start, end, score_diff } of predicted) {
      expect(prediction).toBe(context.slice(start as number, end as number));
      expect(typeof score_diff).toBe("number");
    }
    const { metrics } = JSON.parse(stdout) as { metrics: Record<string, number> };
    expect(Object.keys(metrics)).toEqual([
      "exact_match",
      "f1",
      "HasAns_exact",
      "HasAns_f1",
      "HasAns_total",
      "NoAns_exact",
      "NoAns_f1",
      "NoAns_total",
    ]);
  });
});

describe("wrong usage ends with 2 and one line", () => {
  const data = () => file("documents.jsonl", documents);

  test.each([
    [
      ["--task", "summarisation"],
      /^led: option '--task <task>' argument 'summarisation' is invalid\. Allowed choices are summarization, text2text, /,
    ],
    [
      ["--task", "summarization", "--label-column", "x"],
      /^led: option '--label-column <name>' is for --task classification\n$/,
    ],
    [
      ["--task", "classification", "--batch-size", "4"],
      /^led: option '--batch-size <n>' is for --task summarization, text2text, translation\n$/,
    ],
    [
      ["--task", "translation", "--no-stemmer"],
      /^led: option '--no-stemmer' is for --task summarization, text2text\n$/,
    ],
    [["--task", "summarization", "--batch-size", "0"], /Expected a whole number of at least 1\.\n$/],
    [["--task", "question-answering", "--null-score-diff-threshold", "x"], /Expected a number\.\n$/],
    [
      ["--task", "summarization", "--text-column", "documnt"],
      /^led: read .*expected the column documnt, got the columns document, summary\. Did you mean document\? Name another with text_column \(--text-column\)\.\n$/,
    ],
    [
      ["--task", "summarization", "--delimiter", ";"],
      /^led: read .*expected `delimiter` for csv and tsv files alone, got it for a jsonl file\n$/,
    ],
    [
      ["--task", "summarization", "--global-attention", "last"],
      /^led: --global-attention: expected first, none, question or separators:TOKENS, got last\n$/,
    ],
    [
      ["--task", "summarization", "--global-attention", "separators:</s>,<sep>"],
      /^led: --global-attention: expected tokens of the model's tokenizer, got "<sep>"\n$/,
    ],
  ])("%j", async (args, stderr) => {
    const outcome = await led("evaluate", "--model", text.path, "--data", data(), "--device", "cpu", ...args);
    expect([outcome.exitCode, outcome.stdout]).toEqual([2, ""]);
    expect(outcome.stderr).toMatch(stderr);
  });

  test("what is needed", async () => {
    expect(await led("evaluate", "--task", "summarization", "--data", data())).toEqual({
      exitCode: 2,
      stdout: "",
      stderr: "led: required option '--model <model>' not specified\n",
    });
  });
});

test("broken data ends with 1", async () => {
  const broken = file("broken.jsonl", '{"document": "a", "summary": "b"}\n{"document":\n');
  const outcome = await evaluate("summarization", text, broken);
  expect([outcome.exitCode, outcome.stdout]).toEqual([1, ""]);
  expect(outcome.stderr).toMatch(/^led: read .*broken\.jsonl, line 2: expected a JSON object on the line, got /);
});
