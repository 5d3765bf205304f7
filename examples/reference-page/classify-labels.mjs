// LEDForSequenceClassification: several labels of one text. The head of a checkpoint without one is new, and says so.
// node examples/reference-page/classify-labels.mjs [FOLDER]
import { AutoTokenizer, LEDForSequenceClassification, Tensor } from "led-transformers";

const [source = "allenai/led-base-16384"] = process.argv.slice(2);

const tokenizer = await AutoTokenizer.from_pretrained(source);
const problem_type = "multi_label_classification";
let model = await LEDForSequenceClassification.from_pretrained(source, { problem_type });

const inputs = tokenizer("Hello, my dog is cute", { return_tensors: "pt" });

const { logits } = await model({ ...inputs });

const sigmoid = (value) => 1 / (1 + Math.exp(-value));
const [row] = logits.tolist();
const predicted_class_ids = [...row.keys()].filter((id) => sigmoid(row[id]) > 0.5);
console.log("predicted", JSON.stringify(predicted_class_ids));

// To train a model on `num_labels` classes, you can pass `num_labels` to `.from_pretrained(...)`
const num_labels = Object.keys(model.config.id2label).length;
await model.dispose();
model = await LEDForSequenceClassification.from_pretrained(source, { num_labels, problem_type });

const one_hot = Array.from({ length: num_labels }, (_, id) => (predicted_class_ids.includes(id) ? 1 : 0));
const labels = Tensor.from([one_hot], "float32");
const { loss } = await model({ ...inputs, labels });
console.log("loss", loss.item().toFixed(5));
await model.dispose();
