/** `led train`: every task learns; what is written, resumed and refused. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { LEDConfig, LEDForSequenceClassification } from "../../src/index.ts";
import { led } from "../support/command.ts";
import { type ModelFolder, tinyLed } from "../support/tiny-led.ts";

let model: ModelFolder;
let count = 0;

beforeAll(async () => {
  model = await tinyLed();
});

afterAll(() => model.remove());

function file(name: string, rows: readonly object[]): string {
  const path = join(model.path, name);
  writeFileSync(path, rows.map((row) => `${JSON.stringify(row)}\n`).join(""));
  return path;
}

const newFolder = (): string => join(model.path, `trained-${count++}`);
const json = (...path: string[]) => JSON.parse(readFileSync(join(...path), "utf8")) as Record<string, unknown>;

const documents = Array.from({ length: 8 }, (_, i) => ({ document: `${"abcdefgh"[i]} few words`, summary: "few" }));

const train = (task: string, data: string, output: string, ...more: string[]) =>
  led("train", "--task", task, "--model", model.path, "--train", data, "--output-dir", output, ...more);

const quick = ["--learning-rate", "0.01", "--per-device-train-batch-size", "4", "--logging-steps", "1", "--seed", "7"];

describe("tasks", () => {
  test("summarization: the loss falls; model, tokenizer, log, state, results and report are there", async () => {
    const output = newFolder();
    const report = join(output, "curves", "report.html");
    const data = file("documents.jsonl", documents);
    const args = [...quick, "--num-train-epochs", "6", "--validation", data, "--report", report];
    const { exitCode, stdout, stderr } = await train("summarization", data, output, ...args);
    expect([exitCode, stderr]).toEqual([0, ""]);
    for (const name of ["config.json", "model.safetensors", "tokenizer.json", "trainer_state.json"]) {
      expect(readdirSync(output)).toContain(name);
    }
    const log = readFileSync(join(output, "training_log.jsonl"), "utf8").trimEnd().split("\n");
    const losses = log.map((line) => (JSON.parse(line) as { loss?: number }).loss).filter((loss) => loss !== undefined);
    expect(losses.length).toBe(12);
    expect(losses.at(-1)!).toBeLessThan(losses[0]!);
    const results = json(output, "all_results.json");
    expect(results).toMatchObject({ train_samples: 8, eval_samples: 8, train_loss: expect.any(Number) });
    expect(results.eval_loss as number).toBeLessThan(losses[0]!);
    expect(readFileSync(report, "utf8")).toContain("<svg");
    expect(stdout).toMatch(/^train_loss +\d+\.\d{4}$/m);
    expect(stdout).toMatch(/\nmodel in .*trained-\d+\n$/);
    const evaluated = await led("evaluate", "--task", "summarization", "--model", output, "--data", data);
    expect(evaluated.exitCode).toBe(0);
  });

  test("text2text with generated evaluation, best model and early stopping", async () => {
    const output = newFolder();
    const data = file(
      "texts.jsonl",
      documents.map(({ document, summary }) => ({ text: document, target: summary })),
    );
    const { exitCode, stdout, stderr } = await train(
      ...(["text2text", data, output] as const),
      ...[...quick, "--validation-split", "0.25", "--test-split", "0.25", "--max-steps", "3"],
      ...["--evaluation-strategy", "steps", "--eval-steps", "1", "--save-steps", "1", "--save-total-limit", "2"],
      ...["--predict-with-generate", "--generation-max-length", "6", "--generation-num-beams", "1"],
      ...["--load-best-model-at-end", "--metric-for-best-model", "rouge1", "--early-stopping-patience", "3", "--json"],
    );
    expect([exitCode, stderr]).toEqual([0, ""]);
    const results = JSON.parse(stdout) as Record<string, number>;
    expect(results).toMatchObject({ train_samples: 4, eval_samples: 2, test_samples: 2 });
    for (const name of ["eval_rouge1", "eval_rougeLsum", "eval_bleu", "test_rouge1", "eval_loss", "test_loss"]) {
      expect(results).toHaveProperty(name);
    }
    const state = json(output, "trainer_state.json");
    expect(state.best_model_checkpoint).toMatch(/checkpoint-\d$/);
  });

  test("translation, with another data format and a frozen part", async () => {
    const output = newFolder();
    const path = join(model.path, "pairs.csv");
    writeFileSync(path, `en,de\n${documents.map(({ document, summary }) => `${document},${summary}`).join("\n")}\n`);
    const columns = ["--source-column", "en", "--target-column", "de", "--freeze", "led.encoder,led.shared"];
    const { exitCode, stderr } = await train("translation", path, output, ...quick, ...columns, "--max-steps", "2");
    expect([exitCode, stderr]).toEqual([0, ""]);
    const before = await tensors(model.path);
    const after = await tensors(output);
    expect(after.get("led.encoder.layers.0.fc1.weight")).toEqual(before.get("led.encoder.layers.0.fc1.weight"));
    expect(after.get("led.decoder.layers.0.fc1.weight")).not.toEqual(before.get("led.decoder.layers.0.fc1.weight"));
  });

  test("classification over the encoder: labels of the data go into the config", async () => {
    const output = newFolder();
    const rows = documents.map(({ document }, i) => ({ text: document, label: i % 2 === 0 ? "even" : "odd" }));
    const data = file("labels.jsonl", rows);
    const args = [...quick, "--head", "encoder", "--validation", data, "--num-train-epochs", "20", "--json"];
    const { exitCode, stdout, stderr } = await train("classification", data, output, ...args);
    expect(exitCode).toBe(0);
    expect(stderr).toMatch(/newly initialized/);
    const results = JSON.parse(stdout) as Record<string, number>;
    expect(Object.keys(results)).toEqual(
      expect.arrayContaining(["eval_accuracy", "eval_f1", "eval_matthews_correlation"]),
    );
    const config = await LEDConfig.from_pretrained(output);
    expect([config.id2label, config.head, config.problem_type]).toEqual([
      { 0: "even", 1: "odd" },
      "encoder",
      "single_label_classification",
    ]);
    expect(config.architectures).toEqual([expect.stringContaining("SequenceClassification")]);
    const scored = await led("evaluate", "--task", "classification", "--model", output, "--data", data, "--json");
    expect((JSON.parse(scored.stdout) as { metrics: Record<string, number> }).metrics.accuracy).toBeCloseTo(
      results.eval_accuracy!,
      9,
    );
  });

  test("regression and several classes at once", async () => {
    const numbers = file(
      "numbers.jsonl",
      documents.map(({ document }, i) => ({ text: document, label: i / 4 })),
    );
    const several = file(
      "several.jsonl",
      documents.map(({ document }, i) => ({ text: document, label: i % 2 ? ["a", "b"] : ["c"] })),
    );
    for (const [data, problem, measure] of [
      [numbers, "regression", "eval_mse"],
      [several, "multi_label_classification", "eval_f1_micro"],
    ] as const) {
      const output = newFolder();
      const args = [
        ...quick,
        "--head",
        "encoder",
        "--problem-type",
        problem,
        "--validation",
        data,
        "--max-steps",
        "2",
        "--json",
      ];
      const { exitCode, stdout } = await train("classification", data, output, ...args);
      expect(exitCode).toBe(0);
      expect(JSON.parse(stdout)).toHaveProperty(measure);
      const config = await LEDConfig.from_pretrained(output);
      expect(config.num_labels).toBe(problem === "regression" ? 1 : 3);
    }
  });

  test("question answering over the encoder, in windows", async () => {
    const output = newFolder();
    const rows = documents.map(({ document }, i) => ({
      id: `q${i}`,
      question: "which one",
      context: `it was ${document} and then it was some more of them for a while`,
      answers: { text: [document[0]], answer_start: [7] },
    }));
    const data = file("questions.jsonl", rows);
    const args = [...quick, "--head", "encoder", "--max-length", "40", "--stride", "8", "--validation", data];
    const { exitCode, stdout } = await train("question-answering", data, output, ...args, "--max-steps", "3", "--json");
    expect(exitCode).toBe(0);
    const results = JSON.parse(stdout) as Record<string, number>;
    expect(results.train_samples).toBeGreaterThan(rows.length);
    expect(Object.keys(results)).toEqual(expect.arrayContaining(["eval_exact_match", "eval_f1", "eval_loss"]));
    const scored = await led(
      "evaluate",
      "--task",
      "question-answering",
      "--model",
      output,
      "--data",
      data,
      "--json",
      "--max-length",
      "40",
      "--stride",
      "8",
    );
    expect((JSON.parse(scored.stdout) as { metrics: Record<string, number> }).metrics.f1).toBeCloseTo(
      results.eval_f1!,
      9,
    );
  });
});

async function tensors(folder: string): Promise<Map<string, unknown>> {
  const { LEDForConditionalGeneration } = await import("../../src/index.ts");
  const loaded = await LEDForConditionalGeneration.from_pretrained(folder, { device: "cpu" });
  const state = await loaded.state_dict();
  await loaded.dispose();
  return new Map([...state].map(([name, tensor]) => [name, tensor.data]));
}

describe("resuming", () => {
  test("gives the weights of a training that was not interrupted", async () => {
    const data = file("documents.jsonl", documents);
    const args = [...quick, "--max-steps", "4", "--save-steps", "2"];
    const [whole, broken] = [newFolder(), newFolder()];
    expect((await train("summarization", data, whole, ...args)).exitCode).toBe(0);
    expect((await train("summarization", data, broken, ...args)).exitCode).toBe(0);
    const resumed = await train("summarization", data, broken, ...args, "--resume", join(broken, "checkpoint-2"));
    expect([resumed.exitCode, resumed.stderr]).toEqual([0, ""]);
    expect(readFileSync(join(broken, "model.safetensors"))).toEqual(readFileSync(join(whole, "model.safetensors")));
    const again = await train("summarization", data, whole, ...args);
    expect([again.exitCode, again.stdout]).toEqual([1, ""]);
    expect(again.stderr).toMatch(/already exists and is not empty/);
    // Said before the data is read.
    const early = await train("summarization", join(newFolder(), "none.jsonl"), whole, ...args);
    expect(early.stderr).toBe(again.stderr);
    const other = await train("summarization", data, whole, ...args, "--resume", "--learning-rate", "0.5");
    expect(other.exitCode).not.toBe(0);
    expect(other.stderr).toMatch(/^led: .*learning_rate/);
  });
});

describe("wrong usage ends with 2 and one line", () => {
  test.each([
    [["--learning-rate", "0"], /^led: Seq2SeqTrainingArguments: expected `learning_rate` above 0, got 0\n$/],
    [
      ["--max-steps", "-3"],
      /^led: Seq2SeqTrainingArguments: expected `max_steps` a whole number above 0, or -1, got -3\n$/,
    ],
    [["--learning-rate", "fast"], /Expected a number\.\n$/],
    [["--evaluation-strategy", "often"], /Allowed choices are no, steps, epoch\.\n$/],
    [["--evaluation-strategy", "epoch"], /^led: option '--evaluation-strategy' needs rows to evaluate with/],
    [["--predict-with-generate", "perhaps"], /Expected true or false\.\n$/],
    [["--lr-scheduler-type", "linaer"], /linaer is not a valid SchedulerType.*Did you mean "linear"\?\n$/],
    [["--lr-scheduler-kwargs", "2"], /Expected a JSON object/],
    [["--fp16"], /^led: unknown option '--fp16'/],
    [["--early-stopping-patience", "2"], /needs --load-best-model-at-end\n$/],
    [["--early-stopping-threshold", "2"], /needs --early-stopping-patience\n$/],
    [["--validation-split", "1.5"], /^led: split .*expected `validation`, `test` or both, shares above 0/],
    [
      ["--validation", "x.jsonl", "--validation-split", "0.5"],
      /^led: give --validation or --validation-split, not both\n$/,
    ],
    [
      ["--head", "encoder"],
      /^led: --head: expected it for --task classification, question-answering, got summarization\n$/,
    ],
    [["--label-column", "x"], /^led: option '--label-column <name>' is for --task classification\n$/],
    [["--freeze", "led.encodr"], /^led: requires_grad_: expected a parameter's name, .*got `led\.encodr`/],
    [["--text-column", "documnt"], /^led: read .*Did you mean document\?/],
  ])("%j", async (args, stderr) => {
    const output = newFolder();
    const outcome = await train("summarization", file("documents.jsonl", documents), output, ...args);
    expect([outcome.exitCode, outcome.stdout]).toEqual([2, ""]);
    expect(outcome.stderr).toMatch(stderr);
    expect(outcome.stderr.trimEnd()).not.toContain("\n");
    expect(existsSync(output)).toBe(false);
  });
});

test("--progress shows steps, loss, rate, memory and time left, and each evaluation", async () => {
  const data = file("documents.jsonl", documents);
  const args = [
    ...quick,
    "--max-steps",
    "2",
    "--validation",
    data,
    "--evaluation-strategy",
    "steps",
    "--eval-steps",
    "1",
  ];
  const { exitCode, stderr } = await train("summarization", data, newFolder(), ...args, "--progress");
  expect(exitCode).toBe(0);
  expect(stderr).toMatch(/^check 100%.*$/m);
  expect(stderr).toMatch(/^train 100%, .*steps\/s, 0 s left, loss \d+\.\d+, rate 0, \d+\.\d\d GB$/m);
  expect(stderr).toMatch(/^evaluate 100%/m);
  expect(stderr).toMatch(/^led: step 1: eval_loss \d+\.\d+$/m);
});

test("bad data ends with 1, and nothing is written", async () => {
  const output = newFolder();
  const outcome = await train("summarization", file("bad.jsonl", [{ document: "a", summary: "" }]), output);
  expect([outcome.exitCode, outcome.stdout, existsSync(output)]).toEqual([1, "", false]);
  expect(outcome.stderr).toMatch(
    /^led: .*bad\.jsonl, line 1: expected a text in the column summary, got an empty text\./,
  );
});

test("a classifier keeps its own order of labels", async () => {
  const own = await tinyLed();
  const config = LEDConfig.from_dict({
    ...(await own.readJson("config.json")),
    id2label: { 0: "odd", 1: "even" },
    label2id: { odd: 0, even: 1 },
  });
  config.update({ head: "encoder" });
  const made = await LEDForSequenceClassification.from_config(config, { seed: 1 });
  await made.save_pretrained(own.path);
  await made.dispose();
  const rows = documents.map(({ document }, i) => ({ text: document, label: i % 2 === 0 ? "even" : "odd" }));
  const output = newFolder();
  const args = ["--task", "classification", "--train", file("labels.jsonl", rows), "--output-dir", output];
  const outcome = await led("train", "--model", own.path, ...args, ...quick, "--max-steps", "1");
  expect([outcome.exitCode, outcome.stderr]).toEqual([0, ""]);
  expect((await LEDConfig.from_pretrained(output)).id2label).toEqual({ 0: "odd", 1: "even" });
  await own.remove();
});
