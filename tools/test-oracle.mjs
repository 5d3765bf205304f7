/**
 * `npm run test:oracle`: the checks in which Python reads what this package wrote. Makes the environments of tests/oracle/requirements.txt
 * and requirements-tensorflow.txt in tests/oracle/.venv and tests/oracle/tensorflow/.venv when there are none (about 5 GB each);
 * LED_ORACLE_PYTHON and LED_ORACLE_TENSORFLOW_PYTHON name others.
 */
import { spawnSync } from "node:child_process";
import { existsSync, renameSync, rmSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const oracle = `${root}tests/oracle/`;

/** Runs a program; ends this one where it fails. */
function run(program, args, env = {}) {
  const { status, error } = spawnSync(program, args, { cwd: root, stdio: "inherit", env: { ...process.env, ...env } });
  if (status === 0) return;
  if (error) console.error(`${program}: ${error.message}`);
  process.exit(status ?? 1);
}

/** @param {string} folder where it is @param {string} requirements what it holds */
function environment(folder, requirements) {
  const python = `${folder}.venv/bin/python`;
  if (existsSync(python)) return python;
  const making = `${folder}.venv-new`;
  rmSync(making, { recursive: true, force: true });
  run("python3.11", ["-m", "venv", making]);
  run(`${making}/bin/python`, ["-m", "pip", "install", "-r", `${oracle}${requirements}`]);
  // Under its name only once it is whole; python finds its packages beside itself wherever it is moved.
  renameSync(making, `${folder}.venv`);
  return python;
}

const { LED_ORACLE_PYTHON, LED_ORACLE_TENSORFLOW_PYTHON } = process.env;
run("npx", ["vitest", "run", "--config", "vitest.oracle.config.ts", ...process.argv.slice(2)], {
  LED_ORACLE_PYTHON: LED_ORACLE_PYTHON || environment(oracle, "requirements.txt"),
  LED_ORACLE_TENSORFLOW_PYTHON:
    LED_ORACLE_TENSORFLOW_PYTHON || environment(`${oracle}tensorflow/`, "requirements-tensorflow.txt"),
});
