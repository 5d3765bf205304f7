// @ts-check
/** Results as text: the table of a terminal and of docs/performance.md. */

/** @typedef {import("./bench.mjs").Report} Report */
/** @typedef {import("./bench.mjs").Result} Result */

const headings = [
  "Work",
  "Time",
  "PyTorch",
  "Times as fast",
  "Peak memory",
  "PyTorch",
  "Share of it",
  "Machine's limit",
  "Times the limit",
];

/** @param {number} seconds */
export function time(seconds) {
  const [value, unit] = seconds < 0.1 ? [seconds * 1000, "ms"] : [seconds, "s"];
  return `${value >= 100 ? value.toFixed(0) : value.toPrecision(3)} ${unit}`;
}

/** @param {number} bytes */
export function memory(bytes) {
  return bytes >= 1e9 ? `${(bytes / 1e9).toFixed(2)} GB` : `${(bytes / 1e6).toFixed(0)} MB`;
}

/**
 * A ratio and the goal that it is held against, with a digit more where rounding would turn a miss into a hit.
 * @param {number | undefined} ratio
 * @param {"≥" | "≤"} sense
 * @param {number | undefined} goal
 */
export function held(ratio, sense, goal) {
  if (ratio === undefined) return "";
  if (goal === undefined) return ratio.toFixed(2);
  const met = (/** @type {number} */ value) => (sense === "≥" ? value >= goal : value <= goal);
  const digits = met(ratio) === met(Number(ratio.toFixed(2))) ? 2 : 3;
  return `${ratio.toFixed(digits)} (${sense} ${goal})`;
}

/** @param {Result} result */
export function ratiosOf({ ours, pytorch, ceiling, rate }) {
  const limit = ceiling === undefined || rate === undefined ? undefined : ceiling.work / rate;
  const theirPeak = pytorch?.peak_rss;
  return {
    limit,
    speed: pytorch === undefined ? undefined : pytorch.seconds / ours.seconds,
    memory: theirPeak === undefined || ours.peak_rss === undefined ? undefined : ours.peak_rss / theirPeak,
    floor: limit === undefined ? undefined : ours.seconds / limit,
  };
}

/** @param {Result} result */
function cells(result) {
  const { title, ours, pytorch, goals } = result;
  const ratios = ratiosOf(result);
  return [
    title,
    time(ours.seconds),
    pytorch === undefined ? "" : time(pytorch.seconds),
    held(ratios.speed, "≥", goals.speed),
    ours.peak_rss === undefined ? "" : memory(ours.peak_rss),
    pytorch?.peak_rss === undefined ? "" : memory(pytorch.peak_rss),
    held(ratios.memory, "≤", goals.memory),
    ratios.limit === undefined ? "" : time(ratios.limit),
    held(ratios.floor, "≤", goals.floor),
  ];
}

/** One result as it comes. @param {Result} result */
export function lineOf(result) {
  const [title, ours, pytorch] = cells(result);
  const all = result.ours.all_seconds.map(time).join(", ");
  return `${title}: ${ours}${result.ours.all_seconds.length > 1 ? ` (${all})` : ""}${pytorch ? `, PyTorch ${pytorch}` : ""}`;
}

/** What the table has no column for. @param {Report} report @returns {string[]} */
export function notes({ cases }) {
  const lines = cases.flatMap(({ kind, ours, peak_limit }) =>
    kind === "open" && peak_limit !== undefined && ours.peak_rss !== undefined
      ? [
          `Opening took ${memory(ours.peak_rss)} at its peak; the weights' file, its largest tensor twice and 150 MB are ${memory(peak_limit)}.`,
        ]
      : [],
  );
  for (const [kind, unit] of /** @type {const} */ ([
    ["gemm-rate", "GFLOP/s"],
    ["memory-rate", "GB/s"],
  ])) {
    const rates = cases.flatMap(({ ceiling, rate, title }) =>
      ceiling?.kind === kind && rate !== undefined
        ? [`${(rate / 1e9).toFixed(kind === "gemm-rate" ? 0 : 1)} (${title})`]
        : [],
    );
    const name = kind === "gemm-rate" ? "matrix products" : "reading weights";
    if (rates.length > 0) lines.push(`Rate of ${name}, ${unit}: ${rates.join(", ")}.`);
  }
  return lines;
}

/** @param {Report} report */
export function plainTable(report) {
  return [...plainRows(headings, report.cases.map(cells)), "", ...notes(report)].join("\n");
}

/** @param {Report} report */
export function markdownTable(report) {
  return markdownRows(headings, report.cases.map(cells)).join("\n");
}

/**
 * Lines of a table for a terminal. The first `left` columns are texts, the others numbers.
 * @param {readonly string[]} titles
 * @param {readonly (readonly string[])[]} body
 */
export function plainRows(titles, body, left = 1) {
  const rows = [titles, ...body];
  const widths = titles.map((_, column) => Math.max(...rows.map((row) => (row[column] ?? "").length)));
  return rows.map((row) =>
    row
      .map((cell, column) => (column < left ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join("  "),
  );
}

/** Lines of a table in Markdown. @param {readonly string[]} titles @param {readonly (readonly string[])[]} body */
export function markdownRows(titles, body, left = 1) {
  const line = (/** @type {readonly string[]} */ row) => `| ${row.join(" | ")} |`;
  return [line(titles), line(titles.map((_, column) => (column < left ? "---" : "---:"))), ...body.map(line)];
}
