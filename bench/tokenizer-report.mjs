// @ts-check
/** Results of tokenizer.mjs as text: the table of a terminal, and the section "Tokenizing" of docs/performance.md. */
import { median } from "./statistics.mjs";
import { held, markdownRows, memory, plainRows, time } from "./text.mjs";
import { libraries, works } from "./tokenizer-libraries.mjs";

/** @typedef {import("./tokenizer.mjs").TokenizerReport} Report */
/** @typedef {import("./tokenizer.mjs").TextResult} TextResult */
/** @typedef {import("./tokenizer.mjs").Side} Side */
/** @typedef {import("./tokenizer-libraries.mjs").LibraryName} LibraryName */
/** @typedef {import("./tokenizer-libraries.mjs").Work} Work */

const headings = [
  "Text",
  "Library",
  "ids, MB/s",
  "Times native",
  "with offsets, MB/s",
  "Times native",
  "first pass, MB/s",
  "A byte's time, times plain text's",
  "Peak memory",
];

/** What is aimed at, for LEDTokenizerFast: times as fast as native, and a byte of pathological text beside one of plain text. */
const goals = { ids: 5, offsets: 3, pathological: 3 };

const names = /** @type {LibraryName[]} */ (Object.keys(libraries));

/** The numbers of a measurement that came to its end. @param {Side | undefined} side */
const done = (side) => (side === undefined || "limit" in side ? undefined : side);

/** @param {number} bytes @param {number} seconds */
const rate = (bytes, seconds) => (bytes / seconds / 1e6).toPrecision(3);

/** Megabytes of text a second. @param {Side | undefined} side @param {number} bytes */
function speed(side, bytes) {
  if (side === undefined) return "";
  return "limit" in side ? `over ${side.limit} s` : rate(bytes, side.seconds);
}

/** Seconds a byte of the library over plain texts, ids only: the median. @param {Report} report @param {LibraryName} library */
function plainPace({ texts }, library) {
  const paces = texts.flatMap(({ kind, results, bytes }) => {
    const ids = done(results[library]?.ids);
    return kind === "plain" && ids !== undefined ? [ids.seconds / bytes] : [];
  });
  return paces.length === 0 ? undefined : median(paces);
}

/** @param {Report} report @returns {string[][]} */
function rows(report) {
  const paces = new Map(names.map((name) => [name, plainPace(report, name)]));
  return report.texts.flatMap(({ title, kind, bytes, results }) =>
    names
      .filter((name) => results[name] !== undefined)
      .map((name, index) => {
        const ids = done(results[name]?.ids);
        const offsets = done(results[name]?.offsets);
        const aimed = name === "fast" ? goals : undefined;
        const compared = (/** @type {Work} */ work) => {
          const [own, native] = [done(results[name]?.[work]), done(results.native?.[work])];
          if (own === undefined || native === undefined || name === "native") return "";
          return held(native.seconds / own.seconds, "≥", aimed?.[work]);
        };
        const pace = kind === "plain" ? undefined : paces.get(name);
        const slower = ids === undefined || pace === undefined ? undefined : ids.seconds / bytes / pace;
        return [
          index === 0 ? `${title}, ${(bytes / 1e3).toFixed(0)} kB` : "",
          libraries[name].title,
          speed(results[name]?.ids, bytes),
          compared("ids"),
          speed(results[name]?.offsets, bytes),
          compared("offsets"),
          ids === undefined ? "" : rate(bytes, ids.cold),
          held(slower, "≤", kind === "pathological" ? aimed?.pathological : undefined),
          ids === undefined ? "" : memory(Math.max(ids.peak_rss, offsets?.peak_rss ?? 0)),
        ];
      }),
  );
}

/** One text as it comes. @param {TextResult} result */
export function lineOf({ title, bytes, results }) {
  const each = names.flatMap((name) => {
    const ids = results[name]?.ids;
    return ids === undefined ? [] : [`${libraries[name].title} ${speed(ids, bytes)}`];
  });
  return `${title}: ids, MB/s: ${each.join(", ")}`;
}

/** What the table has no column for. @param {Report} report @returns {string[]} */
function notes(report) {
  const loads = names.flatMap((name) => {
    const sides = report.texts.flatMap(({ results }) => done(results[name]?.ids) ?? []);
    return sides.length === 0 ? [] : [`${libraries[name].title} ${time(median(sides.map(({ load }) => load)))}`];
  });
  const missing = names.flatMap((name) => {
    const reason = report.missing[name];
    return reason === undefined ? [] : [`Missing: ${libraries[name].title} (${reason}).`];
  });
  return [
    ...(loads.length > 0 ? [`Loading the library and the vocabulary: ${loads.join(", ")}.`] : []),
    ...agreement(report),
    ...missing,
  ];
}

/** Whether all libraries gave the same ids. @param {Report} report */
function agreement({ texts }) {
  const digests = texts.map(({ title, results }) => {
    const ofText = names.flatMap((name) => works.flatMap((work) => done(results[name]?.[work])?.digest ?? []));
    return { title, kinds: new Set(ofText).size };
  });
  if (texts.every(({ results }) => Object.keys(results).length < 2)) return [];
  const apart = digests.filter(({ kinds }) => kinds > 1).map(({ title }) => title);
  return [apart.length === 0 ? "All libraries gave the same ids." : `The ids differ for: ${apart.join(", ")}.`];
}

/** @param {Report} report */
export function plainTable(report) {
  return [...plainRows(headings, rows(report), 2), "", ...notes(report)].join("\n");
}

/** @param {Report} report */
export function section(report) {
  const { date, machine, versions, vocabulary, rounds } = report;
  const others = Object.entries(versions)
    .filter(([name]) => name !== "led-transformers" && name !== "node")
    .map(([name, version]) => `${name} ${version}`);
  return `## Tokenizing

Written by \`node bench/table.mjs\` from a run of \`npm run bench:tokenizer\`; not edited by hand.

led-transformers ${versions["led-transformers"]} (Node ${versions.node}) beside ${others.join(" and ")} from npm, with the vocabulary
${vocabulary}. ${machine.cpu}, ${machine.cores} cores. ${date}.

${markdownRows(headings, rows(report), 2).join("\n")}

- Speeds are megabytes of UTF-8 a second, over the same text again and again in a process; "first pass" is the first one, ids
  only, for which nothing is compiled yet. Medians over ${rounds} processes of each library, in turns. In brackets stands what is
  aimed at.
- "ids" is all that the caller takes: \`encode(text)\` here, \`getIds()\` of the native library's encoding, which computes offsets
  either way. "with offsets" is \`return_offsets_mapping: true\` here, \`getIds()\` and \`getOffsets()\` there. The native
  library works in another thread and is awaited; @huggingface/tokenizers has no offsets.
- Peak memory is a process's highest resident size, Node, library and vocabulary included. Here no piece of text is remembered
  from one call to the next, so nothing grows with what was read.
- "Plain text" is the median of the documents (ids).
${notes(report)
  .map((line) => `- ${line}`)
  .join("\n")}

Other work ran on the machine: trust the ratios, whose sides took turns, more than the speeds.`;
}
