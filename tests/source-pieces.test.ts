/** Steps over long sources read them in pieces of one length (src/nn/weighted-rows.ts): what is generated is the same. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { LEDConfig, LEDForConditionalGeneration, Tensor } from "../src/index.ts";

let model: LEDForConditionalGeneration;

beforeAll(async () => {
  const config = new LEDConfig({
    vocab_size: 61,
    d_model: 16,
    encoder_layers: 1,
    decoder_layers: 2,
    encoder_attention_heads: 2,
    decoder_attention_heads: 2,
    encoder_ffn_dim: 16,
    decoder_ffn_dim: 16,
    attention_window: [16],
    max_encoder_position_embeddings: 4096,
    max_decoder_position_embeddings: 32,
  });
  model = await LEDForConditionalGeneration.from_config(config, { device: "cpu", seed: 3 });
});

afterAll(() => model.dispose());

const row = (length: number): bigint[] => Array.from({ length }, (_, at) => BigInt(4 + ((at * 31) % 57)));

// 3,001 is a prime; of 3,072 positions no piece needs more.
test.each([3001, 3072])("over %d positions, in three pieces, as in one", async (length) => {
  const input_ids = new Tensor("int64", BigInt64Array.from([...row(length), ...row(length)]), [2, length]);
  // The second document is shorter, and padded.
  const attention_mask = [0, 1].map((at) => Array.from({ length }, (_, i) => Number(at === 0 || i < length - 700)));
  const call = { input_ids, attention_mask, num_beams: 3, max_new_tokens: 12, min_new_tokens: 12 };
  const inPieces = await model.generate(call);
  // Whoever wants to see attention sees it over the document's own positions, so that nothing is added to an odd length.
  const shown = await model.generate({ ...call, return_dict_in_generate: true, output_attentions: true });
  expect(shown.cross_attentions![0]![0]!.dims.at(-1)).toBe(length);
  expect(inPieces.tolist()).toEqual(shown.sequences.tolist());
});
