/**
 * A training's report: one HTML file with its curves, made of the entries of its log (json-lines-log.ts, or `state.log_history`). It
 * loads nothing and runs nothing; colours follow the reader's light or dark setting.
 */
import { refuseUnknownOptions } from "../errors.ts";
import { type Curve, curveChart } from "./curve-chart.ts";
import { escaped } from "./html-text.ts";
import type { LogEntry } from "./trainer-state.ts";

export interface ReportOptions {
  /** The report's heading; "Training" by default. */
  readonly title?: string;
}

/** What is drawn: a chart for each measure, with its curves. */
interface Chart {
  readonly title: string;
  readonly curves: readonly Curve[];
}

/** The HTML of a report. Values that are no numbers are left out of the curves. */
export function trainingReport(log: readonly LogEntry[], options: ReportOptions = {}): string {
  refuseUnknownOptions("trainingReport", options, ["title"]);
  const title = escaped(options.title ?? "Training");
  const figures = chartsOf(log).map(
    (chart) =>
      `<figure>\n<figcaption>${escaped(chart.title)}</figcaption>\n${legend(chart)}${curveChart(chart.title, chart.curves)}\n</figure>`,
  );
  const body = figures.length === 0 ? "<p>Nothing was logged.</p>" : figures.join("\n");
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<style>${style}</style>
</head>
<body>
<main>
<h1>${title}</h1>
${summary(log)}
${body}
${evaluations(log)}
</main>
</body>
</html>
`;
}

/** The training loss beside the evaluation's, then the other metrics, rate and gradient. */
function chartsOf(log: readonly LogEntry[]): Chart[] {
  const named = metricNames(log);
  const isLoss = (name: string): boolean => name.endsWith("_loss");
  const charts: Chart[] = [
    {
      title: "Loss",
      curves: [curve(log, "loss", "training"), ...named.filter(isLoss).map((name) => curve(log, name, spoken(name)))],
    },
    ...named
      .filter((name) => !isLoss(name))
      .map((name) => ({ title: spoken(name), curves: [curve(log, name, spoken(name))] })),
    { title: "Learning rate", curves: [curve(log, "learning_rate", "learning rate")] },
    { title: "Gradient norm", curves: [curve(log, "grad_norm", "gradient norm")] },
  ];
  return charts
    .map(({ title, curves }) => ({ title, curves: curves.filter(({ points }) => points.length > 0) }))
    .filter(({ curves }) => curves.length > 0);
}

/** Metrics of evaluation, without what the clock says. */
function metricNames(log: readonly LogEntry[]): string[] {
  const names = new Set(log.flatMap((entry) => Object.keys(entry)));
  return [...names].filter((name) => name.startsWith("eval_") && !/_(runtime|per_second)$/.test(name));
}

const spoken = (name: string): string => name.replace(/^eval_/, "evaluation ").replaceAll("_", " ");

function curve(log: readonly LogEntry[], name: string, label: string): Curve {
  const points = log
    .filter((entry) => Number.isFinite(entry[name]) && Number.isFinite(entry.step))
    .map((entry) => ({ step: entry.step!, value: entry[name]! }));
  return { label, points };
}

function legend({ curves }: Chart): string {
  if (curves.length < 2) return "";
  const items = curves.map(({ label }, i) => `<li class="c${i}">${escaped(label)}</li>`);
  return `<ul class="legend">${items.join("")}</ul>\n`;
}

/** What there was in all: steps, time, memory, losses. */
function summary(log: readonly LogEntry[]): string {
  const last = log.at(-1);
  if (last === undefined) return "";
  const end = log.findLast((entry) => entry.train_loss !== undefined);
  const memory = log.reduce((most, entry) => Math.max(most, entry.memory ?? 0), 0);
  const facts: [string, string | undefined][] = [
    ["Steps", String(last.step)],
    ["Epochs", last.epoch === undefined ? undefined : String(last.epoch)],
    ["Time", last.seconds === undefined ? undefined : duration(last.seconds)],
    ["Most memory", memory > 0 ? `${(memory / 1e9).toFixed(2)} GB` : undefined],
    ["Mean loss", end?.train_loss === undefined ? undefined : shortNumber(end.train_loss)],
    ["Skipped steps", log.findLast((entry) => entry.skipped_steps !== undefined)?.skipped_steps?.toString()],
  ];
  const known = facts.filter(([, value]) => value !== undefined);
  return `<dl>${known.map(([name, value]) => `<div><dt>${name}</dt><dd>${value}</dd></div>`).join("")}</dl>`;
}

/** The metrics of each evaluation, as numbers. */
function evaluations(log: readonly LogEntry[]): string {
  const names = metricNames(log);
  const rows = log.filter((entry) => names.some((name) => entry[name] !== undefined));
  if (rows.length === 0) return "";
  const cells = (tag: string, values: readonly string[]) => values.map((value) => `<${tag}>${value}</${tag}>`).join("");
  const head = cells("th", ["step", "epoch", ...names.map((name) => escaped(spoken(name)))]);
  const lines = rows.map((entry) => {
    const values = ["step", "epoch", ...names].map((name) =>
      entry[name] === undefined ? "" : shortNumber(entry[name]),
    );
    return `<tr>${cells("td", values)}</tr>`;
  });
  return `<h2>Evaluations</h2>\n<div class="wide"><table><thead><tr>${head}</tr></thead>\n<tbody>${lines.join("\n")}</tbody></table></div>`;
}

function duration(seconds: number): string {
  const whole = Math.round(seconds);
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor((whole % 3600) / 60)];
  if (hours > 0) return `${hours} h ${minutes} min`;
  return minutes > 0 ? `${minutes} min ${whole % 60} s` : `${roundedSeconds(seconds)} s`;
}

const roundedSeconds = (seconds: number): string => (seconds < 10 ? seconds.toFixed(1) : seconds.toFixed(0));

const shortNumber = (value: number): string =>
  Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(5)));

const style = `
:root { color-scheme: light dark; --ink: #1c1c1a; --soft: #6b6a66; --line: #dddcd6; --page: #fbfbf9; --c0: #2a6fdb; --c1: #c2571a; --c2: #2f8f5b; --c3: #8a4fbf; }
@media (prefers-color-scheme: dark) { :root { --ink: #ecebe7; --soft: #a09f99; --line: #3a3a37; --page: #191918; --c0: #7fb0ff; --c1: #f0995f; --c2: #6fcf9b; --c3: #c79bf0; } }
body { margin: 0; background: var(--page); color: var(--ink); font: 15px/1.5 system-ui, sans-serif; }
main { max-width: 760px; margin: 0 auto; padding: 24px 16px 64px; }
h1 { font-size: 24px; margin: 0 0 12px; } h2 { font-size: 17px; margin: 32px 0 8px; }
dl { display: flex; flex-wrap: wrap; gap: 8px 32px; margin: 0 0 16px; } dt { color: var(--soft); font-size: 13px; } dd { margin: 0; font-variant-numeric: tabular-nums; }
figure { margin: 28px 0 0; } figcaption { font-weight: 600; } figcaption::first-letter { text-transform: uppercase; }
svg { display: block; width: 100%; height: auto; } svg text { fill: var(--soft); font-size: 12px; font-variant-numeric: tabular-nums; }
.grid { stroke: var(--line); stroke-width: 1; } .curve { fill: none; stroke-width: 2; stroke-linejoin: round; }
svg .c0 { stroke: var(--c0); } svg .c1 { stroke: var(--c1); } svg .c2 { stroke: var(--c2); } svg .c3 { stroke: var(--c3); }
.dot { fill: var(--page); stroke-width: 2; }
.legend { list-style: none; display: flex; flex-wrap: wrap; gap: 4px 20px; margin: 4px 0 0; padding: 0; color: var(--soft); font-size: 13px; }
.legend li::before { content: ""; display: inline-block; width: 14px; height: 3px; margin-right: 6px; vertical-align: middle; background: var(--c0); }
.legend .c1::before { background: var(--c1); } .legend .c2::before { background: var(--c2); } .legend .c3::before { background: var(--c3); }
.wide { overflow-x: auto; } table { border-collapse: collapse; font-size: 13px; font-variant-numeric: tabular-nums; }
th, td { text-align: right; padding: 4px 12px 4px 0; border-bottom: 1px solid var(--line); white-space: nowrap; } th { color: var(--soft); font-weight: 500; }
`;
