// One forward pass and what it gives: the likeliest first tokens of a summary.
// node examples/next-tokens.mjs [TEXT]
import { fileURLToPath } from "node:url";
import { LEDForConditionalGeneration, LEDTokenizer } from "led-transformers";

const source = fileURLToPath(new URL("../models/embedded", import.meta.url));
const tokenizer = await LEDTokenizer.from_pretrained(source);
const model = await LEDForConditionalGeneration.from_pretrained(source);

const text = process.argv[2] ?? "Backups are kept for thirty days. After that they are deleted and cannot be restored.";
const { input_ids, attention_mask } = tokenizer([text]);
const { logits } = await model({
  input_ids,
  attention_mask,
  global_attention_mask: input_ids.map((row) => row.map((_, position) => (position === 0 ? 1 : 0))),
  decoder_input_ids: [[model.config.decoder_start_token_id, tokenizer.bos_token_id]],
});

// logits [1, 2, V]: the row after <s>.
const [, length, vocabulary] = logits.dims;
const row = Array.from({ length: vocabulary }, (_, id) => logits.at((length - 1) * vocabulary + id));
const total = row.reduce((sum, value) => sum + Math.exp(value), 0);
const best = row.map((value, id) => ({ id, p: Math.exp(value) / total })).sort((a, b) => b.p - a.p);
for (const { id, p } of best.slice(0, 5)) console.log(p.toFixed(3), JSON.stringify(tokenizer.decode([id])));
await model.dispose();
