// Teaches a small LED to report what a set of minutes decided: node examples/training/summarize.mjs [FOLDER]
// The best model by ROUGE is kept, and the curves of the training are written as a page.
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  DataCollatorForSeq2Seq,
  JsonLinesLogCallback,
  LEDForConditionalGeneration,
  openDataset,
  readTrainingLog,
  rouge,
  Seq2SeqTrainer,
  Seq2SeqTrainingArguments,
  summarizationFeatures,
  trainingLogName,
  trainingReport,
} from "led-transformers";
import { chance, distinctRows, folder, small, spell, stepsOf, writeRows } from "./small.mjs";

const talk = [
  "The chair opened the meeting.",
  "Apologies were read out.",
  "The accounts were shown and found correct.",
  "A letter from the school was answered.",
  "The roof was looked at again.",
  "Two guests were welcomed.",
  "The heating is still too loud.",
  "Coffee was served.",
];
const verbs = ["to repair", "to close", "to paint", "to sell", "to measure", "to show"];
const things = ["the bridge", "the hall", "the boat", "the clock", "the fence", "the well", "the barn", "the path"];
const times = [
  "in spring",
  "next week",
  "before winter",
  "at once",
  "on Monday",
  "in May",
  "after the feast",
  "by night",
];

const { pick, shuffled, below } = chance(5);
const row = () => {
  const decision = `${pick(verbs)} ${pick(things)} ${pick(times)}`;
  const rest = shuffled(talk).slice(0, 5);
  rest.splice(below(6), 0, `It was decided ${decision}.`);
  return { document: rest.join(" "), summary: `They are ${decision}.` };
};
// Every decision is another one: the validation rows choose the best model, the test rows were not seen before.
const [trainRows, validationRows, testRows] = distinctRows([300, 40, 40], row, ({ summary }) => summary);
const files = {
  train: await writeRows("train.jsonl", trainRows),
  validation: await writeRows("validation.jsonl", validationRows),
  test: await writeRows("test.jsonl", testRows),
};

const { tokenizer, config } = await small(trainRows.flatMap(({ document, summary }) => [document, summary]));
const model = await LEDForConditionalGeneration.from_config(config, { seed: 1 });
// Kept with the model: what generates with it later does the same.
model.generation_config.update({ max_length: 24, num_beams: 1 });

const features = async (file) => summarizationFeatures(await openDataset(file), tokenizer);
const run = join(folder, "run");
const steps = stepsOf(180);
const trainer = new Seq2SeqTrainer({
  model,
  args: new Seq2SeqTrainingArguments({
    output_dir: run,
    max_steps: steps,
    per_device_train_batch_size: 16,
    per_device_eval_batch_size: 40,
    learning_rate: 2e-3,
    warmup_steps: 20,
    lr_scheduler_type: "cosine",
    evaluation_strategy: "steps",
    eval_steps: Math.ceil(steps / 3),
    save_steps: Math.ceil(steps / 3),
    save_total_limit: 1,
    logging_steps: 20,
    load_best_model_at_end: true,
    metric_for_best_model: "rougeL",
    greater_is_better: true,
    predict_with_generate: true,
  }),
  train_dataset: await features(files.train),
  eval_dataset: await features(files.validation),
  data_collator: new DataCollatorForSeq2Seq(tokenizer, { model }),
  tokenizer,
  callbacks: [new JsonLinesLogCallback()],
  compute_metrics({ predictions, label_ids }) {
    const { rouge1, rougeL } = rouge(spell(tokenizer, predictions), spell(tokenizer, label_ids));
    return { rouge1: rouge1.mid.fmeasure, rougeL: rougeL.mid.fmeasure };
  },
});
const test = { eval_dataset: await features(files.test) };
const before = await trainer.evaluate(test);
await trainer.train();
const after = await trainer.evaluate(test);
await trainer.save_model(join(folder, "model"));
const log = await readFile(join(run, trainingLogName), "utf8");
await writeFile(join(folder, "report.html"), trainingReport(readTrainingLog(log), { title: "Minutes" }));
console.log(`ROUGE-L ${before.eval_rougeL.toFixed(2)} -> ${after.eval_rougeL.toFixed(2)}`);
console.log(`The model is in ${join(folder, "model")}, its curves in report.html beside it.`);
await model.dispose();
