/** TensorFlow's classes from and to files, made from configs, resized; and what Keras does that these models do not. */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import {
  LEDConfig,
  LEDForConditionalGeneration,
  LEDModel,
  Tensor,
  TFLEDForConditionalGeneration,
  TFLEDModel,
} from "../src/index.ts";
import { classWeights } from "./counter-weights.ts";
import type { CounterModel } from "./support/counter-model.ts";
import { modelScene } from "./support/model-scene.ts";
import { distance, type OracleTensor, readFixture } from "./support/oracle.ts";
import { tensorFlowFolder } from "./support/tensorflow-files.ts";
import { counterTensorFlow } from "./support/tensorflow-models.ts";
import { tinyConfig } from "./support/tiny-led.ts";

interface Report {
  readonly missing_keys: string[];
  readonly unexpected_keys: string[];
}

interface Fixture {
  readonly model: CounterModel;
  readonly inputs: { readonly input_ids: number[][]; readonly decoder_input_ids: number[][] };
  readonly folders: readonly {
    readonly folder: string;
    readonly TFLEDForConditionalGeneration: Report & { readonly outputs: { readonly logits: OracleTensor } };
    readonly TFLEDModel: Report & { readonly outputs: { readonly last_hidden_state: OracleTensor } };
  }[];
}

const { model: described, inputs, folders } = readFixture<Fixture>("tf-checkpoints.json");
const weights = new Map(
  classWeights(described.config, "LEDForConditionalGeneration", described.seed, described.scales),
);
const ids = Tensor.from(inputs.input_ids);
const targets = Tensor.from(inputs.decoder_input_ids);
const { kept, folder, checkpoint, said } = modelScene();
const tiny = (): LEDConfig => LEDConfig.from_dict({ ...tinyConfig, init_std: 0.2 });

describe("from_pretrained", () => {
  test.each(folders)("$folder", async ({ folder: name, ...expected }) => {
    const options = { output_loading_info: true } as const;
    const [lm, info] = await TFLEDForConditionalGeneration.from_pretrained(tensorFlowFolder(name), options);
    const { logits } = (await kept(lm).call([ids, null, targets])) as { logits: Tensor };
    expect(distance(logits, expected.TFLEDForConditionalGeneration.outputs.logits)).toBeLessThan(1e-4);
    // A base model's bias is zeros, which are not reported here.
    const missing = expected.TFLEDForConditionalGeneration.missing_keys.filter((key) => key !== "final_logits_bias");
    expect(info).toMatchObject({ missing_keys: missing, unexpected_keys: [], mismatched_keys: [] });
    const [base, baseInfo] = await TFLEDModel.from_pretrained(tensorFlowFolder(name), options);
    const { last_hidden_state } = await kept(base).call({ input_ids: ids, decoder_input_ids: targets });
    expect(distance(last_hidden_state, expected.TFLEDModel.outputs.last_hidden_state)).toBeLessThan(1e-4);
    // In shards the reference keeps Keras' ":0".
    const unexpected = expected.TFLEDModel.unexpected_keys.map((key) => key.replace(":0", ""));
    expect(baseInfo.unexpected_keys).toEqual(unexpected);
  });

  test("from_pt, and safetensors of PyTorch without it", async () => {
    const { path } = await checkpoint();
    const torch = kept(await LEDForConditionalGeneration.from_pretrained(path));
    const given = { input_ids: [[5, 6, 7]], decoder_input_ids: [[2, 9]] };
    const expected = (await torch(given)).logits;
    const tensors = {
      input_ids: Tensor.from(given.input_ids),
      decoder_input_ids: Tensor.from(given.decoder_input_ids),
    };
    for (const options of [{}, { from_pt: true }]) {
      const model = kept(await TFLEDForConditionalGeneration.from_pretrained(path, options));
      expect((await model(tensors)).logits.data).toEqual(expected.data);
      expect(model.generation_config.num_beams).toBe(2);
    }
    const { at } = await folder();
    await torch.save_pretrained(at("bin"), { safe_serialization: false });
    const bin = kept(await TFLEDForConditionalGeneration.from_pretrained(at("bin"), { from_pt: true }));
    expect((await bin(tensors)).logits.data).toEqual(expected.data);
    await expect(TFLEDModel.from_pretrained(at("bin"))).rejects.toThrow(/Use `from_pt=True` to load this model/);
  });

  test("a head of its own is left out: logits are by the token table", async () => {
    const { path } = await checkpoint({ tie_word_embeddings: false });
    const [model, info] = await TFLEDForConditionalGeneration.from_pretrained(path, { output_loading_info: true });
    expect(info.unexpected_keys).toEqual(["lm_head.weight"]);
    const untied = await kept(await LEDForConditionalGeneration.from_pretrained(path)).state_dict();
    expect((await kept(model).get_output_embeddings()).weight).toEqual(untied.get("led.shared.weight"));
    expect(untied.get("lm_head.weight")).not.toEqual(untied.get("led.shared.weight"));
  });

  test("options of the other classes are refused by name", async () => {
    for (const name of ["from_tf", "variant", "state_dict", "worker"]) {
      await expect(TFLEDModel.from_pretrained("anywhere", { [name]: true })).rejects.toThrow(`no option \`${name}\``);
    }
    await expect(TFLEDModel.from_pretrained("anywhere", { from_pt: "yes" as unknown as boolean })).rejects.toThrow(
      /`from_pt`/,
    );
    await expect(TFLEDModel.from_pretrained("anywhere", { form_pt: true })).rejects.toThrow(/`form_pt`/);
  });
});

