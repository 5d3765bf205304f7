// LEDForQuestionAnswering: the span of a text that answers a question. The head of a checkpoint without one is new, and says so.
// node examples/reference-page/answer.mjs [FOLDER]
import { AutoTokenizer, LEDForQuestionAnswering } from "led-transformers";

const [source = "allenai/led-base-16384"] = process.argv.slice(2);

const tokenizer = await AutoTokenizer.from_pretrained(source);
const model = await LEDForQuestionAnswering.from_pretrained(source);

const question = "Who was Jim Henson?";
const text = "Jim Henson was a nice puppet";

const inputs = tokenizer(question, { text_pair: text, return_tensors: "pt" });
const outputs = await model({ ...inputs });

const argmax = ([row]) => row.indexOf(Math.max(...row));
const answer_start_index = argmax(outputs.start_logits.tolist());
const answer_end_index = argmax(outputs.end_logits.tolist());

const [ids] = inputs.input_ids.tolist();
const predict_answer_tokens = ids.slice(answer_start_index, answer_end_index + 1);
console.log(JSON.stringify(tokenizer.decode(predict_answer_tokens, { skip_special_tokens: true })));

// target is "nice puppet"
const target_start_index = [14];
const target_end_index = [15];

const { loss } = await model({ ...inputs, start_positions: target_start_index, end_positions: target_end_index });
console.log("loss", loss.item().toFixed(5));
await model.dispose();
