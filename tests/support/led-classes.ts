/** The LED classes by the names that fixtures have for them, with the counter's weights. */
import {
  LEDConfig,
  LEDDecoder,
  LEDEncoder,
  LEDForConditionalGeneration,
  LEDForQuestionAnswering,
  LEDForSequenceClassification,
  LEDModel,
} from "../../src/index.ts";
import { type CounterClass, classWeights } from "../counter-weights.ts";
import type { CounterModel } from "./counter-model.ts";

const classes = {
  LEDModel,
  LEDForConditionalGeneration,
  LEDForSequenceClassification,
  LEDForQuestionAnswering,
  LEDEncoder,
  LEDDecoder,
};

/** Tests use of a class what all classes have, and give its calls what fixtures say: the type is one for all. */
export function ledClass(name: CounterClass): typeof LEDModel {
  return classes[name] as unknown as typeof LEDModel;
}

/** A described model as any class; `changes` replaces keys of its config. */
export async function counterClass(
  name: CounterClass,
  { config, seed, scales = {} }: CounterModel,
  changes: Readonly<Record<string, unknown>> = {},
  options: Parameters<typeof LEDModel.from_config>[1] = {},
): Promise<LEDModel> {
  const keys = { ...config, ...changes };
  const model = await ledClass(name).from_config(LEDConfig.from_dict(keys), options);
  await model.load_state_dict(new Map(classWeights(keys, name, seed, scales)), { strict: false });
  return model;
}
