import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import {
  activationNames,
  checkActivation,
  checkAttentionImplementation,
  LEDConfig,
  type LEDConfigOptions,
  normalizeAttentionWindows,
  transformersVersion,
} from "./config.ts";
import { FileError, InvalidArgumentError, LEDError } from "./errors.ts";
import { memoryFiles } from "./files.ts";
import { setLogger } from "./log.ts";
import type { ConfigValues } from "./pretrained-config.ts";

interface Written {
  name: string;
  json: string;
  full_json: string;
  num_labels: number;
  use_return_dict: boolean;
}

/** Made by tests/oracle/config.py with transformers 4.37.2. */
interface Oracle {
  constructed: (Written & { options: LEDConfigOptions })[];
  from_dict: (Written & { values: ConfigValues; overrides: ConfigValues; unused: ConfigValues })[];
  departures: (Written & { options: LEDConfigOptions })[];
  errors: { name: string; options: LEDConfigOptions; error: string }[];
  warnings: { name: string; options: LEDConfigOptions; warning: string }[];
  inconsistent: { overrides: ConfigValues; error: string };
  windows: { name: string; options: LEDConfigOptions; windows?: number[]; error?: string }[];
  activations: string[];
  implementations: { name: string; error: string }[];
}

const oracle = JSON.parse(
  readFileSync(new URL("../tests/oracle/fixtures/config.json", import.meta.url), "utf8"),
) as Oracle;

function expectWritten(config: LEDConfig, expected: Written): void {
  expect(config.to_json_string()).toBe(expected.json);
  expect(config.to_json_string(false)).toBe(expected.full_json);
  expect(config.to_diff_dict()).toEqual(JSON.parse(expected.json));
  expect(config.to_dict()).toEqual(JSON.parse(expected.full_json));
  expect(config.num_labels).toBe(expected.num_labels);
  expect(config.use_return_dict).toBe(expected.use_return_dict);
}

/** The error that `act` throws, which must be one of this package's. */
function thrown(act: () => unknown): InvalidArgumentError {
  try {
    act();
  } catch (error) {
    expect(error).toBeInstanceOf(InvalidArgumentError);
    return error as InvalidArgumentError;
  }
  throw new Error("nothing was thrown");
}

