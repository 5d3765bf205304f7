/** dtype "q8": how far its results are from float32's, and that its checkpoints are the same everywhere. */
import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { openCheckpoint } from "../src/checkpoints/open.ts";
import { FileError } from "../src/errors.ts";
import { type Files, memoryFiles } from "../src/files.ts";
import {
  folderFiles,
  LEDConfig,
  LEDForConditionalGeneration,
  LEDModel,
  LEDTokenizerFast,
  Tensor,
} from "../src/index.ts";
import { LEDCore } from "../src/models/led/core.ts";
import { loadModel } from "../src/models/led/loading.ts";
import { quantize } from "../src/models/led/quantization.ts";
import { led } from "./support/command.ts";
import { modelScene } from "./support/model-scene.ts";
import { tinyConfig } from "./support/tiny-led.ts";

const embedded = fileURLToPath(new URL("../models/embedded", import.meta.url));
const document = fileURLToPath(new URL("../docs/architecture.md", import.meta.url));
const { kept, folder } = modelScene();
const tiny = (): LEDConfig => LEDConfig.from_dict({ ...tinyConfig, init_std: 0.2 });
const ids = [[0, 5, 9, 12, 7, 21, 2]];

/** Largest and mean difference, and the root mean square of `a`. */
function distance(a: Tensor, b: Tensor): { max: number; mean: number; size: number } {
  const errors = Array.from(a.data as Float32Array, (value, i) => Math.abs(value - b.at(i)));
  const squares = (a.data as Float32Array).reduce((sum, value) => sum + value * value, 0);
  return {
    max: errors.reduce((most, error) => Math.max(most, error), 0),
    mean: errors.reduce((sum, error) => sum + error, 0) / errors.length,
    size: Math.sqrt(squares / errors.length),
  };
}

describe("the embedded model on a real document", () => {
  test("logits are near float32's, and the likeliest token is nearly always the same", async () => {
    const tokenizer = await LEDTokenizerFast.from_pretrained(embedded);
    const text = await readFile(document, "utf8");
    const { input_ids } = tokenizer([text], { truncation: true, max_length: 1500 });
    const [row] = input_ids as number[][];
    const inputs = {
      input_ids: [row!],
      global_attention_mask: [row!.map((_, i) => (i === 0 ? 1 : 0))],
      decoder_input_ids: [[2, ...row!.slice(0, 200)]],
    };
    const [float, bytes] = await Promise.all(
      (["fp32", "q8"] as const).map(async (dtype) => {
        const model = kept(await LEDForConditionalGeneration.from_pretrained(embedded, { dtype }));
        return (await model(inputs)).logits as Tensor;
      }),
    );
    const { max, mean, size } = distance(float!, bytes!);
    // Measured: 0.015 and 0.51 of the logits' size.
    expect(mean).toBeLessThan(0.025 * size);
    expect(max).toBeLessThan(0.8 * size);
    const [, length, V] = float!.dims as [number, number, number];
    const best = (logits: Tensor, at: number) => {
      const scores = (logits.data as Float32Array).subarray(at * V, (at + 1) * V);
      return scores.indexOf(Math.max(...scores));
    };
    const same = Array.from({ length }, (_, at) => best(float!, at) === best(bytes!, at)).filter(Boolean).length;
    expect(same / length).toBeGreaterThan(0.95);
  });
});

test("a row's result depends on no other row, nor on padding", async () => {
  const model = kept(await LEDModel.from_config(tiny(), { seed: 3, dtype: "q8" }));
  const alone = await model({ input_ids: ids, decoder_input_ids: [[2, 5, 6]] });
  const batch = await model({
    input_ids: [[...ids[0]!, 1, 1, 1], Array.from({ length: 10 }, (_, i) => 4 + 3 * i)],
    attention_mask: [[...ids[0]!.map(() => 1), 0, 0, 0], Array.from({ length: 10 }, () => 1)],
    decoder_input_ids: [
      [2, 5, 6],
      [2, 7, 8],
    ],
  });
  const first = batch.last_hidden_state as Tensor;
  const expected = alone.last_hidden_state as Tensor;
  for (let i = 0; i < expected.data.length; i++) expect(first.at(i)).toBeCloseTo(expected.at(i), 4);
});

