// What the model that writes learns from: node prepare.mjs DATA TOKENIZER WORK
//
// DATA holds train.jsonl.gz and validation.jsonl.gz: a document a line, with its `sentences` ([start, end) offsets) and `oracle`
// (indexes of the sentences that best cover its summary). In WORK there will be
// copy.jsonl        pieces of about 254 tokens of the documents, and one or two of their sentences, to be repeated;
// summary.jsonl     beginnings of documents, and the sentences in them that the summary rests on;
// validation.jsonl  the same of other documents, one beginning of each.
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { LEDTokenizerFast, openDataset } from "led-transformers";
import { isProse } from "../../../dist/pipelines/sentence-words.js";
import { writeJsonLines } from "../../recipe/json-lines.mjs";
import { uniforms } from "../../recipe/random.mjs";

const [data, folder, work] = process.argv.slice(2);
if (work === undefined) throw new Error("node prepare.mjs DATA TOKENIZER WORK");
const tokenizer = await LEDTokenizerFast.from_pretrained(folder);
const random = uniforms(20_261_127);
const below = (count) => Math.floor(random() * count);
const oneOf = (list) => list[below(list.length)];

const pieceLength = 254;
const piecesEach = 5;
/** Tokens of beginnings, and how often they are drawn. */
const rooms = [
  [766, 0.3],
  [1022, 0.35],
  [2046, 0.25],
  [4094, 0.1],
];
const beginningsEach = 3;

await mkdir(work, { recursive: true });
await write("train", {
  "copy.jsonl": (row) => Array.from({ length: piecesEach }, () => copied(row)),
  "summary.jsonl": (row) => drawRooms(beginningsEach).map((room) => summarized(row, room)),
});
await write("validation", { "validation.jsonl": (row) => [summarized(row, 1022)] });

async function write(part, files) {
  const rows = await openDataset(join(data, `${part}.jsonl.gz`));
  for (const [name, examplesOf] of Object.entries(files)) {
    const count = await writeJsonLines(join(work, name), examples(rows, examplesOf));
    console.log(`${name}: ${count} examples of ${rows.length} documents`);
  }
  await rows.close();
}

async function* examples(rows, examplesOf) {
  for await (const row of rows) yield* examplesOf(read(row)).filter((one) => one !== undefined);
}

/** Sentences with the tokens of the document that they lie in. */
function read({ document, sentences, oracle }) {
  const { offset_mapping: offsets } = tokenizer(document, { add_special_tokens: false, return_offsets_mapping: true });
  const starts = offsets.map(([start]) => start);
  const wanted = new Set(oracle);
  return {
    document,
    offsets,
    sentences: sentences.map(([start, end], i) => {
      const text = document.slice(start, end).trim();
      const [from, to] = [firstAtLeast(starts, start), firstAtLeast(starts, end)];
      const words = text.split(/\s+/).length;
      const prose = isProse(text) && words >= 7 && words <= 45 && /^\p{Lu}/u.test(text);
      return { text, from, to, prose, oracle: wanted.has(i) };
    }),
  };
}

/** Half of the time sentences that the summary rests on. */
function copied({ document, offsets, sentences }) {
  const candidates = sentences.filter(({ prose, from, to }) => prose && to - from >= 6 && to - from <= 60);
  if (candidates.length === 0) return undefined;
  const best = candidates.filter(({ oracle }) => oracle);
  let one;
  let begin;
  if (best.length > 0 && random() < 0.5) {
    one = oneOf(best);
    const least = Math.max(0, one.to - pieceLength);
    begin = least === 0 && random() < 0.5 ? 0 : least + below(one.from - least + 1);
  } else {
    const drawn = oneOf(candidates);
    begin = Math.max(0, drawn.from - below(40));
    one = candidates.find(({ from }) => from >= begin);
  }
  const chosen = [one];
  const later = candidates.filter(({ from, to }) => from > one.from && to <= begin + pieceLength);
  if (later.length > 0 && random() < 0.3) chosen.push(later.find(({ oracle }) => oracle) ?? later[0]);
  return example(document, offsets.slice(begin, begin + pieceLength), chosen);
}

/** Undefined where nothing in the beginning is worth repeating. */
function summarized({ document, offsets, sentences }, room) {
  const read = sentences.filter(({ to, text }) => to <= room && text !== "");
  const oracle = read.filter((sentence) => sentence.oracle);
  const chosen = oracle.length > 0 ? oracle : read.filter(({ prose }) => prose).slice(0, 2);
  return chosen.length === 0 ? undefined : example(document, offsets.slice(0, room), chosen);
}

function example(document, offsets, chosen) {
  return {
    document: document.slice(offsets[0][0], offsets.at(-1)[1]),
    summary: chosen.map(({ text }) => text).join(" "),
  };
}

/** Different ones. */
function drawRooms(count) {
  const left = [...rooms];
  return Array.from({ length: count }, () => {
    let at = random() * left.reduce((sum, [, weight]) => sum + weight, 0);
    let index = 0;
    for (at -= left[0][1]; at >= 0; at -= left[index][1]) index++;
    return left.splice(index, 1)[0][0];
  });
}

/** The index of the first of rising numbers that is `least` or more. */
function firstAtLeast(numbers, least) {
  let [low, high] = [0, numbers.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (numbers[middle] < least) low = middle + 1;
    else high = middle;
  }
  return low;
}
