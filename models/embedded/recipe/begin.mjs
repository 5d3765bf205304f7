// Starting weights from which copying is a short way off: node begin.mjs TOKENIZER MODEL
//
// The width is divided: 96 numbers for the token, 48 for the token before it, 48 for the position. One head of the encoder's first
// layer looks one position back and writes what it finds; one of the second carries the token two back. A head of the decoder does the same
// over the text so far, and two heads of cross-attention look where the source's previous tokens equal the last ones written, and bring
// the token that follows there. Everything else is small and random, and all is trained from there but positions, which stay sinusoids.
import { GenerationConfig, LEDConfig, LEDForConditionalGeneration, LEDTokenizerFast } from "led-transformers";
import { normals } from "../../recipe/random.mjs";

const [from, to] = process.argv.slice(2);
if (to === undefined) throw new Error("node begin.mjs TOKENIZER MODEL");
const tokenizer = await LEDTokenizerFast.from_pretrained(from);
const width = 192;
const head = 48;
const model = await LEDForConditionalGeneration.from_config(
  new LEDConfig({
    vocab_size: tokenizer.vocab_size,
    d_model: width,
    encoder_layers: 3,
    decoder_layers: 3,
    encoder_attention_heads: width / head,
    decoder_attention_heads: width / head,
    encoder_ffn_dim: 4 * width,
    decoder_ffn_dim: 4 * width,
    attention_window: [128, 128, 128],
    max_encoder_position_embeddings: 4096,
    max_decoder_position_embeddings: 256,
    // Training sees hardly any example twice.
    dropout: 0,
  }),
);
// Its settings are its own from here on, not the config's.
const { _from_model_config, ...settings } = model.generation_config.to_diff_dict();
model.generation_config = new GenerationConfig({
  ...settings,
  num_beams: 4,
  no_repeat_ngram_size: 3,
  min_length: 40,
  max_length: 128,
  early_stopping: true,
});
const state = await model.state_dict();
const normal = normals(1_234_567);
const [token, before, place] = [0, 96, 144];

for (const [name, { data, dims }] of state) {
  if (dims.length === 2 && !name.endsWith("final_logits_bias")) {
    const scale = /fc2/.test(name) ? 0.02 : 0.04;
    for (let i = 0; i < data.length; i++) data[i] = scale * normal();
  } else if (name.endsWith(".bias")) data.fill(0);
}
const weight = (name) => state.get(`led.${name}.weight`);
fill(weight("shared"), (_, i) => (i < before ? 0.1 : i < place ? 0.02 : 0) * normal());
const rates = Array.from({ length: head / 2 }, (_, i) => 2.5 * (0.0008 / 2.5) ** (i / (head / 2 - 1)));
for (const side of ["encoder", "decoder"]) {
  // The fastest tell neighbours apart; the slowest turn half a circle in 4,096 positions.
  fill(weight(`${side}.embed_positions`), (row, i) => (i < place ? 0 : 0.1 * Math.SQRT2 * wave(row, i - place)));
}
/** What is kept of a neighbour, [48, 96]; and what keeps the one two back apart, [48, 48]. */
const pick = orthonormal(head, before - token);
const turn = orthonormal(head, head);
const same = Array.from({ length: head }, (_, i) => Array.from({ length: head }, (_, j) => Number(i === j)));

const windows = (layer) => `encoder.layers.${layer}.self_attn.longformer_self_attn`;
for (const [n, distance] of [1, -1, 2].entries()) look(`${windows(0)}.query`, `${windows(0)}.key`, n, distance);
carry([`${windows(0)}.value`, "encoder.layers.0.self_attn.output"], 0, token, before, pick, 1);
look(`${windows(1)}.query`, `${windows(1)}.key`, 0, 1);
carry([`${windows(1)}.value`, "encoder.layers.1.self_attn.output"], 0, before, before, turn, 0.7);
const written = "decoder.layers.0.self_attn";
look(`${written}.q_proj`, `${written}.k_proj`, 0, 1);
carry([`${written}.v_proj`, `${written}.out_proj`], 0, token, before, pick, 1);
const source = "decoder.layers.1.encoder_attn";
for (const [n, half] of [token, token + head].entries()) {
  clear(`${source}.q_proj`, n);
  clear(`${source}.k_proj`, n);
  put(`${source}.q_proj`, n * head, token, pick, 1.3);
  put(`${source}.q_proj`, n * head, before, turn, 1.3 * 0.7);
  put(`${source}.k_proj`, n * head, before, same, 1);
  carry([`${source}.v_proj`, `${source}.out_proj`], n, half, half, same, 2);
}

await model.load_state_dict(state);
await model.save_pretrained(to);
await tokenizer.save_pretrained(to);
console.log(`${model.num_parameters()} parameters`);
await model.dispose();

/** Head n attends to the position `distance` before its own. */
function look(query, key, n, distance) {
  clear(query, n);
  clear(key, n);
  const half = head / 2;
  // [cos, sin; -sin, cos]: the waves of a position, turned to those of another.
  const turned = Array.from({ length: head }, (_, row) =>
    Array.from({ length: head }, (_, column) => {
      if (row % half !== column % half) return 0;
      const angle = rates[row % half] * distance;
      if (row < half === column < half) return Math.cos(angle);
      return row < half ? Math.sin(angle) : -Math.sin(angle);
    }),
  );
  put(query, n * head, place, turned, 3);
  put(key, n * head, place, same, 1);
}

/** Head n brings what `matrix` makes of the numbers from `source` on to those from `target` on. */
function carry([value, output], n, source, target, matrix, gain) {
  clear(value, n);
  put(value, n * head, source, matrix, 1);
  fillPart(output, [0, width], [n * head, (n + 1) * head], () => 0);
  put(output, target, n * head, same, gain);
}

/** The rows of head n. */
function clear(name, n) {
  fillPart(name, [n * head, (n + 1) * head], [0, width], () => 0);
}

function put(name, row, column, matrix, gain) {
  const [rows, columns] = [matrix.length, matrix[0].length];
  fillPart(name, [row, row + rows], [column, column + columns], (i, j) => gain * matrix[i - row][j - column]);
}

function fillPart(name, [top, bottom], [left, right], of) {
  const { data, dims } = weight(name);
  for (let i = top; i < bottom; i++) for (let j = left; j < right; j++) data[i * dims[1] + j] = of(i, j);
}

function fill({ data, dims: [rows, columns] }, of) {
  for (let row = 0; row < rows; row++) for (let i = 0; i < columns; i++) data[row * columns + i] = of(row, i);
}

/** Cosines, then sines. */
function wave(position, i) {
  const angle = position * rates[i % rates.length];
  return i < rates.length ? Math.cos(angle) : Math.sin(angle);
}

/** [rows, columns], rows of length 1 and at right angles (Gram and Schmidt). */
function orthonormal(rows, columns) {
  const found = [];
  for (let n = 0; n < rows; n++) {
    const row = Array.from({ length: columns }, normal);
    for (const other of found) {
      const along = row.reduce((sum, x, i) => sum + x * other[i], 0);
      for (let i = 0; i < columns; i++) row[i] -= along * other[i];
    }
    const length = Math.hypot(...row);
    found.push(row.map((x) => x / length));
  }
  return found;
}
