// LEDForSequenceClassification: one class of several. The head of a checkpoint without one is new, and says so.
// node examples/reference-page/classify.mjs [FOLDER]
import { AutoTokenizer, LEDForSequenceClassification } from "led-transformers";

const [source = "allenai/led-base-16384"] = process.argv.slice(2);

const tokenizer = await AutoTokenizer.from_pretrained(source);
let model = await LEDForSequenceClassification.from_pretrained(source);

const inputs = tokenizer("Hello, my dog is cute", { return_tensors: "pt" });

const { logits } = await model({ ...inputs });

const [row] = logits.tolist();
const predicted_class_id = row.indexOf(Math.max(...row));
console.log(model.config.id2label[predicted_class_id]);

// To train a model on `num_labels` classes, you can pass `num_labels` to `.from_pretrained(...)`
const num_labels = Object.keys(model.config.id2label).length;
await model.dispose();
model = await LEDForSequenceClassification.from_pretrained(source, { num_labels });

const labels = [1];
const { loss } = await model({ ...inputs, labels });
console.log("loss", loss.item().toFixed(5));
await model.dispose();
