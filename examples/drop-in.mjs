// A program written for transformers.js, in which the import and the ids of the models are changed and nothing else:
// node examples/drop-in.mjs [SUMMARIZER [ANSWERER]]. Without a model that answers questions it only summarises.
//
//     import { pipeline } from "@huggingface/transformers";
//     const summarizer = await pipeline("summarization", "Xenova/distilbart-cnn-6-6");
//     const answerer = await pipeline("question-answering", "Xenova/distilbert-base-uncased-distilled-squad");
import { fileURLToPath } from "node:url";
import { pipeline } from "led-transformers";

const embedded = fileURLToPath(new URL("../models/embedded", import.meta.url));
const [summarizerId = embedded, answererId] = process.argv.slice(2);

const text =
  "The tower is 324 metres tall, about the same height as an 81-storey building, and the tallest structure in Paris. " +
  "Its base is square, measuring 125 metres on each side. During its construction, the Eiffel Tower surpassed the " +
  "Washington Monument to become the tallest man-made structure in the world.";

const summarizer = await pipeline("summarization", summarizerId);
const output = await summarizer(text, { max_new_tokens: 60 });
console.log(output[0].summary_text);
await summarizer.dispose();

if (answererId !== undefined) {
  const answerer = await pipeline("question-answering", answererId);
  const answer = await answerer("How tall is the tower?", text);
  console.log(`${answer.answer} (${answer.score.toFixed(2)})`);
  await answerer.dispose();
}
