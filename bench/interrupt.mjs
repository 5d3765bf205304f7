// @ts-check
/** Seconds from Ctrl-C to the end of `led summarize` while it encodes a long document. */
import { spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execPath } from "node:process";
import { fileURLToPath } from "node:url";

const led = fileURLToPath(new URL("../dist/cli/led.js", import.meta.url));

/**
 * @param {{ folder: string, tokens: number, threads: number }} task
 * @returns {Promise<number>}
 */
export async function interruptSeconds({ folder, tokens, threads }) {
  const temporary = await mkdtemp(join(tmpdir(), "led-bench-"));
  try {
    const document = join(temporary, "document.txt");
    await writeFile(document, letters(tokens - 2));
    const flags = ["--model", folder, "--threads", `${threads}`, "--device", "cpu", "--progress"];
    return await interrupted(
      spawn(execPath, [led, "summarize", document, ...flags], { stdio: ["ignore", "ignore", "pipe"] }),
    );
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

/** With the tokenizer of the random model each letter is a token; so are the two ends. @param {number} count */
function letters(count) {
  return Array.from({ length: count }, (_, i) => (i % 6 === 5 ? " " : "abcdefghijklm"[(i * 7) % 13])).join("");
}

/**
 * The first sign of the encoder comes when the embedding is done: the first layer is at work then.
 * @param {import("node:child_process").ChildProcess} child
 * @returns {Promise<number>}
 */
function interrupted(child) {
  return new Promise((resolve, reject) => {
    let shown = "";
    /** @type {number | undefined} */
    let sent;
    child.stderr?.setEncoding("utf8").on("data", (part) => {
      shown += part;
      if (sent !== undefined || !shown.includes("encode")) return;
      sent = performance.now();
      child.kill("SIGINT");
    });
    child.on("error", reject);
    child.on("exit", (code, signal) => {
      const seconds = (performance.now() - (sent ?? Number.NaN)) / 1000;
      if (sent !== undefined && (signal === "SIGINT" || code === 130)) resolve(seconds);
      else
        reject(
          new Error(`led summarize: expected an end by SIGINT, got ${signal ?? `exit code ${code}`}: ${shown.trim()}`),
        );
    });
  });
}
