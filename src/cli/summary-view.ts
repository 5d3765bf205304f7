/** A summary as people read it: lines as wide as their terminal, and for each sentence that is cited where it stands. */
import type { CitedSentence, DocumentSummary } from "../pipelines/summarize-document.ts";
import type { LoadedDocument } from "./document.ts";
import { pageAt } from "./documents/pdf-text.ts";

/** In narrower windows wrapped lines are harder to read than broken ones. */
const fewestColumns = 20;

/** `columns` of the terminal, or undefined where the summary goes elsewhere: then each sentence or summary stays one line. */
export async function summaryView(
  document: LoadedDocument,
  { summary_text, sentences }: Pick<DocumentSummary, "summary_text" | "sentences">,
  columns: number | undefined,
): Promise<string> {
  // Of lines that were read as one, the indentation is left between words.
  const shown = (text: string) => text.replaceAll(/\s+/g, " ");
  const parts = sentences?.map((one) => ({ label: `${placeOf(document, one)}: `, text: shown(one.text) })) ?? [
    { label: "", text: summary_text },
  ];
  if (columns === undefined || columns < fewestColumns) {
    return parts.map(({ label, text }) => `${label}${text}\n`).join("");
  }
  const { default: wrap } = await import("wrap-ansi");
  const indent = Math.max(...parts.map(({ label }) => label.length));
  return parts
    .map(({ label, text }) => {
      // What a document holds must not steer the terminal.
      const lines = wrap(text.replaceAll(/\p{Cc}+/gu, " "), columns - indent, { hard: true }).split("\n");
      return `${label.padStart(indent)}${lines.join(`\n${" ".repeat(indent)}`)}\n`;
    })
    .join("");
}

/** A line of a text, which has lines; a page of a PDF; a paragraph of what has neither. */
export function placeOf(
  { format, text, pages }: LoadedDocument,
  { start, line }: Pick<CitedSentence, "start" | "line">,
): string {
  if (format === "text") return String(line);
  if (pages !== undefined) return `p. ${pageAt(pages, start)}`;
  return `¶ ${text.slice(0, start).split(/\n\s*/).length}`;
}
