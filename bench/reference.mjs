// @ts-check
/**
 * PyTorch's side of a measurement: tests/oracle/bench_reference.py, in the environment that tests/oracle/README.md
 * describes, which is made here when it is absent.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { platform } from "node:process";
import { fileURLToPath } from "node:url";
import { run, runJson } from "./child.mjs";

const oracle = fileURLToPath(new URL("../tests/oracle/", import.meta.url));
const environment = join(oracle, ".venv");
const own = platform === "win32" ? join(environment, "Scripts", "python.exe") : join(environment, "bin", "python");

/**
 * A Python that has torch and transformers; undefined, after one line that says why, where there is none.
 * @param {{ python: string | undefined, noPython: boolean }} options
 * @param {(line: string) => void} say
 * @returns {Promise<string | undefined>}
 */
export async function findReference({ python, noPython }, say) {
  if (noPython) return undefined;
  const without = "Going on without PyTorch.";
  if (python !== undefined) {
    const problem = await importProblem(python);
    if (problem === undefined) return python;
    say(`${python} cannot run the reference (${problem}). ${without}`);
    return undefined;
  }
  if (existsSync(own) && (await importProblem(own)) === undefined) return own;
  const problem = await makeEnvironment(say);
  if (problem === undefined) return own;
  say(`The Python environment tests/oracle/.venv is missing: ${problem}. ${without}`);
  return undefined;
}

/** @param {string} python */
async function importProblem(python) {
  const { code, stderr } = await run(python, ["-c", "import torch, transformers"]).catch((error) => ({
    code: -1,
    stderr: String(error.message),
  }));
  return code === 0 ? undefined : stderr.trim().split("\n").at(-1) || `exit code ${code}`;
}

/** @param {(line: string) => void} say @returns {Promise<string | undefined>} what went wrong */
async function makeEnvironment(say) {
  const base = await findPython();
  if (base === undefined) return "it needs Python 3.11 (python3.11 on the PATH, or --python PATH)";
  say("Making tests/oracle/.venv for PyTorch 2.5.1 and transformers 4.37.2: about 2.5 GB to download, 5 GB on disk.");
  const steps = [
    { command: base, args: ["-m", "venv", environment] },
    { command: own, args: ["-m", "pip", "install", "--quiet", "-r", join(oracle, "requirements.txt")] },
  ];
  for (const { command, args } of steps) {
    const { code, stdout, stderr } = await run(command, args);
    if (code !== 0) {
      const reason = `${stderr}\n${stdout}`.trim().split("\n").at(-1);
      return `\`${[command, ...args].join(" ")}\` failed (${reason})`;
    }
  }
  return importProblem(own);
}

/** The pinned versions have wheels for 3.11; python3 may be that or another. */
async function findPython() {
  for (const command of ["python3.11", "python3", "python"]) {
    const asked = ["-c", "import sys; sys.exit(sys.version_info[:2] != (3, 11))"];
    const { code } = await run(command, asked).catch(() => ({ code: -1 }));
    if (code === 0) return command;
  }
  return undefined;
}

/** Whether PyTorch is given a folder to open, or a geometry to make a model of. */
const opens = (/** @type {string} */ kind) => kind === "open";

/**
 * @param {string} python
 * @param {import("./turns.mjs").Task & { folder: string, threads: number }} task
 * @returns {Promise<import("./turns.mjs").Printed & { versions: Record<string, string> }>}
 */
export function measureReference(python, task) {
  const { kind, geometry, folder, tokens, threads, batch, beams, warmups, repeats, target } = task;
  const model = opens(kind) ? { folder } : { geometry, tokens, batch, warmups };
  /** @type {Partial<Record<typeof kind, object>>} */
  const counts = {
    encoder: { repeats },
    "decode-step": { beams, steps: repeats },
    "training-step": { repeats, target },
  };
  const given = { kind, threads, ...model, ...counts[kind] };
  const args = Object.entries(given).flatMap(([name, value]) => [`--${name}`, `${value}`]);
  if (task.checkpointing) args.push("--checkpointing");
  const env = { ...process.env, OMP_NUM_THREADS: `${threads}`, MKL_NUM_THREADS: `${threads}` };
  return runJson(python, [join(oracle, "bench_reference.py"), ...args], env);
}
