// @ts-check
/**
 * Everything that the measurements read, in one folder: `node bench/tokenizer-inputs.mjs '{"folder":...}'` writes the tokenizer as
 * all libraries read it and the texts, and prints Inputs. In a process of its own, so that the one that starts the
 * measurements stays small (child.mjs says why).
 */
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { argv, env } from "node:process";
import { fileURLToPath } from "node:url";
import { LEDTokenizerFast } from "../dist/index-tokenizers.js";
import { libraries } from "./tokenizer-libraries.mjs";
import { makeTexts } from "./tokenizer-texts.mjs";

/**
 * @typedef {object} Wanted
 * @property {string} folder to write to
 * @property {string | undefined} vocabulary the folder of a tokenizer
 * @property {readonly string[]} documents files
 * @property {readonly string[] | undefined} texts names of the texts to write
 * @property {boolean} quick
 * @property {readonly LibraryName[]} libraries
 */

/** @typedef {{ name: string, title: string, kind: import("./tokenizer-texts.mjs").Text["kind"], bytes: number, text: string }} Input `text` is a file */

/** @typedef {import("./tokenizer-libraries.mjs").LibraryName} LibraryName */

/**
 * @typedef {object} Inputs
 * @property {string} vocabulary a folder
 * @property {string} vocabulary_name
 * @property {string[]} notes
 * @property {Input[]} texts
 * @property {Record<string, string>} versions by package
 * @property {Partial<Record<LibraryName, string>>} missing why a library cannot be measured here
 */

const data = env.LED_DATA ?? fileURLToPath(new URL("../../shared/data", import.meta.url));
const embedded = fileURLToPath(new URL("../models/embedded", import.meta.url));

const namesIn = (/** @type {string} */ folder) => readdir(folder).catch(() => /** @type {string[]} */ ([]));

/** @param {Wanted} wanted @returns {Promise<Inputs>} */
async function writeInputs({ folder, vocabulary, documents, texts: wanted, quick, libraries: names }) {
  const notes = [];
  const released = join(data, "led-tokenizer");
  const hasReleased = (await namesIn(released)).includes("vocab.json");
  const source = vocabulary ?? (hasReleased ? released : embedded);
  if (source === embedded)
    notes.push("The released vocabulary is not here (LED_DATA, --vocab): the embedded model's serves.");
  let files = documents;
  if (files.length === 0) {
    const found = (await namesIn(join(data, "documents"))).filter((name) => name.endsWith(".txt")).sort();
    files = found.map((name) => join(data, "documents", name));
    if (files.length === 0) notes.push("No documents (LED_DATA, or files as arguments): code stands for plain text.");
  }
  const all = await makeTexts(files, { quick });
  const unknown = wanted?.filter((name) => !all.some((text) => text.name === name)) ?? [];
  if (unknown.length > 0) {
    throw new Error(`--texts: expected some of ${all.map(({ name }) => name).join(", ")}; got ${unknown.join(", ")}`);
  }

  const tokenizer = await LEDTokenizerFast.from_pretrained(source, { verbose: false });
  const saved = join(folder, "tokenizer");
  await tokenizer.save_pretrained(saved);
  await mkdir(join(folder, "texts"), { recursive: true });
  const texts = [];
  for (const { name, title, kind, text } of all) {
    if (wanted !== undefined && !wanted.includes(name)) continue;
    const file = join(folder, "texts", `${name}.txt`);
    await writeFile(file, text);
    texts.push({ name, title, kind, bytes: Buffer.byteLength(text), text: file });
  }
  return { vocabulary: saved, vocabulary_name: basename(source), notes, texts, ...(await packages(names)) };
}

/** @param {readonly LibraryName[]} names @returns {Promise<Pick<Inputs, "versions" | "missing">>} */
async function packages(names) {
  const versionIn = async (/** @type {string} */ path) =>
    JSON.parse(await readFile(new URL(path, import.meta.url), "utf8")).version;
  /** @type {Inputs["versions"]} */
  const versions = { "led-transformers": await versionIn("../package.json") };
  /** @type {Inputs["missing"]} */
  const missing = {};
  for (const name of names) {
    /** @type {import("./tokenizer-libraries.mjs").Library} */
    const { npm } = libraries[name];
    if (npm === undefined) continue;
    try {
      // A package that has no binary for this platform throws here.
      await import(npm);
      versions[npm] = await versionIn(`../node_modules/${npm}/package.json`);
    } catch (error) {
      missing[name] = `${npm}: ${error instanceof Error ? error.message.split("\n")[0] : error}`;
    }
  }
  return { versions, missing };
}

console.log(JSON.stringify(await writeInputs(JSON.parse(argv[2] ?? ""))));
