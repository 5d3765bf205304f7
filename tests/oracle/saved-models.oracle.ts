/**
 * What this package saves, read by transformers: every class in every form of file, with nothing missing and the same numbers
 * (saved_models.py). Runs with `npm run test:oracle`, which makes the Python environment; `npm test` needs none.
 */
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  LEDConfig,
  LEDDecoder,
  LEDEncoder,
  LEDForConditionalGeneration,
  LEDForQuestionAnswering,
  LEDForSequenceClassification,
  LEDModel,
  type SaveOptions,
  type Tensor,
} from "../../src/index.ts";
import { tinyConfig } from "../support/tiny-led.ts";

const ids = [[0, 5, 9, 12, 7, 21, 2]];
const seq2seq = ["encoder_last_hidden_state"];
const classes = {
  LEDModel: { make: LEDModel, outputs: ["last_hidden_state", ...seq2seq] },
  LEDForConditionalGeneration: { make: LEDForConditionalGeneration, outputs: ["logits", ...seq2seq] },
  LEDForSequenceClassification: { make: LEDForSequenceClassification, outputs: ["logits", ...seq2seq] },
  LEDForQuestionAnswering: { make: LEDForQuestionAnswering, outputs: ["start_logits", "end_logits", ...seq2seq] },
  LEDEncoder: { make: LEDEncoder, outputs: ["last_hidden_state"] },
  LEDDecoder: { make: LEDDecoder, outputs: ["last_hidden_state"] },
} as const;
type ClassName = keyof typeof classes;

interface Variant {
  readonly name: string;
  readonly save?: SaveOptions;
  readonly config?: Readonly<Record<string, unknown>>;
  readonly dtype?: "fp16";
  readonly tokens?: number;
}

const variants: readonly Variant[] = [
  { name: "safetensors" },
  { name: "shards", save: { max_shard_size: "2KB" } },
  { name: "bin", save: { safe_serialization: false } },
  { name: "bin-shards", save: { safe_serialization: false, max_shard_size: "2KB" } },
  { name: "fp16", dtype: "fp16" },
  { name: "untied", config: { tie_word_embeddings: false } },
  { name: "resized", tokens: 47 },
];

interface Reading {
  readonly missing: string[];
  readonly unexpected: string[];
  readonly mismatched: unknown[];
  readonly dtype: string;
  readonly distances: Readonly<Record<string, number | null>>;
}

const cases = (Object.keys(classes) as ClassName[]).flatMap((className) =>
  variants.map((variant) => ({ className, variant, name: `${className}-${variant.name}` })),
);

describe("transformers reads what save_pretrained wrote", () => {
  let folder: string;
  let readings: Readonly<Record<string, Reading>>;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "led-oracle-"));
    const models = [];
    for (const { className, variant, name } of cases) {
      const { make, outputs } = classes[className];
      const config = LEDConfig.from_dict({ ...tinyConfig, init_std: 0.2, ...variant.config });
      // All six make models that can do what is done here; the compiler cannot see that of their union.
      const model = await (make as typeof LEDModel).from_config(config, {
        seed: 3,
        ...(variant.dtype ? { dtype: variant.dtype } : {}),
      });
      try {
        if (variant.tokens !== undefined) await model.resize_token_embeddings(variant.tokens);
        await model.save_pretrained(join(folder, name), variant.save);
        const output = (await model({ input_ids: ids })) as unknown as Readonly<Record<string, Tensor>>;
        const shown = outputs.map((key) => [
          key,
          { dims: output[key]!.dims, data: [...output[key]!.data].map(Number) },
        ]);
        models.push({ name, class: className, inputs: { input_ids: ids }, outputs: Object.fromEntries(shown) });
      } finally {
        await model.dispose();
      }
    }
    await writeFile(join(folder, "models.json"), JSON.stringify(models));
    const python = process.env.LED_ORACLE_PYTHON!;
    const script = fileURLToPath(new URL("saved_models.py", import.meta.url));
    const { stdout } = await promisify(execFile)(python, [script, folder], { maxBuffer: 2 ** 26 });
    readings = JSON.parse(stdout) as Record<string, Reading>;
  }, 600_000);

  afterAll(() => rm(folder, { recursive: true, force: true }));

  test.each(cases)("$name", ({ className, variant, name }) => {
    const { distances, ...rest } = readings[name]!;
    const dtype = variant.dtype === "fp16" ? "torch.float16" : "torch.float32";
    expect(rest).toEqual({ missing: [], unexpected: [], mismatched: [], dtype });
    expect(Object.keys(distances)).toEqual([...classes[className].outputs]);
    for (const distance of Object.values(distances)) expect(distance ?? Number.NaN).toBeLessThan(1e-5);
  });
});
