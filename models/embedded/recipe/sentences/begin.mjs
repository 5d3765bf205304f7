// The model that the training begins with: node begin.mjs TOKENIZER MODEL
// Random weights, but sinusoids for positions, so that distant ones are not strangers to each other, and in the first layer heads
// that look for the word that they stand on: what a sentence shares with the title tells much, and is slow to learn from so few texts.
import { LEDConfig, LEDForQuestionAnswering, LEDTokenizerFast } from "led-transformers";

const [from, to] = process.argv.slice(2);
const tokenizer = await LEDTokenizerFast.from_pretrained(from);
const layers = 3;
const config = new LEDConfig({
  head: "encoder",
  vocab_size: tokenizer.vocab_size,
  d_model: 128,
  encoder_layers: layers,
  encoder_attention_heads: 4,
  encoder_ffn_dim: 512,
  attention_window: Array(layers).fill(128),
  max_encoder_position_embeddings: 4096,
  // There is no decoder; the config has to say something.
  decoder_layers: 1,
  decoder_attention_heads: 4,
  decoder_ffn_dim: 512,
  max_decoder_position_embeddings: 64,
  dropout: 0.1,
});
const model = await LEDForQuestionAnswering.from_config(config, { seed: 20261126 });
const state = await model.state_dict();
const positions = [...state].find(([name]) => name.endsWith("embed_positions.weight"));
const [rows, width] = positions[1].dims;
for (let row = 0; row < rows; row++) {
  for (let i = 0; i < width / 2; i++) {
    const angle = row / 10_000 ** ((2 * i) / width);
    positions[1].data[row * width + i] = 0.02 * Math.sin(angle);
    positions[1].data[row * width + width / 2 + i] = 0.02 * Math.cos(angle);
  }
}
const first = "encoder.layers.0.self_attn.longformer_self_attn";
for (const [query, key] of [
  ["query", "key"],
  ["query_global", "key_global"],
]) {
  const weightOf = (name) => [...state].find(([path]) => path.endsWith(`${first}.${name}.weight`))[1].data;
  // Standard deviation 0.09: a word's product with itself is some six times that with another.
  const numbers = weightOf(query).map((value) => (value * 0.09) / config.init_std);
  weightOf(query).set(numbers);
  weightOf(key).set(numbers);
}
await model.load_state_dict(state);
await model.save_pretrained(to);
await tokenizer.save_pretrained(to);
console.log(`${model.num_parameters()} parameters`);
await model.dispose();
