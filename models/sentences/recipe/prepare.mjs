// Cues of documents' sentences, and which of them are worth quoting: node prepare.mjs DATA WORK
//
// DATA holds train.jsonl.gz and validation.jsonl.gz. A context is the cues of a document (sentence-cues.ts), and its answers are
// sentences of it, eight, of which the likest to the authors' summary are most: 8 e^(s/0.08) of each, s the mean of ROUGE-1 and
// ROUGE-2 F1, in whole numbers. `led train --all-answers` learns them all.
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { openDataset } from "led-transformers";
import { cuesPerSentence, sentenceCues } from "../../../dist/pipelines/sentence-cues.js";
import { sentencesOf } from "../../../dist/pipelines/sentences.js";
import { writeJsonLines } from "../../recipe/json-lines.mjs";

const [data, work] = process.argv.slice(2);
if (work === undefined) throw new Error("node prepare.mjs DATA WORK");
const answersEach = 8;
const sharpness = 1 / 0.08;
/** What fits 4,096 tokens beside the document's own cue and the special tokens. */
const most = Math.floor((4096 - 6) / cuesPerSentence);

await mkdir(work, { recursive: true });
for (const part of ["train", "validation"]) {
  const rows = await openDataset(join(data, `${part}.jsonl.gz`));
  const count = await writeJsonLines(join(work, `${part}.jsonl`), questions(rows));
  console.log(`${part}.jsonl: ${count} of ${rows.length} documents`);
  await rows.close();
}

async function* questions(rows) {
  for await (const row of rows) {
    const one = question(row);
    if (one !== undefined) yield one;
  }
}

/** Undefined where no sentence has a word of the summary. */
function question({ id, title, document, summary }) {
  const text = document.slice(document.indexOf("\n") + 1);
  const sentences = sentencesOf(text);
  const cues = sentenceCues(title, text, sentences);
  const context = cues.context.slice(0, most * cuesPerSentence);
  const wanted = grams(summary);
  const likeness = cues.sentences.slice(0, most).map((at) => {
    const { start, end } = sentences[at];
    return grams(text.slice(start, end)).reduce((sum, one, n) => sum + f1(one, wanted[n]) / 2, 0);
  });
  const best = Math.max(...likeness);
  if (!(best > 0)) return undefined;
  const starts = shares(likeness.map((value) => Math.exp((value - best) * sharpness))).flatMap((count, at) =>
    Array(count).fill(at * cuesPerSentence),
  );
  const quoted = starts.map((start) => context.slice(start, start + cuesPerSentence));
  return { id, question: cues.question, context, answers: { text: quoted, answer_start: starts } };
}

/** Whole numbers in proportion to the weights that make `answersEach`: those cut most get the rest. */
function shares(weights) {
  const total = weights.reduce((a, b) => a + b, 0);
  const exact = weights.map((weight) => (weight / total) * answersEach);
  const whole = exact.map(Math.floor);
  const left = answersEach - whole.reduce((a, b) => a + b, 0);
  const order = [...exact.keys()].sort((a, b) => exact[b] - whole[b] - (exact[a] - whole[a]) || a - b);
  for (const at of order.slice(0, left)) whole[at]++;
  return whole;
}

/** How often each word and each pair of words stands in it. */
function grams(text) {
  const words = text.toLowerCase().match(/[a-z0-9]+/g) ?? [];
  return [counts(words), counts(words.slice(1).map((word, i) => `${words[i]} ${word}`))];
}

function counts(items) {
  const found = new Map();
  for (const item of items) found.set(item, (found.get(item) ?? 0) + 1);
  return found;
}

function f1(a, b) {
  const total = (map) => [...map.values()].reduce((sum, count) => sum + count, 0);
  let common = 0;
  for (const [item, count] of a) common += Math.min(count, b.get(item) ?? 0);
  return common === 0 ? 0 : (2 * common) / (total(a) + total(b));
}
