// The whole way to the model that chooses sentences: node train.mjs DATA WORK
//
// Each step is skipped where its result is there; a training that was interrupted goes on from its last checkpoint. The model is
// in WORK/model at the end.
import { stepsIn } from "../../recipe/steps.mjs";

const [data, work] = process.argv.slice(2);
if (work === undefined) throw new Error("node train.mjs DATA WORK");
const { at, script, led, train } = stepsIn(work, import.meta.url);

script("train.jsonl", "prepare.mjs", data, work);
// Bytes and special tokens, and nothing joined: every cue is a token.
const sizes = ["--vocab-size", "261", "--model-max-length", "4096"];
led(
  "tokenizer",
  ...["train-tokenizer", at("validation.jsonl"), "--jsonl-field", "context", ...sizes, "--output", at("tokenizer")],
);
script("begin", "begin.mjs", at("tokenizer"), at("begin"));
train(
  "choosing",
  ...["--model", at("begin"), "--train", at("train.jsonl"), "--validation", at("validation.jsonl")],
  ...["--task", "question-answering", "--head", "encoder", "--all-answers", "--max-length", "4096", "--stride", "0"],
  ...["--num-train-epochs", "5", "--learning-rate", "2e-3", "--warmup-steps", "60", "--lr-scheduler-type", "cosine"],
  ...["--weight-decay", "0.01", "--group-by-length"],
  ...["--per-device-train-batch-size", "8", "--per-device-eval-batch-size", "8"],
  ...["--evaluation-strategy", "epoch", "--logging-steps", "50", "--save-steps", "300", "--save-total-limit", "2"],
  ...["--report", at("report.html")],
);
led("model", "convert", at("choosing"), at("model"), "--dtype", "fp16");
