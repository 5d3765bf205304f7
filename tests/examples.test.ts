/** The programs of examples/ itself run against the built package, as a reader would run them. */
import { execFile } from "node:child_process";
import { cpSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type BuiltCommand, buildCommand } from "./support/command.ts";

const examples = fileURLToPath(new URL("../examples", import.meta.url));
const document = fileURLToPath(new URL("../docs/architecture.md", import.meta.url));

/** What each is given and what it must print. */
const expected: Record<string, { args: string[]; stdout: RegExp }> = {
  "extractive.mjs": { args: [document], stdout: /^(?:\d+: \S.*\n){1,3}$/ },
  "next-tokens.mjs": { args: ["The office is closed."], stdout: /^(?:0\.\d{3} ".*"\n){5}$/ },
  "stream.mjs": { args: ["The office is closed."], stdout: /^\S[\s\S]+\n$/ },
  "summarize.mjs": { args: [document], stdout: /^\S[\s\S]{40,}\n$/ },
  "worker.mjs": { args: [document], stdout: /^\S[\s\S]{40,}\n$/ },
};

let built: BuiltCommand;

beforeAll(() => {
  built = buildCommand();
  cpSync(examples, join(built.folder, "examples"), { recursive: true });
});

afterAll(() => built.remove());

test("every example is run here", () => {
  const programs = readdirSync(examples).filter((name) => name.endsWith(".mjs"));
  expect(programs.sort()).toEqual(Object.keys(expected));
});

test.each(Object.entries(expected))("%s", async (name, { args, stdout }) => {
  const outcome = await promisify(execFile)(process.execPath, [join(built.folder, "examples", name), ...args]);
  expect(outcome.stdout).toMatch(stdout);
});
