// A sampled summary, printed as it grows; Ctrl-C ends it: node examples/stream.mjs [TEXT] [MODEL]
import { fileURLToPath } from "node:url";
import { AutoTokenizer, LEDForConditionalGeneration, TextIteratorStreamer } from "led-transformers";

const embedded = fileURLToPath(new URL("../models/embedded", import.meta.url));
const [text = "Backups are kept for thirty days. After that they are deleted.", source = embedded] =
  process.argv.slice(2);

const tokenizer = await AutoTokenizer.from_pretrained(source);
const model = await LEDForConditionalGeneration.from_pretrained(source);

const { input_ids } = tokenizer([text]);
const streamer = new TextIteratorStreamer(tokenizer, { skip_prompt: true, skip_special_tokens: true });
const done = model.generate({
  input_ids,
  global_attention_mask: input_ids.map((row) => row.map((_, position) => (position === 0 ? 1 : 0))),
  do_sample: true,
  top_p: 0.9,
  temperature: 0.7,
  seed: 7,
  num_beams: 1,
  max_new_tokens: 60,
  streamer,
});
for await (const piece of streamer) process.stdout.write(piece);
process.stdout.write("\n");
await done;
await model.dispose();
