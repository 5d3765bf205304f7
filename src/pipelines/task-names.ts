/** Why a name is no task of pipeline() (transformers 4.37.2, pipelines/base.py: PipelineRegistry.check_task). */
import { InvalidArgumentError, nearestName } from "../errors.ts";

/** Tasks that the reference has for other models. */
const ofOtherModels: readonly string[] = [
  "audio-classification",
  "automatic-speech-recognition",
  "conversational",
  "depth-estimation",
  "document-question-answering",
  "feature-extraction",
  "image-classification",
  "image-segmentation",
  "image-to-image",
  "image-to-text",
  "mask-generation",
  "ner",
  "object-detection",
  "table-question-answering",
  "text-generation",
  "text-to-audio",
  "text-to-speech",
  "token-classification",
  "video-classification",
  "visual-question-answering",
  "vqa",
  "zero-shot-audio-classification",
  "zero-shot-classification",
  "zero-shot-image-classification",
  "zero-shot-object-detection",
];

/** What can be used in place of some of them. */
const instead: Readonly<Record<string, string>> = {
  "feature-extraction": "LEDModel gives hidden states.",
  "text-generation": 'LED reads a source and writes a text: use "text2text-generation".',
  "zero-shot-classification": "LED has no checkpoint trained on entailment for it: train a classifier of your labels.",
};

export function refuseTask(name: unknown, known: readonly string[]): InvalidArgumentError {
  const operation = "pipeline";
  if (typeof name !== "string" || name === "") {
    return new InvalidArgumentError({
      operation,
      expected: `a task among ${known.join(", ")}`,
      got: name === "" ? "an empty text" : String(name),
      fix: 'Write pipeline("summarization", model).',
    });
  }
  if (ofOtherModels.includes(name)) {
    return new InvalidArgumentError({
      operation,
      expected: `a task that LED has models for, ${known.join(", ")}`,
      got: `"${name}", a task of other models`,
      ...(Object.hasOwn(instead, name) ? { fix: instead[name]! } : {}),
    });
  }
  if (name.startsWith("translation_")) {
    return new InvalidArgumentError({
      operation,
      says: `Invalid translation task ${name}, use 'translation_XX_to_YY' format`,
    });
  }
  const all = [...known].sort().map((one) => `'${one}'`);
  const near = nearestName(name, known);
  return new InvalidArgumentError({
    operation,
    says: `Unknown task ${name}, available tasks are [${[...all, "'translation_XX_to_YY'"].join(", ")}]`,
    ...(near === undefined ? {} : { fix: `Did you mean "${near}"?` }),
  });
}