describe("save_pretrained", () => {
  test.each([
    ["h5", {}, ["tf_model.h5"]],
    ["shards", { max_shard_size: "2KB" }, ["tf_model.h5.index.json"]],
    ["safetensors", { safe_serialization: true }, ["model.safetensors"]],
  ] as const)("%s comes back the same, in both frameworks' classes", async (_, options, files) => {
    const { at } = await folder();
    const model = kept(await TFLEDForConditionalGeneration.from_config(tiny(), { seed: 5 }));
    const written = await model.save_pretrained(at("saved"), options);
    expect(written).toEqual(expect.arrayContaining(["config.json", ...files]));
    expect((await readdir(at("saved"))).filter((name) => name !== "generation_config.json").sort()).toEqual(
      written.sort(),
    );
    const config = JSON.parse(await readFile(join(at("saved"), "config.json"), "utf8"));
    expect(config.architectures).toEqual(["LEDForConditionalGeneration"]);
    expect(config).not.toHaveProperty("torch_dtype");
    const again = kept(await TFLEDForConditionalGeneration.from_pretrained(at("saved")));
    expect(await again.state_dict()).toEqual(await model.state_dict());
    const from = options === undefined || !("safe_serialization" in options) ? { from_tf: true } : {};
    const torch = kept(await LEDForConditionalGeneration.from_pretrained(at("saved"), from));
    const state = await torch.state_dict();
    for (const [name, tensor] of await model.state_dict()) expect(state.get(name)!.data).toEqual(tensor.data);
  });

  test("a base model's file is for both classes", async () => {
    const { at } = await folder();
    const model = kept(await TFLEDModel.from_config(tiny()));
    await model.save_pretrained(at("base"));
    kept(await TFLEDForConditionalGeneration.from_pretrained(at("base")));
    const torch = kept(await LEDModel.from_pretrained(at("base"), { from_tf: true }));
    expect((await torch.state_dict()).get("shared.weight")).toEqual((await model.state_dict()).get("shared.weight"));
    await expect(torch.save_pretrained(at("base"))).rejects.toThrow(/another folder/);
    await expect(model.save_pretrained(at("x"), { saved_model: true } as object)).rejects.toThrow(/`saved_model`/);
    await expect(model.save_pretrained(at("x"), { version: 2 } as object)).rejects.toThrow(/`version`/);
  });
});

