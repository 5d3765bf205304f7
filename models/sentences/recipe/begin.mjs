// The model that the training begins with: node begin.mjs TOKENIZER MODEL
//
// Random weights, but for this: half of a position's vector says which sentence it belongs to, the other half of the width is for
// the cue; and the first layer's heads look for positions of the same sentence. A sentence's cues come together from the first step
// on, which learning would take a good part of the training to find.
import { LEDConfig, LEDForQuestionAnswering, LEDTokenizerFast } from "led-transformers";
import { cuesPerSentence } from "../../../dist/pipelines/sentence-cues.js";
import { normals } from "../../recipe/random.mjs";

const [from, to] = process.argv.slice(2);
const tokenizer = await LEDTokenizerFast.from_pretrained(from);
const width = 64;
const half = width / 2;
const model = await LEDForQuestionAnswering.from_config(
  new LEDConfig({
    head: "encoder",
    vocab_size: tokenizer.vocab_size,
    d_model: width,
    encoder_layers: 2,
    encoder_attention_heads: 2,
    encoder_ffn_dim: 128,
    // Windows of the sentence itself, then of two or three to each side.
    attention_window: [32, 64],
    max_encoder_position_embeddings: 4096,
    // There is no decoder; the config has to say something.
    decoder_layers: 1,
    decoder_attention_heads: 2,
    decoder_ffn_dim: 128,
    max_decoder_position_embeddings: 16,
    dropout: 0.1,
    task_specific_params: { sentence_selection: { max_sentences: 3, least_share: 0.4 } },
  }),
  { seed: 20261126 },
);
const state = await model.state_dict();
const weight = (name) => [...state].find(([path]) => path.endsWith(`${name}.weight`))[1];
const normal = normals(1_234_567);

const tokens = weight("shared");
fill(tokens, (row, i) => (row === model.config.pad_token_id || i >= half ? 0 : 0.5 * normal()));
const positions = weight("embed_positions");
const codes = new Map();
/** `<s>`, the document's cue, `</s></s>`; then the sentences. */
const before = 4;
fill(positions, (row, i) =>
  i < half ? 0.02 * normal() : codeOf(Math.ceil((row - before + 1) / cuesPerSentence))[i - half],
);
const attention = "encoder.layers.0.self_attn";
const [query, key, value] = ["query", "key", "value"].map((name) =>
  weight(`${attention}.longformer_self_attn.${name}`),
);
fill(query, (_, i) => (i < half ? 0.02 * normal() : (4 * normal()) / Math.sqrt(half)));
key.data.set(query.data);
fill(value, (_, i) => ((i < half ? 1 : 0.1) * normal()) / Math.sqrt(half));
fill(weight(`${attention}.output`), () => normal() / Math.sqrt(width));

await model.load_state_dict(state);
await model.save_pretrained(to);
await tokenizer.save_pretrained(to);
console.log(`${model.num_parameters()} parameters`);
await model.dispose();

function fill({ data, dims: [rows, columns] }, of) {
  for (let row = 0; row < rows; row++) for (let i = 0; i < columns; i++) data[row * columns + i] = of(row, i);
}

/** A direction of its own for each sentence, all equally long. */
function codeOf(sentence) {
  if (!codes.has(sentence)) {
    const direction = Array.from({ length: half }, normal);
    const length = Math.hypot(...direction);
    codes.set(
      sentence,
      direction.map((value) => (0.5 * Math.sqrt(half) * value) / length),
    );
  }
  return codes.get(sentence);
}
