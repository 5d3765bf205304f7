/** Where the reference's LED page and the code of its TensorFlow classes disagree, as page-and-code.test.ts. */
import { expect, test } from "vitest";
import {
  LEDConfig,
  Tensor,
  type TFLEDEncoderBaseModelOutput,
  TFLEDForConditionalGeneration,
  TFLEDModel,
  TFLEDSeq2SeqModelOutput,
} from "../src/index.ts";
import { modelScene } from "./support/model-scene.ts";
import { tinyConfig } from "./support/tiny-led.ts";

const { kept } = modelScene();

/** As many heads on both sides, without which head_mask fits one of them only. */
const config = (more: object = {}): LEDConfig =>
  LEDConfig.from_dict({
    ...tinyConfig,
    attention_window: [4, 8],
    decoder_attention_heads: 2,
    decoder_layers: 2,
    ...more,
  });
const base = async (more?: object) => kept(await TFLEDModel.from_config(config(more), { seed: 5 }));

const input_ids = Tensor.from([
  [0, 7, 9, 11, 2],
  [0, 8, 6, 5, 2],
]);
const decoder_input_ids = Tensor.from([
  [2, 0, 9],
  [2, 0, 12],
]);
const ones = Tensor.from([
  [1, 1, 1, 1, 1],
  [1, 1, 1, 1, 1],
]);
const floats = (tensor: Tensor | undefined): number[] => Array.from(tensor!.data as Float32Array);

test("TFLEDModel makes no decoder ids of input_ids", async () => {
  // The page's snippet: model(inputs).
  await expect((await base()).call({ input_ids, attention_mask: ones })).rejects.toThrow(
    /You have to specify either decoder_input_ids or decoder_inputs_embeds/,
  );
});

test("TFLEDForConditionalGeneration is not called with inputs alone", async () => {
  // The page's snippet: model(inputs=batch.input_ids).
  const model = kept(await TFLEDForConditionalGeneration.from_config(config(), { seed: 5 }));
  await expect(model.call({ inputs: input_ids })).rejects.toThrow(
    /Give decoder_input_ids: config\.decoder_start_token_id/,
  );
});

test("the third of a list is decoder_input_ids, and there are no token_type_ids", async () => {
  // The page: model([input_ids, attention_mask, token_type_ids]), model({"input_ids": input_ids, "token_type_ids": ..}).
  const model = await base();
  const listed = (await model.call([input_ids, ones, decoder_input_ids])) as TFLEDSeq2SeqModelOutput;
  const named = await model.call({ input_ids, attention_mask: ones, decoder_input_ids });
  expect(floats(listed.last_hidden_state)).toEqual(floats(named.last_hidden_state));
  await expect(model.call({ input_ids, token_type_ids: ones } as object)).rejects.toThrow(/token_type_ids/);
});

test("encoder_outputs is an output, or an array of its values, no tensor", async () => {
  // The page: tf.Tensor, the hidden states of the encoder.
  const model = await base();
  const encoded = await model.get_encoder().call({ input_ids });
  const state = (encoded as TFLEDEncoderBaseModelOutput).last_hidden_state!;
  const wanted = floats((await model.call({ input_ids, decoder_input_ids })).last_hidden_state);
  for (const encoder_outputs of [encoded, [state]]) {
    const given = await model.call(null, { encoder_outputs, decoder_input_ids });
    expect(floats((given as TFLEDSeq2SeqModelOutput).last_hidden_state)).toEqual(wanted);
  }
  const tensor = { encoder_outputs: state, decoder_input_ids } as object;
  await expect(model.call(null, tensor)).rejects.toThrow(/encoder_outputs/);
});

test("flags of a call count, and those of the config where the call has none", async () => {
  // The page: in graph mode the config's are used, and return_dict is always true.
  const model = await base({ output_hidden_states: true });
  const inputs = { input_ids, decoder_input_ids };
  expect("decoder_hidden_states" in (await model.call(inputs))).toBe(true);
  expect("decoder_hidden_states" in (await model.call({ ...inputs, output_hidden_states: false }))).toBe(false);
  expect(await model.call({ ...inputs, return_dict: false })).toBeInstanceOf(Array);
});

test("no decoder_attention_mask is made", async () => {
  // The page: will be made by default and ignore pad tokens.
  const model = await base();
  const padded = Tensor.from([
    [1, 2, 9],
    [1, 2, 12],
  ]);
  const states = async (decoder_attention_mask?: Tensor) =>
    floats((await model.call({ input_ids, decoder_input_ids: padded, decoder_attention_mask })).last_hidden_state);
  const plain = await states();
  const row = [1, 1, 1];
  expect(await states(Tensor.from([row, row]))).toEqual(plain);
  const pads = [0, 1, 1];
  expect(await states(Tensor.from([pads, pads]))).not.toEqual(plain);
});

test("head_mask masks cross-attention too", async () => {
  // The page: of the encoder.
  const model = await base();
  const head_mask = Tensor.from(
    [
      [1, 0],
      [0, 1],
    ],
    "float32",
  );
  const encoder_outputs = await model.get_encoder().call({ input_ids });
  const states = async (more: object) =>
    floats(
      ((await model.call(null, { encoder_outputs, decoder_input_ids, ...more })) as TFLEDSeq2SeqModelOutput)
        .last_hidden_state,
    );
  expect(await states({ head_mask })).not.toEqual(await states({}));
});

test("global attentions are there without a global token, and empty", async () => {
  // The page: (B, heads, S, x). They are over the padded length, and there whenever attentions are.
  const { encoder_global_attentions } = await (await base()).call({
    input_ids,
    decoder_input_ids,
    output_attentions: true,
  });
  expect(encoder_global_attentions!.map((one) => one.dims)).toEqual([8, 8].map((padded) => [2, 2, padded, 0]));
});

test("outputs are of LED's own classes, the cache of four tensors a layer", async () => {
  // The page: config.n_layers tensors of shape (2, B, heads, T, head size).
  const output = await (await base()).call({ input_ids, decoder_input_ids, output_attentions: true });
  expect(output).toBeInstanceOf(TFLEDSeq2SeqModelOutput);
  const [own, source] = [
    [2, 2, 3, 4],
    [2, 2, 5, 4],
  ];
  expect(output.past_key_values!.map((layer) => layer.map((one) => one.dims))).toEqual(
    [1, 2].map(() => [own, own, source, source]),
  );
  expect(output.cross_attentions!.map((one) => one.dims)).toEqual([1, 2].map(() => [2, 2, 3, 5]));
});