describe("from_config", () => {
  test("numbers are as Keras' layers begin with", async () => {
    const model = kept(
      await TFLEDForConditionalGeneration.from_config(LEDConfig.from_dict({ ...tinyConfig, d_model: 64 })),
    );
    const state = await model.state_dict();
    const all = (name: string): number[] => [...(state.get(name)!.data as Float32Array)];
    const most = (values: number[]): number => Math.max(...values.map(Math.abs));
    const deviation = (values: number[]): number =>
      Math.sqrt(values.reduce((sum, v) => sum + v * v, 0) / values.length);
    const query = all("led.encoder.layers.0.self_attn.longformer_self_attn.query.weight");
    expect(most(query)).toBeLessThanOrEqual(0.04 + 1e-9);
    expect(most(query)).toBeGreaterThan(0.038);
    expect(deviation(query)).toBeCloseTo(0.88 * 0.02, 3);
    expect(deviation(all("led.shared.weight"))).toBeCloseTo(0.88 * 0.02, 3);
    const fc1 = all("led.encoder.layers.0.fc1.weight");
    const limit = Math.sqrt(6 / (64 + 12));
    expect(most(fc1)).toBeLessThanOrEqual(limit);
    expect(deviation(fc1)).toBeCloseTo(limit / Math.sqrt(3), 1);
    const positions = all("led.decoder.embed_positions.weight");
    expect(most(positions)).toBeLessThanOrEqual(0.05);
    expect(deviation(positions)).toBeCloseTo(0.05 / Math.sqrt(3), 3);
    expect(new Set(all("led.encoder.layers.0.self_attn_layer_norm.weight"))).toEqual(new Set([1]));
    expect(new Set(all("led.encoder.layers.0.fc1.bias"))).toEqual(new Set([0]));
    // The pad token's row is as any other.
    expect(
      all("led.shared.weight")
        .slice(64, 128)
        .every((value) => value === 0),
    ).toBe(false);
  });

  test("says that LayerDrop is off", async () => {
    kept(await TFLEDModel.from_config(LEDConfig.from_dict({ ...tinyConfig, encoder_layerdrop: 0.5 })));
    expect(said).toContain("Layerdrop is currently disabled in TFLED models.");
  });
});

