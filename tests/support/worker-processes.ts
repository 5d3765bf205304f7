/** What tests of workers need of processes: children that read the sources, and a look at the children that were started. */
import { type ChildProcess, fork } from "node:child_process";
import { vi } from "vitest";

/** Lets processes that this one starts read TypeScript, on every Node. */
export function letChildrenReadSources(): void {
  const loader = new URL("run-typescript.mjs", import.meta.url).href;
  process.env.NODE_OPTIONS = `${process.env.NODE_OPTIONS ?? ""} --import=${loader}`;
}

/** The child that was started last. The test file mocks node:child_process with { spy: true }. */
export function lastChild(): ChildProcess {
  const child = vi.mocked(fork).mock.results.at(-1)?.value as ChildProcess | undefined;
  if (child === undefined) throw new Error("no child was started");
  return child;
}

/** Resolves when the process is no more. */
export async function gone(pid: number): Promise<void> {
  while (isRunning(pid)) await new Promise((resolve) => setTimeout(resolve, 20));
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
