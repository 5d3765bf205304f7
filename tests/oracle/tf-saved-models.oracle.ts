/**
 * What TensorFlow's classes save here, read by transformers on TensorFlow: nothing missing, left over or complained of, and the
 * same numbers (tf_saved_models.py). Runs with `npm run test:oracle`, which makes the Python environment; `npm test` needs none.
 */
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { LEDConfig, Tensor, TFLEDForConditionalGeneration, TFLEDModel, type TFSaveOptions } from "../../src/index.ts";
import { tinyConfig } from "../support/tiny-led.ts";

const inputs = { input_ids: [[0, 5, 9, 12, 7, 21, 2]], decoder_input_ids: [[2, 4, 9, 6]] };
const classes = {
  TFLEDModel: { make: TFLEDModel, outputs: ["last_hidden_state", "encoder_last_hidden_state"] },
  TFLEDForConditionalGeneration: {
    make: TFLEDForConditionalGeneration,
    outputs: ["logits", "encoder_last_hidden_state"],
  },
} as const;
type ClassName = keyof typeof classes;

interface Variant {
  readonly name: string;
  readonly save?: TFSaveOptions;
  readonly config?: Readonly<Record<string, unknown>>;
  readonly tokens?: number;
}

const variants: readonly Variant[] = [
  { name: "h5" },
  { name: "shards", save: { max_shard_size: "2KB" } },
  { name: "safetensors", save: { safe_serialization: true } },
  { name: "untied", config: { tie_word_embeddings: false } },
  { name: "resized", tokens: 47 },
  // So many names that HDF5 keeps h5py's list of them in parts.
  { name: "deep", config: { encoder_layers: 14, decoder_layers: 13, num_hidden_layers: 14, attention_window: 4 } },
];

interface Reading {
  readonly missing: string[];
  readonly unexpected: string[];
  readonly mismatched: unknown[];
  readonly complaints: string[];
  readonly distances: Readonly<Record<string, number | null>>;
  readonly torch: number | null;
}

const cases = (Object.keys(classes) as ClassName[]).flatMap((className) =>
  variants.map((variant) => ({ className, variant, name: `${className}-${variant.name}` })),
);

describe("transformers on TensorFlow reads what save_pretrained wrote", () => {
  let folder: string;
  let readings: Readonly<Record<string, Reading>>;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "led-tf-oracle-"));
    const tensors = Object.fromEntries(Object.entries(inputs).map(([name, value]) => [name, Tensor.from(value)]));
    const models = [];
    for (const { className, variant, name } of cases) {
      const { make, outputs } = classes[className];
      const config = LEDConfig.from_dict({ ...tinyConfig, attention_window: [4, 8], init_std: 0.2, ...variant.config });
      // Both make models that can do what is done here; the compiler cannot see that of their union.
      const model = await (make as typeof TFLEDModel).from_config(config, { seed: 3 });
      try {
        if (variant.tokens !== undefined) await model.resize_token_embeddings(variant.tokens);
        await model.save_pretrained(join(folder, name), variant.save);
        const output = (await model.call(tensors)) as unknown as Readonly<Record<string, Tensor>>;
        const shown = outputs.map((key) => [
          key,
          { dims: output[key]!.dims, data: [...output[key]!.data].map(Number) },
        ]);
        models.push({ name, class: className, inputs, outputs: Object.fromEntries(shown) });
      } finally {
        await model.dispose();
      }
    }
    await writeFile(join(folder, "models.json"), JSON.stringify(models));
    const python = process.env.LED_ORACLE_TENSORFLOW_PYTHON!;
    const script = fileURLToPath(new URL("tf_saved_models.py", import.meta.url));
    const { stdout } = await promisify(execFile)(python, [script, folder], { maxBuffer: 2 ** 26 });
    readings = JSON.parse(stdout) as Record<string, Reading>;
  }, 600_000);

  afterAll(() => rm(folder, { recursive: true, force: true }));

  test.each(cases)("$name", ({ className, variant, name }) => {
    const { distances, torch, ...rest } = readings[name]!;
    expect(rest).toEqual({ missing: [], unexpected: [], mismatched: [], complaints: [] });
    expect(Object.keys(distances)).toEqual([...classes[className].outputs]);
    for (const distance of Object.values(distances)) expect(distance ?? Number.NaN).toBeLessThan(1e-4);
    // PyTorch's from_tf reads no shards.
    if (variant.name === "shards") expect(torch).toBeNull();
    else expect(torch ?? Number.NaN).toBeLessThan(1e-4);
  });
});
