/** Models from checkpoints and configs, in and out of every class: names, heads, overrides, state dicts, resizing. */
import { describe, expect, test } from "vitest";
import {
  AutoModel,
  AutoModelForQuestionAnswering,
  AutoModelForSeq2SeqLM,
  AutoModelForSequenceClassification,
  LEDConfig,
  LEDDecoder,
  LEDEncoder,
  LEDForConditionalGeneration,
  LEDForQuestionAnswering,
  LEDForSequenceClassification,
  LEDModel,
  Tensor,
} from "../src/index.ts";
import { modelScene } from "./support/model-scene.ts";
import { tinyConfig } from "./support/tiny-led.ts";

const ids = [[0, 5, 9, 12, 7, 21, 2]];
const classes = { LEDModel, LEDForConditionalGeneration, LEDForSequenceClassification, LEDForQuestionAnswering };
const headNames = {
  LEDForSequenceClassification: ["dense.bias", "dense.weight", "out_proj.bias", "out_proj.weight"].map(
    (name) => `classification_head.${name}`,
  ),
  LEDForQuestionAnswering: ["qa_outputs.bias", "qa_outputs.weight"],
};

const { said, kept, folder, checkpoint } = modelScene();

const tiny = (more: Readonly<Record<string, unknown>> = {}): LEDConfig =>
  LEDConfig.from_dict({ ...tinyConfig, init_std: 0.2, ...more });

describe("classes share checkpoints", () => {
  test("the base loads from a headed checkpoint, and the logits' bias is not used", async () => {
    const { path } = await checkpoint();
    const headed = kept(await LEDForConditionalGeneration.from_pretrained(path));
    const [base, info] = await LEDModel.from_pretrained(path, { output_loading_info: true });
    kept(base);
    expect(info).toEqual({
      missing_keys: [],
      unexpected_keys: ["final_logits_bias"],
      mismatched_keys: [],
      error_msgs: [],
    });
    const { last_hidden_state } = await base({ input_ids: ids, output_hidden_states: true });
    const { decoder_hidden_states } = await headed({ input_ids: ids, output_hidden_states: true });
    expect(last_hidden_state.data).toEqual(decoder_hidden_states!.at(-1)!.data);
  });

  test.each(Object.entries(headNames) as [keyof typeof headNames, string[]][])(
    "%s from a checkpoint without its head gives it a new one and says so",
    async (name, missing) => {
      const { path } = await checkpoint();
      const Class = classes[name] as typeof LEDForQuestionAnswering;
      const [model, info] = await Class.from_pretrained(path, { output_loading_info: true });
      kept(model);
      expect(info.missing_keys).toEqual(missing);
      const warning = said.find((message) => message.includes("newly initialized"))!;
      expect(warning).toContain(`Some weights of ${name} were not initialized`);
      for (const key of missing) expect(warning).toContain(`'${key}'`);
      // The same seed gives the same head.
      const again = kept(await Class.from_pretrained(path, { seed: 0 }));
      const other = kept(await Class.from_pretrained(path, { seed: 1 }));
      const [weight] = missing.filter((key) => key.endsWith("weight"));
      const table = async (from: typeof model): Promise<Tensor> => (await from.state_dict()).get(weight!)!;
      expect((await table(again)).data).toEqual((await table(model)).data);
      expect((await table(other)).data).not.toEqual((await table(model)).data);
    },
  );

  test("headed classes load from the base's checkpoint", async () => {
    const { at } = await folder();
    const base = kept(await LEDModel.from_config(tiny()));
    await base.save_pretrained(at("base"));
    const headed = kept(await LEDForConditionalGeneration.from_pretrained(at("base")));
    expect(said).toEqual([]);
    const own = await base({ input_ids: ids });
    expect((await headed({ input_ids: ids })).encoder_last_hidden_state.data).toEqual(
      own.encoder_last_hidden_state!.data,
    );
  });

  test("encoder and decoder load alone, from their own folders", async () => {
    const { at } = await folder();
    const model = kept(await LEDModel.from_config(tiny()));
    const encoder = model.get_encoder();
    const own = await encoder({ input_ids: ids });
    expect(own.last_hidden_state.data).toEqual((await model({ input_ids: ids })).encoder_last_hidden_state!.data);
    for (const part of [LEDEncoder, LEDDecoder] as (typeof LEDEncoder)[]) {
      const made = kept(await part.from_config(tiny(), { seed: 4 }));
      await made.save_pretrained(at(part.name));
      const loaded = kept(await part.from_pretrained(at(part.name)));
      const [before, after] = [await made({ input_ids: ids }), await loaded({ input_ids: ids })];
      expect(after.last_hidden_state.data).toEqual(before.last_hidden_state.data);
    }
  });

  test("a checkpoint without weights of the model itself is refused; asked for the info it is filled in", async () => {
    const { at } = await folder();
    const small = kept(await LEDModel.from_config(tiny()));
    await small.save_pretrained(at("small"));
    const deeper = { encoder_layers: 3, num_hidden_layers: 3, attention_window: 4 };
    await expect(LEDModel.from_pretrained(at("small"), deeper)).rejects.toThrow(/encoder\.layers\.2\./);
    const [model, info] = await LEDModel.from_pretrained(at("small"), { ...deeper, output_loading_info: true });
    kept(model);
    expect(info.missing_keys).toHaveLength(22);
    expect(info.missing_keys.every((name) => name.startsWith("encoder.layers.2."))).toBe(true);
  });

  test("Auto classes give LED's, and refuse another type of model by name", async () => {
    const { path, write } = await checkpoint();
    for (const [auto, own] of [
      [AutoModel, LEDModel],
      [AutoModelForSeq2SeqLM, LEDForConditionalGeneration],
      [AutoModelForSequenceClassification, LEDForSequenceClassification],
      [AutoModelForQuestionAnswering, LEDForQuestionAnswering],
    ] as [typeof LEDModel, typeof LEDModel][]) {
      expect(kept(await auto.from_pretrained(path))).toBeInstanceOf(own);
    }
    await write("config.json", { ...tinyConfig, model_type: "t5" });
    await expect(AutoModel.from_pretrained(path)).rejects.toThrow(/t5/);
  });
});

