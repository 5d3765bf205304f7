/** prepare_decoder_input_ids_from_labels against the reference's shift (tests/oracle/led_classes_lm.py). */
import { expect, test } from "vitest";
import { LEDConfig, LEDForConditionalGeneration } from "../src/index.ts";
import type { CounterModel } from "./support/counter-model.ts";
import { modelScene } from "./support/model-scene.ts";
import { readFixture } from "./support/oracle.ts";

interface Shift {
  readonly labels: number[] | number[][];
  readonly config: Readonly<Record<string, unknown>>;
  readonly gives?: number[][];
  readonly raises?: string;
}

const { models, shifts } = readFixture<{
  models: { [name: string]: CounterModel };
  shifts: { model: string; calls: Shift[] };
}>("classes/lm.json");
const { kept } = modelScene();

/** What the reference's crashes are here. */
const ours: { readonly [raises: string]: RegExp } = {
  "ValueError: config.pad_token_id has to be defined.": /config\.pad_token_id has to be defined\./,
  "TypeError: can't assign a NoneType to a torch.LongTensor": /decoder_start_token_id/,
  "IndexError: too many indices for tensor of dimension 1":
    /a batch of rows of ids.*Put a single row of ids in an array/,
};

test.each(shifts.calls)("$config, $labels", async ({ labels, config, gives, raises }) => {
  const keys = { ...models[shifts.model]!.config, ...config };
  const model = kept(await LEDForConditionalGeneration.from_config(LEDConfig.from_dict(keys)));
  if (raises !== undefined) {
    return expect(() => model.prepare_decoder_input_ids_from_labels(labels)).toThrow(ours[raises]!);
  }
  expect(model.prepare_decoder_input_ids_from_labels(labels).tolist()).toEqual(gives);
});
