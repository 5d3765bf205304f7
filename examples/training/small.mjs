// What the examples of this folder share: numbers by chance, files of rows, and a small model with a tokenizer of its own.
// With a checkpoint of your own you need none of it: LEDForConditionalGeneration.from_pretrained and
// LEDTokenizerFast.from_pretrained take its place.
import { mkdir, mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { LEDConfig, LEDTokenizerFast, trainTokenizer } from "led-transformers";

/** Chance that is the same in every run: whole numbers below `n`, and elements of a list. */
export function chance(seed) {
  let state = seed;
  const below = (n) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * n);
  };
  const pick = (list) => list[below(list.length)];
  const shuffled = (list) => {
    const copy = [...list];
    for (let i = copy.length - 1; i > 0; i--) {
      const j = below(i + 1);
      [copy[i], copy[j]] = [copy[j], copy[i]];
    }
    return copy;
  };
  return { below, pick, shuffled };
}

/** A folder for data and model: the program's first argument, or a temporary one. */
export const folder = process.argv[2] ?? (await mkdtemp(join(tmpdir(), "led-example-")));
await mkdir(folder, { recursive: true });

/** `counts[0]` rows, `counts[1]` rows, ..: no two of them alike in what `keyOf` gives, so that no test row was trained on. */
export function distinctRows(counts, make, keyOf) {
  const seen = new Set();
  const distinct = () => {
    for (;;) {
      const row = make();
      const key = keyOf(row);
      if (seen.has(key)) continue;
      seen.add(key);
      return row;
    }
  };
  return counts.map((count) => Array.from({ length: count }, distinct));
}

/** Rows as a file of JSON Lines. */
export async function writeRows(name, rows) {
  const path = join(folder, name);
  await writeFile(path, rows.map((row) => `${JSON.stringify(row)}\n`).join(""));
  return path;
}

/** A tokenizer that knows these texts, and the config of a model of some 200,000 parameters that goes with it. */
export async function small(texts, more = {}) {
  const learnt = await trainTokenizer(texts, { vocab_size: 500, model_max_length: 256 });
  await learnt.save_pretrained(folder);
  const tokenizer = await LEDTokenizerFast.from_pretrained(folder);
  const config = new LEDConfig({
    vocab_size: tokenizer.vocab_size,
    d_model: 64,
    encoder_layers: 2,
    decoder_layers: 2,
    encoder_attention_heads: 4,
    decoder_attention_heads: 4,
    encoder_ffn_dim: 128,
    decoder_ffn_dim: 128,
    attention_window: 64,
    max_encoder_position_embeddings: 256,
    max_decoder_position_embeddings: 64,
    dropout: 0,
    init_std: 0.05,
    ...more,
  });
  return { tokenizer, config };
}

/** Steps of training; LED_EXAMPLE_STEPS overrides them. */
export const stepsOf = (steps) => Number(process.env.LED_EXAMPLE_STEPS ?? steps);

/** A tensor of ids as texts; -100 stands where there is nothing. */
export function spell(tokenizer, ids) {
  const lines = ids.tolist().map((line) => line.map((id) => (id < 0 ? tokenizer.pad_token_id : id)));
  return tokenizer.batch_decode(lines, { skip_special_tokens: true }).map((text) => text.trim());
}
