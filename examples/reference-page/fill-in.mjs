// LEDForConditionalGeneration: what stands in the place of <mask>.
// node examples/reference-page/fill-in.mjs [FOLDER]
import { AutoTokenizer, LEDForConditionalGeneration } from "led-transformers";

const [source = "allenai/led-base-16384"] = process.argv.slice(2);

const tokenizer = await AutoTokenizer.from_pretrained(source);
const TXT = "My friends are <mask> but they eat too many carbs.";

const model = await LEDForConditionalGeneration.from_pretrained(source);
const { input_ids } = tokenizer([TXT], { return_tensors: "pt" });

const [prediction] = (await model.generate({ input_ids })).tolist();
console.log(tokenizer.decode(prediction, { skip_special_tokens: true }));
await model.dispose();
