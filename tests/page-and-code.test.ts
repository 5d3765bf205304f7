/**
 * Where the reference's LED page and the code of transformers 4.37.2 disagree, the code wins. A test for each place, with what
 * the page says as a comment; docs/from-python.md lists them. The numbers of most are Python's in fixtures/classes. Tokenizers and TensorFlow's
 * classes have files of their own.
 */
import { describe, expect, test } from "vitest";
import {
  type ConditionalGenerationInputs,
  LEDConfig,
  LEDEncoderBaseModelOutput,
  LEDForConditionalGeneration,
  LEDForQuestionAnswering,
  LEDForSequenceClassification,
  LEDModel,
  LEDSeq2SeqModelOutput,
  type Seq2SeqForwardInputs,
  Tensor,
} from "../src/index.ts";
import { modelScene } from "./support/model-scene.ts";
import { tinyConfig } from "./support/tiny-led.ts";

const { kept, said } = modelScene();

/** Windows of which the wider is a multiple of the other: any length is padded to a multiple of 8. */
const config = (more: object = {}): LEDConfig =>
  LEDConfig.from_dict({ ...tinyConfig, attention_window: [4, 8], init_std: 0.3, ...more });
const base = async (more?: object) => kept(await LEDModel.from_config(config(more), { seed: 5 }));
const lm = async (more?: object) => kept(await LEDForConditionalGeneration.from_config(config(more), { seed: 5 }));
const classifier = async (more?: object) =>
  kept(await LEDForSequenceClassification.from_config(config(more), { seed: 5 }));
const reader = async () => kept(await LEDForQuestionAnswering.from_config(config(), { seed: 5 }));

const [heads, decoderHeads, width] = [2, 4, 8];
/** [2, 5], with an end token in each row. */
const input_ids = [
  [0, 7, 9, 11, 2],
  [0, 8, 6, 5, 2],
];
/** [2, 3] */
const decoder_input_ids = [
  [2, 0, 9],
  [2, 0, 12],
];
const firstGlobal = input_ids.map((row) => row.map((_, i) => (i === 0 ? 1 : 0)));

const dims = (tensors: readonly Tensor[] | undefined): (readonly number[])[] => tensors!.map((one) => one.dims);
const largestDifference = (a: Tensor, b: Tensor): number => {
  expect(a.dims).toEqual(b.dims);
  return Math.max(...Array.from({ length: a.data.length }, (_, i) => Math.abs(a.at(i) - b.at(i))));
};
/** The hidden states of the decoder in two calls: how far they are from each other. */
async function moved(model: LEDModel, one: Seq2SeqForwardInputs, other: Seq2SeqForwardInputs): Promise<number> {
  const [a, b] = [await model(one), await model(other)];
  return largestDifference(a.last_hidden_state!, b.last_hidden_state!);
}

describe("configuration", () => {
  test("the defaults are LED large's sizes", () => {
    // The page: similar to allenai/led-base-16384, which has 6 layers a side, 12 heads and d_model 768.
    const { d_model, encoder_layers, decoder_layers, encoder_attention_heads, encoder_ffn_dim } = new LEDConfig();
    expect([d_model, encoder_layers, decoder_layers, encoder_attention_heads, encoder_ffn_dim]).toEqual([
      1024, 12, 12, 16, 4096,
    ]);
  });

  test("max_decoder_position_embeddings is 1024", () => {
    // The page: 16384.
    expect(new LEDConfig().max_decoder_position_embeddings).toBe(1024);
  });

  test("weights begin as a plain normal distribution", async () => {
    // The page: a truncated normal, of which none would lie beyond two deviations.
    const table = (await (await base({ init_std: 0.02 })).state_dict()).get("encoder.layers.0.fc1.weight")!;
    const beyond = Array.from({ length: table.data.length }, (_, i) => Math.abs(table.at(i))).filter((x) => x > 0.04);
    expect(beyond.length).toBeGreaterThan(0);
  });

  test("activation_function is a name, never a function", async () => {
    // The page: a function or a string.
    const gelu = (x: number): number => x;
    await expect(async () =>
      LEDModel.from_config(LEDConfig.from_dict({ ...tinyConfig, activation_function: gelu })),
    ).rejects.toThrow(/activation_function/);
  });

  test("attention_window is a key, one for all layers or one for each", async () => {
    // The page does not list it.
    expect(new LEDConfig().attention_window).toBe(512);
    expect((await base({ attention_window: 8 })).config.attention_window).toEqual([8, 8]);
  });
});

