/** Gradient checkpointing decides what is kept from the way forward to the way back, and no number. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { LEDConfig, LEDForConditionalGeneration, LEDForQuestionAnswering, Tensor } from "../src/index.ts";

const sizes = {
  vocab_size: 41,
  d_model: 12,
  encoder_layers: 2,
  decoder_layers: 2,
  encoder_attention_heads: 3,
  decoder_attention_heads: 2,
  encoder_ffn_dim: 20,
  decoder_ffn_dim: 17,
  attention_window: [4, 6],
  max_encoder_position_embeddings: 40,
  max_decoder_position_embeddings: 24,
  dropout: 0.1,
  attention_dropout: 0.1,
  activation_dropout: 0.1,
};

const ids = (rows: number, length: number): Tensor<"int64"> =>
  new Tensor(
    "int64",
    BigInt64Array.from({ length: rows * length }, (_, at) => BigInt(4 + ((at * 7) % 37))),
    [rows, length],
  );

/** Two documents, the second shorter; of the first, `globals` tokens are global. */
function documents(globals: number) {
  const place = (row: number, at: number): boolean => row === 0 || at < 19;
  const mask = (value: (row: number, at: number) => boolean): number[][] =>
    [0, 1].map((row) => Array.from({ length: 23 }, (_, at) => Number(value(row, at))));
  return {
    input_ids: ids(2, 23),
    attention_mask: mask(place),
    global_attention_mask: mask((row, at) => row === 0 && at < globals),
    return_outputs: false,
    dropout_seed: 3,
    dropout_step: 5,
  };
}

type Gradients = ReadonlyMap<string, Tensor<"float32">>;

const largest = (data: Float32Array): number => data.reduce((most, value) => Math.max(most, Math.abs(value)), 0);

/** To float32's rounding: with checkpointing weights of what follows attention get their sums block of rows by block of rows. */
function expectSame(again: Gradients, kept: Gradients): void {
  expect([...again.keys()].sort()).toEqual([...kept.keys()].sort());
  const most = Math.max(...[...kept.values()].map(({ data }) => largest(data)));
  expect(most).toBeGreaterThan(0);
  for (const [name, { data }] of kept) {
    const difference = largest(data.map((value, at) => value - again.get(name)!.data[at]!));
    // Some gradients are rounding alone: that of a bias which moves all scores of a row.
    expect(difference, name).toBeLessThanOrEqual(1e-6 * largest(data) + 1e-8 * most);
  }
}

describe("a step with checkpointing and one without give the same numbers", () => {
  let summarizer: LEDForConditionalGeneration;
  let answerer: LEDForQuestionAnswering;
  beforeAll(async () => {
    const options = { device: "cpu", seed: 1, num_threads: 1 } as const;
    summarizer = await LEDForConditionalGeneration.from_config(new LEDConfig(sizes), options);
    answerer = await LEDForQuestionAnswering.from_config(new LEDConfig(sizes), options);
  });
  afterAll(async () => {
    await summarizer.dispose();
    await answerer.dispose();
  });

  test.each([
    ["without global tokens", 0],
    ["with a few, whose keys are absorbed", 2],
    ["with more than a head is wide", 6],
  ])("%s", async (_, globals) => {
    for (const mode of [true, false]) {
      summarizer.train(mode);
      const labels = ids(2, 7);
      summarizer.gradient_checkpointing_disable();
      const kept = await summarizer.loss_and_gradients({ ...documents(globals), labels });
      summarizer.gradient_checkpointing_enable();
      const again = await summarizer.loss_and_gradients({ ...documents(globals), labels });
      expect(again.loss.item()).toBe(kept.loss.item());
      expectSame(again.gradients, kept.gradients);
    }
  });

  test("with parts that are frozen", async () => {
    answerer.train();
    answerer.requires_grad_(["led.encoder.embed_positions", "led.shared", "led.encoder.layers.0"], false);
    answerer.requires_grad_(/decoder\.layers\.1\.fc/, false);
    const positions = { start_positions: [1, 2], end_positions: [4, 2] };
    const kept = await answerer.loss_and_gradients({ ...documents(2), ...positions });
    answerer.gradient_checkpointing_enable();
    const again = await answerer.loss_and_gradients({ ...documents(2), ...positions });
    expectSame(again.gradients, kept.gradients);
  });
});
