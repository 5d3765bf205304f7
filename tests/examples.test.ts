/** The programs of examples/ itself run against the built package, as a reader would run them. */
import { execFile } from "node:child_process";
import { cpSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { LEDConfig, LEDForQuestionAnswering, LEDTokenizerFast } from "../src/index.ts";
import { type BuiltCommand, buildCommand } from "./support/command.ts";

const examples = fileURLToPath(new URL("../examples", import.meta.url));
const document = fileURLToPath(new URL("../docs/architecture.md", import.meta.url));

const embedded = fileURLToPath(new URL("../models/embedded", import.meta.url));

/** What each is given and what it must print. */
const expected: Record<string, { args: string[]; stdout: RegExp }> = {
  "attention.mjs": { args: [document], stdout: /^<!doctype html>\n[\s\S]*<label for="c0">[\s\S]*<\/html>\n$/ },
  "drop-in.mjs": { args: [embedded, "answerer"], stdout: /^\S.+\n.* \(\d\.\d\d\)\n$/ },
  "extractive.mjs": { args: [document], stdout: /^(?:\d+: \S.*\n){1,3}$/ },
  "next-tokens.mjs": { args: ["The office is closed."], stdout: /^(?:0\.\d{3} ".*"\n){5}$/ },
  "pipeline.mjs": { args: [document], stdout: /^\S[\s\S]{40,}\n$/ },
  "stream.mjs": { args: ["The office is closed."], stdout: /^\S[\s\S]+\n$/ },
  "summarize.mjs": { args: [document], stdout: /^\S[\s\S]{40,}\n$/ },
  "worker.mjs": { args: [document], stdout: /^\S[\s\S]{40,}\n$/ },
};

let built: BuiltCommand;

beforeAll(async () => {
  built = buildCommand();
  cpSync(examples, join(built.folder, "examples"), { recursive: true });
  await writeAnswerer(join(built.folder, "answerer"));
});

/** A model that answers at random, with the embedded model's tokenizer. */
async function writeAnswerer(folder: string): Promise<void> {
  const tokenizer = await LEDTokenizerFast.from_pretrained(embedded);
  const sizes = { d_model: 16, encoder_layers: 1, decoder_layers: 1, encoder_ffn_dim: 8, decoder_ffn_dim: 8 };
  const heads = { encoder_attention_heads: 2, decoder_attention_heads: 2, attention_window: 8 };
  const config = new LEDConfig({ ...sizes, ...heads, vocab_size: tokenizer.vocab_size });
  const model = await LEDForQuestionAnswering.from_config(config);
  await model.save_pretrained(folder);
  await tokenizer.save_pretrained(folder);
  await model.dispose();
}

afterAll(() => built.remove());

test("every example is run here", () => {
  const programs = readdirSync(examples).filter((name) => name.endsWith(".mjs"));
  expect(programs.sort()).toEqual(Object.keys(expected));
});

test.each(Object.entries(expected))("%s", async (name, { args, stdout }) => {
  const outcome = await promisify(execFile)(process.execPath, [join("examples", name), ...args], { cwd: built.folder });
  expect(outcome.stdout).toMatch(stdout);
});