describe("options of from_pretrained", () => {
  test("keys of the config override the checkpoint's", async () => {
    const { path } = await checkpoint();
    const id2label = { 0: "a", 1: "b", 2: "c", 3: "d" };
    const model = kept(
      await LEDForSequenceClassification.from_pretrained(path, {
        id2label,
        problem_type: "multi_label_classification",
        output_attentions: true,
        attention_window: [6, 4],
      }),
    );
    expect(model.config.num_labels).toBe(4);
    expect(model.config.problem_type).toBe("multi_label_classification");
    const { logits, encoder_attentions } = await model({ input_ids: ids });
    expect(logits.dims).toEqual([1, 4]);
    // [B, heads, S, one global token and the window's w + 1]
    expect(encoder_attentions!.map(({ dims }) => dims[3])).toEqual([7, 5]);
  });

  test("num_labels of question answering is 2, as in the reference", async () => {
    const { path } = await checkpoint();
    const model = kept(await LEDForQuestionAnswering.from_pretrained(path, { num_labels: 5 }));
    expect(model.config.num_labels).toBe(2);
  });

  test("a head of another size is refused with the option that accepts it", async () => {
    const { at } = await folder();
    const made = kept(await LEDForSequenceClassification.from_config(tiny({ num_labels: 3 })));
    await made.save_pretrained(at("three"));
    const options = { num_labels: 5 };
    await expect(LEDForSequenceClassification.from_pretrained(at("three"), options)).rejects.toThrow(
      /classification_head\.out_proj\.weight/,
    );
    const [model, info] = await LEDForSequenceClassification.from_pretrained(at("three"), {
      ...options,
      ignore_mismatched_sizes: true,
      output_loading_info: true,
    });
    kept(model);
    expect(info.mismatched_keys).toEqual([
      ["classification_head.out_proj.bias", [3], [5]],
      ["classification_head.out_proj.weight", [3, 8], [5, 8]],
    ]);
    expect((await model({ input_ids: ids })).logits.dims).toEqual([1, 5]);
  });

  test.each([
    [{ atention_window: 4 }, /Did you mean `attention_window`/],
    [{ device: "gpu" }, /`device` among/],
    [{ dtype: "int8" }, /`dtype` among fp32, fp16/],
    [{ num_threads: 0 }, /`num_threads` above 0/],
    [{ seed: 0.5 }, /a whole number as `seed`/],
    [{ head: "middle" }, /"decoder" or "encoder"/],
  ])("refuses %j", async (options, message) => {
    const { path } = await checkpoint();
    await expect(LEDForQuestionAnswering.from_pretrained(path, options as Record<string, unknown>)).rejects.toThrow(
      message,
    );
  });

  test("weights may come as a state dict", async () => {
    const { path } = await checkpoint();
    const source = kept(await LEDModel.from_config(tiny(), { seed: 9 }));
    const model = kept(await LEDModel.from_pretrained(path, { state_dict: await source.state_dict() }));
    const [expected, got] = [await source({ input_ids: ids }), await model({ input_ids: ids })];
    expect(got.last_hidden_state.data).toEqual(expected.last_hidden_state.data);
  });
});

