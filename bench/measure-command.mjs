// @ts-check
/** What a person waits for: a command from its start to the first character that it prints. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { execPath } from "node:process";
import { fileURLToPath } from "node:url";
import { repeated } from "./statistics.mjs";

const command = fileURLToPath(new URL("../dist/cli/led.js", import.meta.url));

/** `led summarize FILE` as it comes: the sentences that the embedded model chooses. @param {import("./measure.mjs").Task} task */
export async function measureFirstWord(task) {
  let peak_rss = 0;
  const seconds = await repeated(task, async () => {
    const start = performance.now();
    const child = spawn(execPath, [command, "summarize", task.document ?? "", "--threads", String(task.threads)]);
    child.stderr.resume();
    const exited = once(child, "exit");
    await Promise.race([once(child.stdout, "data"), exited.then(failed)]);
    const end = performance.now();
    peak_rss = Math.max(peak_rss, await peakOf(child.pid));
    await exited;
    return (end - start) / 1000;
  });
  return { seconds, ...(peak_rss > 0 && { peak_rss }) };
}

function failed() {
  throw new Error("led summarize: expected a summary, got none");
}

/** Bytes, where the system tells; 0 elsewhere, or where the process is gone. @param {number | undefined} pid */
async function peakOf(pid) {
  const status = await readFile(`/proc/${pid}/status`, "utf8").catch(() => "");
  return 1024 * Number(/^VmHWM:\s*(\d+) kB$/m.exec(status)?.[1] ?? 0);
}
