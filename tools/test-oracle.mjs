/**
 * `npm run test:oracle`: the checks in which Python reads what this package wrote. Makes the environment of
 * tests/oracle/requirements.txt in tests/oracle/.venv when there is none (about 5 GB); LED_ORACLE_PYTHON names another one.
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

function environment() {
  const python = `${oracle}.venv/bin/python`;
  if (existsSync(python)) return python;
  const making = `${oracle}.venv-new`;
  rmSync(making, { recursive: true, force: true });
  run("python3.11", ["-m", "venv", making]);
  run(`${making}/bin/python`, ["-m", "pip", "install", "-r", `${oracle}requirements.txt`]);
  // Under its name only once it is whole; python finds its packages beside itself wherever it is moved.
  renameSync(making, `${oracle}.venv`);
  return python;
}

const python = process.env.LED_ORACLE_PYTHON || environment();
run("npx", ["vitest", "run", "--config", "vitest.oracle.config.ts", ...process.argv.slice(2)], {
  LED_ORACLE_PYTHON: python,
});
