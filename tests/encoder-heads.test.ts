/** Heads over the encoder (config key `head: "encoder"`): for sources that are longer than the decoder's table. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { LEDConfig, LEDForQuestionAnswering, LEDForSequenceClassification, LEDModel, Tensor } from "../src/index.ts";
import { modelScene } from "./support/model-scene.ts";
import { tinyConfig } from "./support/tiny-led.ts";

const { said, kept, folder, checkpoint } = modelScene();

const config = (more: Readonly<Record<string, unknown>> = {}): LEDConfig => {
  const made = LEDConfig.from_dict({ ...tinyConfig, init_std: 0.3, ...more });
  made.update({ head: "encoder" });
  return made;
};

/** Question of 3 tokens, text of 18: more than the decoder's 16 positions. */
const long = [[0, 8, 9, 10, 2, 2, ...Array.from({ length: 18 }, (_, i) => 4 + (i % 20)), 2]];

/** weight [C, D] times one state [D], plus bias. */
function linear(state: ArrayLike<number>, weight: Tensor, bias: Tensor): number[] {
  const [labels, width] = weight.dims as [number, number];
  return Array.from({ length: labels }, (_, label) => {
    let sum = bias.at(label);
    for (let i = 0; i < width; i++) sum += weight.at(label * width + i) * state[i]!;
    return sum;
  });
}

function near(got: ArrayLike<number>, expected: ArrayLike<number>): void {
  expect(got.length).toBe(expected.length);
  for (let i = 0; i < got.length; i++) expect(Math.abs(got[i]! - expected[i]!)).toBeLessThan(1e-5);
}

describe("question answering", () => {
  test("reads the encoder's states, with global attention on the question", async () => {
    const model = kept(await LEDForQuestionAnswering.from_config(config(), { seed: 2 }));
    const weights = await model.state_dict();
    const question = [long[0]!.map((_, i) => Number(i < 4))];
    const { last_hidden_state } = await model.get_encoder()({ input_ids: long, global_attention_mask: question });
    const output = await model({ input_ids: long, start_positions: [7], end_positions: [9] });
    const rows = long[0]!.map((_, at) =>
      linear(
        (last_hidden_state.data as Float32Array).subarray(at * 8, at * 8 + 8),
        weights.get("encoder_qa_outputs.weight")!,
        weights.get("encoder_qa_outputs.bias")!,
      ),
    );
    const [starts, ends] = [rows.map(([start]) => start!), rows.map(([, end]) => end!)];
    near(output.start_logits.data as Float32Array, starts);
    near(output.end_logits.data as Float32Array, ends);
    const loss = (scores: number[], at: number): number =>
      Math.log(scores.reduce((s, x) => s + Math.exp(x), 0)) - scores[at]!;
    expect(output.loss!.item()).toBeCloseTo((loss(starts, 7) + loss(ends, 9)) / 2, 5);
    expect(output.loss!.dims).toEqual([]);
    expect(Object.keys(output)).toEqual(["loss", "start_logits", "end_logits", "encoder_last_hidden_state"]);
    // Another mask is another result: the default is not taken over it.
    const other = await model({ input_ids: long, global_attention_mask: [long[0]!.map(() => 0)] });
    expect(other.start_logits.data).not.toEqual(output.start_logits.data);
  });

  test("a row without a question says how to give one", async () => {
    const model = kept(await LEDForQuestionAnswering.from_config(config()));
    const alone = [[0, 5, 6, 7, 2]];
    await expect(model({ input_ids: alone })).rejects.toThrow(
      /tokenizer\(question, text\), or pass global_attention_mask/,
    );
    const mask = [[1, 0, 0, 0, 0]];
    expect((await model({ input_ids: alone, global_attention_mask: mask })).start_logits.dims).toEqual([1, 5]);
  });

  test("the reference's head names what works for long sources", async () => {
    const { path } = await checkpoint();
    const model = kept(await LEDForQuestionAnswering.from_pretrained(path));
    await expect(model({ input_ids: long })).rejects.toThrow(
      /at most 16 target tokens[\s\S]*got 25[\s\S]*head: "encoder"[\s\S]*up to 40 tokens/,
    );
    const [encoder, info] = await LEDForQuestionAnswering.from_pretrained(path, {
      head: "encoder",
      output_loading_info: true,
    });
    kept(encoder);
    expect(info.missing_keys).toEqual(["encoder_qa_outputs.bias", "encoder_qa_outputs.weight"]);
    expect(info.unexpected_keys.every((key) => /^(led\.)?decoder\.|^final_logits_bias$/.test(key))).toBe(true);
    expect((await encoder({ input_ids: long })).start_logits.dims).toEqual([1, 25]);
  });

  test("arguments of the decoder are refused by name", async () => {
    const model = kept(await LEDForQuestionAnswering.from_config(config()));
    const inputs = { input_ids: long, decoder_input_ids: [[2, 5]] };
    await expect(model(inputs)).rejects.toThrow(/got `decoder_input_ids`/);
  });

  test("works at 16,384 tokens", async () => {
    const wide = config({ max_encoder_position_embeddings: 16384, attention_window: 512 });
    const model = kept(await LEDForQuestionAnswering.from_config(wide));
    const ids = Tensor.zeros("int64", [1, 16384]);
    for (let i = 0; i < 16384; i++) ids.data[i] = BigInt(3 + ((i * 7) % 25));
    for (const at of [4, 5, 16383]) ids.data[at] = 2n;
    const output = await model({ input_ids: ids, start_positions: [16000], end_positions: [16001] });
    expect(output.start_logits.dims).toEqual([1, 16384]);
    expect(output.loss!.item()).toBeGreaterThan(9);
    expect(output.loss!.item()).toBeLessThan(11);
  });
});

