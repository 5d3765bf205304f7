import { readFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { memoryFiles, readText } from "../files.ts";
import { setLogger } from "../log.ts";
import type { ConfigValues } from "../pretrained-config.ts";
import { GenerationConfig, type GenerationOptions, type ModelConfig } from "./config.ts";
import { GenerationConfigKeys, legacyKeys } from "./config-keys.ts";

interface Outcome {
  error?: string;
  warnings: string[];
}

interface Fixture {
  settings: (Outcome & { options: string; diff?: string; whole?: string; bare?: string; again?: Outcome })[];
  model_configs: (Outcome & { model_config: string; diff: string; whole: string; bare: string })[];
}

const fixture = JSON.parse(
  readFileSync(new URL("../../tests/oracle/fixtures/generation-config.json", import.meta.url), "utf8"),
) as Fixture;

let warnings: string[] = [];
beforeEach(() => {
  warnings = [];
  setLogger({ warn: (message) => warnings.push(message) });
});
afterEach(() => void setLogger(null));

function modelConfig(values: ConfigValues): ModelConfig & { values: ConfigValues } {
  return { values, to_dict: () => ({ ...values }) };
}

/** What a call warned of and the message of what it threw. */
function outcome(call: () => unknown): Outcome {
  warnings = [];
  try {
    call();
    return { warnings };
  } catch (error) {
    return { error: (error as Error).message, warnings };
  }
}

describe("as transformers", () => {
  test.each(fixture.settings.map((one) => [one.options, one] as const))("settings %s", (text, expected) => {
    const options = JSON.parse(text) as GenerationOptions;
    const { error, warnings: said } = outcome(() => new GenerationConfig(options));
    expect(error).toBe(expected.error);
    expect(said).toEqual(expected.warnings);
    if (expected.error !== undefined) return;

    const config = new GenerationConfig(options);
    expect(outcome(() => config.validate())).toEqual(expected.again);
    expect(config.to_json_string()).toBe(expected.diff);
    expect(config.to_json_string(true, true)).toBe(expected.bare);
    if (expected.whole !== undefined) expect(config.to_json_string(false)).toBe(expected.whole);
    expect(GenerationConfig.from_json_text(config.to_json_string()).equals(config)).toBe(true);
  });

  test.each(fixture.model_configs.map((one, i) => [i, one] as const))("from a model's config %i", (_i, expected) => {
    const model = modelConfig(JSON.parse(expected.model_config) as ConfigValues);
    const config = GenerationConfig.from_model_config(model);
    expect(warnings).toEqual(expected.warnings);
    expect(config.to_json_string()).toBe(expected.diff);
    expect(config.to_json_string(false)).toBe(expected.whole);
    expect(config.to_json_string(true, true)).toBe(expected.bare);
  });

  test("unlike transformers, early_stopping 1 is not taken for true here and for never later", () => {
    const options = JSON.parse('{"num_beams": 2, "early_stopping": 1}') as GenerationOptions;
    expect(() => new GenerationConfig(options)).toThrow("`early_stopping` must be a boolean or 'never', but is 1.");
  });

  test("what a model's config may say has the same defaults there", () => {
    const keys = new GenerationConfigKeys();
    for (const key of legacyKeys) expect(Object.hasOwn(keys, key), key).toBe(true);
  });
});

describe("update and copy", () => {
  test("update sets keys that are there, unknown ones of the file included, and gives back the others", () => {
    const config = new GenerationConfig({ house_style: "short" });
    const unused = config.update({ num_beams: 3, house_style: "long", num_beam: 4, max_time: undefined });
    expect(unused).toEqual({ num_beam: 4 });
    expect(config).toMatchObject({ num_beams: 3, house_style: "long", max_time: null });
  });

  test("a method's name is no key", () => {
    expect(() => new GenerationConfig({ validate: 1 })).toThrow("expected keys that can be set, got `validate`");
    expect(new GenerationConfig().update({ validate: 1 })).toEqual({ validate: 1 });
  });

  test("a copy shares no lists", () => {
    const config = new GenerationConfig({ bad_words_ids: [[4]], sequence_bias: new Map([[[4], 1.5]]) });
    const copy = config.copy();
    copy.bad_words_ids![0]![0] = 5;
    expect(config.bad_words_ids).toEqual([[4]]);
    expect(copy.sequence_bias).toEqual([[[4], 1.5]]);
    expect(config.equals(copy)).toBe(false);
  });
});

describe("following a model's config", () => {
  const advice = "You have modified the pretrained model configuration to control generation.";

  test("only while derived, untouched and worth following", () => {
    const model = modelConfig({ max_length: 20, num_beams: 1, vocab_size: 9 });
    const derived = GenerationConfig.from_model_config(model);
    expect(derived.following(model)).toBe(derived);
    model.values.num_beams = 4;
    expect(derived.following(model).num_beams).toBe(4);
    expect(derived.copy().following(model).num_beams).toBe(4);
    expect(warnings.map((message) => message.slice(0, advice.length))).toEqual([advice, advice]);

    derived.max_length = 30;
    expect(derived.following(model)).toBe(derived);
    expect(new GenerationConfig().following(model).num_beams).toBe(1);
  });

  test("settings put back to their defaults are not followed", () => {
    const model = modelConfig({ max_length: 20, num_beams: 4 });
    const derived = GenerationConfig.from_model_config(model);
    model.values.num_beams = 1;
    expect(derived.following(model)).toBe(derived);
  });
});

describe("files", () => {
  test("written and read back, unknown keys included", async () => {
    const files = memoryFiles([]);
    const config = new GenerationConfig({ num_beams: 4, mine: [1, { a: null }], sequence_bias: [[[3, 4], -1.5]] });
    await config.write(files);
    expect(await readText(files, "generation_config.json")).toBe(config.to_json_string());
    const read = await GenerationConfig.read(files);
    expect(read.equals(config)).toBe(true);
    expect((await GenerationConfig.read(files, undefined, { num_beams: 2 })).num_beams).toBe(2);
  });

  test("from_pretrained and save_pretrained: a folder's file, options of the load, keys that override", async () => {
    const files = memoryFiles([]);
    await new GenerationConfig({ num_beams: 4 }).save_pretrained(files);
    await new GenerationConfig({ num_beams: 5 }).save_pretrained(files, "mine.json");
    expect((await GenerationConfig.from_pretrained(files)).num_beams).toBe(4);
    const given = { config_file_name: "mine.json", max_length: 7, local_files_only: true };
    const read = await GenerationConfig.from_pretrained(files, given);
    expect([read.num_beams, read.max_length, "local_files_only" in read]).toEqual([5, 7, false]);
    await expect(GenerationConfig.from_pretrained(files, { config_file_name: "no.json" })).rejects.toThrow("no.json");
  });

  test("what validate complains of is not written", async () => {
    const files = memoryFiles([]);
    const says =
      "The generation config instance is invalid -- `.validate()` throws warnings and/or exceptions. Fix these issues to " +
      "save the configuration.\n\nThrown during validation:\n";
    const warned = new GenerationConfig({ temperature: 0.5 });
    await expect(warned.write(files)).rejects.toThrow(
      `${says}\`do_sample\` is set to \`False\`. However, \`temperature\``,
    );
    const refused = new GenerationConfig();
    refused.num_return_sequences = 3;
    await expect(refused.write(files)).rejects.toThrow(`${says}Greedy methods without beam search do not support`);
    expect(await files.list()).toEqual([]);
  });

  test("text that is no JSON object", () => {
    expect(() => GenerationConfig.from_json_text("{", "here.json")).toThrow(
      "It looks like the config file at 'here.json' is not a valid JSON file.",
    );
    expect(() => GenerationConfig.from_json_text("[]")).toThrow("expected a JSON object, got []");
  });
});