describe("models from a config", () => {
  test("one seed gives one model, another seed another", async () => {
    const logits = async (seed?: number): Promise<Tensor> => {
      const model = kept(await LEDForConditionalGeneration.from_config(tiny(), seed === undefined ? {} : { seed }));
      return (await model({ input_ids: ids })).logits;
    };
    expect((await logits()).data).toEqual((await logits(0)).data);
    expect((await logits(1)).data).not.toEqual((await logits(0)).data);
  });

  test("weights have the reference's distributions", async () => {
    const model = kept(await LEDForConditionalGeneration.from_config(tiny({ d_model: 64, encoder_ffn_dim: 256 })));
    const weights = await model.state_dict();
    const numbers = (name: string): number[] => [...weights.get(name)!.data].map(Number);
    expect(new Set(numbers("led.encoder.layers.0.self_attn_layer_norm.weight"))).toEqual(new Set([1]));
    expect(new Set(numbers("led.encoder.layers.0.fc1.bias"))).toEqual(new Set([0]));
    expect(new Set(numbers("final_logits_bias"))).toEqual(new Set([0]));
    expect(new Set(numbers("led.shared.weight").slice(64, 128))).toEqual(new Set([0]));
    const fc1 = numbers("led.encoder.layers.0.fc1.weight");
    const deviation = Math.sqrt(fc1.reduce((sum, x) => sum + x * x, 0) / fc1.length);
    // 16,384 numbers: five standard errors of the deviation are 2.8 %.
    expect(Math.abs(deviation / 0.2 - 1)).toBeLessThan(0.028);
  });

  test("something else than a config, and unknown options, are refused", async () => {
    await expect(LEDModel.from_config({} as LEDConfig)).rejects.toThrow(/an LEDConfig/);
    await expect(LEDModel.from_config(tiny(), { sed: 1 } as object)).rejects.toThrow(/`seed`/);
  });
});