describe("classification", () => {
  test("reads the encoder's first state, with global attention on it", async () => {
    const model = kept(await LEDForSequenceClassification.from_config(config({ num_labels: 3 }), { seed: 2 }));
    const weights = await model.state_dict();
    const first = [long[0]!.map((_, i) => Number(i === 0))];
    const { last_hidden_state } = await model.get_encoder()({ input_ids: long, global_attention_mask: first });
    const { logits, loss } = await model({ input_ids: long, labels: [1] });
    const of = (name: string): Tensor => weights.get(`encoder_classification_head.${name}`)!;
    const dense = linear(last_hidden_state.data as Float32Array, of("dense.weight"), of("dense.bias")).map(Math.tanh);
    const expected = linear(dense, of("out_proj.weight"), of("out_proj.bias"));
    near(logits.data as Float32Array, expected);
    expect(loss!.item()).toBeCloseTo(Math.log(expected.reduce((s, x) => s + Math.exp(x), 0)) - expected[1]!, 5);
    const zeros = [long[0]!.map(() => 0)];
    expect((await model({ input_ids: long, global_attention_mask: zeros })).logits.data).not.toEqual(logits.data);
  });

  test("takes embeddings too, and rows with different numbers of end tokens", async () => {
    const model = kept(await LEDForSequenceClassification.from_config(config()));
    const rows = [
      [0, 5, 2, 2, 6, 2],
      [0, 5, 7, 8, 6, 2],
    ];
    const { logits } = await model({ input_ids: rows });
    const { weight } = await model.get_input_embeddings();
    const table = weight.data as Float32Array;
    const embeds = rows.map((row) => row.map((id) => [...table.subarray(id * 8, id * 8 + 8)]));
    near((await model({ inputs_embeds: embeds })).logits.data as Float32Array, logits.data as Float32Array);
  });
});

describe("a saved folder", () => {
  test("is marked, has no decoder, and comes back", async () => {
    const { path } = await folder();
    const model = kept(await LEDForQuestionAnswering.from_config(config(), { seed: 5 }));
    await model.save_pretrained(join(path, "qa"));
    const written = JSON.parse(await readFile(join(path, "qa", "config.json"), "utf8"));
    expect(written).toMatchObject({ architectures: ["LEDEncoderForQuestionAnswering"], head: "encoder" });
    const loaded = kept(await LEDForQuestionAnswering.from_pretrained(join(path, "qa")));
    expect(said).toEqual([]);
    expect([...(await loaded.state_dict()).keys()].filter((name) => name.includes("decoder"))).toEqual([]);
    const [before, after] = [await model({ input_ids: long }), await loaded({ input_ids: long })];
    expect(after.start_logits.data).toEqual(before.start_logits.data);
    // Taken for a stock checkpoint it lacks all that a stock model needs.
    await expect(LEDModel.from_pretrained(join(path, "qa"))).rejects.toThrow(/decoder\.layers\.0/);
  });
});
