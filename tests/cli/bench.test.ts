/** `led bench`: what it says it measured is what it measured. Times themselves are not asserted. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { BenchResult } from "../../src/cli/bench-result.ts";
import { geometries } from "../../src/cli/geometries.ts";
import { led } from "../support/command.ts";
import { type ModelFolder, tinyLed } from "../support/tiny-led.ts";

let model: ModelFolder;

beforeAll(async () => {
  model = await tinyLed({ max_encoder_position_embeddings: 1100, max_decoder_position_embeddings: 30 });
});

afterAll(() => model.remove());

const bench = (...args: string[]) => led("bench", "--model", model.path, ...args);

async function measured(...args: string[]): Promise<BenchResult> {
  const { exitCode, stdout, stderr } = await bench("--json", "--device", "cpu", ...args);
  expect([exitCode, stderr]).toEqual([0, ""]);
  expect(stdout).toMatch(/^[^\n]+\n$/);
  return JSON.parse(stdout) as BenchResult;
}

const spread = (count: number) => ({
  median: expect.any(Number),
  fastest: expect.any(Number),
  slowest: expect.any(Number),
  count,
});

test("--json: lengths in rising order, counts, and rates that follow from the medians", async () => {
  const result = await measured("--lengths", "40,7,40", "--repeats", "2", "--steps", "5", "--num-beams", "3");
  expect(result).toMatchObject({
    model: model.path,
    random_weights: false,
    device: "cpu",
    dtype: null,
    threads: null,
    node: process.versions.node,
    encode: [
      { tokens: 7, seconds: spread(2) },
      { tokens: 40, seconds: spread(2) },
    ],
    left_out: [],
    decode: [
      { num_beams: 1, source_tokens: 40, seconds_per_step: spread(5) },
      { num_beams: 3, source_tokens: 40, seconds_per_step: spread(5) },
    ],
  });
  for (const { tokens, seconds, tokens_per_second, peak_memory_bytes } of result.encode) {
    expect(tokens_per_second).toBe(tokens / seconds.median);
    expect(seconds.fastest).toBeGreaterThan(0);
    expect(seconds.fastest).toBeLessThanOrEqual(seconds.median);
    expect(seconds.median).toBeLessThanOrEqual(seconds.slowest);
    expect(peak_memory_bytes).toBeLessThanOrEqual(result.peak_memory_bytes);
  }
  for (const { seconds_per_step, tokens_per_second } of result.decode)
    expect(tokens_per_second).toBe(1 / seconds_per_step.median);
});

test("by default the usual lengths that the model holds, and as many steps as it has positions for", async () => {
  const result = await measured("--repeats", "1", "--num-beams", "1", "--threads", "1", "--dtype", "q8");
  expect(result).toMatchObject({ threads: 1, dtype: "q8" });
  expect(result.encode.map(({ tokens }) => tokens)).toEqual([512, 1024]);
  // 30 positions without the four steps that warm up and the one behind.
  expect(result.decode).toMatchObject([{ num_beams: 1, source_tokens: 1024, seconds_per_step: { count: 25 } }]);
});

test("for people: a line for each figure", async () => {
  const { exitCode, stdout, stderr } = await bench("--lengths", "12", "--steps", "3", "--threads", "1");
  expect([exitCode, stderr]).toEqual([0, ""]);
  expect(stdout).toMatch(/^model {7}\S.*, 0\.0 million parameters\n/);
  expect(stdout).toMatch(/\n {5}12 tokens +[\d.]+ s +\d+ tokens\/s +\d+ MB {2}\([\d.]+ s to [\d.]+ s\)\n/);
  expect(stdout).toMatch(/\n +greedy +[\d.]+ ms +[\d.e+]+ tokens\/s +\([\d.]+ ms to [\d.]+ ms\)\n/);
  expect(stdout).toMatch(/\n +4 beams +[\d.]+ ms /);
  expect(stdout).toContain("Medians of 3 passes and 3 steps, without those that warm up;");
  expect(stdout).toMatch(/\nPeak memory \d+ MB\.\n$/);
});

test("--progress", async () => {
  const { stderr } = await bench("--lengths", "12", "--repeats", "1", "--steps", "3", "--progress");
  expect(stderr).toMatch(/^read 12 tokens 50%\nread 12 tokens 100%[^\n]*\nwrite 0%\nwrite 100%[^\n]*\n$/);
});

describe("refuses", () => {
  test.each([
    [
      ["--lengths", "12,1101"],
      1,
      "led: bench --lengths: expected at most 1100 tokens, what the model holds, got 1101\n",
    ],
    [
      ["--lengths", "12,"],
      2,
      "led: option '--lengths <numbers>' argument '12,' is invalid. Expected whole numbers above 0 with commas between them.\n",
    ],
    [
      ["--lengths", "0"],
      2,
      "led: option '--lengths <numbers>' argument '0' is invalid. Expected whole numbers above 0 with commas between them.\n",
    ],
    [["--geometry", "led-base"], 2, "led: option '--geometry <name>' cannot be used with option '--model <model>'\n"],
    [["x"], 2, "led: too many arguments for 'bench'. Expected 0 arguments but got 1.\n"],
  ])("%j", async (args, exitCode, stderr) => {
    expect(await bench(...args)).toEqual({ exitCode, stdout: "", stderr });
  });

  test("a model that writes too little to be measured", async () => {
    const short = await tinyLed({ max_decoder_position_embeddings: 5 });
    const { exitCode, stderr } = await led("bench", "--model", short.path, "--lengths", "8");
    await short.remove();
    expect([exitCode, stderr]).toEqual([
      1,
      "led: bench: expected a model that writes more than 5 tokens (max_decoder_position_embeddings), got 5\n",
    ]);
  });
});

test("geometries are those of the repository's benchmark", async () => {
  const url = new URL("../../bench/geometries.mjs", import.meta.url).href;
  const other = (await import(url)) as { geometries: Record<string, object>; positions: Record<string, number> };
  for (const [name, geometry] of Object.entries(geometries)) {
    expect(geometry).toEqual({
      ...other.geometries[name],
      max_encoder_position_embeddings: other.positions.encoder,
      max_decoder_position_embeddings: other.positions.decoder,
    });
  }
});
