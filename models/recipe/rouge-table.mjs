// Tables of a card: ROUGE (F1, stemmed, of rouge-score 0.1.2) with bootstrap intervals of 95 %, of what each method gives.
import { rouge } from "led-transformers";

const types = ["rouge1", "rouge2", "rougeLsum"];
const bands = [
  { from: 0, to: 1000 },
  { from: 1000, to: 2000 },
  { from: 2000, to: Number.POSITIVE_INFINITY },
];

/** `methods` are texts by name, in the order of `summaries`; `words` are the documents' lengths, by which those of `banded` are shown too. */
export function rougeTable(methods, summaries, words, banded) {
  const rows = Object.entries(methods).map(([name, texts]) => row(name, texts, summaries));
  for (const { from, to } of bands) {
    const band = [...words.keys()].filter((at) => words[at] >= from && words[at] < to);
    if (band.length === 0) continue;
    const of = (list) => band.map((at) => list[at]);
    const label = Number.isFinite(to) ? `${from} to ${to} words` : `${from} words and more`;
    for (const name of banded) rows.push(row(`${name}, ${label} (${band.length})`, of(methods[name]), of(summaries)));
  }
  return ["| | ROUGE-1 | ROUGE-2 | ROUGE-Lsum |", "|---|---|---|---|", ...rows].join("\n");
}

function row(name, predictions, references) {
  const scores = rouge(predictions, references, { rouge_types: types, use_stemmer: true });
  const percent = ({ fmeasure }) => (100 * fmeasure).toFixed(1);
  const cells = types.map((type) => {
    const { low, mid, high } = scores[type];
    return `${percent(mid)} (${percent(low)} to ${percent(high)})`;
  });
  return `| ${[name, ...cells].join(" | ")} |`;
}
