import { describe, expect, test } from "vitest";
import { curveChart } from "./curve-chart.ts";
import { trainingReport } from "./report.ts";
import type { LogEntry } from "./trainer-state.ts";

const log: LogEntry[] = [
  { step: 10, epoch: 0.5, loss: 3.25, grad_norm: 2, learning_rate: 4e-5, seconds: 30, memory: 2e9 },
  {
    step: 20,
    epoch: 1,
    loss: Number.NaN,
    grad_norm: 1.5,
    learning_rate: 3e-5,
    skipped_steps: 1,
    seconds: 61,
    memory: 3e9,
  },
  {
    step: 20,
    epoch: 1,
    eval_loss: 2.75,
    eval_rouge1: 0.31,
    eval_runtime: 4,
    eval_samples_per_second: 2,
    seconds: 65,
    memory: 3e9,
  },
  { step: 30, epoch: 1.5, loss: 2.5, grad_norm: 1, learning_rate: 2e-5, seconds: 3725, memory: 3e9 },
  { step: 30, epoch: 1.5, train_loss: 2.875, train_runtime: 95, total_flos: 1, seconds: 3725, memory: 3e9 },
];

const titles = (html: string) => [...html.matchAll(/<figcaption>(.*?)<\/figcaption>/g)].map(([, title]) => title);

test("has a chart for losses, each metric, the rate and the gradient, and the numbers of evaluations", () => {
  const html = trainingReport(log, { title: "led <small> & tokens" });
  expect(titles(html)).toEqual(["Loss", "evaluation rouge1", "Learning rate", "Gradient norm"]);
  expect(html).toContain("<h1>led &lt;small&gt; &amp; tokens</h1>");
  expect(html).toContain("<title>Loss: training from 3.25 to 2.5, evaluation loss from 2.75 to 2.75</title>");
  expect(html).toContain("<tr><td>20</td><td>1</td><td>2.75</td><td>0.31</td></tr>");
  expect(html).toContain("<dt>Time</dt><dd>1 h 2 min</dd>");
  expect(html).toContain("<dt>Most memory</dt><dd>3.00 GB</dd>");
  expect(html).toContain("<dt>Mean loss</dt><dd>2.875</dd>");
  expect(html).toContain("<dt>Skipped steps</dt><dd>1</dd>");
  expect(html).not.toContain("runtime");
  expect(html).not.toContain("NaN");
});

test("stands alone: no script, nothing loaded, both colour schemes", () => {
  const html = trainingReport(log);
  expect(html).not.toMatch(/<script|<link|<img|src=|href=|url\(|@import|http/);
  expect(html).toContain("prefers-color-scheme: dark");
  expect(html).toContain("color-scheme: light dark");
});

test("is well formed: every tag that is opened is closed", () => {
  const open: string[] = [];
  for (const [, closes, tag, rest] of trainingReport(log).matchAll(/<(\/?)([a-z0-9]+)([^>]*)>/g)) {
    if (tag === "meta" || rest!.endsWith("/")) continue;
    if (closes === "") open.push(tag!);
    else expect(open.pop()).toBe(tag);
  }
  expect(open).toEqual([]);
});

test("of nothing says so", () => {
  expect(trainingReport([])).toContain("Nothing was logged.");
});

test("refuses unknown options", () => {
  expect(() => trainingReport(log, { titel: "x" } as object)).toThrow("Did you mean `title`?");
});

describe("a chart", () => {
  const places = (svg: string) =>
    [...svg.matchAll(/cx="([\d.]+)" cy="([\d.]+)"/g)].map(([, x, y]) => [Number(x), Number(y)] as const);
  const marks = (svg: string) => [...svg.matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map(([, text]) => text);

  test("puts values between round marks, larger ones higher", () => {
    const points = [0.13, 0.94, 0.5].map((value, i) => ({ step: 100 * (i + 1), value }));
    const svg = curveChart("x", [{ label: "y", points }]);
    expect(marks(svg)).toEqual(["0", "0.5", "1", "100", "150", "200", "250", "300", "step"]);
    const [a, b, c] = places(svg);
    expect(a![0]).toBeLessThan(b![0]);
    expect(b![1]).toBeLessThan(c![1]);
    // 0.5 stands in the middle of the axis from 0 to 1.
    expect(c![1]).toBeCloseTo((12 + 200) / 2, 5);
  });

  test.each([
    [[5], 1],
    [[0, 0, 0], 3],
    [[-3, -1], 2],
    [[1e-7, 3e-7], 2],
    [[2e9, 2e9], 2],
  ])("of %j draws numbers inside its frame", (values, count) => {
    const svg = curveChart("x", [{ label: "y", points: values.map((value, i) => ({ step: i + 1, value })) }]);
    expect(places(svg)).toHaveLength(count);
    for (const [x, y] of places(svg)) {
      expect(x).toBeGreaterThanOrEqual(64);
      expect(x).toBeLessThanOrEqual(708);
      expect(y).toBeGreaterThanOrEqual(12);
      expect(y).toBeLessThanOrEqual(200);
    }
    expect(svg).not.toMatch(/NaN|Infinity|undefined/);
  });

  test("of many points shows the line alone", () => {
    const points = Array.from({ length: 500 }, (_, i) => ({ step: i, value: Math.sin(i) }));
    const svg = curveChart("x", [{ label: "y", points }]);
    expect(places(svg)).toEqual([]);
    expect(svg.match(/L/g)).toHaveLength(499);
  });
});
