// @ts-check
/** The texts that tokenizers are measured on: what people write, and what brings byte pairs to their worst. */
import { readdir, readFile } from "node:fs/promises";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";

/**
 * @typedef {object} Text
 * @property {string} name
 * @property {string} title
 * @property {"plain" | "other" | "pathological"} kind plain ones are what the pathological ones are compared with
 * @property {string} text
 */

const megabyte = 1_000_000;

/**
 * @param {readonly string[]} documents files
 * @param {{ quick: boolean }} options
 * @returns {Promise<Text[]>}
 */
export async function makeTexts(documents, { quick }) {
  const size = quick ? megabyte / 20 : megabyte;
  const code = await projectCode();
  const read = await Promise.all(
    documents.map(async (file) => ({ name: basename(file, ".txt"), text: await readFile(file, "utf8") })),
  );
  const words = read.length > 0 ? read.map(({ text }) => text).join("\n") : code;
  const random = randomNumbers(1);
  /** @type {Text[]} */
  const texts = [
    ...read.map(({ name, text }) => plain(name, name, text)),
    read.length > 0 ? { ...plain("code", "code", code), kind: "other" } : plain("code", "code", code),
    { name: "cjk", title: "CJK", kind: "other", text: filled(size, () => cjkSentence(random)) },
  ];
  /** @type {[name: string, title: string, text: string][]} */
  const pathological = [
    ["letters", "letters without a space", filled(size, () => words.replace(/[^A-Za-z]+/g, ""))],
    ["no-space", "documents without their white space", filled(size, () => words.replace(/\s+/g, ""))],
    ["one-letter", "one letter", "a".repeat(size)],
    ["emoji", "emoji", filled(size, () => String.fromCodePoint(0x1f600 + random(80)))],
    ["digits", "digits", filled(size, () => String(random(10)))],
  ];
  texts.push(...pathological.map(([name, title, text]) => pathologicalOf(name, title, text)));
  return quick ? texts.map((one) => ({ ...one, text: cut(one.text, size) })) : texts;
}

/** @param {string} name @param {string} title @param {string} text @returns {Text} */
const plain = (name, title, text) => ({ name, title, kind: "plain", text });

/** @param {string} name @param {string} title @param {string} text @returns {Text} */
const pathologicalOf = (name, title, text) => ({ name, title, kind: "pathological", text });

/** All of src/, in one text. */
async function projectCode() {
  const folder = new URL("../src/", import.meta.url);
  const names = (await readdir(folder, { recursive: true })).filter((name) => name.endsWith(".ts")).sort();
  const files = await Promise.all(names.map((name) => readFile(new URL(name, folder), "utf8")));
  if (files.length === 0) throw new Error(`expected the project's sources in ${fileURLToPath(folder)}`);
  return files.join("\n");
}

/** Parts until there are `size` bytes of UTF-8, cut there. @param {number} size @param {() => string} part */
function filled(size, part) {
  const parts = [];
  for (let bytes = 0; bytes < size; ) {
    const next = part();
    parts.push(next);
    bytes += Buffer.byteLength(next);
  }
  return cut(parts.join(""), size);
}

/** At most `size` bytes of a text, whole characters. @param {string} text @param {number} size */
function cut(text, size) {
  const bytes = Buffer.from(text);
  if (bytes.length <= size) return text;
  let end = size;
  while (((bytes[end] ?? 0) & 0xc0) === 0x80) end--;
  return bytes.toString("utf8", 0, end);
}

/** Characters of Chinese, Japanese or Korean and a full stop. @param {(below: number) => number} random */
function cjkSentence(random) {
  const scripts = [
    { first: 0x4e00, count: 20_000 },
    { first: 0x3041, count: 86 },
    { first: 0x30a1, count: 90 },
    { first: 0xac00, count: 11_172 },
  ];
  const { first, count } = scripts[random(scripts.length)] ?? { first: 0x4e00, count: 20_000 };
  const length = 5 + random(30);
  return `${Array.from({ length }, () => String.fromCodePoint(first + random(count))).join("")}。`;
}

/** xorshift32 (Marsaglia, "Xorshift RNGs", 2003). @param {number} seed @returns {(below: number) => number} */
function randomNumbers(seed) {
  let state = seed;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}
