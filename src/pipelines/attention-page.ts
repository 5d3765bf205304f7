/**
 * The page that shows what a summary drew on: the summary's sentences beside the document, whose sentences are tinted by the attention
 * that the chosen one paid to them. One HTML file that loads nothing. Choosing is done by radio buttons and style alone; a few lines of
 * script scroll to the strongest sentence.
 */
import { refuseUnknownOptions } from "../errors.ts";
import { escaped } from "../training/html-text.ts";
import { pageScript, pageStyle } from "./attention-page-style.ts";
import type { DocumentSummary } from "./summarize-document.ts";
import type { SummaryAttention } from "./summarize-with-attention.ts";

export interface AttentionPageOptions {
  /** The page's heading; "Summary" by default. */
  readonly title?: string;
}

/** What summarizeWithAttention gave. */
export interface AttendedSummary {
  readonly summary: Pick<DocumentSummary, "truncated_tokens">;
  readonly attention: SummaryAttention;
}

/** What can be chosen: a sentence of the summary, or all of it. */
interface Choice {
  readonly text: string;
  readonly whole: boolean;
  /** [document's sentences] */
  readonly weights: readonly number[];
  readonly shares: readonly number[];
}

/** Sentences that a choice names by line, the strongest first. */
const named = 3;

/** The HTML of the page about `text`, the document as it was summarised. */
export function attentionPage(text: string, attended: AttendedSummary, options: AttentionPageOptions = {}): string {
  refuseUnknownOptions("attentionPage", options, ["title"]);
  const { attention, summary } = attended;
  const title = escaped(options.title ?? "Summary");
  const choices = choicesOf(attention);
  const chosen = choices.map((_, k) => `main:has(#c${k}:checked) .s { --w: var(--w${k}, 0); }`);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'">
<title>${title}</title>
<style>${pageStyle}${chosen.join("\n")}
</style>
</head>
<body>
<main>
<section class="summary" aria-label="Summary">
<h1>${title}</h1>
<div role="radiogroup" aria-label="Sentences of the summary">
${choices.map((choice, k) => choiceView(choice, k, attention)).join("\n")}
</div>
${legend(choices)}
</section>
<section class="document" aria-label="Document" tabindex="0">
${documentView(text, attention, choices)}
${unread(summary.truncated_tokens)}</section>
</main>
<script>${pageScript}</script>
</body>
</html>
`;
}

/** Of a summary of one sentence, that one is the whole. */
function choicesOf({ summary_sentences, shares, weights, average, whole }: SummaryAttention): Choice[] {
  const all = { text: "Whole summary", whole: true, weights: whole, shares: average };
  if (summary_sentences.length === 1) return [{ ...all, text: summary_sentences[0]! }];
  return [
    all,
    ...summary_sentences.map((text, k) => ({ text, whole: false, weights: weights[k]!, shares: shares[k]! })),
  ];
}

function choiceView({ text, weights, shares }: Choice, k: number, { source_sentences }: SummaryAttention): string {
  const strongest = weights
    .map((weight, j) => ({ weight, j }))
    .filter(({ weight }) => weight > 0)
    .sort((a, b) => b.weight - a.weight)
    .slice(0, named);
  const links = strongest.map(
    ({ j }) => `<li><a href="#d${j}">Line ${source_sentences[j]!.line}</a>: ${percentage(shares[j]!)}</li>`,
  );
  const list = links.length === 0 ? "" : `<ul aria-label="Strongest">${links.join("")}</ul>`;
  const target = strongest.length === 0 ? "" : ` data-strongest="d${strongest[0]!.j}"`;
  const input = `<input type="radio" name="choice" id="c${k}"${target}${k === 0 ? " checked" : ""}>`;
  return `<div class="choice">${input}<label for="c${k}">${escaped(text)}</label>${list}</div>`;
}

function percentage(share: number): string {
  return share < 0.01 ? "below 1% of the attention" : `${Math.round(100 * share)}% of the attention`;
}

function legend(choices: readonly Choice[]): string {
  const whole = "than so many words would get if attention were spread evenly";
  const rule =
    choices.length === 1
      ? whole
      : `while the chosen sentence was written than while the summary as a whole was; for the whole summary, more ${whole}`;
  return `<aside aria-label="Legend">
<p class="scale"><span>no more</span><span class="ramp"></span><span>most</span></p>
<p>Colour marks sentences of the document that got more attention ${rule}. The strongest colour is the sentence furthest above that; lines are named in that order.</p>
<p>Attention is the mean over all layers and heads. It shows where the model looked, which is no proof that the summary is right, nor that nothing else counted.</p>
</aside>`;
}

/** Line by line, up to the last one that was read. */
function documentView(text: string, { source_sentences }: SummaryAttention, choices: readonly Choice[]): string {
  const styles = source_sentences.map((_, j) =>
    choices.flatMap(({ weights }, k) => (weights[j]! < 0.005 ? [] : `--w${k}:${shortNumber(weights[j]!)}`)).join(";"),
  );
  const last = source_sentences.at(-1)?.end ?? text.length;
  const lines: string[] = [];
  let next = 0;
  let begun = -1;
  for (let start = 0; start <= last; ) {
    const end = text.indexOf("\n", start) < 0 ? text.length : text.indexOf("\n", start);
    let line = "";
    let at = start;
    for (; next < source_sentences.length && source_sentences[next]!.start < end; next += 1) {
      const sentence = source_sentences[next]!;
      const [from, to] = [Math.max(sentence.start, start), Math.min(sentence.end, end)];
      const id = begun === next ? "" : ` id="d${next}"`;
      begun = next;
      line += `${escaped(text.slice(at, from))}<span class="s"${id} style="${styles[next]}">${escaped(text.slice(from, to))}</span>`;
      at = to;
      if (sentence.end > end) break;
    }
    lines.push(`<div class="line" data-line="${lines.length + 1}">${line}${escaped(text.slice(at, end))}</div>`);
    start = end + 1;
  }
  return lines.join("\n");
}

const shortNumber = (value: number): string => String(Number(value.toFixed(2))).replace(/^0\./, ".");

function unread(tokens: number): string {
  return tokens === 0 ? "" : `<p class="unread">The last ${tokens} tokens of the document were not read.</p>\n`;
}
