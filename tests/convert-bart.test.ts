/** A BART made into an LED: the same weights and logits as the reference's conversion. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { writeSafetensors } from "../src/checkpoints/safetensors-write.ts";
import { type Files, memoryFiles } from "../src/files.ts";
import { folderFiles } from "../src/hub/folder.ts";
import {
  type ConvertBartOptions,
  convert_bart_to_led,
  LEDForConditionalGeneration,
  type Tensor,
} from "../src/index.ts";
import { counterValues, type Scale } from "./counter-weights.ts";
import { led } from "./support/command.ts";
import { modelScene } from "./support/model-scene.ts";
import { distance, type OracleTensor, readFixture } from "./support/oracle.ts";

interface Fixture {
  readonly seed: number;
  readonly config: Readonly<Record<string, unknown>>;
  readonly attention_window: number;
  readonly max_position_embeddings: number;
  readonly tensors: readonly { name: string; shape: number[]; scale: Scale }[];
  readonly state_dict: Readonly<Record<string, number[]>>;
  readonly short: { readonly inputs: Record<string, number[][]>; readonly bart: OracleTensor };
  readonly long: { readonly inputs: Record<string, number[][]>; readonly led: OracleTensor };
}

const fixture = readFixture<Fixture>("bart.json");
const { attention_window, max_position_embeddings } = fixture;
const { kept, folder } = modelScene();

type Change = (tensors: Map<string, { shape: readonly number[]; values: Float32Array }>) => void;

/** The tiny BART as save_pretrained writes one. */
async function writeBart(files: Files, config: object = {}, change: Change = () => {}): Promise<void> {
  const tensors = new Map(
    fixture.tensors.map(({ name, shape, scale }) => {
      const count = shape.reduce((product, dim) => product * dim, 1);
      return [name, { shape: shape as readonly number[], values: counterValues(fixture.seed, name, count, scale) }];
    }),
  );
  change(tensors);
  const text = (value: unknown) => [new TextEncoder().encode(JSON.stringify(value))];
  await files.write("config.json", text({ ...fixture.config, ...config }));
  await files.write("tokenizer_config.json", text({ model_max_length: 40, tokenizer_class: "BartTokenizer" }));
  await files.write("vocab.json", text({ "<s>": 0 }));
  await writeSafetensors(
    files,
    "model.safetensors",
    [...tensors].map(([name, { shape, values }]) => ({
      name,
      type: "F32" as const,
      shape,
      data: () => [new Uint8Array(values.buffer)],
    })),
  );
}

const bart = async (config?: object, change?: Change): Promise<Files> => {
  const files = memoryFiles([], "the BART");
  await writeBart(files, config, change);
  return files;
};

describe("the result", () => {
  test("computes what the reference's conversion does, and within half a window what BART does", async () => {
    const { at } = await folder();
    const output = at("led");
    const { config, files } = await convert_bart_to_led(await bart(), {
      output,
      attention_window,
      max_position_embeddings,
    });
    expect(files).toEqual(["model.safetensors", "vocab.json", "tokenizer_config.json", "config.json"]);
    expect(config).toMatchObject({
      model_type: "led",
      architectures: ["LEDForConditionalGeneration"],
      attention_window: [8, 8],
      max_encoder_position_embeddings: 100,
      max_decoder_position_embeddings: 40,
    });
    const [model, info] = await LEDForConditionalGeneration.from_pretrained(output, { output_loading_info: true });
    kept(model);
    expect(info).toEqual({ missing_keys: [], unexpected_keys: [], mismatched_keys: [], error_msgs: [] });
    const state = await model.state_dict();
    const shapes = Object.fromEntries([...state].map(([name, { dims }]) => [name, [...dims]]));
    expect(shapes).toEqual(fixture.state_dict);
    const short = (await model(fixture.short.inputs)).logits as Tensor;
    expect(distance(short, fixture.short.bart)).toBeLessThan(2e-5);
    const long = (await model(fixture.long.inputs)).logits as Tensor;
    expect(distance(long, fixture.long.led)).toBeLessThan(2e-5);
    const tokenizer = JSON.parse(await readFile(join(output, "tokenizer_config.json"), "utf8"));
    expect(tokenizer).toEqual({ model_max_length: 100, tokenizer_class: "BartTokenizer" });
    const saved = JSON.parse(await readFile(join(output, "config.json"), "utf8"));
    expect(saved).not.toHaveProperty("max_position_embeddings");
    expect(saved.forced_eos_token_id).toBe(2);
  });

  test("holds as many positions as asked for, also fewer than BART's", async () => {
    const files = memoryFiles([]);
    await convert_bart_to_led(await bart(), { output: files, attention_window: 4, max_position_embeddings: 16 });
    const model = kept(await LEDForConditionalGeneration.from_pretrained(files));
    expect((await model.state_dict()).get("led.encoder.embed_positions.weight")!.dims).toEqual([16, 12]);
  });

  test("of a base model has bare names, and of an untied head its own", async () => {
    const bare: Change = (tensors) => {
      for (const [name, tensor] of [...tensors]) {
        tensors.delete(name);
        if (name.startsWith("model.")) tensors.set(name.slice(6), tensor);
      }
    };
    const base = memoryFiles([]);
    await convert_bart_to_led(await bart({ architectures: ["BartModel"] }, bare), { output: base, attention_window });
    const names = [...base.contents.keys()].sort();
    expect(names).toEqual(["config.json", "model.safetensors", "tokenizer_config.json", "vocab.json"]);
    const model = kept(await LEDForConditionalGeneration.from_pretrained(base));
    expect(model.config.max_encoder_position_embeddings).toBe(16384);

    const head = counterValues(1, "head", 61 * 12, [0, 1]);
    const untied: Change = (tensors) => void tensors.set("lm_head.weight", { shape: [61, 12], values: head });
    const output = memoryFiles([]);
    await convert_bart_to_led(await bart({ tie_word_embeddings: false }, untied), {
      output,
      max_position_embeddings: 40,
    });
    const own = kept(await LEDForConditionalGeneration.from_pretrained(output));
    expect((await own.state_dict()).get("lm_head.weight")!.data).toEqual(head);
  });
});

