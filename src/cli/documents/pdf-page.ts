/** What stands on a PDF's page: pieces of text with their places, turned so that most of the page's text is upright. */
import type { TextItem } from "pdfjs-dist/types/src/display/api.js";

/** Points, from the left and from the top; `y` is the baseline. */
export interface Piece {
  readonly text: string;
  readonly left: number;
  readonly right: number;
  readonly y: number;
  /** Of the font. */
  readonly size: number;
}

export interface PdfPage {
  readonly pieces: readonly Piece[];
  readonly height: number;
}

interface Turned extends Piece {
  /** Quarters of a turn, clockwise. */
  readonly quarter: number;
}

export interface Viewport {
  readonly transform: readonly number[];
  readonly width: number;
  readonly height: number;
}

/**
 * The pieces of one direction, the one that most characters have: stamps along an edge and marks across the page are none of its text.
 * pdf.js gives a piece for each run of a font, with the spaces that it measures between them.
 */
export function pageOf(items: readonly TextItem[], viewport: Viewport): PdfPage {
  const turned = items.flatMap((item) => pieceOf(item, viewport) ?? []);
  const characters = [0, 0, 0, 0];
  for (const { quarter, text } of turned) characters[quarter]! += text.length;
  const main = characters.indexOf(Math.max(...characters));
  const height = main % 2 === 0 ? viewport.height : viewport.width;
  return { pieces: turned.filter(({ quarter }) => quarter === main), height };
}

function pieceOf({ str, transform, width }: TextItem, viewport: Viewport): Turned | undefined {
  if (str.trim() === "") return undefined;
  const [a, b, c, d, e, f] = product(viewport.transform, transform as number[]);
  const turns = Math.atan2(b, a) / (Math.PI / 2);
  const nearest = Math.round(turns);
  if (Math.abs(turns - nearest) > 0.05) return undefined;
  const quarter = (nearest + 4) % 4;
  const [left, y] = (
    [
      [e, f],
      [f, viewport.width - e],
      [viewport.width - e, viewport.height - f],
      [viewport.height - f, e],
    ] as const
  )[quarter]!;
  return { text: str, left, right: left + width, y, size: Math.hypot(c, d), quarter };
}

type Matrix = readonly [a: number, b: number, c: number, d: number, e: number, f: number];

/** First `inner`, then `outer`, as PDF writes matrices. */
function product(outer: readonly number[], inner: readonly number[]): Matrix {
  const [a, b, c, d, e, f] = outer as unknown as Matrix;
  const [p, q, r, s, t, u] = inner as unknown as Matrix;
  return [a * p + c * q, b * p + d * q, a * r + c * s, b * r + d * s, a * t + c * u + e, b * t + d * u + f];
}