test("past_key_values are numbers, and what is given back, or is a copy of it, counts as what was given out", async () => {
  const model = kept(await LEDModel.from_config(tiny(), { seed: 3, dtype: "q8" }));
  const whole = await model({ input_ids: ids, decoder_input_ids: [[2, 5, 6, 9]] });
  const start = await model({ input_ids: ids, decoder_input_ids: [[2, 5, 6]] });
  const copy = start.past_key_values!.map((layer) =>
    layer.map((one) => new Tensor("float32", one.data.slice(), one.dims)),
  );
  for (const past_key_values of [start.past_key_values!, copy]) {
    expect(past_key_values[0]!.map(({ type }) => type)).toEqual(Array(4).fill("float32"));
    const step = await model({
      encoder_outputs: [start.encoder_last_hidden_state!],
      decoder_input_ids: [[9]],
      past_key_values,
    });
    const [found, expected] = [step.last_hidden_state as Tensor, whole.last_hidden_state as Tensor];
    const last = expected.data.length - found.data.length;
    for (let i = 0; i < found.data.length; i++) expect(found.at(i)).toBeCloseTo(expected.at(last + i), 3);
  }
});

test("a source is bytes only where products of signed bytes are exact, and much the same either way", async () => {
  const { at } = await folder();
  await kept(await LEDModel.from_config(tiny(), { seed: 3 })).save_pretrained(at("model"));
  const results = [];
  for (const exact of [false, true]) {
    const loaded = await loadModel("LEDModel", at("model"), { dtype: "q8" });
    const { engine } = loaded;
    const here = exact && (await engine.multipliesSignedBytes());
    const core = new LEDCore({ ...loaded, engine: { ...engine, multipliesSignedBytes: async () => here } });
    const model = kept(new LEDModel(core));
    results.push((await model({ input_ids: ids, decoder_input_ids: [[2, 5, 6]] })).last_hidden_state as Tensor);
    expect((await core.decoder()).sourceInBytes).toBe(here);
  }
  const { max, mean, size } = distance(results[0]!, results[1]!);
  expect(mean).toBeLessThan(0.01 * size);
  expect(max).toBeLessThan(0.05 * size);
});

test("the WebAssembly engine multiplies bytes as the native one does", async () => {
  const [native, wasm] = await Promise.all(
    (["cpu", "wasm"] as const).map(async (device) => {
      const model = kept(await LEDModel.from_config(tiny(), { seed: 3, dtype: "q8", device }));
      return (await model({ input_ids: ids, decoder_input_ids: [[2, 5, 6]] })).last_hidden_state as Tensor;
    }),
  );
  // A byte may fall on the other side of a half.
  expect(distance(native!, wasm!).max).toBeLessThan(0.05);
});

