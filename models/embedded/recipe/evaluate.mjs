// How good the summaries are that a model writes: node evaluate.mjs DATA MODEL [SPLIT [OPTIONS]]
//
// ROUGE (F1, stemmed, of rouge-score 0.1.2) against the authors' own summaries, with bootstrap intervals of 95 %: what is written with a
// sentence on a line, the summary as it is. Beside it the first three sentences. OPTIONS is JSON for generate(), over the model's settings.
import { join } from "node:path";
import { openDataset, pipeline } from "led-transformers";
import { rougeTable } from "../../recipe/rouge-table.mjs";

const [data, folder, split = "test", options = "{}"] = process.argv.slice(2);
if (folder === undefined) throw new Error("node evaluate.mjs DATA MODEL [SPLIT [OPTIONS]]");
const summarize = await pipeline("summarization", folder);
const rows = await openDataset(join(data, `${split}.jsonl.gz`));
const written = [];
const lead = [];
const summaries = [];
const words = [];
const copied = [];
let wholes = 0;
for await (const { document, summary, sentences } of rows) {
  const [{ summary_text }] = await summarize(document, { truncation: true, ...JSON.parse(options) });
  const text = summary_text.trim();
  written.push(text.replaceAll(/(?<=[.!?]) (?=\p{Lu})/gu, "\n"));
  lead.push(
    sentences
      .slice(0, 3)
      .map((place) => document.slice(...place))
      .join("\n"),
  );
  summaries.push(summary);
  words.push(document.split(/\s+/).length);
  copied.push(verbatim(text, document));
  if (/[.!?]$/.test(text)) wholes++;
  if (process.stderr.isTTY) process.stderr.write(`\r${summaries.length} of ${rows.length}`);
}

const mean = (numbers) => numbers.reduce((a, b) => a + b, 0) / numbers.length;
const length = mean(written.map((text) => text.split(/\s+/).length));
console.log(
  `${rows.length} documents; ${length.toFixed(0)} words each, ${(100 * mean(copied)).toFixed(0)} % of them in runs of six or ` +
    `more copied from the document; ${((100 * wholes) / rows.length).toFixed(0)} % end a sentence\n`,
);
const methods = { model: written, "first 3": lead };
console.log(rougeTable(methods, summaries, words, Object.keys(methods)));
await rows.close();
await summarize.dispose();

/** The share of a text's words that stand in a run of at least six words of the document. */
function verbatim(text, document) {
  const own = text.split(/\s+/);
  const source = ` ${document.split(/\s+/).join(" ")} `;
  const inside = own.map(() => false);
  for (let at = 0; at + 6 <= own.length; at++) {
    if (source.includes(` ${own.slice(at, at + 6).join(" ")} `)) inside.fill(true, at, at + 6);
  }
  return inside.filter(Boolean).length / own.length;
}
