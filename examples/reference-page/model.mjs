// LEDModel: the hidden states of a text.
// node examples/reference-page/model.mjs [FOLDER]
import { AutoTokenizer, LEDModel } from "led-transformers";

const [source = "allenai/led-base-16384"] = process.argv.slice(2);

const tokenizer = await AutoTokenizer.from_pretrained(source);
const model = await LEDModel.from_pretrained(source);

const inputs = tokenizer("Hello, my dog is cute", { return_tensors: "pt" });
const outputs = await model({ ...inputs });

const last_hidden_states = outputs.last_hidden_state;
console.log("last_hidden_states", JSON.stringify(last_hidden_states.dims));
console.log(Array.from(last_hidden_states.data.slice(0, 4), (value) => value.toFixed(5)).join(" "));
await model.dispose();
