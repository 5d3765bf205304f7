/** `led` as people start it, a process of its own: exit codes, streams, and what Ctrl-C leaves behind. */
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { folderFiles } from "../../src/hub/index.ts";
import { type BuiltCommand, buildCommand, ended } from "../support/command.ts";
import { writeCounterModel } from "../support/counter-model.ts";
import { type ModelFolder, tinyConfig, tinyGeneration, tinyLed, tinyVocabulary } from "../support/tiny-led.ts";

let command: BuiltCommand;
let model: ModelFolder;
/** The working folder and the temporary folder of the processes, both empty at first. */
let folder = "";
let work = "";
let temporary = "";
/** Made by nobody. */
let home = "";

beforeAll(async () => {
  command = buildCommand();
  model = await tinyLed();
});

afterAll(async () => {
  command.remove();
  await model.remove();
  rmSync(folder, { recursive: true, force: true });
});

beforeEach(() => {
  rmSync(folder, { recursive: true, force: true });
  folder = mkdtempSync(join(tmpdir(), "led-process-"));
  [work, temporary, home] = ["work", "temporary", "home"].map((name) => join(folder, name)) as [string, string, string];
  mkdirSync(work);
  mkdirSync(temporary);
});

const options = (input?: string | Uint8Array) => ({
  cwd: work,
  // Where nobody has said anything about the engine's reports.
  env: {
    TMPDIR: temporary,
    TMP: temporary,
    TEMP: temporary,
    HOME: home,
    HF_HOME: home,
    CI: undefined,
    ORT_DISABLE_TELEMETRY: undefined,
  },
  ...(input === undefined ? {} : { input }),
});

const run = (args: readonly string[], input?: string | Uint8Array) => command.run(args, options(input));

const clean = { signal: null, stdout: "", stderr: "" };

/** Every file and folder below, by its path. */
const below = (path: string) => (readdirSync(path, { recursive: true }) as string[]).sort();

describe("exit codes", () => {
  test("0: done", async () => {
    const outcome = await run(["tokenize", "-", "--model", model.path], "a");
    expect(outcome).toEqual({ ...clean, exitCode: 0, stdout: "0\t<s>\n4\ta\n2\t</s>\n" });
  });

  test("1: failed", async () => {
    const stderr = "led: read none.txt: expected a file, got none of that name. Check the path.\n";
    expect(await run(["summarize", "none.txt"])).toEqual({ ...clean, exitCode: 1, stderr });
  });

  test("2: wrong usage", async () => {
    const stderr = "led: unknown option '--num-beans' (Did you mean --num-beams?)\n";
    expect(await run(["summarize", "none.txt", "--num-beans", "2"])).toEqual({ ...clean, exitCode: 2, stderr });
  });
});

test("a summary leaves no file anywhere", async () => {
  writeFileSync(join(work, "text.txt"), "a few words");
  const before = below(model.path);
  const outcome = await run(["summarize", "text.txt", "--model", model.path]);
  expect(outcome).toMatchObject({ exitCode: 0, stderr: "" });
  expect(below(folder)).toEqual(["temporary", "work", join("work", "text.txt")]);
  expect(below(model.path)).toEqual(before);
});

test("a Hub id without a network: the line names the model that needs none", async () => {
  // A port that was free a moment ago.
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  await new Promise((resolve) => server.close(resolve));
  const args = ["summarize", "-", "--model", "allenai/led-base-16384"];
  const given = options("a few words");
  const outcome = await command.run(args, { ...given, env: { ...given.env, HF_ENDPOINT: endpoint } });
  expect(outcome).toMatchObject({ exitCode: 1, stdout: "" });
  expect(outcome.stderr).toMatch(
    /^led: We couldn't connect to 'http:[^\n]+ The embedded model works offline: leave out --model\.\n$/,
  );
  expect(outcome.stderr).toContain(endpoint);
  // Where there is none that could do it, none is named.
  const other = await command.run(["classify", ...args.slice(1)], {
    ...given,
    env: { ...given.env, HF_ENDPOINT: endpoint },
  });
  expect(other).toMatchObject({ exitCode: 1, stdout: "" });
  expect(other.stderr).toMatch(/^led: We couldn't connect to 'http:[^\n]+\n$/);
  expect(other.stderr).not.toContain("leave out");
});

describe("standard input", () => {
  test("- is read to its end", async () => {
    const outcome = await run(["summarize", "-", "--model", model.path, "--json"], "a few words");
    expect(outcome).toMatchObject({ exitCode: 0, stderr: "" });
    expect(JSON.parse(outcome.stdout)).toMatchObject({ source_tokens: 13, truncated_tokens: 0 });
  });

  test("- may be one of several files", async () => {
    writeFileSync(join(work, "text.txt"), "other words");
    const outcome = await run(["translate", "text.txt", "-", "--model", model.path], "a few words");
    expect(outcome.exitCode).toBe(0);
    expect(outcome.stdout).toMatch(/^==> text\.txt <==\n[^\n]*\n==> standard input <==\n[^\n]*\n$/);
  });

  test.each([
    ["empty", "", "a document, got no bytes. Is the file empty?"],
    ["white space", " \n\n", "a document, got white space only. Is it the right file?"],
    ["binary", "a\0b", "UTF-8 text, got binary data, a zero byte at 1. Extract its text first."],
    [
      "no UTF-8",
      Uint8Array.of(0x61, 0xff),
      "UTF-8 text, got a byte that is no UTF-8 at 1. Convert it first, such as iconv -f ISO-8859-1 -t UTF-8.",
    ],
  ])("%s", async (_, input, words) => {
    const stderr = `led: read standard input: expected ${words}\n`;
    expect(await run(["summarize", "-"], input)).toEqual({ ...clean, exitCode: 1, stderr });
  });
});

