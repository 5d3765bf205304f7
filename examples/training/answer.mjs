// Teaches a small LED to find answers in notices: node examples/training/answer.mjs [FOLDER]
// The head reads the encoder (head: "encoder") and the question has global attention. Answers are places in the text.
import { join } from "node:path";
import {
  bestAnswers,
  DataCollatorWithPadding,
  LEDForQuestionAnswering,
  openDataset,
  questionAnsweringFeatures,
  questionWindows,
  Seq2SeqTrainer,
  Seq2SeqTrainingArguments,
  squad,
} from "led-transformers";
import { chance, distinctRows, folder, small, stepsOf, writeRows } from "./small.mjs";

const { below, pick, shuffled } = chance(3);
const names = ["Ada", "Boris", "Carla", "Dmitri", "Elena", "Farid", "Greta", "Hugo"];
const places = ["the library", "the old mill", "the town hall", "the harbour", "the school"];
const facts = {
  "Who opens the door?": () => [pick(names), (who) => `${who} opens the door.`],
  "Where do we meet?": () => [pick(places), (where) => `We meet at ${where}.`],
  "When does it begin?": () => [`${1 + below(11)} o'clock`, (when) => `It begins at ${when}.`],
  "What does it cost?": () => [`${2 + below(30)} crowns`, (sum) => `It costs ${sum}.`],
};
const rest = ["Bring a coat.", "Children are welcome.", "There will be tea.", "The garden is closed."];

let id = 0;
const row = () => {
  const said = Object.entries(facts).map(([question, make]) => {
    const [answer, sentence] = make();
    return { question, answer, sentence: sentence(answer) };
  });
  const context = shuffled([...said.map(({ sentence }) => sentence), pick(rest), pick(rest)]).join(" ");
  const { question, answer, sentence } = pick(said);
  const start = context.indexOf(sentence) + sentence.indexOf(answer);
  return { id: `${id++}`, question, context, answers: { text: [answer], answer_start: [start] } };
};
const [trainRows, testRows] = distinctRows([600, 60], row, ({ context }) => context);
const files = { train: await writeRows("train.jsonl", trainRows), test: await writeRows("test.jsonl", testRows) };

const { tokenizer, config } = await small(trainRows.flatMap(({ question, context }) => [question, context]));
config.update({ head: "encoder" });
const model = await LEDForQuestionAnswering.from_config(config, { seed: 1 });

const { windows } = questionWindows(tokenizer, {});
/** Where in `context` the model sees the answer to `question`. */
async function find(question, context) {
  const parts = windows(question, context, {}, "the question");
  const logits = [];
  for (const { input_ids, attention_mask, global_attention_mask, offsets } of parts) {
    const inputs = { input_ids, attention_mask, global_attention_mask };
    const batch = Object.fromEntries(Object.entries(inputs).map(([name, values]) => [name, [values]]));
    const { start_logits, end_logits } = await model(batch);
    logits.push({ offsets, start_logits: start_logits.data, end_logits: end_logits.data });
  }
  return bestAnswers(context, logits).best;
}

async function score() {
  const predictions = [];
  for (const { question, context } of testRows) predictions.push((await find(question, context)).text);
  return squad(
    predictions,
    testRows.map(({ answers }) => answers.text),
  );
}

const trainer = new Seq2SeqTrainer({
  model,
  args: new Seq2SeqTrainingArguments({
    output_dir: join(folder, "run"),
    max_steps: stepsOf(150),
    per_device_train_batch_size: 16,
    learning_rate: 2e-3,
    save_strategy: "no",
  }),
  train_dataset: await questionAnsweringFeatures(await openDataset(files.train), tokenizer),
  data_collator: new DataCollatorWithPadding(tokenizer),
  tokenizer,
});
const before = await score();
await trainer.train();
const after = await score();
await trainer.save_model(join(folder, "model"));
const shown = ({ exact, f1 }) => `exact ${exact.toFixed(1)}, F1 ${f1.toFixed(1)}`;
console.log(`before: ${shown(before)}\nafter: ${shown(after)}`);
const { question, context } = testRows[0];
const { start, end } = await find(question, context);
console.log(`${context}\n${question} [${start}, ${end}): ${context.slice(start, end)}`);
console.log(`The model is in ${join(folder, "model")}, its data beside it.`);
await model.dispose();
