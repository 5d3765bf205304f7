/** The programs of examples/training/ run against the built package, shortened: each has to learn its task clearly. */
import { execFile } from "node:child_process";
import { cpSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type BuiltCommand, buildCommand } from "./support/command.ts";
import { temporaryFolder } from "./support/counter-model.ts";

const examples = fileURLToPath(new URL("../examples", import.meta.url));

interface Shortened {
  readonly steps: number;
  /** The measure before and after. */
  readonly shows: RegExp;
  readonly before: number;
  readonly after: number;
}

const expected: Record<string, Shortened> = {
  "answer.mjs": { steps: 150, shows: /exact ([\d.]+)[\s\S]*exact ([\d.]+)/, before: 20, after: 50 },
  "classify.mjs": { steps: 60, shows: /accuracy ([\d.]+) -> ([\d.]+)/, before: 0.6, after: 0.8 },
  "summarize.mjs": { steps: 120, shows: /ROUGE-L ([\d.]+) -> ([\d.]+)/, before: 0.2, after: 0.4 },
  "translate.mjs": { steps: 70, shows: /BLEU ([\d.]+)[\s\S]*BLEU ([\d.]+)/, before: 10, after: 40 },
};

let built: BuiltCommand;

beforeAll(() => {
  built = buildCommand();
  cpSync(examples, join(built.folder, "examples"), { recursive: true });
});

afterAll(() => built.remove());

test("every example is run here", () => {
  const programs = readdirSync(join(examples, "training")).filter((name) => name !== "small.mjs");
  expect(programs.sort()).toEqual(Object.keys(expected));
});

describe.each(Object.entries(expected))("%s", (name, { steps, shows, before, after }) => {
  test("learns", async () => {
    const folder = await temporaryFolder();
    try {
      const program = join(built.folder, "examples", "training", name);
      const env = { ...process.env, LED_EXAMPLE_STEPS: `${steps}` };
      const { stdout } = await promisify(execFile)(process.execPath, [program, folder.path], { env });
      const [, first, last] = shows.exec(stdout)!;
      expect(Number(first)).toBeLessThan(before);
      expect(Number(last)).toBeGreaterThan(after);
      if (name === "summarize.mjs") expect(readFileSync(join(folder.path, "report.html"), "utf8")).toContain("<svg");
      const files = readdirSync(join(folder.path, "model"));
      expect(files).toEqual(expect.arrayContaining(["config.json", "model.safetensors", "tokenizer_config.json"]));
    } finally {
      await folder.remove();
    }
  });
});
