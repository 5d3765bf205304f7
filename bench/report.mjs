// @ts-check
/** Results as text: the tables of a terminal and of docs/performance.md. */

import { notes } from "./notes.mjs";
import { held, markdownRows, memory, plainRows, time } from "./text.mjs";

/** @typedef {import("./bench.mjs").Report} Report */
/** @typedef {import("./turns.mjs").Result} Result */

/** Beside PyTorch and the machine. */
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

/** Beside the same search without what the line is about. */
const searchHeadings = [
  "Work",
  "Time",
  "Plain search",
  "Times the plain",
  "Peak memory",
  "Plain search",
  "Tokens",
  "Passes",
  "Tokens a pass",
];

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
  const { geometry, title, ours, plain, pytorch } = result;
  const all = ours.all_seconds.length > 1 ? ` (${ours.all_seconds.map(time).join(", ")})` : "";
  const beside = [
    plain === undefined ? "" : `, plain ${time(plain.seconds)}`,
    pytorch === undefined ? "" : `, PyTorch ${time(pytorch.seconds)}`,
  ];
  return `${geometry}, ${title}: ${time(ours.seconds)}${all}${beside.join("")}`;
}

/** @param {Result} result */
function searchCells({ geometry, title, ours, plain, goals }) {
  const { generated } = ours;
  return [
    `${geometry}: ${title}`,
    time(ours.seconds),
    plain === undefined ? "" : time(plain.seconds),
    held(plain && ours.seconds / plain.seconds, "≤", goals.plain),
    ours.peak_rss === undefined ? "" : memory(ours.peak_rss),
    plain?.peak_rss === undefined ? "" : memory(plain.peak_rss),
    ...(generated === undefined
      ? ["", "", ""]
      : [`${generated.tokens}`, `${generated.passes}`, (generated.tokens / generated.passes).toFixed(2)]),
  ];
}

/** @typedef {{ title: string, headings: readonly string[], rows: string[][] }} Section */

/** A table for each geometry, then one of the searches that the reference does not have. @param {Report} report @returns {Section[]} */
function sections({ cases }) {
  const searches = cases.filter(({ plain }) => plain !== undefined);
  const others = cases.filter((one) => !searches.includes(one));
  const names = [...new Set(others.map(({ geometry }) => geometry))];
  return [
    ...names.map((name) => ({
      title: name,
      headings,
      rows: others.filter(({ geometry }) => geometry === name).map(cells),
    })),
    ...(searches.length === 0
      ? []
      : [{ title: "Searches of this package's own", headings: searchHeadings, rows: searches.map(searchCells) }]),
  ];
}

/** @param {Report} report */
export function plainReport(report) {
  const tables = sections(report).map(({ title, headings, rows }) =>
    [title, ...plainRows(headings, rows), ""].join("\n"),
  );
  return [...tables, ...notes(report)].join("\n");
}

/** @param {Report} report */
export function markdownTables(report) {
  return sections(report)
    .map(({ title, headings, rows }) => [`## ${title}`, "", ...markdownRows(headings, rows)].join("\n"))
    .join("\n\n");
}
