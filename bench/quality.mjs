// @ts-check
/**
 * How far results in bytes (dtype "q8") are from float32's: `npm run bench:quality [-- --json FILE] [FILE ...]`.
 *
 * Logits of both for the same decoder tokens, and the texts that both generate: on the embedded model for each document (FILE,
 * else this repository's), and on random weights of led-base for random tokens, where no text means anything.
 */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { argv, execPath } from "node:process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { AutoTokenizer, LEDForConditionalGeneration, rouge } from "../dist/index.js";
import { runJson } from "./child.mjs";
import { markdownRows, plainRows } from "./text.mjs";

/**
 * @typedef {object} Row
 * @property {string} what
 * @property {number} tokens of the source
 * @property {number} mean difference of logits, as a share of their root mean square
 * @property {number} max the largest one likewise
 * @property {number} likeliest share of positions whose likeliest token is the same
 * @property {number} agreement share of generated tokens that are the same up to the first that differs
 * @property {number[]} [rouge] fmeasures of ROUGE-1, -2 and -L of one text against the other
 */

/** @typedef {{ kind: "quality", rows: Row[] }} QualityReport */

const place = (/** @type {string} */ path) => fileURLToPath(new URL(path, import.meta.url));
const embedded = place("../models/embedded");

/** @typedef {{ input_ids: number[][], global_attention_mask: number[][] }} Source */

/** @param {string} folder @param {"fp32" | "q8"} dtype @param {Source[]} sources @param {object} generation */
async function resultsOf(folder, dtype, sources, generation) {
  const model = await LEDForConditionalGeneration.from_pretrained(folder, { dtype, device: "cpu" });
  const results = [];
  for (const source of sources) {
    // Words of the source stand for a text: what is compared is the same whatever the text.
    const decoder_input_ids = [[2, ...(source.input_ids[0] ?? []).slice(0, 127)]];
    const { logits } = await model.forward({ ...source, decoder_input_ids });
    const sequences = await model.generate({ ...source, ...generation });
    results.push({ logits, ids: /** @type {number[]} */ (/** @type {unknown} */ (sequences.tolist()[0])) });
  }
  await model.dispose();
  return results;
}

/** @param {import("../dist/tensor.js").Tensor} a @param {import("../dist/tensor.js").Tensor} b */
function logitsApart(a, b) {
  const [, length = 0, V = 0] = a.dims;
  let [sum, max, squares, same] = [0, 0, 0, 0];
  for (let position = 0; position < length; position++) {
    let [bestA, bestB] = [0, 0];
    for (let token = 0; token < V; token++) {
      const [x, y] = [a.at(position * V + token), b.at(position * V + token)];
      const error = Math.abs(x - y);
      sum += error;
      squares += x * x;
      if (error > max) max = error;
      if (x > a.at(position * V + bestA)) bestA = token;
      if (y > b.at(position * V + bestB)) bestB = token;
    }
    if (bestA === bestB) same += 1;
  }
  const count = length * V;
  const size = Math.sqrt(squares / count);
  return { mean: sum / count / size, max: max / size, likeliest: same / length };
}

/** @param {number[]} a @param {number[]} b */
function agreementOf(a, b) {
  const first = a.findIndex((id, i) => id !== b[i]);
  return first < 0 ? 1 : first / a.length;
}

/** @param {string} text @param {string} reference */
function fmeasures(text, reference) {
  const scores = rouge([text], [reference], { rouge_types: ["rouge1", "rouge2", "rougeL"], use_aggregator: false });
  return Object.values(scores).flatMap((ofType) => ofType.map(({ fmeasure }) => fmeasure));
}

