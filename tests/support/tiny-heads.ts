/** The tiny model's folder with the weights of a class with a head over the encoder. */
import { LEDConfig } from "../../src/config.ts";
import type { LEDForQuestionAnswering, LEDForSequenceClassification } from "../../src/index.ts";
import { type ModelFolder, tinyConfig, tinyLed } from "./tiny-led.ts";

export async function withHead(
  make: (config: LEDConfig) => Promise<LEDForSequenceClassification | LEDForQuestionAnswering>,
  keys: Readonly<Record<string, unknown>> = {},
): Promise<ModelFolder> {
  const folder = await tinyLed();
  const config = LEDConfig.from_dict({ ...tinyConfig, init_std: 0.5, ...keys });
  config.update({ head: "encoder" });
  const model = await make(config);
  await model.save_pretrained(folder.path);
  await model.dispose();
  return folder;
}
