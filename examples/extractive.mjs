// A summary made of the document's own sentences, each with the line that it begins on: node examples/extractive.mjs FILE [MODEL]
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { AutoTokenizer, LEDForConditionalGeneration, sentencesOf, tokenSpans } from "led-transformers";

const embedded = fileURLToPath(new URL("../models/embedded", import.meta.url));
const [file, source = embedded] = process.argv.slice(2);
const text = await readFile(file ?? new URL("../README.md", import.meta.url), "utf8");

const tokenizer = await AutoTokenizer.from_pretrained(source);
const model = await LEDForConditionalGeneration.from_pretrained(source);

const { max_encoder_position_embeddings: max_length } = model.config;
const { input_ids, offset_mapping, num_truncated } = tokenizer(text, {
  truncation: true,
  max_length,
  return_offsets_mapping: true,
});
// Of what may be cited: paragraphs, clauses, anything with a beginning and an end. Here sentences.
const citable = tokenSpans(sentencesOf(text), offset_mapping, num_truncated > 0);

const { chosen_sentences } = await model.generate({
  input_ids: [input_ids],
  global_attention_mask: [input_ids.map((_, position) => (position === 0 ? 1 : 0))],
  num_beams: 4,
  extractive: { sentences: [citable.map(({ span }) => span)], max_sentences: 3 },
  return_dict_in_generate: true,
});
for (const index of chosen_sentences[0]) {
  const { start, end } = citable[index].sentence;
  const line = text.slice(0, start).split("\n").length;
  console.log(`${line}: ${text.slice(start, end)}`);
}
await model.dispose();
