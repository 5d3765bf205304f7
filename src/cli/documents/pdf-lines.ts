/** Pieces of text to lines: what stands on one baseline, within one column, in the order in which people read columns. */
import { hasBullet, hasNumber } from "./list-marks.ts";
import type { Piece } from "./pdf-page.ts";

export interface Line extends Piece {
  /** The block that it is in: lines below each other that begin and end at common edges. Counted over a page. */
  readonly block: number;
  /** Its words stand apart, as in the cells of a table. */
  readonly spread: boolean;
}

/** Fewer lines side by side are a table or a heading, and are read across. */
const fewestLines = 5;
/** Letters of half of a column's lines at least; cells of tables have fewer. */
const proseLetters = 18;

/** The lines of a page from its pieces, column after column where it has columns. */
export function linesOf(pieces: readonly Piece[]): Line[] {
  return blocksOf(stretches(pieces)).flatMap((block, number) =>
    rowsOf(block).map((row) => ({ ...joined(row), block: number, spread: isSpread(row) })),
  );
}

/** Pieces grouped by baseline from top to bottom, each group from left to right. Smaller ones, raised or lowered, belong to it. */
export function rowsOf(pieces: readonly Piece[]): Piece[][] {
  const rows: { y: number; size: number; pieces: Piece[] }[] = [];
  // The largest first: they say where the baselines are.
  for (const piece of [...pieces].sort((a, b) => b.size - a.size || a.y - b.y)) {
    const row = rows.find(({ y, size }) => Math.abs(y - piece.y) < 0.45 * size);
    if (row === undefined) rows.push({ y: piece.y, size: piece.size, pieces: [piece] });
    else row.pieces.push(piece);
  }
  return rows.sort((a, b) => a.y - b.y).map((row) => row.pieces.sort((a, b) => a.left - b.left));
}

/** A row as one piece, its size and baseline those of most of its letters. */
export function joined(row: readonly Piece[]): Piece {
  const longest = row.reduce((best, piece) => (piece.text.length > best.text.length ? piece : best));
  let text = row[0]!.text;
  for (const [i, piece] of row.entries()) {
    if (i === 0) continue;
    const gap = piece.left - row[i - 1]!.right;
    text += (gap > 0.12 * piece.size && !text.endsWith(" ") && !piece.text.startsWith(" ") ? " " : "") + piece.text;
  }
  const right = Math.max(...row.map((piece) => piece.right));
  return { text, left: row[0]!.left, right, y: longest.y, size: longest.size };
}

function isSpread(row: readonly Piece[]): boolean {
  return row.some((piece, i) => {
    const before = row[i - 1];
    if (before === undefined) return false;
    const mark = `${before.text.trim()} `;
    if (i === 1 && (hasBullet(mark) || hasNumber(mark))) return false;
    return piece.left - before.right > 2 * piece.size;
  });
}

/**
 * Runs of pieces that follow each other closely on a baseline. Where the gap is wider than a justified line's spaces are, it may be one
 * between columns.
 */
function stretches(pieces: readonly Piece[]): Piece[] {
  return rowsOf(pieces).flatMap((row) => {
    const runs: Piece[][] = [];
    for (const piece of row) {
      const last = runs.at(-1);
      const before = last?.at(-1);
      if (last && before && piece.left - before.right < 0.8 * Math.max(piece.size, before.size)) last.push(piece);
      else runs.push([piece]);
    }
    return runs.map(joined);
  });
}

/**
 * Where a gap runs down the page between lines that fill both sides of it, what is left of it comes before what is right, in each
 * part of the page that lies between lines which cross it. Sides are looked at in the same way.
 */
function blocksOf(stretches: readonly Piece[]): Piece[][] {
  const gutter = gutterOf(stretches);
  if (gutter === undefined) return stretches.length === 0 ? [] : [[...stretches]];
  const side = ({ left, right }: Piece) => (right <= gutter ? "left" : left >= gutter ? "right" : "across");
  const blocks: Piece[][] = [];
  let part: { left: Piece[]; right: Piece[] } = { left: [], right: [] };
  let across: Piece[] = [];
  const endAcross = () => {
    if (across.length > 0) blocks.push(across);
    across = [];
  };
  const endPart = () => {
    blocks.push(...blocksOf(part.left), ...blocksOf(part.right));
    part = { left: [], right: [] };
  };
  for (const stretch of [...stretches].sort((a, b) => a.y - b.y)) {
    const where = side(stretch);
    if (where === "across") {
      endPart();
      across.push(stretch);
    } else {
      endAcross();
      part[where].push(stretch);
    }
  }
  endPart();
  endAcross();
  return blocks;
}

/** Where the second column begins: the common left edge that the fewest lines cross, with prose on both sides. */
function gutterOf(stretches: readonly Piece[]): number | undefined {
  const edges = new Map<number, number>();
  for (const { left } of stretches) edges.set(Math.floor(left), (edges.get(Math.floor(left)) ?? 0) + 1);
  let best: { x: number; crossing: number } | undefined;
  for (const [x, count] of edges) {
    if (count < fewestLines) continue;
    const left = stretches.filter((stretch) => stretch.right <= x);
    const right = stretches.filter((stretch) => stretch.left >= x);
    const crossing = stretches.length - left.length - right.length;
    if ((best === undefined || crossing < best.crossing) && isColumn(left) && isColumn(right)) best = { x, crossing };
  }
  return best?.x;
}

/** Whether most lines go from one edge to the other, as prose does, and are more than a table's words. */
function isColumn(lines: readonly Piece[]): boolean {
  if (lines.length < fewestLines) return false;
  const widths = lines.map(({ left, right }) => right - left);
  // The widest one may stick out.
  const width = [...widths].sort((a, b) => b - a)[Math.floor(lines.length / 10)]!;
  const full = lines.filter(({ text }, i) => text.length >= proseLetters && widths[i]! > 0.7 * width);
  return full.length >= lines.length / 2;
}
