/** Small Word documents for tests, from the XML of their body. */
import { strToU8, zipSync } from "fflate";

const declaration = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>';
const word = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"';
const relationships = "http://schemas.openxmlformats.org/package/2006/relationships";
const office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
const kind = "application/vnd.openxmlformats-officedocument.wordprocessingml";

export function paragraph(text: string): string {
  return `<w:p><w:r><w:t>${text}</w:t></w:r></w:p>`;
}

export function docxBytes(body: string, { footnote = "" }: { readonly footnote?: string } = {}): Uint8Array {
  const relations = (...list: readonly (readonly [kind: string, target: string])[]) =>
    `${declaration}<Relationships xmlns="${relationships}">${list
      .map(([type, target], i) => `<Relationship Id="rId${i + 1}" Type="${office}/${type}" Target="${target}"/>`)
      .join("")}</Relationships>`;
  const parts = {
    "[Content_Types].xml":
      `${declaration}<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">` +
      '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>' +
      `<Override PartName="/word/document.xml" ContentType="${kind}.document.main+xml"/>` +
      `<Override PartName="/word/footnotes.xml" ContentType="${kind}.footnotes+xml"/></Types>`,
    "_rels/.rels": relations(["officeDocument", "word/document.xml"]),
    "word/document.xml": `${declaration}<w:document ${word}><w:body>${body}</w:body></w:document>`,
    "word/_rels/document.xml.rels": relations(["footnotes", "footnotes.xml"]),
    "word/footnotes.xml": `${declaration}<w:footnotes ${word}><w:footnote w:id="2">${paragraph(footnote)}</w:footnote></w:footnotes>`,
  };
  return zipSync(Object.fromEntries(Object.entries(parts).map(([name, text]) => [name, strToU8(text)])));
}
