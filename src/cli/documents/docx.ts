/** The text of a Word document through mammoth, which makes HTML of it: the structure of lists and tables is kept so. */
import { FileError } from "../../errors.ts";
import { htmlText } from "./html.ts";
import { optionalLibrary } from "./optional-library.ts";

const library = {
  name: "mammoth",
  purpose: "which reads .docx",
  otherwise: "save the document as plain text",
};

/** A node of mammoth's document. */
interface DocxElement {
  readonly type: string;
  readonly children?: readonly DocxElement[];
}

/** References would stand as [1] in sentences, with their notes behind the text. */
const leftOut = ["noteReference", "commentReference", "image"];

export async function docxText(bytes: Uint8Array, operation: string): Promise<string> {
  const { default: mammoth } = await optionalLibrary(operation, library, () => import("mammoth"));
  let html: string;
  try {
    const made = await mammoth.convertToHtml(
      { buffer: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength) },
      { transformDocument: withoutNotes, ignoreEmptyParagraphs: true },
    );
    html = made.value;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message.split("\n")[0]! : String(cause);
    const fix = "Is the file whole? Opened and saved again, or as plain text, it may be read.";
    throw new FileError({
      operation,
      expected: "a Word document (.docx)",
      got: `a damaged one (${reason})`,
      fix,
      cause,
    });
  }
  return htmlText(html, operation);
}

function withoutNotes(element: DocxElement): DocxElement {
  if (element.children === undefined) return element;
  const children = element.children.filter(({ type }) => !leftOut.includes(type)).map(withoutNotes);
  return { ...element, children };
}