/** @param {string[]} documents @returns {Promise<Row[]>} */
async function embeddedRows(documents) {
  const tokenizer = await AutoTokenizer.from_pretrained(embedded);
  const max_length = 4096;
  const sources = await Promise.all(
    documents.map(async (path) => {
      const text = await readFile(path, "utf8");
      const input_ids = /** @type {number[][]} */ (tokenizer([text], { truncation: true, max_length }).input_ids);
      return { input_ids, global_attention_mask: input_ids.map((row) => row.map((_, i) => (i === 0 ? 1 : 0))) };
    }),
  );
  const generation = { num_beams: 4, max_new_tokens: 80 };
  const [float, bytes] = [
    await resultsOf(embedded, "fp32", sources, generation),
    await resultsOf(embedded, "q8", sources, generation),
  ];
  const decoded = (/** @type {number[]} */ ids) => tokenizer.decode(ids, { skip_special_tokens: true });
  return float.flatMap(({ logits, ids }, i) => {
    const other = bytes[i];
    if (other === undefined) return [];
    const [text, reference] = [decoded(other.ids), decoded(ids)];
    return {
      what: `embedded, ${(documents[i] ?? "").split("/").at(-1)}`,
      tokens: sources[i]?.input_ids[0]?.length ?? 0,
      ...logitsApart(logits, other.logits),
      agreement: agreementOf(ids, other.ids),
      rouge: fmeasures(text, reference),
    };
  });
}

/** @returns {Promise<Row[]>} */
async function randomRows() {
  const { folder } = await runJson(execPath, [place("random-checkpoint.mjs"), "led-base"]);
  const tokens = 1024;
  const input_ids = [Array.from({ length: tokens }, (_, i) => 4 + ((i * 7919) % 50000))];
  const source = { input_ids, global_attention_mask: input_ids.map((row) => row.map((_, i) => (i === 0 ? 1 : 0))) };
  const generation = { num_beams: 1, max_new_tokens: 32, min_new_tokens: 32 };
  const [[float], [bytes]] = [
    await resultsOf(folder, "fp32", [source], generation),
    await resultsOf(folder, "q8", [source], generation),
  ];
  if (float === undefined || bytes === undefined) return [];
  const apart = logitsApart(float.logits, bytes.logits);
  return [{ what: "random weights of led-base", tokens, ...apart, agreement: agreementOf(float.ids, bytes.ids) }];
}

const titles = [
  "Source",
  "Tokens",
  "Logits, mean",
  "Logits, largest",
  "Likeliest token",
  "Text until",
  "ROUGE-1 / 2 / L",
];
const percent = (/** @type {number} */ share) => `${(100 * share).toFixed(1)} %`;

/** @param {Row[]} rows */
const cellsOf = (rows) =>
  rows.map(({ what, tokens, mean, max, likeliest, agreement, rouge }) => [
    what,
    tokens.toLocaleString("en-US"),
    percent(mean),
    percent(max),
    percent(likeliest),
    percent(agreement),
    rouge === undefined ? "" : rouge.map((value) => (100 * value).toFixed(1)).join(" / "),
  ]);

/** The part of docs/performance.md. @param {QualityReport} report */
export function section({ rows }) {
  return `## Weights in bytes

How far results in q8 are from float32's, by \`npm run bench:quality\`: differences of logits after 128 tokens as shares of their root mean
square; positions whose likeliest token is the same; how much of the generated text is the same before the first token that
differs (4 beams, 80 tokens; greedy for random weights); and ROUGE of one text against the other. Near ties a text goes another way
and means as much or as little: the embedded model is a small one.

${markdownRows(titles, cellsOf(rows)).join("\n")}`;
}

if (argv[1] === fileURLToPath(import.meta.url)) {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { json: { type: "string", default: "bench/out/quality.json" } },
  });
  const documents = positionals.length > 0 ? positionals : ["../docs/architecture.md", "../README.md"].map(place);
  const rows = [...(await embeddedRows(documents)), ...(await randomRows())];
  /** @type {QualityReport} */
  const report = { kind: "quality", rows };
  await mkdir(dirname(values.json), { recursive: true });
  await writeFile(values.json, `${JSON.stringify(report, undefined, 2)}\n`);
  console.log(plainRows(titles, cellsOf(rows)).join("\n"));
}
