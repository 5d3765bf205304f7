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
const led = here("../../../../dist/cli/led.js");
const at = (...names) => join(work, ...names);

const common = [
  ...["--task", "question-answering", "--head", "encoder", "--all-answers", "--stride", "0"],
  ...["--group-by-length", "--weight-decay", "0.01", "--lr-scheduler-type", "cosine"],
  ...["--logging-steps", "20", "--save-steps", "100", "--save-total-limit", "2"],
];

/** Beginnings of documents first, since most of what is worth quoting stands there; then whole ones. */
const stages = {
  stage1: [
    ...["--model", at("begin"), "--train", at("short-train.jsonl"), "--validation", at("short-validation.jsonl")],
    ...["--max-length", "1100", "--num-train-epochs", "1.6", "--learning-rate", "1e-3", "--warmup-steps", "60"],
    ...["--per-device-train-batch-size", "8", "--per-device-eval-batch-size", "8"],
    ...["--evaluation-strategy", "steps", "--eval-steps", "200"],
  ],
  stage2: [
    ...["--model", at("stage1"), "--train", at("long-train.jsonl")],
    ...["--max-length", "4096", "--max-steps", "100", "--learning-rate", "4e-4", "--warmup-steps", "15"],
    ...["--per-device-train-batch-size", "4", "--gradient-accumulation-steps", "2"],
  ],
};

step("short-train.jsonl", here("prepare.mjs"), data, work);
step("tokenizer", led, "train-tokenizer", join(data, "train.jsonl.gz"), ...tokenizerOptions());
step("begin", here("begin.mjs"), at("tokenizer"), at("begin"));
for (const [name, options] of Object.entries(stages)) {
  if (existsSync(at(name, "model.safetensors"))) continue;
  const begun = existsSync(at(name)) && readdirSync(at(name)).some((entry) => entry.startsWith("checkpoint-"));
  run(led, "train", "--output-dir", at(name), ...common, ...options, ...(begun ? ["--resume"] : []));
}
step("model", led, "convert", at("stage2"), at("model"), "--dtype", "fp16");

function tokenizerOptions() {
  const sizes = ["--vocab-size", "8000", "--model-max-length", "4096"];
  return ["--jsonl-field", "document,summary", ...sizes, "--output", at("tokenizer")];
}

function step(result, ...command) {
  if (!existsSync(at(result))) run(...command);
}

function run(...command) {
  console.error(`> node ${command.join(" ")}`);
  const { status } = spawnSync(process.execPath, command, { stdio: "inherit" });
  if (status !== 0) process.exit(status ?? 1);
}
