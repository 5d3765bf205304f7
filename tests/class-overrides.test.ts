/** Keys of the config in config.json and in from_pretrained, and what comes of them: transformers 4.37.2 (tests/oracle/led_classes_overrides.py). */
import { describe, expect, test } from "vitest";
import { folderFiles } from "../src/hub/folder.ts";
import { LEDConfig, type LEDForConditionalGeneration } from "../src/index.ts";
import type { CounterClass } from "./counter-weights.ts";
import { nothingMissingHere, overridesHere, overridesRefusedHere, worksHere } from "./support/class-differences.ts";
import { expectOutput, expectRefused, type ShownOutput } from "./support/class-outputs.ts";
import { type CounterModel, writeCounterModel } from "./support/counter-model.ts";
import { ledClass } from "./support/led-classes.ts";
import { modelScene } from "./support/model-scene.ts";
import { readFixture } from "./support/oracle.ts";

type Values = Readonly<Record<string, unknown>>;

/** `call_says` is of the padding to whole windows, which this package does without. */
interface Override extends ShownOutput {
  readonly class: CounterClass;
  readonly config_json: Values;
  readonly options: Values;
  readonly raises?: string;
  readonly says?: string[];
  readonly missing_keys?: string[];
  readonly unexpected_keys?: string[];
  readonly mismatched_keys?: [string, number[], number[]][];
  readonly config_after?: Values;
  readonly generation_config?: Values;
  readonly inputs?: Values;
  readonly call_raises?: string;
  readonly problem_type_after?: string;
}

const { model: described, overrides } = readFixture<{ model: CounterModel; overrides: Override[] }>(
  "classes/config_overrides.json",
);

/** As the sets of differences name a row. */
function placeOf({ class: className, config_json, options }: Override): string {
  const shown = (values: Values) => Object.entries(values).map(([key, value]) => `${key} ${JSON.stringify(value)}`);
  const { config, ...keys } = options;
  const inFile = shown(config_json).map((text) => `file ${text}`);
  return [className, ...inFile, ...shown(keys), ...(config === undefined ? [] : ["config"])].join(", ");
}

const list = (names: readonly string[] = []): string => `[${names.map((name) => `'${name}'`).join(", ")}]`;

describe("from_pretrained", () => {
  const { kept, folder, said } = modelScene();

  test.each(overrides.map((one, row) => ({ ...one, row })))("$row: $class, $config_json, $options", async (one) => {
    const place = placeOf(one);
    const { path } = await folder();
    const config = { ...described.config, ...one.config_json };
    await writeCounterModel(folderFiles(path), { ...described, config }, one.class);
    const { config: given, ...keys } = one.options;
    const options = given === undefined ? keys : { ...keys, config: LEDConfig.from_dict(given as Values) };
    const load = () => ledClass(one.class).from_pretrained(path, { ...options, output_loading_info: true });
    if (one.raises !== undefined ? !overridesHere.has(place) : overridesRefusedHere.has(place)) {
      // Python's way of writing a dictionary.
      return expectRefused(load, one.raises?.replace(/\{.*\}/, JSON.stringify(keys.id2label)));
    }
    const [model, info] = await load();
    kept(model);
    if (one.raises !== undefined) return;
    const { unexpected_keys = [], mismatched_keys = [] } = one;
    const { missing_keys = [], says = [] } = nothingMissingHere.has(place) ? {} : one;
    expect(info).toEqual({ missing_keys, unexpected_keys, mismatched_keys, error_msgs: [] });
    for (const text of says) {
      expect(said).toContain(text.replace("FOLDER", path).replace("MISSING_KEYS", list(missing_keys)));
    }
    const after: Values = model.config;
    expect(Object.fromEntries(Object.keys(one.config_after!).map((key) => [key, after[key]]))).toEqual(
      one.config_after,
    );
    if (one.generation_config !== undefined) {
      const { generation_config } = model as unknown as LEDForConditionalGeneration;
      expect(generation_config.to_diff_dict()).toEqual(one.generation_config);
    }
    const run = () => model(one.inputs!);
    if (one.call_raises !== undefined && !worksHere.has(place)) return expectRefused(run, one.call_raises);
    const output = await run();
    if (one.call_raises !== undefined) return;
    expectOutput(output, one);
    if (one.problem_type_after !== undefined) expect(model.config.problem_type).toBe(one.problem_type_after);
  });
});