describe("arguments of a forward pass", () => {
  const padded = input_ids.map((row) => [...row, 1, 1]);
  const mask = padded.map((row) => row.map((id) => (id === 1 ? 0 : 1)));

  test("pad tokens are read unless attention_mask says otherwise", async () => {
    // The page: padding will be ignored by default.
    const model = await base();
    const given = { input_ids: padded, decoder_input_ids };
    const ones = mask.map((row) => row.map(() => 1));
    expect(await moved(model, given, { ...given, attention_mask: ones })).toBe(0);
    expect(await moved(model, given, { ...given, attention_mask: mask })).toBeGreaterThan(1e-3);
  });

  test("attention_mask and global_attention_mask have more values than 0 and 1", async () => {
    // The page: values in [0, 1]. In the code 2 is global, a global value of -1 masks, and any above 0 is global.
    const encoder = (await base()).get_encoder();
    const twos = input_ids.map((row) => row.map((_, i) => (i === 0 ? 2 : 1)));
    const half = Tensor.from(
      firstGlobal.map((row) => row.map((value) => value / 2)),
      "float32",
    );
    const wanted = (await encoder({ input_ids, global_attention_mask: firstGlobal })).last_hidden_state!;
    for (const form of [{ attention_mask: twos }, { global_attention_mask: half }]) {
      const got = (await encoder({ input_ids, ...form })).last_hidden_state!;
      expect(largestDifference(got, wanted)).toBe(0);
    }
    const minus = padded.map((row) => row.map((id) => (id === 1 ? -1 : 0)));
    const masked = (await encoder({ input_ids: padded, attention_mask: mask })).last_hidden_state!;
    const negative = (await encoder({ input_ids: padded, global_attention_mask: minus })).last_hidden_state!;
    expect(largestDifference(negative, masked)).toBe(0);
  });

  test("no decoder_attention_mask is made", async () => {
    // The page: by default a tensor that ignores the pad tokens of decoder_input_ids (modeling_led._prepare_decoder_inputs,
    // which there is not).
    const model = await base();
    const given = { input_ids, decoder_input_ids: decoder_input_ids.map((row) => [1, ...row]) };
    const withoutPad = given.decoder_input_ids.map((row) => row.map((id) => (id === 1 ? 0 : 1)));
    const ones = withoutPad.map((row) => row.map(() => 1));
    expect(await moved(model, given, { ...given, decoder_attention_mask: ones })).toBe(0);
    expect(await moved(model, given, { ...given, decoder_attention_mask: withoutPad })).toBeGreaterThan(1e-3);
  });

  test("decoder_attention_mask is not looked at for a single token", async () => {
    // The page: 0 masks.
    const model = await base();
    const given = { input_ids, decoder_input_ids: [[2], [2]] };
    expect(await moved(model, given, { ...given, decoder_attention_mask: [[0], [0]] })).toBe(0);
  });

  test("decoder ids are the input's, shifted right; inputs_embeds do not stand in for decoder_inputs_embeds", async () => {
    // The page: if both are unset, decoder_inputs_embeds takes the value of inputs_embeds.
    const model = await base();
    const shifted = input_ids.map((row) => [2, ...row.slice(0, -1)]);
    expect(await moved(model, { input_ids }, { input_ids, decoder_input_ids: shifted })).toBe(0);
    const inputs_embeds = Tensor.zeros("float32", [2, 5, width]);
    await expect(model({ inputs_embeds })).rejects.toThrow(/decoder_input_ids/);
  });

  test("past_key_values has four tensors for each decoder layer", async () => {
    // The page: config.n_layers tensors of shape (2, B, heads, T, head size), elsewhere two tensors and two more.
    const model = await base({ decoder_layers: 3 });
    const { past_key_values } = await model({ input_ids, decoder_input_ids });
    const [own, source] = [
      [2, decoderHeads, 3, width / decoderHeads],
      [2, decoderHeads, 5, width / decoderHeads],
    ];
    expect(past_key_values!.map(dims)).toEqual([1, 2, 3].map(() => [own, own, source, source]));
    expect("n_layers" in model.config).toBe(false);
  });

  test("with a cache decoder ids are those that come behind it, all of them", async () => {
    // The page: optionally only the last ones, instead of all.
    const model = await base();
    const { past_key_values } = await model({
      input_ids,
      decoder_input_ids: decoder_input_ids.map((row) => row.slice(0, 2)),
    });
    const last = decoder_input_ids.map((row) => row.slice(2));
    const whole = (await model({ input_ids, decoder_input_ids })).last_hidden_state!;
    const continued = (await model({ input_ids, decoder_input_ids: last, past_key_values })).last_hidden_state!;
    const states = (whole.tolist() as number[][][]).map((row) => row.slice(2));
    expect(largestDifference(continued, Tensor.from(states, "float32"))).toBeLessThan(1e-5);
    const all = await model({ input_ids, decoder_input_ids, past_key_values });
    expect(all.past_key_values![0]![0]!.dims[2]).toBe(5);
  });

  test("with a cache there are as many hidden states as ids", async () => {
    // The page: only the last one, (B, 1, d).
    const model = await base();
    const { past_key_values } = await model({ input_ids, decoder_input_ids: [[2], [2]] });
    const { last_hidden_state } = await model({ input_ids, decoder_input_ids, past_key_values });
    expect(last_hidden_state!.dims).toEqual([2, 3, width]);
  });

  test("encoder_outputs has a fourth value, the global attentions", async () => {
    // The page: last_hidden_state, hidden_states and attentions.
    const model = await base();
    const asked = { output_attentions: true, output_hidden_states: true } as const;
    const encoded = await model.get_encoder()({ input_ids, global_attention_mask: firstGlobal, ...asked });
    expect(encoded).toBeInstanceOf(LEDEncoderBaseModelOutput);
    const encoder_outputs = encoded.to_tuple();
    expect(encoder_outputs).toHaveLength(4);
    const output = await model({ encoder_outputs, decoder_input_ids } as Seq2SeqForwardInputs);
    expect(output.encoder_global_attentions).toEqual(encoded.global_attentions);
  });

  test("heads are not pruned", async () => {
    // The page: see the superclass for pruning heads.
    const model = await base();
    expect(() => model.prune_heads()).toThrow(/Pass head_mask/);
  });
});

