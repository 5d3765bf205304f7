// TFLEDModel: the hidden states of a text. The page's snippet passes no decoder ids, and raises for that; here they are the
// input's own, shifted right, which is what LEDModel makes by itself.
// node examples/reference-page/tf-model.mjs [FOLDER]
import { AutoTokenizer, Tensor, TFLEDModel } from "led-transformers";

const [source = "allenai/led-base-16384"] = process.argv.slice(2);

const tokenizer = await AutoTokenizer.from_pretrained(source);
const model = await TFLEDModel.from_pretrained(source);

const inputs = tokenizer("Hello, my dog is cute", { return_tensors: "tf" });
const [ids] = inputs.input_ids.tolist();
const decoder_input_ids = Tensor.from([[model.config.decoder_start_token_id, ...ids.slice(0, -1)]]);
const outputs = await model.call({ ...inputs, decoder_input_ids });

const last_hidden_states = outputs.last_hidden_state;
console.log("last_hidden_states", JSON.stringify(last_hidden_states.dims));
console.log(Array.from(last_hidden_states.data.slice(0, 4), (value) => value.toFixed(5)).join(" "));
await model.dispose();