describe("against the reference", () => {
  test.each(oracle.constructed)("new LEDConfig writes the same: $name", (expected) => {
    const config = new LEDConfig(expected.options);
    expectWritten(config, expected);
    // What was written reads back to what was written.
    expectWritten(LEDConfig.from_json_text(expected.json), expected);
    expectWritten(LEDConfig.from_json_text(expected.full_json), expected);
  });

  test.each(oracle.from_dict)("from_dict: $name", ({ values, overrides, unused, ...expected }) => {
    const [config, rest] = LEDConfig.from_dict(values, { ...overrides, return_unused_kwargs: true });
    expectWritten(config, expected);
    // A dtype stays among Python's unused arguments, for the model that is then loaded; here it is used.
    const { torch_dtype, ...others } = unused;
    expect(rest).toEqual(others);
    expect(torch_dtype).toBe(overrides.torch_dtype);
  });

  test.each(oracle.errors)("refuses in the same words: $name", ({ options, error }) => {
    expect(thrown(() => new LEDConfig(options)).message.startsWith(error)).toBe(true);
  });

  test.each(oracle.warnings)("warns in the same words: $name", ({ options, warning }) => {
    const said: string[] = [];
    const logger = setLogger({ warn: (message) => said.push(message) });
    try {
      new LEDConfig(options);
      new LEDConfig({ num_labels: 1, id2label: { 0: "only" }, xla_device: null });
    } finally {
      setLogger(logger);
    }
    // A dictionary is shown as JSON here.
    expect(said).toEqual([warning.replaceAll("'", '"').replace(': "only', ':"only')]);
  });

  test("refuses overrides with more labels than names in the same words", () => {
    const { overrides, error } = oracle.inconsistent;
    const [before, after] = error.split("{'0': 'only'}") as [string, string];
    expect(thrown(() => LEDConfig.from_dict({}, overrides)).message).toContain(`${before}{"0":"only"}${after}`);
  });

  test.each(oracle.windows)("windows: $name", ({ options, windows, error }) => {
    const config = new LEDConfig(options);
    if (error !== undefined) {
      const given = JSON.stringify(config.attention_window);
      expect(thrown(() => normalizeAttentionWindows(config)).message).toContain(error);
      expect(JSON.stringify(config.attention_window)).toBe(given);
      return;
    }
    expect(normalizeAttentionWindows(config)).toEqual(windows);
    expect(config.attention_window).toEqual(windows);
    expect(normalizeAttentionWindows(config)).toEqual(windows);
  });

  test("knows the same activation functions", () => {
    expect(activationNames).toEqual(oracle.activations);
  });

  test.each(oracle.implementations)("refuses attn_implementation $name", ({ name, error }) => {
    const config = new LEDConfig({ attn_implementation: name });
    const { message } = thrown(() => checkAttentionImplementation(config, "LEDModel"));
    const says = message.slice(0, message.indexOf(" (attn_implementation: got"));
    expect(says.length).toBeGreaterThan(40);
    expect(error.startsWith(says)).toBe(true);
    expect(message.endsWith('Leave `attn_implementation` out, or give "eager".')).toBe(true);
    checkAttentionImplementation(new LEDConfig({ attn_implementation: "eager" }), "LEDModel");
  });

  // One type of number: if either test fails, the departure is gone and the README's line on it with it.
  test.each(oracle.departures)("writes numbers otherwise than Python: $name", ({ options, ...expected }) => {
    const config = new LEDConfig(options);
    expect(config.to_json_string()).not.toBe(expected.json);
    expect(JSON.parse(config.to_json_string())).toEqual(JSON.parse(expected.json));
  });
});

