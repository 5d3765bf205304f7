/** Curves over steps as SVG, with axes whose marks are round numbers. Colours and strokes are classes of the page's style. */
import { escaped } from "./html-text.ts";

export interface CurvePoint {
  readonly step: number;
  readonly value: number;
}

export interface Curve {
  readonly label: string;
  readonly points: readonly CurvePoint[];
}

const width = 720;
const height = 240;
const margin = { left: 64, right: 12, top: 12, bottom: 40 };
/** Above so many points a curve shows no dots. */
const mostDots = 40;
/** Classes c0, c1, ... of the style. */
const colours = 4;

/** An <svg> that scales with its page. Every curve has at least one point. */
export function curveChart(title: string, curves: readonly Curve[]): string {
  const points = curves.flatMap((curve) => curve.points);
  const steps = axis(
    points.map(({ step }) => step),
    { whole: true },
  );
  const values = axis(
    points.map(({ value }) => value),
    { whole: false },
  );
  const x = (step: number): number => margin.left + share(step, steps) * (width - margin.left - margin.right);
  const y = (value: number): number =>
    height - margin.bottom - share(value, values) * (height - margin.top - margin.bottom);
  const bottom = height - margin.bottom;
  const grid = values.marks.map(
    (mark) =>
      `<line class="grid" x1="${margin.left}" x2="${width - margin.right}" y1="${at(y(mark))}" y2="${at(y(mark))}"/>` +
      `<text x="${margin.left - 8}" y="${at(y(mark) + 4)}" text-anchor="end">${markText(mark)}</text>`,
  );
  const below = steps.marks.map(
    (mark) => `<text x="${at(x(mark))}" y="${bottom + 18}" text-anchor="middle">${markText(mark)}</text>`,
  );
  const drawn = curves.map((curve, i) => drawnCurve(curve, `c${i % colours}`, x, y));
  return [
    `<svg viewBox="0 0 ${width} ${height}" role="img"><title>${escaped(described(title, curves))}</title>`,
    ...grid,
    ...below,
    `<text x="${width - margin.right}" y="${height - 2}" text-anchor="end">step</text>`,
    ...drawn,
    "</svg>",
  ].join("\n");
}

function drawnCurve(
  { points, label }: Curve,
  colour: string,
  x: (step: number) => number,
  y: (value: number) => number,
): string {
  const path = points.map(({ step, value }, i) => `${i === 0 ? "M" : "L"}${at(x(step))} ${at(y(value))}`).join("");
  const line = `<path class="curve ${colour}" d="${path}"/>`;
  if (points.length > mostDots) return line;
  const dots = points.map(
    ({ step, value }) =>
      `<circle class="dot ${colour}" cx="${at(x(step))}" cy="${at(y(value))}" r="3"><title>${escaped(label)}, step ${step}: ${value}</title></circle>`,
  );
  return [line, ...dots].join("\n");
}

function described(title: string, curves: readonly Curve[]): string {
  const ends = curves.map(({ label, points }) => `${label} from ${points[0]!.value} to ${points.at(-1)!.value}`);
  return `${title}: ${ends.join(", ")}`;
}

interface Axis {
  readonly from: number;
  readonly to: number;
  readonly marks: readonly number[];
}

/** Five marks or so at round numbers, between which all values lie. */
function axis(values: readonly number[], { whole }: { whole: boolean }): Axis {
  const [least, most] = values.reduce(
    ([low, high], value) => [Math.min(low, value), Math.max(high, value)],
    [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
  );
  const span = most > least ? most - least : Math.abs(most) || 1;
  const rough = span / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  const round = [1, 2, 5, 10].map((factor) => factor * power).find((size) => size >= rough * 0.999)!;
  const size = whole ? Math.max(1, Math.round(round)) : round;
  const from = Math.floor(least / size + 1e-9) * size;
  const to = Math.max(Math.ceil(most / size - 1e-9) * size, from + size);
  const count = Math.round((to - from) / size);
  return { from, to, marks: Array.from({ length: count + 1 }, (_, i) => from + i * size) };
}

const share = (value: number, { from, to }: Axis): number => (value - from) / (to - from);

const at = (place: number): string => String(Math.round(place * 10) / 10);

function markText(mark: number): string {
  const short = Number(mark.toPrecision(6));
  return short !== 0 && (Math.abs(short) < 1e-3 || Math.abs(short) >= 1e6)
    ? short.toExponential().replace("e+", "e")
    : String(short);
}
