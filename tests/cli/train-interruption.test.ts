/** Ctrl-C during `led train`, in a process of its own: a checkpoint, how to go on, and the same model in the end. */
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type BuiltCommand, buildCommand, ended, led } from "../support/command.ts";
import { type ModelFolder, tinyLed } from "../support/tiny-led.ts";

let command: BuiltCommand;
let model: ModelFolder;

beforeAll(async () => {
  command = buildCommand();
  model = await tinyLed();
});

afterAll(async () => {
  command.remove();
  await model.remove();
});

/** The folder's log has a line, or the process is over. */
async function logged(folder: string, isOver: () => boolean): Promise<void> {
  const path = join(folder, "training_log.jsonl");
  while (!isOver() && !(existsSync(path) && statSync(path).size > 0)) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

test("the interrupted training, resumed, gives the model of one that was not", async () => {
  const data = join(model.path, "rows.jsonl");
  const rows = Array.from({ length: 12 }, (_, i) => ({
    document: `${"abcdef"[i % 6]} few words`,
    summary: `few ${i % 3}`,
  }));
  writeFileSync(data, rows.map((row) => `${JSON.stringify(row)}\n`).join(""));
  const [broken, whole] = [join(model.path, "broken"), join(model.path, "whole")];
  const args = (output: string) => [
    ...["train", "--task", "summarization", "--model", model.path, "--train", data, "--output-dir", output],
    ...["--max-steps", "16", "--per-device-train-batch-size", "2", "--gradient-accumulation-steps", "2"],
    ...["--logging-steps", "1", "--learning-rate", "0.01", "--save-strategy", "no"],
  ];
  const child = command.start(args(broken));
  let stderr = "";
  let isOver = false;
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  const end = ended(child).then((how) => {
    isOver = true;
    return how;
  });
  await logged(broken, () => isOver);
  child.kill("SIGINT");
  expect([await end, stderr]).toEqual([
    { exitCode: 130, signal: null },
    expect.stringMatching(
      /^led: a checkpoint is saved at the end of this step; interrupt again to end at once\nled: saved checkpoint-\d+ in .*broken: go on with the same command and --resume\n$/,
    ),
  ]);
  expect(readdirSync(broken).filter((name) => !name.startsWith("checkpoint-"))).toEqual(["training_log.jsonl"]);
  const [checkpoint, ...others] = readdirSync(broken).filter((name) => name.startsWith("checkpoint-"));
  expect(others).toEqual([]);
  expect(Number(checkpoint!.split("-")[1])).toBeLessThan(16);

  const resumed = await led(...args(broken), "--resume");
  expect([resumed.exitCode, resumed.stderr]).toEqual([0, ""]);
  expect((await led(...args(whole))).exitCode).toBe(0);
  expect(readFileSync(join(broken, "model.safetensors"))).toEqual(readFileSync(join(whole, "model.safetensors")));
  const losses = (folder: string) =>
    readFileSync(join(folder, "training_log.jsonl"), "utf8")
      .trimEnd()
      .split("\n")
      .map((line) => (JSON.parse(line) as { step: number; loss?: number }).loss);
  expect(losses(broken)).toEqual(losses(whole));
});