describe("weights in memory", () => {
  test("the state dict names tied tables once each, with one tensor", async () => {
    const model = kept(await LEDForConditionalGeneration.from_config(tiny()));
    const weights = await model.state_dict();
    const table = weights.get("led.shared.weight");
    for (const name of ["led.encoder.embed_tokens.weight", "led.decoder.embed_tokens.weight", "lm_head.weight"]) {
      expect(weights.get(name)).toBe(table);
    }
    expect((await model.named_parameters()).map(([name]) => name)).not.toContain("lm_head.weight");
    const total = (await model.parameters()).reduce((sum, { data }) => sum + data.length, 0);
    expect(model.num_parameters()).toBe(total);
    const tables = tinyConfig.vocab_size + 40 + 16;
    expect(model.num_parameters({ exclude_embeddings: true })).toBe(total - 8 * tables);
  });

  test("load_state_dict takes weights over, and names what does not fit", async () => {
    const [from, to] = [
      kept(await LEDModel.from_config(tiny(), { seed: 1 })),
      kept(await LEDModel.from_config(tiny(), { seed: 2 })),
    ];
    const weights = await from.state_dict();
    expect(await to.load_state_dict(weights)).toEqual({ missing_keys: [], unexpected_keys: [] });
    const [expected, got] = [await from({ input_ids: ids }), await to({ input_ids: ids })];
    expect(got.last_hidden_state.data).toEqual(expected.last_hidden_state.data);

    const partial = new Map([...weights].filter(([name]) => !name.includes("fc1")));
    partial.set("extra", new Tensor("float32", new Float32Array(1), [1]));
    await expect(to.load_state_dict(partial)).rejects.toThrow(/Unexpected key\(s\) in state_dict: "extra"[\s\S]*fc1/);
    const keys = await to.load_state_dict(partial, { strict: false });
    expect(keys.unexpected_keys).toEqual(["extra"]);
    expect(keys.missing_keys).toHaveLength(6);
    const narrow = new Map([["shared.weight", new Tensor("float32", new Float32Array(8), [1, 8])]]);
    await expect(to.load_state_dict(narrow, { strict: false })).rejects.toThrow(/size mismatch for shared\.weight/);
  });

  test.each([true, false])("resize_token_embeddings keeps rows, tied: %s", async (tie_word_embeddings) => {
    const model = kept(await LEDForConditionalGeneration.from_config(tiny({ tie_word_embeddings })));
    const before = await model.state_dict();
    const { logits } = await model({ input_ids: ids });
    const rows = tinyConfig.vocab_size;
    const grown = await model.resize_token_embeddings(rows + 5);
    expect(grown.weight.dims).toEqual([rows + 5, 8]);
    expect(model.config.vocab_size).toBe(rows + 5);
    const after = await model.state_dict();
    for (const name of ["led.shared.weight", "lm_head.weight"]) {
      const [old, now] = [before.get(name)!.data, after.get(name)!.data];
      expect(now.slice(0, old.length)).toEqual(old);
      expect(new Set((now as Float32Array).subarray(old.length)).size).toBeGreaterThan(30);
    }
    expect(after.get("final_logits_bias")!.dims).toEqual([1, rows + 5]);
    const wide = (await model({ input_ids: ids })).logits;
    expect(wide.dims).toEqual([1, 7, rows + 5]);
    expect(Math.abs(wide.at(0) - logits.at(0))).toBeLessThan(1e-5);
    await model.resize_token_embeddings(rows - 3, 8);
    expect(model.config.vocab_size).toBe(Math.ceil((rows - 3) / 8) * 8);
    expect((await model.generate({ input_ids: ids, max_length: 6 })).dims).toEqual([1, 6]);
    await expect(model.resize_token_embeddings(0)).rejects.toThrow(/`new_num_tokens` above 0/);
  });

  test("set_input_embeddings replaces the table that encoder, decoder and head share", async () => {
    const model = kept(await LEDForConditionalGeneration.from_config(tiny()));
    const { weight } = await model.get_input_embeddings();
    const halved = new Tensor(
      "float32",
      Float32Array.from(weight.data as Float32Array, (x) => x / 2),
      weight.dims,
    );
    await model.set_input_embeddings({ weight: halved });
    expect((await model.get_output_embeddings())!.weight.data).toEqual(halved.data);
    const wrong = new Tensor("float32", new Float32Array(8), [1, 8]);
    await expect(model.set_input_embeddings({ weight: wrong })).rejects.toThrow(/resize_token_embeddings/);
  });
});

describe("what LED models do not have", () => {
  test("says so by name", async () => {
    const model = kept(await LEDModel.from_config(tiny()));
    expect(() => model.prune_heads()).toThrow(/Pass head_mask/);
    expect(() => model.resize_position_embeddings()).toThrow(/`resize_position_embeddings` is not implemented/);
    expect(() => model.get_position_embeddings()).toThrow(/`get_position_embeddings` is not implemented/);
  });

  test("a disposed model says so", async () => {
    const model = await LEDModel.from_config(tiny());
    await model.dispose();
    await model.dispose();
    await expect(model({ input_ids: ids })).rejects.toThrow(/disposed/);
  });
});
