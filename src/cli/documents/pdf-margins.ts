/** Running headers, footers and page numbers: lines at the edges of pages that come back at the same height on others. */
import { joined, rowsOf } from "./pdf-lines.ts";
import type { PdfPage, Piece } from "./pdf-page.ts";

/** Rows from the top and from the bottom of a page among which they are looked for. */
const edgeRows = 3;
/** Points by which their height may differ. */
const tolerance = 4;
/** Pages on which a line must be to be a running one; in shorter documents it must be on all. */
const fewestPages = 3;

interface EdgeRow {
  readonly page: number;
  readonly row: readonly Piece[];
  /** Points from the top, or, negative, from the bottom. */
  readonly place: number;
  /** Nothing is below it. */
  readonly last: boolean;
  /** What comes back: the words without their numbers, and what is left of a number when the page's is taken from it. */
  readonly keys: readonly string[];
  readonly text: string;
}

const numberAlone = /^[^\p{L}\p{N}]*(?:(?:page|seite|p\.)\s*)?(\d+)(?:\s*(?:of|von|\/)\s*\d+)?[^\p{L}\p{N}]*$/iu;
const romanAlone = /^[^\p{L}\p{N}]*[ivxlc]+[^\p{L}\p{N}]*$/u;

/** The pages without them. */
export function withoutMargins(pages: readonly PdfPage[]): PdfPage[] {
  const edges = pages.flatMap(edgeRowsOf);
  const least = Math.min(fewestPages, pages.length);
  const byKey = new Map<string, EdgeRow[]>();
  for (const edge of edges) {
    for (const key of edge.keys) {
      const others = byKey.get(key);
      if (others === undefined) byKey.set(key, [edge]);
      else others.push(edge);
    }
  }
  const running = edges.filter((edge) => {
    const own = numberAlone.exec(edge.text);
    // On the only page there is nothing that could come back.
    if (pages.length === 1) return own !== null && Number(own[1]) === 1;
    if (edge.last && romanAlone.test(edge.text)) return true;
    return edge.keys.some((key) => {
      const same = byKey.get(key)!.filter(({ place }) => Math.abs(place - edge.place) <= tolerance);
      return new Set(same.map(({ page }) => page)).size >= least;
    });
  });
  const dropped = new Set(running.flatMap(({ row }) => row));
  return pages.map((page) => ({ ...page, pieces: page.pieces.filter((piece) => !dropped.has(piece)) }));
}

function edgeRowsOf({ pieces, height }: PdfPage, page: number): EdgeRow[] {
  const rows = rowsOf(pieces);
  return rows.flatMap((row, i) => {
    const fromEnd = rows.length - 1 - i;
    if (Math.min(i, fromEnd) >= edgeRows) return [];
    const { text, y } = joined(row);
    const place = y < height / 2 ? y : y - height;
    return [{ page, row, place, last: fromEnd === 0, keys: keysOf(text.trim(), page), text: text.trim() }];
  });
}

function keysOf(text: string, page: number): string[] {
  if (romanAlone.test(text)) return ["roman number"];
  const words = text.replaceAll(/\d+/g, "#");
  // A title changes from chapter to chapter, but the number beside it goes on with the pages.
  const numbers = [/^(\d+)(?!\S)/.exec(text), /(?<!\S)(\d+)$/.exec(text)].flatMap((found) => found?.[1] ?? []);
  return [words, ...numbers.map((number) => `page ${Number(number) - page}`)];
}
