// TFLEDForConditionalGeneration: what may stand in the place of <mask>. The page's snippet writes model(inputs=...), which raises,
// and passes no decoder ids; here they are the input's own, shifted right, so that logits[i] is about token i of the text.
// node examples/reference-page/tf-fill-in.mjs [FOLDER]
import { AutoTokenizer, Tensor, TFLEDForConditionalGeneration } from "led-transformers";

const [mname = "allenai/led-base-16384"] = process.argv.slice(2);

const tokenizer = await AutoTokenizer.from_pretrained(mname);
const TXT = "My friends are <mask> but they eat too many carbs.";
const model = await TFLEDForConditionalGeneration.from_pretrained(mname);
const batch = tokenizer([TXT], { return_tensors: "tf" });
const [ids] = batch.input_ids.tolist();
const decoder_input_ids = Tensor.from([[model.config.decoder_start_token_id, ...ids.slice(0, -1)]]);
const { logits } = await model.call(batch.input_ids, { decoder_input_ids });

const softmax = (row) => {
  const largest = Math.max(...row);
  const powers = row.map((value) => Math.exp(value - largest));
  const total = powers.reduce((sum, value) => sum + value, 0);
  return powers.map((value) => value / total);
};
const probs = logits.tolist()[0].map(softmax);
// The page says probs[5]; counted from 0, the mask is token 4 of this text.
const mask = ids.indexOf(tokenizer.mask_token_id);
const best = probs[mask].map((p, id) => ({ p, id })).sort((a, b) => b.p - a.p);
console.log("mask", mask);
for (const { p, id } of best.slice(0, 5)) console.log(p.toFixed(6), id, JSON.stringify(tokenizer.decode([id])));
await model.dispose();
