// @ts-check
/**
 * Does it pay to pad documents to whole attention windows, as the reference does inside? `node bench/padding.mjs` after `npm run build`:
 * the encoder's time with `pad_to_multiple_of` over its time without, on random weights with LED's window of 1,024, in turns in one
 * process. docs/summarization.md quotes it.
 */
import { LEDConfig, LEDModel } from "../dist/index.js";

const window = 1024;
const turns = 7;
const config = new LEDConfig({
  ...{ vocab_size: 1000, d_model: 256, encoder_layers: 2, encoder_attention_heads: 4, encoder_ffn_dim: 1024 },
  ...{ decoder_layers: 1, decoder_attention_heads: 4, decoder_ffn_dim: 64, max_decoder_position_embeddings: 8 },
  ...{ attention_window: window, max_encoder_position_embeddings: 16384 },
});
const model = await LEDModel.from_config(config, { seed: 1, num_threads: 2 });
const encoder = model.get_encoder();

/** Milliseconds of an encoder pass over `tokens` tokens, in a row of `width`. @param {number} tokens @param {number} width */
async function pass(tokens, width) {
  const row = (/** @type {(i: number) => number} */ real, /** @type {number} */ padding) => [
    Array.from({ length: width }, (_, i) => (i < tokens ? real(i) : padding)),
  ];
  const inputs = {
    input_ids: row((i) => 4 + ((i * 7) % 900), 1),
    attention_mask: row(() => 1, 0),
    global_attention_mask: row((i) => Number(i === 0), 0),
  };
  const began = performance.now();
  await encoder(inputs);
  return performance.now() - began;
}

/** @param {number[]} values */
const median = (values) => /** @type {number} */ ([...values].sort((a, b) => a - b)[values.length >> 1]);

for (const tokens of [900, 1100, 2000, 3900, 4100]) {
  const padded = Math.ceil(tokens / window) * window;
  const ratios = [];
  for (let turn = -1; turn < turns; turn++) {
    const plain = await pass(tokens, tokens);
    const ratio = (await pass(tokens, padded)) / plain;
    // The first turn warms up.
    if (turn >= 0) ratios.push(ratio);
  }
  console.log(
    `${tokens} tokens, padded to ${padded}: ${median(ratios).toFixed(2)} times the time (${padded / tokens} the length)`,
  );
}
await model.dispose();