describe("weights", () => {
  test("tokens are added and taken away, with the bias", async () => {
    const model = kept(await counterTensorFlow("TFLEDForConditionalGeneration", described));
    const before = (await model.get_input_embeddings()).weight.data as Float32Array;
    const { num_embeddings, weight } = await model.resize_token_embeddings(14);
    expect([num_embeddings, model.config.vocab_size]).toEqual([14, 14]);
    expect(weight.data.slice(0, before.length)).toEqual(before);
    const { final_logits_bias } = await model.get_bias();
    expect(final_logits_bias.dims).toEqual([1, 14]);
    expect(final_logits_bias.data.slice(0, 11)).toEqual(weights.get("final_logits_bias")!.data);
    expect((await model({ input_ids: Tensor.from([[13]]), decoder_input_ids: targets })).logits.dims).toEqual([
      1, 3, 14,
    ]);
    await model.resize_token_embeddings(7);
    expect((await model.get_bias()).final_logits_bias.dims).toEqual([1, 7]);
    await expect(model.resize_token_embeddings(0)).rejects.toThrow(/above 0/);
  });

  test("a bias is set, and counted unless only what is trained counts", async () => {
    const model = kept(await counterTensorFlow("TFLEDForConditionalGeneration", described));
    const { logits } = await model({ input_ids: ids, decoder_input_ids: targets });
    const final_logits_bias = (await model.get_bias()).final_logits_bias.to("float32");
    final_logits_bias.data[4]! += 2;
    await model.set_bias({ final_logits_bias });
    const moved = (await model({ input_ids: ids, decoder_input_ids: targets })).logits;
    expect(moved.at(4) - logits.at(4)).toBeCloseTo(2, 5);
    expect(moved.at(5)).toBeCloseTo(logits.at(5), 6);
    await expect(model.set_bias({ final_logits_bias: Tensor.from([[1.5]]) })).rejects.toThrow(/\[1, 11\]/);
    expect(model.num_parameters() - model.num_parameters({ only_trainable: true })).toBe(11);
    expect(model.num_parameters()).toBe([...weights.values()].reduce((sum, { data }) => sum + data.length, 0));
  });

  test("another token table serves encoder, decoder and logits", async () => {
    const model = kept(await counterTensorFlow("TFLEDForConditionalGeneration", described));
    const { weight } = await model.get_input_embeddings();
    const zeros = Tensor.zeros("float32", weight.dims);
    await model.set_input_embeddings({ weight: zeros });
    const { logits } = await model({ input_ids: ids, decoder_input_ids: targets });
    const bias = weights.get("final_logits_bias")!.data as Float32Array;
    expect([...logits.data.slice(0, 11)]).toEqual([...bias]);
    await expect(model.set_input_embeddings({ weight: Tensor.from([[1.5]]) })).rejects.toThrow(/a table \[11, 6\]/);
  });

  test("dummy inputs run", async () => {
    const model = kept(await counterTensorFlow("TFLEDModel", described));
    expect(Object.values(model.dummy_inputs).map(({ dims }) => dims)).toEqual(Array.from({ length: 5 }, () => [1, 2]));
    expect((await model(model.dummy_inputs)).encoder_last_hidden_state.dims).toEqual([1, 2, 6]);
  });
});

describe("what is no Keras here", () => {
  test("subclasses and constructors throw by name", async () => {
    class Mine extends TFLEDModel {}
    await expect(Mine.from_config(tiny())).rejects.toThrow(
      /class Mine: expected a model that is used as it is, got a subclass/,
    );
    expect(() => new (TFLEDModel as unknown as new (config: LEDConfig) => TFLEDModel)(tiny())).toThrow(
      /Await TFLEDModel\.from_config\(config\)/,
    );
  });

  test("a model without a head neither generates nor trains", async () => {
    const model = kept(await TFLEDModel.from_config(tiny()));
    expect(() => model.generate()).toThrow(
      "The current model class (TFLEDModel) is not compatible with `.generate()`, as it doesn't have a language model head. Please use one of the following classes instead: {'TFLEDForConditionalGeneration'}",
    );
    expect(() => model.compile()).toThrow(/TFLEDModel\.compile: expected a model with a loss of its own/);
    expect(() => model.fit()).toThrow(/TFLEDModel\.fit/);
  });

  test("symbolic tensors throw by name", async () => {
    const model = kept(await TFLEDModel.from_config(tiny()));
    const symbolic = { dtype: "int32", shape: [null, 4], name: "input_ids" };
    await expect(model.call(symbolic as unknown as Tensor)).rejects.toThrow(/Functional composition/);
    await expect(model.call({ input_ids: symbolic as unknown as Tensor })).rejects.toThrow(/Functional composition/);
  });

  test("arrays in place of tensors are the list of arguments", async () => {
    const model = kept(await TFLEDModel.from_config(tiny()));
    await expect(model.call([[1, 2, 3]])).rejects.toThrow(
      /expected a Tensor as `input_ids`, got an array.*Tensor\.from/,
    );
    await expect(model.call({ input_ids: [[1]] as unknown as Tensor })).rejects.toThrow(/Tensor\.from/);
    await expect((model.call as () => Promise<unknown>)()).rejects.toThrow(
      "The first argument to `Layer.call` must always be passed.",
    );
    await expect(model.call({ input_idz: ids } as object)).rejects.toThrow(/Did you mean `input_ids`\?/);
  });
});
