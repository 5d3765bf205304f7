/** The command `led` as tests run it: inside this process, or built and started as a process of its own. */
import { type ChildProcessWithoutNullStreams, spawn, spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { vi } from "vitest";
import { run } from "../../src/cli/run.ts";

export interface Outcome {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command line in this process. */
export async function led(...args: string[]): Promise<Outcome> {
  let stdout = "";
  let stderr = "";
  const out = vi.spyOn(process.stdout, "write").mockImplementation((text) => {
    stdout += text;
    return true;
  });
  const err = vi.spyOn(process.stderr, "write").mockImplementation((text) => {
    stderr += text;
    return true;
  });
  try {
    return { exitCode: await run(args), stdout, stderr };
  } finally {
    out.mockRestore();
    err.mockRestore();
  }
}

const root = fileURLToPath(new URL("../../", import.meta.url));

export interface BuiltCommand {
  /** The built package: package.json, dist/, models/. */
  readonly folder: string;
  /** Starts it; `input` is its standard input. */
  start(args: readonly string[], options?: StartOptions): ChildProcessWithoutNullStreams;
  /** Runs it to its end. */
  run(args: readonly string[], options?: StartOptions): Promise<Outcome & { signal: NodeJS.Signals | null }>;
  remove(): void;
}

export interface StartOptions {
  readonly cwd?: string;
  /** Over this process's; undefined takes a variable away. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly input?: string | Uint8Array;
}

/** Builds the package as it is now into a temporary folder, apart from dist/, which other tests and people use. */
export function buildCommand(): BuiltCommand {
  const folder = mkdtempSync(join(tmpdir(), "led-build-"));
  mkdirSync(join(folder, "dist"));
  const compiler = join(root, "node_modules/typescript/bin/tsc");
  const config = join(root, "tsconfig.build.json");
  const args = [compiler, "-p", config, "--outDir", join(folder, "dist")];
  const { stdout, stderr } = spawnSync(process.execPath, args, { encoding: "utf8" });
  cpSync(join(root, "package.json"), join(folder, "package.json"));
  for (const name of ["node_modules", "models"]) symlinkSync(join(root, name), join(folder, name), "junction");
  const script = join(folder, "dist/cli/led.js");
  if (!existsSync(script)) throw new Error(`tsc gave no ${script}: ${stdout}${stderr}`);

  const start: BuiltCommand["start"] = (given, { cwd, env, input } = {}) => {
    const child = spawn(process.execPath, [script, ...given], { cwd, env: { ...process.env, ...env } });
    // A command that ends without reading its input is no failure of the test.
    child.stdin.on("error", () => {});
    child.stdin.end(input);
    return child;
  };
  return {
    folder,
    start,
    async run(given, options) {
      const child = start(given, options);
      const outcome = { stdout: "", stderr: "" };
      child.stdout.setEncoding("utf8").on("data", (text: string) => {
        outcome.stdout += text;
      });
      child.stderr.setEncoding("utf8").on("data", (text: string) => {
        outcome.stderr += text;
      });
      const { exitCode, signal } = await ended(child);
      return { exitCode, signal, ...outcome };
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** How a process ends, after its output is read. */
export function ended(
  child: ChildProcessWithoutNullStreams,
): Promise<{ exitCode: number | null; signal: NodeJS.Signals | null }> {
  return new Promise((resolve) => child.once("close", (exitCode, signal) => resolve({ exitCode, signal })));
}
