// @ts-check
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { measuredGeometries } from "./cases.mjs";

export const usage = `npm run bench -- [options]
  --geometries a,b models of these sizes (led-base,led-large)
  --cases a,b      only these: a case (encode-4096) or a group (encode)
  --quick          a tiny model and one round: does everything run?
  --threads n      threads of both sides (all cores)
  --json FILE      also write the results there; bench/table.mjs makes docs/performance.md of it and
                   bench/plot.mjs docs/performance.svg; both take several such files of one machine
  --python PATH    a Python with tests/oracle/requirements.txt (LED_PYTHON, else tests/oracle/.venv, made when absent)
  --no-python      without PyTorch`;

/**
 * @typedef {object} Options
 * @property {string[]} geometries
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
      geometries: { type: "string" },
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
  const geometries = values.geometries?.split(",") ?? measuredGeometries;
  const unknown = geometries.filter((name) => !measuredGeometries.includes(name));
  if (unknown.length > 0)
    throw new Error(`--geometries: expected some of ${measuredGeometries.join(", ")}; got ${unknown.join(", ")}`);
  if (values.quick && values.geometries !== undefined)
    throw new Error("--quick has a geometry of its own: drop --geometries");
  return {
    geometries,
    cases: values.cases?.split(","),
    quick: values.quick,
    threads,
    json: values.json,
    python: values.python ?? process.env.LED_PYTHON,
    noPython: values["no-python"],
  };
}
