/** The text of Word documents, made here from their parts. */
import { strToU8, zipSync } from "fflate";
import { describe, expect, test, vi } from "vitest";
import { docxBytes, paragraph } from "../../../tests/support/docx-writer.ts";
import { docxText } from "./docx.ts";

const read = (bytes: Uint8Array) => docxText(bytes, "read a.docx");

describe("text", () => {
  test("paragraphs, tabs and breaks", async () => {
    const runs =
      '<w:p><w:r><w:t xml:space="preserve">One </w:t></w:r><w:r><w:t>half &amp; half.</w:t><w:tab/></w:r></w:p>';
    const broken = "<w:p><w:r><w:t>Two</w:t><w:br/><w:t>lines.</w:t></w:r></w:p>";
    expect(await read(docxBytes(runs + paragraph("") + broken))).toBe("One half & half.\n\nTwo\nlines.");
  });

  test("rows of tables", async () => {
    const row = (...cells: string[]) =>
      `<w:tr>${cells.map((cell) => `<w:tc>${paragraph(cell)}</w:tc>`).join("")}</w:tr>`;
    const table = `<w:tbl>${row("Name", "Age")}${row("Ann", "3")}</w:tbl>`;
    expect(await read(docxBytes(paragraph("Before.") + table))).toBe("Before.\n\nName Age\nAnn 3");
  });

  test("without notes, comments and what was deleted", async () => {
    const noted =
      '<w:p><w:r><w:t>A claim</w:t></w:r><w:r><w:footnoteReference w:id="2"/></w:r><w:r><w:t>.</w:t></w:r></w:p>';
    const deleted =
      "<w:p><w:del><w:r><w:delText>Gone.</w:delText></w:r></w:del><w:ins><w:r><w:t>Here.</w:t></w:r></w:ins></w:p>";
    expect(await read(docxBytes(noted + deleted, { footnote: "A note." }))).toBe("A claim.\n\nHere.");
  });
});

describe("what cannot be read", () => {
  const damaged = "expected a Word document \\(.docx\\), got a damaged one \\(.+\\) Is the file whole\\?";

  test.each([
    ["the first half of a file", () => docxBytes(paragraph("text")).slice(0, 300)],
    ["an archive without a document", () => zipSync({ "[Content_Types].xml": strToU8("<Types/>") })],
    ["XML that is none", () => docxBytes("<w:p><w:r></w:p>")],
  ])("%s", async (_, file) => {
    const console = vi.spyOn(globalThis.console, "error");
    await expect(read(file())).rejects.toThrow(new RegExp(`^read a.docx: ${damaged}`));
    expect(console).not.toHaveBeenCalled();
    console.mockRestore();
  });
});
