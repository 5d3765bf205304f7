/** `led info` and `led tokenize`. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { led } from "../support/command.ts";
import { type ModelFolder, tinyLed } from "../support/tiny-led.ts";

let model: ModelFolder;

beforeAll(async () => {
  model = await tinyLed();
  writeFileSync(join(model.path, "text.txt"), "a bee");
});

afterAll(() => model.remove());

/** Counted by hand from the shapes of transformers 4.37.2's modules. */
const parameters =
  32 * 8 + // led.shared
  (40 * 8 + 2 * 8) + // encoder: positions, norm
  2 * (7 * (8 * 8 + 8) + 2 * 2 * 8 + (8 * 12 + 12) + (12 * 8 + 8)) + // two encoder layers
  (16 * 8 + 2 * 8) + // decoder: positions, norm
  (8 * (8 * 8 + 8) + 3 * 2 * 8 + (8 * 10 + 10) + (10 * 8 + 8)); // one decoder layer

test("info as a table", async () => {
  const { exitCode, stdout, stderr } = await led("info", model.path);
  expect([exitCode, stderr]).toEqual([0, ""]);
  const rows = Object.fromEntries(
    stdout
      .trimEnd()
      .split("\n")
      .map((line) => line.split(/ {2,}/) as [string, string]),
  );
  expect(rows).toMatchObject({
    model: model.path,
    layers: "2 encoder, 1 decoder",
    width: "8, feed-forward 12 / 10",
    heads: "2 encoder, 4 decoder",
    "attention window": "4, 6",
    vocabulary: "32",
    "source positions": "40",
    "summary positions": "16",
    parameters: "0.0 million (0 MB in float32)",
    "memory, 40 tokens": "about 150 MB at its highest",
  });
});

test("info as JSON", async () => {
  const { exitCode, stdout, stderr } = await led("info", model.path, "--json", "--tokens", "30");
  expect([exitCode, stderr]).toEqual([0, ""]);
  expect(JSON.parse(stdout)).toEqual({
    model: model.path,
    d_model: 8,
    vocab_size: 32,
    max_encoder_position_embeddings: 40,
    max_decoder_position_embeddings: 16,
    encoder_layers: 2,
    decoder_layers: 1,
    encoder_attention_heads: 2,
    decoder_attention_heads: 4,
    encoder_ffn_dim: 12,
    decoder_ffn_dim: 10,
    activation_function: "gelu",
    attention_window: [4, 6],
    tie_word_embeddings: true,
    parameters,
    tokens: 30,
    memory: { weights: 4 * parameters, source: 2 * 30 * 8 * 4, peak: expect.any(Number) },
  });
});

test("info needs no weights and no tokenizer", async () => {
  const alone = await tinyLed();
  try {
    const { unlinkSync } = await import("node:fs");
    for (const name of ["model.safetensors", "vocab.json", "merges.txt"]) unlinkSync(join(alone.path, name));
    expect((await led("info", alone.path)).exitCode).toBe(0);
  } finally {
    await alone.remove();
  }
});

test("info of the embedded model", async () => {
  const { exitCode, stdout } = await led("info", "embedded");
  expect(exitCode).toBe(0);
  expect(stdout).toMatch(/^model {2,}embedded\n/);
  expect(stdout).toMatch(/\nparameters {2,}\d+\.\d million \(\d+ MB in float32\)\n/);
});

const tokens = [
  [0, "<s>"],
  [4, "a"],
  [30, "Ġ"],
  [5, "b"],
  [8, "e"],
  [8, "e"],
  [2, "</s>"],
] as const;

/** In "a bee": specials are nowhere, and a token of nothing but a space ends where the space does. */
const offsets = [
  [0, 0],
  [0, 1],
  [2, 2],
  [2, 3],
  [3, 4],
  [4, 5],
  [0, 0],
];

test("tokenize, a line each", async () => {
  const outcome = await led("tokenize", join(model.path, "text.txt"), "--model", model.path);
  const stdout = tokens.map(([id, token]) => `${id}\t${token}\n`).join("");
  expect(outcome).toEqual({ exitCode: 0, stdout, stderr: "" });
});

test("tokenize with offsets", async () => {
  const { exitCode, stdout } = await led("tokenize", join(model.path, "text.txt"), "--model", model.path, "--offsets");
  expect(exitCode).toBe(0);
  expect(stdout).toBe(tokens.map(([id, token], i) => `${id}\t${offsets[i]!.join("\t")}\t${token}\n`).join(""));
});

test("tokenize as JSON", async () => {
  const { exitCode, stdout, stderr } = await led(
    "tokenize",
    join(model.path, "text.txt"),
    "--model",
    model.path,
    "--json",
  );
  expect([exitCode, stderr]).toEqual([0, ""]);
  expect(JSON.parse(stdout)).toEqual({
    model: model.path,
    input_ids: tokens.map(([id]) => id),
    tokens: tokens.map(([, token]) => token),
    offset_mapping: offsets,
  });
});

test("tokenize with the embedded model's tokenizer", async () => {
  const { exitCode, stdout } = await led("tokenize", join(model.path, "text.txt"));
  expect(exitCode).toBe(0);
  expect(stdout).toMatch(/^0\t<s>\n(\d+\t\S+\n)+2\t<\/s>\n$/);
});
