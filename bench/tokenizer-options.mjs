// @ts-check
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { libraries } from "./tokenizer-libraries.mjs";

export const usage = `npm run bench:tokenizer -- [options] [FILE ...]
  FILE ...          the plain texts (LED_DATA/documents/*.txt)
  --vocab FOLDER    the tokenizer of all libraries (LED_DATA/led-tokenizer, else the embedded model's)
  --texts a,b       only these texts: code, cjk, letters, no-space, one-letter, emoji, digits, or a FILE's name
  --libraries a,b   only these: ${Object.keys(libraries).join(", ")}
  --rounds n        processes of each measurement, in turn (5)
  --seconds n       how long a process repeats its work (1)
  --limit n         seconds after which a process is ended (30)
  --quick           small texts, one round: does everything run?
  --json FILE       where the results go (bench/out/tokenizer.json); bench/table.mjs puts them into docs/performance.md`;

/** @typedef {import("./tokenizer-libraries.mjs").LibraryName} LibraryName */

/**
 * @typedef {object} Options
 * @property {readonly string[]} documents
 * @property {string | undefined} vocabulary
 * @property {readonly string[] | undefined} texts
 * @property {readonly LibraryName[]} libraries
 * @property {number} rounds
 * @property {number} seconds
 * @property {number} limit
 * @property {boolean} quick
 * @property {string} json
 */

/** @param {string[]} args @returns {Options} Throws an Error that says what is wrong. */
export function readOptions(args) {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      vocab: { type: "string" },
      texts: { type: "string" },
      libraries: { type: "string" },
      rounds: { type: "string" },
      seconds: { type: "string" },
      limit: { type: "string", default: "30" },
      quick: { type: "boolean", default: false },
      json: { type: "string", default: fileURLToPath(new URL("out/tokenizer.json", import.meta.url)) },
    },
  });
  const { quick } = values;
  const known = /** @type {LibraryName[]} */ (Object.keys(libraries));
  const wanted = values.libraries?.split(",");
  const unknown = wanted?.find((name) => !known.some((library) => library === name));
  if (unknown !== undefined) throw new Error(`--libraries: expected some of ${known.join(", ")}; got ${unknown}`);
  return {
    documents: positionals,
    vocabulary: values.vocab,
    texts: values.texts?.split(","),
    libraries: known.filter((name) => wanted?.includes(name) ?? true),
    rounds: positive("--rounds", values.rounds ?? (quick ? "1" : "5")),
    seconds: positive("--seconds", values.seconds ?? (quick ? "0.01" : "1")),
    limit: positive("--limit", values.limit),
    quick,
    json: values.json,
  };
}

/** @param {string} option @param {string} value */
function positive(option, value) {
  const number = Number(value);
  if (number > 0 && (option !== "--rounds" || Number.isInteger(number))) return number;
  throw new Error(`${option}: expected a number above 0, got ${value}`);
}
