// @ts-check
/** Runs a program that prints one JSON line. A measurement has a process of its own, so that its peak memory is its own. */
import { spawn } from "node:child_process";

/**
 * What the program printed last, read as JSON.
 *
 * Linux counts the memory of the process that starts another towards the other's peak: whoever calls this stays small.
 *
 * @param {string} command
 * @param {readonly string[]} args
 * @param {NodeJS.ProcessEnv} [env]
 * @returns {Promise<any>}
 */
export async function runJson(command, args, env = process.env) {
  const { code, signal, stdout, stderr } = await run(command, args, env);
  const line = stdout.trim().split("\n").at(-1) ?? "";
  if (code === 0 && line.startsWith("{")) return JSON.parse(line);
  const ending = code === null ? `ended by ${signal}` : `exit code ${code}`;
  // Node puts the error in the middle of its report, Python at the end.
  const lines = stderr.trim().split("\n");
  const reason = lines.find((text) => /^\w*Error\b.*: /.test(text)) ?? lines.at(-1);
  throw new Error(`${[command, ...args].join(" ")}: ${ending}: ${reason || "no message"}`);
}

/**
 * @param {string} command
 * @param {readonly string[]} args
 * @param {NodeJS.ProcessEnv} [env]
 * @returns {Promise<{ code: number | null, signal: string | null, stdout: string, stderr: string }>}
 */
export function run(command, args, env = process.env) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { env, stdio: ["ignore", "pipe", "pipe"] });
    const text = { stdout: "", stderr: "" };
    child.stdout.setEncoding("utf8").on("data", (part) => (text.stdout += part));
    child.stderr.setEncoding("utf8").on("data", (part) => (text.stderr += part));
    child.on("error", reject);
    child.on("close", (code, signal) => resolve({ code, signal, ...text }));
  });
}
