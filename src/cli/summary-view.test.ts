/** How a summary is printed. */
import { describe, expect, test } from "vitest";
import type { DocumentSummary } from "../pipelines/summarize-document.ts";
import type { LoadedDocument } from "./document.ts";
import { summaryView } from "./summary-view.ts";

const text = "Heading\n\nThe old mill stood at the bend of the river.\n\nNobody remembers who built its wheel.\n";
const document: LoadedDocument = { name: "a.txt", format: "text", text };

const sentences = ["The old mill stood at the bend of the river.", "Nobody remembers who built its wheel."].map(
  (own) => ({
    text: own,
    start: text.indexOf(own),
    end: text.indexOf(own) + own.length,
    line: text.slice(0, text.indexOf(own)).split("\n").length,
  }),
);

const summary = (parts: Partial<DocumentSummary>): DocumentSummary => ({
  summary_text: sentences.map((sentence) => sentence.text).join(" "),
  source_tokens: 30,
  unwrapped_lines: 0,
  truncated_tokens: 0,
  summary_tokens: 20,
  global_attention: [0],
  generation: {} as DocumentSummary["generation"],
  ...parts,
});

describe("where standard output is no terminal", () => {
  test("a summary is a line, and so is each sentence that is cited", async () => {
    expect(await summaryView(document, summary({}), undefined)).toBe(`${sentences[0]!.text} ${sentences[1]!.text}\n`);
    expect(await summaryView(document, summary({ sentences }), undefined)).toBe(
      `3: ${sentences[0]!.text}\n5: ${sentences[1]!.text}\n`,
    );
  });
});

describe("in a terminal", () => {
  test("a summary is wrapped between words", async () => {
    expect(await summaryView(document, summary({}), 30)).toBe(
      "The old mill stood at the bend\nof the river. Nobody remembers\nwho built its wheel.\n",
    );
  });

  test("sentences hang behind their places, which are set to the right", async () => {
    const far = { ...sentences[1]!, line: 120 };
    expect(await summaryView(document, summary({ sentences: [sentences[0]!, far] }), 30)).toBe(
      "  3: The old mill stood at the\n     bend of the river.\n120: Nobody remembers who\n     built its wheel.\n",
    );
  });

  test("wide letters take two columns, and what has no spaces is broken", async () => {
    expect(await summaryView(document, summary({ summary_text: "水車".repeat(8) }), 20)).toBe(
      `${"水車".repeat(5)}\n${"水車".repeat(3)}\n`,
    );
  });

  test("control characters of a document do not reach it", async () => {
    const hostile = "Red \u001b[31mletters\u0007 and\r more.";
    expect(await summaryView(document, summary({ summary_text: hostile }), 80)).toBe("Red  [31mletters  and  more.\n");
  });

  test("one of few columns gets lines as they are", async () => {
    expect(await summaryView(document, summary({}), 0)).toBe(`${sentences[0]!.text} ${sentences[1]!.text}\n`);
  });
});

describe("places", () => {
  const places = async (other: Partial<LoadedDocument>) =>
    (await summaryView({ ...document, ...other }, summary({ sentences }), undefined))
      .replaceAll(/: .*/g, "")
      .split("\n");

  test("of a text are lines", async () => {
    expect(await places({})).toEqual(["3", "5", ""]);
  });

  test("of a PDF are pages", async () => {
    const pages = [
      { start: 0, page: 4 },
      { start: sentences[1]!.start, page: 5 },
    ];
    expect(await places({ format: "pdf", pages })).toEqual(["p. 4", "p. 5", ""]);
  });

  test.each(["html", "docx"] as const)("of %s are paragraphs", async (format) => {
    expect(await places({ format })).toEqual(["¶ 2", "¶ 3", ""]);
  });
});
