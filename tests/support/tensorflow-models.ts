/** TensorFlow's classes with the counter's weights, as oracle/tf_models.py builds them. */
import { memoryFiles } from "../../src/files.ts";
import { TFLEDForConditionalGeneration, TFLEDModel } from "../../src/index.ts";
import { type CounterModel, writeCounterModel } from "./counter-model.ts";

export type TFClassName = "TFLEDModel" | "TFLEDForConditionalGeneration";

const classes = { TFLEDModel, TFLEDForConditionalGeneration } as const;

/** A described model as a class, read from PyTorch's files; `changes` replaces keys of its config. */
export async function counterTensorFlow(
  name: TFClassName,
  model: CounterModel,
  changes: Readonly<Record<string, unknown>> = {},
  options: Readonly<Record<string, unknown>> = {},
): Promise<TFLEDForConditionalGeneration> {
  const files = memoryFiles([], name);
  await writeCounterModel(files, { ...model, config: { ...model.config, ...changes } });
  // Tests call either class with what fixtures say: the type is one for both.
  const Class = classes[name] as unknown as typeof TFLEDForConditionalGeneration;
  return (await Class.from_pretrained(files, { ...options, from_pt: true })) as TFLEDForConditionalGeneration;
}
