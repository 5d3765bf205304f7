import { expect, test } from "vitest";
import { inMemory, regressionData, SoftmaxRegression, trainingArguments } from "../../tests/support/training-scene.ts";
import "../platform/node.ts";
import { JsonLinesLogCallback, readTrainingLog, trainingLogName } from "./json-lines-log.ts";
import { Seq2SeqTrainer } from "./seq2seq-trainer.ts";

const text = (bytes: Uint8Array | undefined) => new TextDecoder().decode(bytes);

test("has a line for each log, with seconds and memory", async () => {
  const output_dir = inMemory();
  const options = { per_device_train_batch_size: 2, max_steps: 4, logging_steps: 2, save_strategy: "no" } as const;
  const trainer = new Seq2SeqTrainer({
    model: new SoftmaxRegression(),
    args: trainingArguments({ output_dir, ...options, evaluation_strategy: "steps", eval_steps: 4 }),
    train_dataset: regressionData(8),
    eval_dataset: regressionData(3),
    callbacks: [JsonLinesLogCallback],
  });
  await trainer.train();
  const lines = text(output_dir.contents.get(trainingLogName)).trimEnd().split("\n");
  const entries = lines.map((line) => JSON.parse(line));
  expect(entries).toHaveLength(4);
  expect(Object.keys(entries[0])).toEqual([
    ...["step", "epoch", "loss", "grad_norm", "learning_rate", "seconds", "memory"],
  ]);
  expect(Object.keys(entries[2])).toEqual(expect.arrayContaining(["eval_loss", "eval_runtime"]));
  expect(entries.map(({ step }) => step)).toEqual([2, 4, 4, 4]);
  for (const { memory, seconds } of entries) {
    expect(memory).toBeGreaterThan(1e7);
    expect(seconds).toBeGreaterThanOrEqual(0);
  }
  expect(readTrainingLog(`${lines.join("\n")}\n`)).toEqual(entries);
});

test("a new training begins the file anew, under the name that is asked for", async () => {
  const output_dir = inMemory();
  await output_dir.write("log", [new TextEncoder().encode("old\n")]);
  const trainer = new Seq2SeqTrainer({
    model: new SoftmaxRegression(),
    args: trainingArguments({ output_dir, overwrite_output_dir: true, max_steps: 1, save_strategy: "no" }),
    train_dataset: regressionData(2),
    callbacks: [new JsonLinesLogCallback({ name: "log" })],
  });
  await trainer.evaluate({ eval_dataset: regressionData(2) });
  await trainer.train();
  expect(readTrainingLog(text(output_dir.contents.get("log")))).toHaveLength(1);
  await trainer.evaluate({ eval_dataset: regressionData(2) });
  expect(readTrainingLog(text(output_dir.contents.get("log")))).toHaveLength(2);
});

test("a line that was cut off is left out, one that is broken is told by its number", () => {
  const whole = '{"step":1,"loss":2.5}\n{"step":2,"loss":null}\n';
  expect(readTrainingLog(`${whole}{"step":3,"lo`)).toEqual([
    { step: 1, loss: 2.5 },
    { step: 2, loss: Number.NaN },
  ]);
  expect(() => readTrainingLog(`${whole}[3]\n${whole}`, "log")).toThrow(
    "read log: expected an object of numbers in line 3, got [3]",
  );
});
