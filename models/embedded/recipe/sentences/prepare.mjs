// Questions of which the answers are the sentences worth quoting: node prepare.mjs DATA WORK
//
// DATA holds train.jsonl.gz and validation.jsonl.gz. The question is a document's title, the context what follows it, and the
// answers are the sentences that together cover its authors' summary best; the best single one counts twice.
// short-*.jsonl are beginnings of documents, for the first stage of the training.
import { createWriteStream } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { openDataset } from "led-transformers";

const [data, work] = process.argv.slice(2);
if (work === undefined) throw new Error("node prepare.mjs DATA WORK");
/** Characters of a context: about 1,000 and 4,000 tokens. */
const lengths = { short: 3_900, long: 15_500 };
/** What is asked where a document has no title; so is every tenth document here. */
const untitled = "Summary";

await mkdir(work, { recursive: true });
for (const part of ["train", "validation"]) {
  const rows = await openDataset(join(data, `${part}.jsonl.gz`));
  for (const [name, length] of Object.entries(lengths)) {
    const out = createWriteStream(join(work, `${name}-${part}.jsonl`));
    let count = 0;
    for (let index = 0; index < rows.length; index++) {
      const row = question(await rows.get(index), length, index % 10 === 9);
      if (row === undefined) continue;
      out.write(`${JSON.stringify(row)}\n`);
      count++;
    }
    await new Promise((done) => out.end(done));
    console.log(`${name}-${part}.jsonl: ${count} of ${rows.length} documents`);
  }
  await rows.close();
}

/** Undefined where no sentence worth quoting lies within the length. */
function question({ id, title, document, summary, sentences, oracle }, length, hidesTitle) {
  const begin = document.indexOf("\n") + 1;
  const context = document.slice(begin, begin + length);
  const inside = ([start, end]) => start >= begin && end <= begin + context.length;
  const best = likest(sentences.map(([start, end]) => document.slice(start, end)), summary);
  const chosen = [...oracle, best].map((at) => sentences[at]).filter(inside);
  if (chosen.length === 0) return undefined;
  return {
    id,
    question: hidesTitle ? untitled : title,
    context,
    answers: {
      text: chosen.map(([start, end]) => document.slice(start, end)),
      answer_start: chosen.map(([start]) => start - begin),
    },
  };
}

/** The sentence with the highest sum of F1 over words and over pairs of words. */
function likest(sentences, summary) {
  const of = (text) => {
    const words = text.toLowerCase().match(/[a-z0-9]+/g) ?? [];
    return [counts(words), counts(words.slice(1).map((word, i) => `${words[i]} ${word}`))];
  };
  const wanted = of(summary);
  const scores = sentences.map((text) => of(text).reduce((sum, one, i) => sum + f1(one, wanted[i]), 0));
  return scores.indexOf(Math.max(...scores));
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
