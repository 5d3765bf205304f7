// A row of a card's table: ROUGE (F1, stemmed, of rouge-score 0.1.2) with bootstrap intervals of 95 %.
import { rouge } from "led-transformers";

const types = ["rouge1", "rouge2", "rougeLsum"];

export const rougeHead = "| | ROUGE-1 | ROUGE-2 | ROUGE-Lsum |\n|---|---|---|---|";

export function rougeRow(name, predictions, references) {
  const scores = rouge(predictions, references, { rouge_types: types, use_stemmer: true });
  const percent = ({ fmeasure }) => (100 * fmeasure).toFixed(1);
  const cells = types.map((type) => {
    const { low, mid, high } = scores[type];
    return `${percent(mid)} (${percent(low)} to ${percent(high)})`;
  });
  return `| ${[name, ...cells].join(" | ")} |`;
}
