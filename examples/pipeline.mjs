// Summarises a text file of any length through pipeline(): node examples/pipeline.mjs FILE [MODEL]
// MODEL is a folder or a Hub id; by default the model that comes with the package.
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { pipeline } from "led-transformers";

const embedded = fileURLToPath(new URL("../models/embedded", import.meta.url));
const [file, source = embedded] = process.argv.slice(2);
const text = await readFile(file ?? new URL("../README.md", import.meta.url), "utf8");

const summarize = await pipeline("summarization", source);
// A document that is longer than the model is summarised in parts, and then the summaries; "truncate" would cut it.
const [{ summary_text, chunks, levels }] = await summarize(text, {
  strategy: "hierarchical",
  unwrap: true,
  num_beams: 2,
});
if (levels > 1) console.error(`read in ${chunks} parts, ${levels} levels of summaries`);
console.log(summary_text.trim());
await summarize.dispose();
