/** LED against transformers 4.37.2 on PyTorch: outputs of small models of odd sizes (tests/oracle/models.py). */
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { LEDForConditionalGeneration } from "../src/models/led/for-conditional-generation.ts";
import type { LEDSeq2SeqLMOutput } from "../src/models/led/outputs.ts";
import { type CounterModel, temporaryFolder, writeCounterModel } from "./support/counter-model.ts";
import { distance, type OracleTensor, readFixture } from "./support/oracle.ts";

type Rows = number[][];

interface Inputs {
  input_ids: Rows;
  attention_mask?: Rows;
  global_attention_mask?: Rows;
  decoder_input_ids?: Rows;
  decoder_attention_mask?: Rows;
}

interface Case {
  name: string;
  about: string;
  inputs: Inputs;
  outputs: { encoder_last_hidden_state: OracleTensor; logits: OracleTensor; past_key_values?: OracleTensor[][] };
}

interface Incremental {
  name: string;
  about: string;
  inputs: Inputs;
  pieces: number[];
  outputs: { step_logits: OracleTensor[]; past_key_values: OracleTensor[][] };
}

interface Fixture {
  model: CounterModel;
  cases: Case[];
  incremental?: Incremental[];
}

const tolerance = 1e-4;

describe.each(
  ["odd", "plain", "wide"].flatMap((name) => (["cpu", "wasm"] as const).map((device) => ({ name, device }))),
)("LEDForConditionalGeneration, model $name on $device", ({ name, device }) => {
  const fixture = readFixture<Fixture>(`models/${name}.json`);
  let model: LEDForConditionalGeneration;

  beforeAll(async () => {
    const folder = await temporaryFolder();
    await writeCounterModel(folder.files, fixture.model);
    model = await LEDForConditionalGeneration.from_pretrained(folder.path, { device });
    await folder.remove();
  });

  afterAll(() => model.dispose());

  test.each(fixture.cases)("forward, $name: $about", async ({ inputs, outputs }) => {
    const got = await model(inputs);
    expect(distance(got.encoder_last_hidden_state, outputs.encoder_last_hidden_state)).toBeLessThan(tolerance);
    expect(distance(got.logits, outputs.logits)).toBeLessThan(tolerance);
    expectPast(got, outputs.past_key_values);
  });

  test.each(fixture.incremental ?? [])("continued, $name: $about", async ({ inputs, pieces, outputs }) => {
    const { decoder_input_ids = [], decoder_attention_mask, ...source } = inputs;
    let state: LEDSeq2SeqLMOutput | undefined;
    let start = 0;
    for (const [index, length] of pieces.entries()) {
      const ids = decoder_input_ids.map((row) => row.slice(start, start + length));
      state = await model({
        ...source,
        decoder_input_ids: ids,
        ...(decoder_attention_mask === undefined
          ? {}
          : { decoder_attention_mask: decoder_attention_mask.map((row) => row.slice(0, start + length)) }),
        ...(state?.past_key_values === undefined
          ? {}
          : {
              past_key_values: state.past_key_values,
              encoder_outputs: { last_hidden_state: state.encoder_last_hidden_state },
            }),
      });
      expect(distance(state.logits, outputs.step_logits[index]!)).toBeLessThan(tolerance);
      start += length;
    }
    expectPast(state!, outputs.past_key_values);
  });
});

interface SavedFixture {
  folders: (Case & { folder: string })[];
}

describe("folders that save_pretrained wrote", () => {
  test.each(readFixture<SavedFixture>("models/saved.json").folders)("$folder", async ({ folder, inputs, outputs }) => {
    const path = fileURLToPath(new URL(`oracle/fixtures/models/saved/${folder}`, import.meta.url));
    const model = await LEDForConditionalGeneration.from_pretrained(path, { device: "cpu" });
    try {
      const got = await model(inputs);
      expect(distance(got.encoder_last_hidden_state, outputs.encoder_last_hidden_state)).toBeLessThan(tolerance);
      expect(distance(got.logits, outputs.logits)).toBeLessThan(tolerance);
    } finally {
      await model.dispose();
    }
  });
});

function expectPast(got: LEDSeq2SeqLMOutput, expected: OracleTensor[][] | undefined): void {
  expected?.forEach((layer, index) => {
    layer.forEach((tensor, part) => {
      expect(distance(got.past_key_values![index]![part]!, tensor)).toBeLessThan(tolerance);
    });
  });
}
