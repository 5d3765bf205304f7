// The LED page's first snippet: a configuration, and a model made of it with random weights.
// node examples/reference-page/config.mjs [FOLDER]
// With a FOLDER the model is made of the configuration there: that of the defaults is LED large, and takes a minute to fill.
import { LEDConfig, LEDModel } from "led-transformers";

const [source] = process.argv.slice(2);

// Initializing a LED allenai/led-base-16384 style configuration
let configuration = new LEDConfig();
console.log(configuration.to_json_string());
if (source !== undefined) configuration = await LEDConfig.from_pretrained(source);

// Initializing a model from the allenai/led-base-16384 style configuration
const model = await LEDModel.from_config(configuration);

// Accessing the model configuration
configuration = model.config;
console.log("attention_window", JSON.stringify(configuration.attention_window));
await model.dispose();
