// Teaches a small LED to translate German dates into English ones: node examples/training/translate.mjs [FOLDER]
import { join } from "node:path";
import {
  bleu,
  DataCollatorForSeq2Seq,
  LEDForConditionalGeneration,
  openDataset,
  Seq2SeqTrainer,
  Seq2SeqTrainingArguments,
  translationFeatures,
} from "led-transformers";
import { chance, distinctRows, folder, small, spell, stepsOf, writeRows } from "./small.mjs";

const months = [
  ["Januar", "January"],
  ["Februar", "February"],
  ["März", "March"],
  ["April", "April"],
  ["Mai", "May"],
  ["Juni", "June"],
  ["Juli", "July"],
  ["August", "August"],
  ["September", "September"],
  ["Oktober", "October"],
  ["November", "November"],
  ["Dezember", "December"],
];
const weekdays = [
  ["Montag", "Monday"],
  ["Dienstag", "Tuesday"],
  ["Mittwoch", "Wednesday"],
  ["Donnerstag", "Thursday"],
  ["Freitag", "Friday"],
];

const { below, pick } = chance(11);
const row = () => {
  const [day, [month, inEnglish], [weekday, englishDay]] = [1 + below(28), pick(months), pick(weekdays)];
  return { translation: { de: `am ${weekday}, dem ${day}. ${month}`, en: `on ${englishDay}, ${inEnglish} ${day}` } };
};
const [trainRows, testRows] = distinctRows([1000, 40], row, ({ translation }) => translation.de);
const files = { train: await writeRows("train.jsonl", trainRows), test: await writeRows("test.jsonl", testRows) };

const texts = trainRows.flatMap(({ translation }) => Object.values(translation));
const { tokenizer, config } = await small(texts, { max_encoder_position_embeddings: 64, attention_window: 32 });
const model = await LEDForConditionalGeneration.from_config(config, { seed: 1 });
// Kept with the model: what generates with it later does the same.
model.generation_config.update({ max_length: 24, num_beams: 1 });

const languages = { source_lang: "de", target_lang: "en", max_target_length: 32 };
const features = async (file) => translationFeatures(await openDataset(file), tokenizer, languages);
const trainer = new Seq2SeqTrainer({
  model,
  args: new Seq2SeqTrainingArguments({
    output_dir: join(folder, "run"),
    max_steps: stepsOf(150),
    per_device_train_batch_size: 32,
    learning_rate: 3e-3,
    lr_scheduler_type: "cosine",
    warmup_steps: 20,
    save_strategy: "no",
    predict_with_generate: true,
  }),
  train_dataset: await features(files.train),
  eval_dataset: await features(files.test),
  data_collator: new DataCollatorForSeq2Seq(tokenizer, { model }),
  tokenizer,
  compute_metrics({ predictions, label_ids }) {
    const [said, meant] = [spell(tokenizer, predictions), spell(tokenizer, label_ids)];
    const right = said.filter((text, i) => text === meant[i]).length;
    return { bleu: bleu(said, meant).score, exact: right / meant.length };
  },
});
const before = await trainer.evaluate();
await trainer.train();
const after = await trainer.evaluate();
await trainer.save_model(join(folder, "model"));
const shown = ({ eval_bleu, eval_exact }) => `BLEU ${eval_bleu.toFixed(1)}, exactly right ${eval_exact.toFixed(2)}`;
console.log(`before: ${shown(before)}\nafter: ${shown(after)}`);
console.log(`The model is in ${join(folder, "model")}, its data beside it.`);
await model.dispose();