describe("keys", () => {
  test("aliases are read, set and given to the constructor, and never written", () => {
    const config = new LEDConfig({ hidden_size: 96 });
    expect([config.d_model, config.hidden_size]).toEqual([96, 96]);
    for (const [alias, name] of Object.entries(LEDConfig.attribute_map)) {
      config[alias] = 3;
      expect([config[alias], config[name]]).toEqual([3, 3]);
      config.update({ [alias]: 5 });
      expect(config[name]).toBe(5);
      expect(Object.keys(config.to_dict())).not.toContain(alias);
      expect(Object.keys(config)).not.toContain(alias);
    }
  });

  test("no public key is in camelCase", () => {
    for (const key of Object.keys(new LEDConfig().to_dict())) expect(key).toMatch(/^_?[a-z0-9]+(_[a-z0-9]+)*$/);
  });

  test("unknown keys are kept, shown and written back, and can be changed", () => {
    const config = new LEDConfig({ max_position_embeddings: 32 });
    expect(config.max_position_embeddings).toBe(32);
    config.another = { deep: [1] };
    expect(String(config)).toMatch(/^LEDConfig \{\n {2}"_?a/);
    expect(JSON.parse(String(config).slice("LEDConfig ".length))).toMatchObject({
      another: { deep: [1] },
      max_position_embeddings: 32,
    });
    delete config.another;
    expect(config.to_dict()).not.toHaveProperty("another");
  });

  test("to_dict is a copy", () => {
    const config = new LEDConfig({ attention_window: [4, 8], encoder_layers: 2 });
    (config.to_dict().attention_window as number[])[0] = 99;
    expect(config.attention_window).toEqual([4, 8]);
    new LEDConfig().id2label[0] = "changed";
    expect(new LEDConfig().id2label).toEqual({ 0: "LABEL_0", 1: "LABEL_1" });
  });

  test("setting num_labels renames the labels only when the number changes", () => {
    const config = new LEDConfig({ id2label: { 0: "no", 1: "yes" }, label2id: { no: 0, yes: 1 } });
    config.num_labels = 2;
    expect(config.id2label).toEqual({ 0: "no", 1: "yes" });
    config.num_labels = 3;
    expect(config.id2label).toEqual({ 0: "LABEL_0", 1: "LABEL_1", 2: "LABEL_2" });
    expect(config.label2id).toEqual({ LABEL_0: 0, LABEL_1: 1, LABEL_2: 2 });
  });

  test("a legacy gradient_checkpointing key stays for the model builder to take", () => {
    const config = LEDConfig.from_json_text('{"model_type": "led", "gradient_checkpointing": true}');
    expect(config.gradient_checkpointing).toBe(true);
    delete config.gradient_checkpointing;
    expect(config.to_json_string()).not.toContain("gradient_checkpointing");
    expect(Object.keys(new LEDConfig())).not.toContain("gradient_checkpointing");
  });

  test("undefined is the same as not given", () => {
    expect(new LEDConfig({ d_model: undefined, extra: undefined }).to_dict()).toEqual(new LEDConfig().to_dict());
  });

  test("the name is a string, and what is written names the reference's version", () => {
    const config = new LEDConfig({ name_or_path: "a", transformers_version: "4.2.0", _commit_hash: "c0ffee" });
    config.name_or_path = "b";
    expect([config._name_or_path, config.transformers_version, config._commit_hash]).toEqual(["b", "4.2.0", "c0ffee"]);
    expect(config.to_dict().transformers_version).toBe(transformersVersion);
    expect(config.to_json_string(false)).not.toContain("c0ffee");
  });

  test("attn_implementation is kept for the model builder, and not written", () => {
    expect(new LEDConfig()._attn_implementation).toBe("eager");
    const config = new LEDConfig({ attn_implementation: "sdpa" });
    expect(config._attn_implementation).toBe("sdpa");
    expect(config.to_json_string(false)).not.toContain("sdpa");
    expect(LEDConfig.from_dict({}, { attn_implementation: "sdpa" })._attn_implementation).toBe("sdpa");
  });
});

describe("refusals", () => {
  test.each<[LEDConfigOptions | ConfigValues, string]>([
    [{ d_model: "768" }, 'LEDConfig: expected `d_model` to be a whole number, got "768"'],
    [{ encoder_layers: 1.5 }, "LEDConfig: expected `encoder_layers` to be a whole number, got 1.5"],
    [{ hidden_size: -1 }, "LEDConfig: expected `d_model` to be a whole number, got -1"],
    [{ dropout: null }, "LEDConfig: expected `dropout` to be a number, got null"],
    [{ num_labels: 1.5 }, "LEDConfig: expected `num_labels` to be a whole number, got 1.5"],
    [{ id2label: { one: "x" } }, 'LEDConfig: expected whole numbers as keys of `id2label`, got "one"'],
    [
      { torch_dtype: "float17" },
      "LEDConfig: expected `torch_dtype` among float16, bfloat16, float32, float64, uint8, int8, int16, int32, int64, " +
        'bool, got "float17"',
    ],
    [
      { model_type: "bart" },
      'LEDConfig: expected the config of a model of type "led", got model type "bart". Give a checkpoint of that type.',
    ],
    [{ to_dict: 1 }, "LEDConfig: expected keys that can be set, got `to_dict`. Give the key another name."],
    [{ use_return_dict: true }, "LEDConfig: expected keys that can be set, got `use_return_dict`."],
    [JSON.parse('{"__proto__": {"d_model": 1}}'), "LEDConfig: expected keys that can be set, got `__proto__`."],
    [{ constructor: 1 }, "LEDConfig: expected keys that can be set, got `constructor`."],
  ])("%j", (options, message) => {
    expect(thrown(() => new LEDConfig(options)).message.startsWith(message)).toBe(true);
  });

  test("an override that is no key names the nearest one", () => {
    expect(thrown(() => LEDConfig.from_dict({}, { num_beem: 4 })).message).toBe(
      "from_dict: expected overrides that are keys of the config, got `num_beem`. Did you mean `num_beams`?",
    );
    expect(thrown(() => LEDConfig.from_dict({}, { num_lables: 4 })).message).toContain("Did you mean `num_labels`?");
    expect(LEDConfig.from_dict({ mine: 1 }, { mine: 2 }).mine).toBe(2);
  });

  test("an override's problem_type is checked as the constructor's is", () => {
    expect(() => LEDConfig.from_dict({}, { problem_type: "x" })).toThrow("was not understood: received x but only");
  });

  test("activation names: the accepted ones are listed, the nearest is offered", () => {
    expect(checkActivation("gelu_new")).toBe("gelu_new");
    const { message } = thrown(() => checkActivation("rellu"));
    expect(message).toBe(
      `activation_function: expected one of ${oracle.activations.join(", ")}, got "rellu". Did you mean "relu"?`,
    );
    expect(thrown(() => checkActivation(() => 1)).message).toContain("got a function");
    expect(thrown(() => checkActivation("toString")).message).toContain('got "toString"');
  });

  test("windows: what was got and the fix follow the reference's words", () => {
    const message = (options: LEDConfigOptions) =>
      thrown(() => normalizeAttentionWindows(new LEDConfig({ encoder_layers: 2, ...options }))).message;
    expect(message({ attention_window: 7 })).toBe(
      "`config.attention_window` has to be an even value (attention_window: got 7) " +
        "Give an even number of tokens, half of them on either side.",
    );
    expect(message({ attention_window: [4] })).toBe(
      "`len(config.attention_window)` should equal `config.num_hidden_layers`. Expected 2, given 1 " +
        "(attention_window: got [4]) Give one window, or as many as the encoder has layers.",
    );
    expect(message({ attention_window: 8.5 })).toBe(
      "attention_window: expected an even number, or a list of them, got 8.5",
    );
    expect(message({ attention_window: 4, num_hidden_layers: 1 })).toBe(
      "attention_window: expected windows for 2 encoder layers (`encoder_layers`), got `num_hidden_layers` 1. " +
        "Leave `num_hidden_layers` out, or make it equal to `encoder_layers`.",
    );
  });
});

describe("files", () => {
  test("what is saved is the reference's config.json and reads back", async () => {
    const expected = oracle.constructed.find(({ name }) => name === "led-base geometry")!;
    const files = memoryFiles([]);
    await new LEDConfig(expected.options).save_pretrained(files);
    expect(new TextDecoder().decode(files.contents.get("config.json"))).toBe(expected.json);
    expectWritten(await LEDConfig.from_files(files), expected);
    expect((await LEDConfig.from_files(files, { num_labels: 7 })).num_labels).toBe(7);
  });

  test.each([
    ['{"model_type": "bart"}', '(`model_type` "led"), got `model_type` "bart". Give the folder or Hub id of an LED'],
    ['{"vocab_size": 5}', "got no `model_type` and no key of LED"],
    ["{", "It looks like the config file at 'memory/config.json' is not a valid JSON file. (read config: got "],
    ["[]", "read config memory/config.json: expected a JSON object, got []"],
    ["", "It looks like the config file at 'memory/config.json' is not a valid JSON file."],
  ])("refuses %j", async (text, message) => {
    const read = LEDConfig.from_files(memoryFiles([["config.json", text]]));
    await expect(read).rejects.toThrow(InvalidArgumentError);
    await expect(read).rejects.toThrow(message);
  });

  test("a config without model_type is LED's when one of LED's keys is there", async () => {
    const files = memoryFiles([["config.json", '{"attention_window": [6], "encoder_layers": 1}']]);
    expect((await LEDConfig.from_files(files)).attention_window).toEqual([6]);
  });

  test("a folder without config.json and one that is no UTF-8 are said", async () => {
    await expect(LEDConfig.from_files(memoryFiles([]))).rejects.toThrow(FileError);
    const binary = memoryFiles([["config.json", Uint8Array.of(0xff, 0xfe)]]);
    await expect(LEDConfig.from_files(binary)).rejects.toThrow("read config.json of memory: expected UTF-8 text");
    await expect(LEDConfig.from_files(binary)).rejects.toThrow(LEDError);
  });
});
