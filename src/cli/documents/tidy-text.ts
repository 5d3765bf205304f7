/** Extracted text as people would have typed it: files of other kinds hold characters that only say how to set it. */

/** Spaces of every width become spaces; marks of width zero go; lines have no space at their end. */
export function tidyText(text: string): string {
  return text
    .replaceAll(/\r\n?/g, "\n")
    .replaceAll(/[\u00a0\u2000-\u200a\u202f\u205f\u3000\t\f\v]/g, " ")
    .replaceAll(/[\u00ad\u200b\u2060\ufeff]/g, "")
    .replaceAll(/ +$/gm, "")
    .replaceAll(/\n{3,}/g, "\n\n");
}
