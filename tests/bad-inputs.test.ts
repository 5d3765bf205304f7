/**
 * Bad inputs of pipelines and commands that no test beside the code asserts. The others: pipelines-text.test.ts,
 * pipelines-heads-refusals.test.ts, src/pipelines/*.test.ts, cli/*.test.ts.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { pipeline, type SummarizationPipeline } from "../src/index.ts";
import { led } from "./support/command.ts";
import { type ModelFolder, tinyLed } from "./support/tiny-led.ts";

type Loose = (...given: readonly unknown[]) => Promise<unknown>;

let folder: ModelFolder;
let summarize: SummarizationPipeline;

beforeAll(async () => {
  folder = await tinyLed();
  summarize = await pipeline("summarization", folder.path);
});

afterAll(async () => {
  await summarize.dispose();
  await folder.remove();
});

describe("pipeline() refuses", () => {
  test.each<[string, () => unknown[], string]>([
    [
      "a folder that is not there",
      () => ["summarization", "./nowhere"],
      "Incorrect path_or_model_id: './nowhere'. Please provide either the path to a local folder or the repo_id of a model on the Hub.",
    ],
    [
      "a device that is none",
      () => ["summarization", folder.path, { device: "gpuu" }],
      "expected `device` among auto, cpu, wasm, got gpuu",
    ],
    [
      "a number format that is none",
      () => ["summarization", folder.path, { dtype: "int4" }],
      "expected `dtype` among fp32, fp16, q8, got int4",
    ],
    [
      "no threads",
      () => ["summarization", folder.path, { num_threads: 0 }],
      "LEDForConditionalGeneration.from_pretrained: expected `num_threads` above 0, got 0",
    ],
    [
      "a config that is none",
      () => ["summarization", folder.path, { config: { num_beams: 2 } }],
      "expected `config` an LEDConfig, got object. Give LEDConfig.from_dict(config)",
    ],
    ["an empty task", () => ["", folder.path], 'got an empty text. Write pipeline("summarization", model).'],
    [
      "a number as a model",
      () => ["summarization", 7],
      "or a model that is loaded, got number. There is no default model.",
    ],
  ])("%s", async (_, given, message) => {
    await expect((pipeline as unknown as Loose)(...given())).rejects.toThrow(message);
  });
});

describe("summaries refuse", () => {
  test.each<[string, unknown, object, string]>([
    [
      "a misspelt part of `extractive`",
      "ab cd",
      { extractive: { max: 3 } },
      "option `extractive`: expected options among max_sentences",
    ],
    ["a signal that is none", "ab cd", { signal: "stop" }, 'expected `signal` an AbortSignal, got "stop"'],
    [
      "a callback that is none",
      "ab cd",
      { progress_callback: "tell" },
      'expected `progress_callback` a function, got "tell"',
    ],
    ["no beams", "ab cd", { num_beams: 0 }, "`num_beams` has to be an integer strictly greater than 1, but is 0."],
    [
      "half a beam",
      "ab cd",
      { num_beams: 1.5 },
      "`num_beams` has to be an integer strictly greater than 1, but is 1.5.",
    ],
    [
      "more beams asked for than searched",
      "ab cd",
      { num_beams: 2, num_return_sequences: 3 },
      "`num_return_sequences` (3) has to be smaller or equal to `num_beams` (2).",
    ],
    [
      "a summary longer than the decoder",
      "ab cd",
      { max_length: 99 },
      "expected at most 16 decoder positions (max_decoder_position_embeddings), got a sequence of 17 tokens. Set max_new_tokens below 16.",
    ],
    [
      "a summary of nothing",
      "ab cd",
      { max_new_tokens: 0 },
      "max_length is not larger than decoder prompt length (generate: got max_length 1, a prompt of 1)",
    ],
    [
      "no sentences",
      "Ab cd. Ef gh.",
      { extractive: { max_sentences: 0 } },
      "generate, extractive: expected `max_sentences` of at least 1, got 0",
    ],
    [
      "groups that do not divide the beams",
      "ab cd",
      { num_beams: 3, num_beam_groups: 2, diversity_penalty: 1 },
      "In this generation mode, `num_beams` should be divisible by `num_beam_groups`",
    ],
    [
      "a temperature of 0",
      "ab cd",
      { do_sample: true, num_beams: 1, temperature: 0 },
      "`temperature` (=0.0) has to be a strictly positive float, otherwise your next token scores will be invalid.",
    ],
    [
      "separators that are no ids",
      "ab cd",
      { global_attention: { separators: ["x"] } },
      '{ separators: token ids } or a function, got {"separators":["x"]}',
    ],
    [
      "a function that gives no positions",
      "ab cd",
      { global_attention: () => [-1] },
      "expected token indices of 0 to 6 from the function, got -1",
    ],
  ])("%s", async (_, text, options, message) => {
    await expect((summarize as unknown as Loose)(text, options)).rejects.toThrow(message);
  });

  test("a pipeline that was disposed of", async () => {
    const gone = await pipeline("summarization", folder.path);
    await gone.dispose();
    await expect(gone("ab cd")).rejects.toThrow(
      "LEDForConditionalGeneration: expected a model that is open, got a disposed one",
    );
  });
});

describe("commands refuse", () => {
  test.each<[string[], number, string]>([
    [["answre", "x"], 2, "unknown command 'answre' (Did you mean answer?)"],
    [
      ["summarize", "x", "--device", "gpu"],
      2,
      "option '--device <device>' argument 'gpu' is invalid. Allowed choices are auto, cpu, wasm.",
    ],
    [["summarize", "nowhere.txt"], 1, "read nowhere.txt: expected a file, got none of that name. Check the path."],
    [["classify"], 2, "missing required argument 'file'"],
    [["evaluate", "--model", "embedded", "--data", "rows.txt"], 2, "required option '--task <task>' not specified"],
  ])("%j", async (args, exitCode, line) => {
    expect(await led(...args)).toEqual({ exitCode, stdout: "", stderr: `led: ${line}\n` });
  });

  test("a model that is not there", async () => {
    const { exitCode, stdout, stderr } = await led("summarize", "README.md", "--model", "./nowhere");
    expect([exitCode, stdout]).toEqual([1, ""]);
    expect(stderr).toMatch(/^led: Incorrect path_or_model_id: '\.\/nowhere'\.[^\n]* Check the path\.\n$/);
  });
});
