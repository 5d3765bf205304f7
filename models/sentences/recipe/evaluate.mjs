// How good chosen sentences are: node evaluate.mjs DATA MODEL [SPLIT]
//
// ROUGE (F1, stemmed, of rouge-score 0.1.2) against the authors' own summaries, with bootstrap intervals of 95 %: the chosen
// sentences on a line each, the summary as it is. Beside it the first three sentences, those of prose, and the sentences that know the summary.
import { join } from "node:path";
import { LEDForQuestionAnswering, LEDTokenizerFast, openDataset, selectSentences } from "led-transformers";
import { rougeTable } from "../../recipe/rouge-table.mjs";

const [data, folder, split = "test"] = process.argv.slice(2);
if (folder === undefined) throw new Error("node evaluate.mjs DATA MODEL [SPLIT]");
const model = await LEDForQuestionAnswering.from_pretrained(folder);
const tokenizer = await LEDTokenizerFast.from_pretrained(folder);
const rows = await openDataset(join(data, `${split}.jsonl.gz`));

const methods = {
  model: [],
  "model, 1 sentence": [],
  "model, 2 sentences": [],
  "first 3": [],
  "first 3 of prose": [],
  oracle: [],
};
const summaries = [];
const words = [];
let chosen = 0;
for await (const { title, document, summary, sentences, oracle } of rows) {
  const quote = (indices) => indices.map((at) => document.slice(...sentences[at])).join("\n");
  const select = async (max_sentences) => {
    const options = { title, unwrap: false, ...(max_sentences === undefined ? {} : { max_sentences }) };
    return (await selectSentences(model, tokenizer, document, options)).sentences;
  };
  const lines = (found) => found.map(({ text }) => text).join("\n");
  const own = await select();
  chosen += own.length;
  methods.model.push(lines(own));
  methods["model, 1 sentence"].push(lines(await select(1)));
  methods["model, 2 sentences"].push(lines(await select(2)));
  methods["first 3"].push(quote([0, 1, 2].filter((at) => at < sentences.length)));
  const prose = [...sentences.keys()].filter((at) => /\S+(?:\s+\S+){4,}[.!?]$/s.test(document.slice(...sentences[at])));
  methods["first 3 of prose"].push(quote(prose.slice(0, 3)));
  methods.oracle.push(quote(oracle));
  summaries.push(summary);
  words.push(document.split(/\s+/).length);
  if (process.stderr.isTTY) process.stderr.write(`\r${summaries.length} of ${rows.length}`);
}

console.log(`${rows.length} documents, ${(chosen / rows.length).toFixed(2)} sentences of each\n`);
console.log(rougeTable(methods, summaries, words, ["model", "first 3"]));
await rows.close();
await model.dispose();
