// @ts-check
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";

export const usage = `npm run bench -- [options]
  --cases a,b      only these: a case (encode-4096) or a group (encode)
  --quick          a tiny model and one round: does everything run?
  --threads n      threads of both sides (all cores)
  --json FILE      also write the results there; bench/table.mjs makes docs/performance.md of it
  --python PATH    a Python with tests/oracle/requirements.txt (LED_PYTHON, else tests/oracle/.venv, made when absent)
  --no-python      without PyTorch`;

/**
 * @typedef {object} Options
 * @property {string[] | undefined} cases
 * @property {boolean} quick
 * @property {number} threads
 * @property {string | undefined} json
 * @property {string | undefined} python
 * @property {boolean} noPython
 */

/** @param {string[]} args @returns {Options} Throws an Error that says what is wrong. */
export function readOptions(args) {
  const { values } = parseArgs({
    args,
    options: {
      cases: { type: "string" },
      quick: { type: "boolean", default: false },
      threads: { type: "string", default: String(availableParallelism()) },
      json: { type: "string" },
      python: { type: "string" },
      "no-python": { type: "boolean", default: false },
    },
  });
  const threads = Number(values.threads);
  if (!Number.isInteger(threads) || threads < 1)
    throw new Error(`--threads: expected a number above 0, got ${values.threads}`);
  if (values["no-python"] && values.python !== undefined)
    throw new Error("--python and --no-python exclude each other");
  return {
    cases: values.cases?.split(","),
    quick: values.quick,
    threads,
    json: values.json,
    python: values.python ?? process.env.LED_PYTHON,
    noPython: values["no-python"],
  };
}
