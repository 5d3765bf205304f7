/** The text of a PDF through pdf.js, which says what stands where; how that is read is this package's (pdf-*.ts). */
import { createRequire } from "node:module";
import { dirname } from "node:path";
import type { PDFDocumentProxy, TextItem } from "pdfjs-dist/types/src/display/api.js";
import { FileError } from "../../errors.ts";
import { optionalLibrary } from "./optional-library.ts";
import { linesOf } from "./pdf-lines.ts";
import { withoutMargins } from "./pdf-margins.ts";
import { type PdfPage, pageOf } from "./pdf-page.ts";
import { paragraphsOf } from "./pdf-paragraphs.ts";
import { type PagedText, runningText } from "./pdf-text.ts";

const library = {
  name: "pdfjs-dist",
  purpose: "which reads PDFs",
  otherwise: "extract the text first: pdftotext FILE",
};

/** Throws a FileError for a PDF that is damaged, that has a password, or that is pictures of text. */
export async function pdfText(bytes: Uint8Array, operation: string): Promise<PagedText> {
  const pages = withoutMargins(await readPages(bytes, operation));
  const lines = pages.flatMap(({ pieces }, page) => linesOf(pieces).map((line) => ({ ...line, page: page + 1 })));
  const result = runningText(paragraphsOf(lines));
  if (result.text === "") {
    throw new FileError({
      operation,
      expected: "a PDF with text in it",
      got: `${pages.length} ${pages.length === 1 ? "page" : "pages"} without any, such as a scan`,
      fix: "Recognise its text first, such as ocrmypdf FILE NEW.",
    });
  }
  return result;
}

async function readPages(bytes: Uint8Array, operation: string): Promise<PdfPage[]> {
  const { getDocument, VerbosityLevel } = await optionalLibrary(operation, library, loadPdfJs);
  const folder = dirname(createRequire(import.meta.url).resolve("pdfjs-dist/package.json"));
  const task = getDocument({
    // A copy, since pdf.js keeps it; of a plain class, since it refuses Buffers.
    data: new Uint8Array(bytes),
    verbosity: VerbosityLevel.ERRORS,
    // Names of East Asian characters, without which such texts cannot be read.
    cMapUrl: `${folder}/cmaps/`,
    cMapPacked: true,
    standardFontDataUrl: `${folder}/standard_fonts/`,
    isEvalSupported: false,
  });
  try {
    const document = await task.promise;
    const pages: PdfPage[] = [];
    for (let number = 1; number <= document.numPages; number++) pages.push(await readPage(document, number));
    return pages;
  } catch (cause) {
    if (!(cause instanceof Error)) throw cause;
    const expected = "a PDF that can be read";
    if (cause.name === "PasswordException") {
      const fix = "Save it without one, such as qpdf --decrypt FILE NEW --password=...";
      throw new FileError({ operation, expected, got: "one with a password", fix, cause });
    }
    const fix = "Is the file whole?";
    throw new FileError({
      operation,
      expected,
      got: `a damaged one (${cause.message.replace(/\.$/, "")})`,
      fix,
      cause,
    });
  } finally {
    await task.destroy();
  }
}

async function readPage(document: PDFDocumentProxy, number: number): Promise<PdfPage> {
  const page = await document.getPage(number);
  const { items } = await page.getTextContent();
  const texts = items.filter((item): item is TextItem => "str" in item);
  const result = pageOf(texts, page.getViewport({ scale: 1 }));
  page.cleanup();
  return result;
}

/**
 * pdf.js takes what drawing needs from a browser, or on Node from a package of native code that not every machine has, and warns where
 * it is missing. Text needs none of it, but the library makes a DOMMatrix as it loads. What it leaves among the globals goes again:
 * other libraries ask them whether this is a browser.
 */
async function loadPdfJs(): Promise<typeof import("pdfjs-dist/legacy/build/pdf.mjs")> {
  const names = ["DOMMatrix", "ImageData", "Path2D", "navigator"];
  const before = new Map(names.map((name) => [name, Object.getOwnPropertyDescriptor(globalThis, name)]));
  if (before.get("DOMMatrix") === undefined) {
    Object.defineProperty(globalThis, "DOMMatrix", { value: class {}, configurable: true });
  }
  const { warn } = console;
  console.warn = () => {};
  try {
    return await import("pdfjs-dist/legacy/build/pdf.mjs");
  } finally {
    console.warn = warn;
    for (const [name, descriptor] of before) if (descriptor === undefined) Reflect.deleteProperty(globalThis, name);
  }
}
