// @ts-check
/** Numbers and tables as text. */

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
