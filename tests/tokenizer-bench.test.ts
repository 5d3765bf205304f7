/** `npm run bench:tokenizer -- --quick` runs, on the built package and without data, and the libraries agree. */
import { execFile } from "node:child_process";
import { cpSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type BuiltCommand, buildCommand } from "./support/command.ts";

let built: BuiltCommand;

beforeAll(() => {
  built = buildCommand();
  for (const folder of ["bench", "src"]) {
    cpSync(fileURLToPath(new URL(`../${folder}`, import.meta.url)), join(built.folder, folder), { recursive: true });
  }
});

afterAll(() => built.remove());

test("the quick form of the tokenizers' benchmark", async () => {
  const script = join(built.folder, "bench", "tokenizer.mjs");
  const { stdout } = await promisify(execFile)(process.execPath, [script, "--quick", "--texts", "code,digits"], {
    env: { ...process.env, LED_DATA: built.folder },
  });
  const [headings, ...rows] = stdout.split("\n");
  expect(headings).toMatch(/^Text +Library +ids, MB\/s/);
  const table = rows.slice(0, rows.indexOf(""));
  expect(table.filter((row) => /LEDTokenizer(?:Fast)? +\d/.test(row))).toHaveLength(4);
  // A platform without the native library has nothing to agree with.
  if (!stdout.includes("Missing: tokenizers (Rust)")) {
    expect(stdout).toContain("All libraries gave the same ids.");
  }
});
