// @ts-check
/** Runs a program that prints one JSON line. A measurement has a process of its own, so that its peak memory is its own. */
import { spawn } from "node:child_process";

/**
 * What the program printed last, read as JSON. One that takes more than `limit` seconds is ended, and a LimitError thrown.
 *
 * Linux counts the memory of the process that starts another towards the other's peak: whoever calls this stays small.
 *
 * @param {string} command
 * @param {readonly string[]} args
 * @param {NodeJS.ProcessEnv} [env]
 * @param {number} [limit]
 * @returns {Promise<any>}
 */
export async function runJson(command, args, env = process.env, limit) {
  const { code, signal, stdout, stderr, overLimit } = await run(command, args, env, limit);
  if (overLimit) throw new LimitError(`${[command, ...args].join(" ")}: took more than ${limit} s`);
  const line = stdout.trim().split("\n").at(-1) ?? "";
  if (code === 0 && line.startsWith("{")) return JSON.parse(line);
  const ending = code === null ? `ended by ${signal}` : `exit code ${code}`;
  // Node puts the error in the middle of its report, Python at the end.
  const lines = stderr.trim().split("\n");
  const reason = lines.find((text) => /^\w*Error\b.*: /.test(text)) ?? lines.at(-1);
  throw new RunError([command, ...args].join(" "), ending, reason ?? "");
}

export class LimitError extends Error {}

export class RunError extends Error {
  /** Without the command. @readonly */
  reason;

  /** @param {string} command @param {string} ending @param {string} reason what the program said */
  constructor(command, ending, reason) {
    super(`${command}: ${ending}: ${reason || "no message"}`);
    this.reason = reason || ending;
  }
}

/**
 * @param {string} command
 * @param {readonly string[]} args
 * @param {NodeJS.ProcessEnv} [env]
 * @param {number} [limit] seconds
 * @returns {Promise<{ code: number | null, signal: string | null, stdout: string, stderr: string, overLimit: boolean }>}
 */
export function run(command, args, env = process.env, limit) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { env, stdio: ["ignore", "pipe", "pipe"] });
    let overLimit = false;
    // Not SIGTERM: a program inside one long call of native code would go on.
    const timer = limit === undefined ? undefined : setTimeout(() => (overLimit = child.kill("SIGKILL")), limit * 1000);
    const text = { stdout: "", stderr: "" };
    child.stdout.setEncoding("utf8").on("data", (part) => (text.stdout += part));
    child.stderr.setEncoding("utf8").on("data", (part) => (text.stderr += part));
    child.on("error", reject);
    child.on("close", (code, signal) => {
      clearTimeout(timer);
      resolve({ code, signal, overLimit, ...text });
    });
  });
}