describe("outputs", () => {
  const asked = { output_attentions: true, output_hidden_states: true } as const;

  test("a class of LED's own, with global attentions", async () => {
    // The page: Seq2SeqModelOutput and the like.
    const output = await (await base())({ input_ids, global_attention_mask: firstGlobal, ...asked });
    expect(output).toBeInstanceOf(LEDSeq2SeqModelOutput);
    expect("encoder_global_attentions" in output).toBe(true);
  });

  test("encoder_attentions are over global tokens and the window", async () => {
    // The page: (B, heads, S, S).
    const { encoder_attentions } = await (await base())({ input_ids, global_attention_mask: firstGlobal, ...asked });
    expect(dims(encoder_attentions)).toEqual([
      [2, heads, 5, 1 + 4 + 1],
      [2, heads, 5, 1 + 8 + 1],
    ]);
  });

  test("cross_attentions are over the source, decoder_attentions over the cache too", async () => {
    // The page: both (B, heads, S, S).
    const model = await base();
    const { cross_attentions, past_key_values } = await model({ input_ids, decoder_input_ids, ...asked });
    expect(dims(cross_attentions)).toEqual([[2, decoderHeads, 3, 5]]);
    const next = await model({ input_ids, decoder_input_ids: [[4], [5]], past_key_values, ...asked });
    expect(dims(next.decoder_attentions)).toEqual([[2, decoderHeads, 1, 4]]);
  });

  test("global attentions are over the padded length", async () => {
    // The page: (B, heads, S, x). S = 5 is padded to 8 here.
    const { encoder_global_attentions } = await (await base())({
      input_ids,
      global_attention_mask: firstGlobal,
      ...asked,
    });
    expect(dims(encoder_global_attentions)).toEqual([8, 8].map((padded) => [2, heads, padded, 1]));
  });

  test("without a global token there are no global attentions", async () => {
    // The page: returned when output_attentions is passed.
    expect("encoder_global_attentions" in (await (await base())({ input_ids, ...asked }))).toBe(false);
  });

  test("losses are scalars", async () => {
    // The page: of shape (1,).
    const losses = [
      (await (await lm())({ input_ids, labels: decoder_input_ids })).loss!,
      (await (await classifier())({ input_ids, labels: [0, 1] })).loss!,
      (await (await reader())({ input_ids, start_positions: [1, 2], end_positions: [2, 3] })).loss!,
    ];
    expect(dims(losses)).toEqual([[], [], []]);
  });

  test("with labels there is no cache, whatever use_cache says", async () => {
    // The page: past_key_values is returned when use_cache is passed or configured.
    const model = await lm();
    const output = await model({ input_ids, labels: decoder_input_ids, use_cache: true });
    expect("past_key_values" in output).toBe(false);
    expect(said).toEqual(["The `use_cache` argument is changed to `False` since `labels` is provided."]);
  });
});

