// LEDTokenizerFast: a word has other ids behind a space than at the beginning of a text.
// node examples/reference-page/tokenizer-fast.mjs [FOLDER]
import { LEDTokenizerFast } from "led-transformers";

const [source = "allenai/led-base-16384"] = process.argv.slice(2);

const tokenizer = await LEDTokenizerFast.from_pretrained(source);
console.log(JSON.stringify(tokenizer("Hello world").input_ids)); // [0,31414,232,2]
console.log(JSON.stringify(tokenizer(" Hello world").input_ids)); // [0,20920,232,2]
