// A page that shows which parts of a document its summary drew on: node examples/attention.mjs FILE [MODEL] > page.html
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { AutoTokenizer, attentionPage, LEDForConditionalGeneration, summarizeWithAttention } from "led-transformers";

const embedded = fileURLToPath(new URL("../models/embedded", import.meta.url));
const [file, source = embedded] = process.argv.slice(2);
const text = await readFile(file ?? new URL("../README.md", import.meta.url), "utf8");

const tokenizer = await AutoTokenizer.from_pretrained(source);
const model = await LEDForConditionalGeneration.from_pretrained(source);

const attended = await summarizeWithAttention(model, tokenizer, text, { generation: { num_beams: 4 } });
process.stdout.write(attentionPage(text, attended));
await model.dispose();
