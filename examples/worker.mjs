// A summary computed in a process of its own, given up after a number of seconds, while this one stays free:
// node examples/worker.mjs [FILE] [SECONDS]
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { AutoTokenizer, LEDForConditionalGeneration, summarizeDocument } from "led-transformers";

const source = fileURLToPath(new URL("../models/embedded", import.meta.url));
const [file = new URL("../README.md", import.meta.url), seconds = "60"] = process.argv.slice(2);
const text = await readFile(file, "utf8");

const tokenizer = await AutoTokenizer.from_pretrained(source);
const model = await LEDForConditionalGeneration.from_pretrained(source, { worker: true });

// What a server would do meanwhile.
let turns = 0;
const other = setInterval(() => turns++, 10);
const limit = setTimeout(() => model.kill(), 1000 * Number(seconds));
const { summary_text } = await summarizeDocument(model, tokenizer, text);
clearTimeout(limit);
clearInterval(other);
console.log(summary_text);
console.error(`${turns} timers ran meanwhile`);
// An idle worker does not keep a program running, so that there is nothing to dispose of here.
