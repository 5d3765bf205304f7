/**
 * The text of an HTML page through html-to-text, which knows what browsers make of white space, entities, lists and unclosed tags,
 * and gives text rather than a tree of which somebody has to make it. What helps to move about a page is left out.
 */
import type { BaseElementsOptions, FormatCallback, HtmlToTextOptions } from "html-to-text";
import { FileError } from "../../errors.ts";
import { decodeUtf8 } from "./decode-text.ts";
import { optionalLibrary } from "./optional-library.ts";
import { tidyText } from "./tidy-text.ts";

const library = {
  name: "html-to-text",
  purpose: "which reads HTML",
  otherwise: "extract the text first",
};

/** Elements that are no text, or none of the page's own. */
const leftOut = [
  ...[
    "head",
    "title",
    "script",
    "style",
    "noscript",
    "template",
    "svg",
    "annotation",
    "iframe",
    "object",
    "canvas",
    "audio",
    "video",
  ],
  ...["img", "nav", "form", "button", "select", "textarea", "dialog", "hr", "[hidden]", '[aria-hidden="true"]'],
];

/**
 * Paragraphs are lines, with an empty line between; a table's row is one line. Throws a FileError for a page whose elements are
 * nested too deep.
 */
export async function htmlText(html: string, operation: string): Promise<string> {
  const { convert } = await optionalLibrary(operation, library, () => import("html-to-text"));
  const toText = (baseElements: BaseElementsOptions): string =>
    tidyText(convert(html, { ...settings, baseElements })).trim();
  try {
    // A page has one element for what it is about, or none.
    const main = toText({ selectors: ["main"], returnDomByDefault: false });
    return main === "" ? toText({ selectors: ["body"], returnDomByDefault: true }) : main;
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    const got = "elements within elements, thousands deep";
    throw new FileError({ operation, expected: "HTML", got, fix: "Extract its text first.", cause });
  }
}

const formatRow: FormatCallback = (row, walk, builder) => {
  builder.openBlock({ leadingLineBreaks: 1 });
  walk(row.children, builder);
  builder.closeBlock({ trailingLineBreaks: 1 });
};

/** What editors put around a cell's text would end the line. */
const formatCell: FormatCallback = (cell, walk, builder) => {
  const parts = cell.children.filter(({ type, data }) => !(type === "text" && data?.trim() === ""));
  const [only] = parts;
  walk(parts.length === 1 && (only!.name === "p" || only!.name === "div") ? only!.children : cell.children, builder);
  builder.addInline(" ");
};

const oneLine = { leadingLineBreaks: 1, trailingLineBreaks: 1 };

const settings: HtmlToTextOptions = {
  wordwrap: false,
  // Otherwise what is behind 16 MB is left out.
  limits: { maxInputLength: Number.POSITIVE_INFINITY },
  formatters: { row: formatRow, cell: formatCell },
  selectors: [
    { selector: "a", options: { ignoreHref: true } },
    ...["h1", "h2", "h3", "h4", "h5", "h6"].map((selector) => ({ selector, options: { uppercase: false } })),
    { selector: "ul", options: { itemPrefix: "- " } },
    { selector: "table", format: "block", options: { leadingLineBreaks: 2, trailingLineBreaks: 2 } },
    { selector: "tr", format: "row" },
    ...["td", "th"].map((selector) => ({ selector, format: "cell" })),
    ...["caption", "dt", "dd", "figcaption", "summary", "legend"].map((selector) => ({
      selector,
      format: "block",
      options: oneLine,
    })),
    ...leftOut.map((selector) => ({ selector, format: "skip" })),
  ],
};

/** The page in the encoding that it names, or in UTF-8. */
export function decodeHtml(bytes: Uint8Array, operation: string): string {
  const start = Buffer.from(bytes.subarray(0, 1024)).toString("latin1");
  const [, named] =
    /<meta\b[^>]*?\bcharset\s*=\s*["']?\s*([\w:.-]+)/i.exec(start) ??
    /^\s*<\?xml[^>]*\bencoding\s*=\s*["']([\w:.-]+)/i.exec(start) ??
    [];
  // A page whose bytes say UTF-16 could not have been read so far.
  if (start.startsWith("\xef\xbb\xbf") || named === undefined || /^utf-?(8|16)/i.test(named))
    return decodeUtf8(bytes, operation);
  try {
    // Without `stream`, Node takes windows-1252 for Latin-1: typographic quotes are lost.
    return new TextDecoder(named).decode(bytes, { stream: true });
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    const fix = "Convert it to UTF-8 first.";
    throw new FileError({ operation, expected: "a page in a known encoding", got: `charset ${named}`, fix, cause });
  }
}