describe("refuses", () => {
  const convert = async (files: Promise<Files>, options: Partial<ConvertBartOptions> = {}) =>
    convert_bart_to_led(await files, { output: memoryFiles([]), ...options });

  test.each<[string, () => Promise<unknown>, string]>([
    ["another model", () => convert(bart({ model_type: "t5" })), 'expected a config of model_type "bart", got "t5"'],
    ["a scale", () => convert(bart({ scale_embedding: true })), "got scale_embedding: true. LED cannot compute"],
    ["an mBART", () => convert(bart({ model_type: "mbart" })), "got model_type mbart"],
    [
      "layers that normalise first",
      () =>
        convert(
          bart(
            {},
            (tensors) =>
              void tensors.set("model.encoder.layer_norm.weight", tensors.get("model.encoder.layers.0.fc2.bias")!),
          ),
        ),
      "got `model.encoder.layer_norm.weight`",
    ],
    [
      "weights that BART does not have",
      () => convert(bart({}, (tensors) => void tensors.set("model.adapter.weight", tensors.values().next().value!))),
      "expected the weights of a BART, got 1 others, such as model.adapter.weight",
    ],
    [
      "positions that the config does not know",
      () => convert(bart({ max_position_embeddings: 41 })),
      "expected 43 rows of `model.decoder.embed_positions.weight`, as max_position_embeddings says, got 42",
    ],
    [
      "an odd window",
      () => convert(bart(), { attention_window: 7 }),
      "expected `attention_window` even and above 0, got 7",
    ],
    ["no positions", () => convert(bart(), { max_position_embeddings: 0 }), "`max_position_embeddings` above 0, got 0"],
    ["unknown options", () => convert(bart(), { window: 8 } as object), "window"],
  ])("%s", async (_, call, message) => {
    await expect(call()).rejects.toThrow(message);
  });
});

test("led convert --from bart does the same, and says what goes with it", async () => {
  const { at } = await folder();
  await writeBart(folderFiles(at("bart")));
  const args = ["--from", "bart", "--attention-window", "8", "--max-position-embeddings", "100"];
  const outcome = await led("convert", at("bart"), at("led"), ...args);
  expect(outcome).toMatchObject({ exitCode: 0 });
  expect(outcome.stdout).toContain("model.safetensors");
  const memory = memoryFiles([]);
  await convert_bart_to_led(await bart(), { output: memory, attention_window, max_position_embeddings });
  for (const [name, bytes] of memory.contents)
    expect(await readFile(join(at("led"), name)), name).toEqual(Buffer.from(bytes));
  expect(await led("convert", at("bart"), at("other"), ...args, "--dtype", "q8")).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining("option '--from bart' cannot be used with option '--dtype <dtype>'"),
  });
});