describe("heads", () => {
  test("a label is below vocab_size", async () => {
    // The page: in [0, ..., config.vocab_size].
    const model = await lm();
    const labels = [[4, 5, tinyConfig.vocab_size]];
    await expect(model({ input_ids: input_ids.slice(0, 1), labels })).rejects.toThrow(/labels/);
  });

  test("past_key_values is no argument of classification and question answering", async () => {
    // The page lists it among what their outputs speed up.
    const past = { input_ids, past_key_values: [] } as ConditionalGenerationInputs;
    await expect((await classifier())(past as object)).rejects.toThrow(/past_key_values/);
    await expect((await reader())(past as object)).rejects.toThrow(/past_key_values/);
  });

  test("the classifier's loss follows the type of the labels too", async () => {
    // The page: cross entropy where num_labels is above 1.
    const several = await classifier({ num_labels: 3 });
    const labels = Tensor.from(
      [
        [1, 0, 1],
        [0, 0, 1],
      ],
      "float32",
    );
    await several({ input_ids, labels });
    expect(several.config.problem_type).toBe("multi_label_classification");
    const one = await classifier({ num_labels: 1 });
    await one({ input_ids, labels: [0, 1] });
    expect(one.config.problem_type).toBe("regression");
  });

  test("the classifier takes no inputs_embeds", async () => {
    // The page lists them among its arguments.
    const inputs_embeds = Tensor.zeros("float32", [2, 5, width]);
    await expect((await classifier())({ inputs_embeds, decoder_input_ids })).rejects.toThrow(
      /Passing input embeddings is currently not supported for LEDForSequenceClassification/,
    );
  });

  test("the classifier is two layers over the decoder's state at the last end token", async () => {
    // The page: a linear layer on top of the pooled output.
    const model = await classifier();
    expect([...(await model.state_dict()).keys()].filter((name) => name.startsWith("classification_head"))).toEqual([
      "classification_head.dense.weight",
      "classification_head.dense.bias",
      "classification_head.out_proj.weight",
      "classification_head.out_proj.bias",
    ]);
    const uneven = [input_ids[0]!, [0, 2, 6, 5, 2]];
    await expect(model({ input_ids: uneven })).rejects.toThrow(
      /All examples must have the same number of <eos> tokens/,
    );
  });

  test("question answering reads the decoder: as many logits as its ids", async () => {
    // The page: (B, sequence_length).
    const { start_logits, end_logits } = await (await reader())({ input_ids, decoder_input_ids });
    expect(dims([start_logits, end_logits])).toEqual([
      [2, 3],
      [2, 3],
    ]);
  });

  test("the loss of question answering is the mean of both sides, and has no labels", async () => {
    // The page: the sum, returned when `labels` is provided.
    const model = await reader();
    const { loss, start_logits, end_logits } = await model({
      input_ids,
      start_positions: [1, 2],
      end_positions: [2, 3],
    });
    const crossEntropy = (logits: Tensor, targets: number[]): number =>
      targets.reduce((sum, target, i) => {
        const row = (logits.tolist() as number[][])[i]!;
        return sum + Math.log(row.reduce((total, value) => total + Math.exp(value), 0)) - row[target]!;
      }, 0) / targets.length;
    const [starts, ends] = [crossEntropy(start_logits, [1, 2]), crossEntropy(end_logits, [2, 3])];
    expect(loss!.item()).toBeCloseTo((starts + ends) / 2, 5);
    await expect(model({ input_ids, labels: [1, 2] } as object)).rejects.toThrow(/labels/);
  });

  test("negative positions count as 0", async () => {
    // The page: positions outside of the sequence are not taken into account.
    const model = await reader();
    const at = async (start: number, end: number) =>
      (await model({ input_ids, start_positions: [start, 2], end_positions: [end, 3] })).loss!.item();
    expect(await at(-4, -1)).toBe(await at(0, 0));
    expect(await at(5, 9)).not.toBe(await at(0, 0));
  });
});