describe("checkpoints in bytes", () => {
  const everything = { input_ids: ids, decoder_input_ids: [[2, 5, 6]] };

  test("are a quarter as large, come back as they are, and compute the same", async () => {
    const { at } = await folder();
    const config = LEDConfig.from_dict({ ...tinyConfig, d_model: 64, vocab_size: 3000, init_std: 0.2 });
    const float = kept(await LEDForConditionalGeneration.from_config(config, { seed: 4 }));
    await float.save_pretrained(at("float"));
    const made = kept(await LEDForConditionalGeneration.from_pretrained(at("float"), { dtype: "q8" }));
    expect(await made.save_pretrained(at("bytes"))).toEqual(["config.json", "model.safetensors"]);
    const saved = JSON.parse(await readFile(join(at("bytes"), "config.json"), "utf8"));
    expect(saved.quantization_config).toEqual({ quant_method: "led_q8", bits: 8 });
    const sizes = await Promise.all(
      ["float", "bytes"].map(async (name) => (await stat(join(at(name), "model.safetensors"))).size),
    );
    expect(sizes[1]! / sizes[0]!).toBeLessThan(0.3);
    const loaded = kept(await LEDForConditionalGeneration.from_pretrained(at("bytes")));
    const logits = (await made(everything)).logits as Tensor;
    expect(((await loaded(everything)).logits as Tensor).data).toEqual(logits.data);

    // Into a class without the head, and as numbers.
    const base = kept(await LEDModel.from_pretrained(at("bytes")));
    expect((await base(everything)).last_hidden_state!.dims).toEqual([1, 3, 64]);
    const numbers = kept(await LEDForConditionalGeneration.from_pretrained(at("bytes"), { dtype: "fp32" }));
    expect(distance(logits, (await numbers(everything)).logits as Tensor).mean).toBeLessThan(0.05);
    await numbers.save_pretrained(at("numbers"));
    const plain = JSON.parse(await readFile(join(at("numbers"), "config.json"), "utf8"));
    expect(plain).not.toHaveProperty("quantization_config");
    const [state, original] = [await numbers.state_dict(), await float.state_dict()];
    for (const [name, tensor] of original) {
      expect(distance(tensor, state.get(name)!).max).toBeLessThanOrEqual(
        0.005 * Math.max(1, distance(tensor, tensor).size),
      );
    }
  });

  test("serve a class with a matrix more, which is made of new numbers", async () => {
    const { at } = await folder();
    const base = kept(await LEDModel.from_config(tiny(), { dtype: "q8" }));
    await base.save_pretrained(at("base"));
    const options = { tie_word_embeddings: false, output_loading_info: true } as const;
    const [model, info] = await LEDForConditionalGeneration.from_pretrained(at("base"), options);
    kept(model);
    expect(info.missing_keys).toEqual(["lm_head.weight"]);
    expect(((await model(everything)).logits as Tensor).dims).toEqual([1, 3, 32]);
  });

  test("refuse torch's format, and other numbers", async () => {
    const { at } = await folder();
    const model = kept(await LEDModel.from_config(tiny(), { dtype: "q8" }));
    await expect(model.save_pretrained(at("x"), { safe_serialization: false })).rejects.toThrow(
      "expected safetensors for weights in bytes, got safe_serialization: false. Leave safe_serialization unset.",
    );
    await expect(model.load_state_dict(await model.state_dict())).rejects.toThrow(
      'expected a model of float32 or float16 weights, got one of dtype "q8"',
    );
  });

  test("are what `led convert --dtype q8` writes, byte for byte", async () => {
    const { at } = await folder();
    const model = kept(await LEDForConditionalGeneration.from_config(tiny(), { seed: 4 }));
    await model.save_pretrained(at("float"));
    const made = kept(await LEDForConditionalGeneration.from_pretrained(at("float"), { dtype: "q8" }));
    await made.save_pretrained(at("saved"));
    expect(await led("convert", at("float"), at("converted"), "--dtype", "q8")).toMatchObject({ exitCode: 0 });
    const file = (name: string) => readFile(join(at(name), "model.safetensors"));
    expect(await file("converted")).toEqual(await file("saved"));
    const again = await led("convert", at("converted"), at("again"), "--dtype", "fp16");
    expect(again).toMatchObject({ exitCode: 1 });
    expect(again.stderr).toContain("expected a checkpoint whose numbers can become fp16, got one in bytes (q8)");
  });
});

describe("bytes made at load", () => {
  async function floatModel() {
    const { at } = await folder();
    const model = kept(await LEDModel.from_config(tiny(), { seed: 4 }));
    await model.save_pretrained(at("float"));
    const { weights, files } = await loadModel("LEDModel", at("float"), {});
    const checkpoint = await openCheckpoint(files);
    Object.assign(weights, { dtype: "q8" });
    return { weights, checkpoint };
  }

  test("are kept, and taken from there the next time", async () => {
    const store = memoryFiles([]);
    let writes = 0;
    const counting: Files = {
      ...store,
      write(name, parts) {
        writes += 1;
        return store.write(name, parts);
      },
    };
    for (const time of [1, 2]) {
      const { weights, checkpoint } = await floatModel();
      await quantize(weights, checkpoint, async () => counting, 0);
      expect(weights.quantized.size, `load ${time}`).toBeGreaterThan(10);
    }
    expect(writes).toBe(1);
  });

  test("are made in memory where they cannot be kept", async () => {
    const full: Files = {
      ...memoryFiles([]),
      write: async () => {
        throw new FileError({ operation: "write", expected: "room on the disk", got: "a full disk" });
      },
    };
    const { weights, checkpoint } = await floatModel();
    await quantize(weights, checkpoint, async () => full, 0);
    expect(weights.quantized.size).toBeGreaterThan(10);
  });
});

test("folders in bytes are read through `Files` too", async () => {
  const { at } = await folder();
  const model = kept(await LEDModel.from_config(tiny(), { dtype: "q8" }));
  await model.save_pretrained(at("bytes"));
  const loaded = kept(await LEDModel.from_pretrained(folderFiles(at("bytes")), { device: "wasm" }));
  expect((await loaded({ input_ids: ids, decoder_input_ids: [[2]] })).last_hidden_state!.dims).toEqual([1, 1, 8]);
});