test("a reader that stops reading is no failure", async () => {
  const path = join(work, "long.txt");
  // More tokens than a pipe holds.
  writeFileSync(path, "abc ".repeat(100_000));
  const child = command.start(["tokenize", path, "--model", model.path], options());
  let stderr = "";
  child.stderr.on("data", (data) => {
    stderr += data;
  });
  child.stdout.once("data", () => child.stdout.destroy());
  expect(await ended(child)).toEqual({ exitCode: 0, signal: null });
  expect(stderr).toBe("");
});

/** A model that works for seconds on a document of 16,384 tokens, its encoder's weights above 64 MiB in float32. */
async function largeModel(path: string): Promise<void> {
  const files = folderFiles(path);
  await writeCounterModel(files, {
    seed: 11,
    config: {
      ...tinyConfig,
      d_model: 384,
      encoder_layers: 6,
      encoder_attention_heads: 8,
      encoder_ffn_dim: 1536,
      max_encoder_position_embeddings: 16384,
      attention_window: 512,
    },
  });
  const json = (value: object) => [new TextEncoder().encode(JSON.stringify(value))];
  await files.write("generation_config.json", json(tinyGeneration));
  await files.write("vocab.json", json(tinyVocabulary));
  await files.write("merges.txt", [new TextEncoder().encode("#version: 0.2\n")]);
}

// Windows ends a process outright instead of signalling it.
describe.skipIf(process.platform === "win32")("Ctrl-C", () => {
  let large = "";

  beforeAll(async () => {
    large = mkdtempSync(join(tmpdir(), "led-large-"));
    await largeModel(large);
  });

  afterAll(() => rmSync(large, { recursive: true, force: true }));

  /** Sends SIGINT when `when` is seen on the stream, and gives how the process ended with all that it wrote. */
  async function interrupt(args: readonly string[], when: RegExp) {
    const child = command.start(args, options());
    const said = { stdout: "", stderr: "" };
    child.stdout.on("data", (data) => {
      said.stdout += data;
    });
    let sent = false;
    child.stderr.on("data", (data) => {
      said.stderr += data;
      if (sent || !when.test(said.stderr)) return;
      sent = true;
      child.kill("SIGINT");
    });
    return { ...(await ended(child)), sent, ...said };
  }

  test("in the middle of an encode ends the process at once", async () => {
    writeFileSync(join(work, "long.txt"), "abc ".repeat(5000));
    const before = below(large);
    const args = ["summarize", "long.txt", "--model", large, "--progress", "--json"];
    // After the embedding, with all layers to go.
    const { exitCode, signal, sent, stdout, stderr } = await interrupt(args, /^encode \d+%/m);
    expect(sent).toBe(true);
    // No handler ran: the process did not get to finish its run of the engine.
    expect({ exitCode, signal, stdout }).toEqual({ exitCode: null, signal: "SIGINT", stdout: "" });
    expect(stderr).not.toContain("encode 100%");
    expect(below(work)).toEqual(["long.txt"]);
    expect(below(temporary)).toEqual([]);
    expect(below(large)).toEqual(before);
  });

  test.each([
    ["summarize", ["long.txt"]],
    ["translate", ["long.txt"]],
    ["bench", []],
  ])("of %s while weights are converted for the engine leaves no temporary file", async (name, files) => {
    const half = join(folder, "half");
    expect((await run(["convert", large, half, "--dtype", "fp16"])).exitCode).toBe(0);
    writeFileSync(join(work, "long.txt"), "abc ".repeat(5000));
    const child = command.start([name, ...files, "--model", half], options());
    const done = ended(child);
    // As soon as there is something to leave behind.
    let seen: string[] = [];
    const watch = setInterval(() => {
      if (seen.length > 0) return;
      seen = below(temporary);
      if (seen.length > 0) child.kill("SIGINT");
    }, 1);
    const { exitCode } = await done;
    clearInterval(watch);
    expect(seen[0]).toMatch(/^led-weights-/);
    expect(exitCode).toBe(130);
    expect(below(temporary)).toEqual([]);
    expect(below(work)).toEqual(["long.txt"]);
  });

  test.each([[[]], [["--max-shard-size", "2MB"]], [["--dtype", "fp16", "--max-shard-size", "2MB"]]])(
    "convert %j leaves no folder",
    async (flags) => {
      const before = below(large);
      const args = ["convert", large, "converted", "--progress", ...flags];
      const { exitCode, signal, sent, stdout } = await interrupt(args, /^convert \d+%/m);
      expect(sent).toBe(true);
      expect({ exitCode, signal, stdout }).toEqual({ exitCode: 130, signal: null, stdout: "" });
      expect(below(work)).toEqual([]);
      expect(below(temporary)).toEqual([]);
      expect(below(large)).toEqual(before);
    },
  );

  test("convert into a folder that was there leaves what it held", async () => {
    mkdirSync(join(work, "converted"));
    writeFileSync(join(work, "converted", "notes.txt"), "mine");
    const { exitCode } = await interrupt(["convert", large, "converted", "--progress"], /^convert \d+%/m);
    expect(exitCode).toBe(130);
    expect(below(work)).toEqual(["converted", join("converted", "notes.txt")]);
  });
});
