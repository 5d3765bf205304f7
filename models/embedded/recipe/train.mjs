// The whole way to the model that writes: node train.mjs DATA WORK
//
// Each step is skipped where its result is there; a training that was interrupted goes on from its last checkpoint. The model is
// in WORK/model at the end.
import { join } from "node:path";
import { stepsIn } from "../../recipe/steps.mjs";

const [data, work] = process.argv.slice(2);
if (work === undefined) throw new Error("node train.mjs DATA WORK");
const { at, script, led, train } = stepsIn(work, import.meta.url);

const sizes = ["--vocab-size", "8000", "--model-max-length", "4096"];
const texts = [join(data, "train.jsonl.gz"), "--jsonl-field", "document,summary"];
led("tokenizer", "train-tokenizer", ...texts, ...sizes, "--output", at("tokenizer"));
script("validation.jsonl", "prepare.mjs", data, at("tokenizer"), work);
script("begin", "begin.mjs", at("tokenizer"), at("begin"));

const positions = "led.encoder.embed_positions,led.decoder.embed_positions";
const always = [
  ...["--task", "summarization", "--freeze", positions, "--adam-beta2", "0.98", "--weight-decay", "0.01"],
  ...["--lr-scheduler-type", "cosine", "--group-by-length", "--per-device-eval-batch-size", "8"],
  ...["--logging-steps", "25", "--save-steps", "100", "--save-total-limit", "2"],
];
train(
  "copying",
  ...["--model", at("begin"), "--train", at("copy.jsonl"), "--max-source-length", "256", "--max-target-length", "72"],
  ...["--max-steps", "700", "--per-device-train-batch-size", "32", "--learning-rate", "1e-3", "--warmup-steps", "100"],
  ...always,
  ...["--report", at("copying.html")],
);
train(
  "summaries",
  ...["--model", at("copying"), "--train", at("summary.jsonl"), "--validation", at("validation.jsonl")],
  ...["--max-source-length", "4096", "--max-target-length", "128"],
  ...[
    "--num-train-epochs",
    "1",
    "--per-device-train-batch-size",
    "8",
    "--learning-rate",
    "6e-4",
    "--warmup-steps",
    "50",
  ],
  ...["--evaluation-strategy", "steps", "--eval-steps", "400"],
  ...always,
  ...["--report", at("summaries.html")],
);
led("model", "convert", at("summaries"), at("model"), "--dtype", "fp16");
