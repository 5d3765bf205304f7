// Teaches a small LED to sort messages into classes: node examples/training/classify.mjs [FOLDER]
// The head reads the encoder (head: "encoder"), so that texts of 16,384 tokens would do as well.
import { join } from "node:path";
import {
  accuracy,
  classificationFeatures,
  DataCollatorWithPadding,
  JsonLinesLogCallback,
  LEDForSequenceClassification,
  openDataset,
  Seq2SeqTrainer,
  Seq2SeqTrainingArguments,
} from "led-transformers";
import { chance, distinctRows, folder, small, stepsOf, writeRows } from "./small.mjs";

const labels = ["delivery", "invoice", "fault"];
const about = {
  delivery: ["the parcel has not come", "the box was left with a neighbour", "nobody rang at the door"],
  invoice: ["the sum is too high", "we were charged twice", "the tax number is missing"],
  fault: ["the screen stays black", "it makes a loud noise", "the battery is empty after an hour"],
};
const small_talk = ["good morning", "kind regards", "we wrote to you last week", "please answer soon", "thank you"];

const { pick, shuffled } = chance(7);
const row = () => {
  const label = pick(labels);
  return { text: `${shuffled([pick(small_talk), pick(small_talk), pick(about[label])]).join(". ")}.`, label };
};
const [trainRows, testRows] = distinctRows([300, 60], row, ({ text }) => text);
const files = { train: await writeRows("train.jsonl", trainRows), test: await writeRows("test.jsonl", testRows) };

const { tokenizer, config } = await small(trainRows.map(({ text }) => text));
config.update({ head: "encoder", num_labels: labels.length, id2label: { ...labels } });
const model = await LEDForSequenceClassification.from_config(config, { seed: 1 });

const features = async (file) => classificationFeatures(await openDataset(file), tokenizer, { labels });
const trainer = new Seq2SeqTrainer({
  model,
  args: new Seq2SeqTrainingArguments({
    output_dir: join(folder, "run"),
    max_steps: stepsOf(60),
    per_device_train_batch_size: 16,
    learning_rate: 2e-3,
    logging_steps: 20,
    save_strategy: "no",
  }),
  train_dataset: await features(files.train),
  eval_dataset: await features(files.test),
  data_collator: new DataCollatorWithPadding(tokenizer),
  tokenizer,
  callbacks: [new JsonLinesLogCallback()],
  // Outputs are the logits and what else forward gives; labels are the ids of classes.
  compute_metrics: ({ predictions, label_ids }) => ({
    accuracy: accuracy(
      predictions.tolist().map((scores) => scores.indexOf(Math.max(...scores))),
      label_ids.tolist(),
    ),
  }),
  preprocess_logits_for_metrics: ([logits]) => logits,
});
const before = await trainer.evaluate();
await trainer.train();
const after = await trainer.evaluate();
await trainer.save_model(join(folder, "model"));
console.log(`accuracy ${before.eval_accuracy.toFixed(2)} -> ${after.eval_accuracy.toFixed(2)}`);
console.log(`The model is in ${join(folder, "model")}, its data beside it.`);
await model.dispose();
