// The whole way to the model that chooses sentences: npm run train:embedded -- DATA WORK
//
// Each step is skipped where its result is there; a training that was interrupted goes on from its last checkpoint. The model is
// in WORK/model at the end.
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const [data, work] = process.argv.slice(2);
if (work === undefined) throw new Error("npm run train:embedded -- DATA WORK");
const here = (name) => fileURLToPath(new URL(name, import.meta.url));
const led = here("../../../dist/cli/led.js");
const at = (...names) => join(work, ...names);

step("train.jsonl", here("prepare.mjs"), data, work);
// Bytes and special tokens, and nothing joined: every cue is a token.
step("tokenizer", led, "train-tokenizer", at("validation.jsonl"), ...tokenizerOptions());
step("begin", here("begin.mjs"), at("tokenizer"), at("begin"));
if (!existsSync(at("trained", "model.safetensors"))) {
  const begun =
    existsSync(at("trained")) && readdirSync(at("trained")).some((entry) => entry.startsWith("checkpoint-"));
  run(led, "train", "--output-dir", at("trained"), ...trainingOptions(), ...(begun ? ["--resume"] : []));
}
step("model", led, "convert", at("trained"), at("model"), "--dtype", "fp16");

function tokenizerOptions() {
  const sizes = ["--vocab-size", "261", "--model-max-length", "4096"];
  return ["--jsonl-field", "context", ...sizes, "--output", at("tokenizer")];
}

function trainingOptions() {
  return [
    ...["--model", at("begin"), "--train", at("train.jsonl"), "--validation", at("validation.jsonl")],
    ...["--task", "question-answering", "--head", "encoder", "--all-answers", "--max-length", "4096", "--stride", "0"],
    ...["--num-train-epochs", "5", "--learning-rate", "2e-3", "--warmup-steps", "60", "--lr-scheduler-type", "cosine"],
    ...["--weight-decay", "0.01", "--group-by-length"],
    ...["--per-device-train-batch-size", "8", "--per-device-eval-batch-size", "8"],
    ...["--evaluation-strategy", "epoch", "--logging-steps", "50", "--save-steps", "300", "--save-total-limit", "2"],
  ];
}

function step(result, ...command) {
  if (!existsSync(at(result))) run(...command);
}

function run(...command) {
  console.error(`> node ${command.join(" ")}`);
  const { status } = spawnSync(process.execPath, command, { stdio: "inherit" });
  if (status !== 0) process.exit(status ?? 1);
}
