// Summarises a text file: node examples/summarize.mjs FILE [MODEL]
// MODEL is a folder or a Hub id; by default the model that comes with the package.
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { LEDForConditionalGeneration, LEDTokenizer } from "led-transformers";

const embedded = fileURLToPath(new URL("../models/embedded", import.meta.url));
const [file, source = embedded] = process.argv.slice(2);
const text = await readFile(file ?? new URL("../README.md", import.meta.url), "utf8");

const tokenizer = await LEDTokenizer.from_pretrained(source);
const model = await LEDForConditionalGeneration.from_pretrained(source);

const limit = model.config.max_encoder_position_embeddings;
const encoding = tokenizer([text], { truncation: true, max_length: limit });
if (encoding.num_truncated[0] > 0) console.error(`${encoding.num_truncated[0]} tokens were cut`);

// LED's summarisers were trained with the first token attending to all others. The model never decides this by itself.
const global_attention_mask = encoding.input_ids.map((row) => row.map((_, position) => (position === 0 ? 1 : 0)));
const summaries = await model.generate({ ...encoding, global_attention_mask, num_beams: 4 });
console.log(tokenizer.batch_decode(summaries, { skip_special_tokens: true })[0].trim());
await model.dispose();
