/** Texts that a model makes of the rows of a file, a batch at a time. */
import { type Dataset, textReader } from "../datasets/index.ts";
import type { LEDForConditionalGeneration } from "../models/led/for-conditional-generation.ts";
import type { DataFlags } from "./data-options.ts";
import { type FeatureSettings, textColumns, textFeatures } from "./task-data.ts";
import { type Evaluated, textScores } from "./task-scores.ts";

export interface TextEvaluation extends FeatureSettings {
  readonly flags: DataFlags & { readonly batchSize: number; readonly stemmer: boolean };
  /** Fields of GenerationConfig. */
  readonly generation: { readonly num_beams?: number; readonly max_new_tokens?: number; readonly min_length?: number };
}

export async function evaluateTexts(
  task: "summarization" | "text2text" | "translation",
  model: LEDForConditionalGeneration,
  dataset: Dataset,
  settings: TextEvaluation,
): Promise<Evaluated> {
  const { flags, tokenizer, references: wanted, progress } = settings;
  const reader = textReader(task, dataset, textColumns(task, settings));
  const features = await textFeatures(task, dataset, settings);
  const pad = tokenizer.pad_token_id!;
  const predictions: string[] = [];
  const references: string[] = [];
  for (let first = 0; first < features.length; first += flags.batchSize) {
    const count = Math.min(flags.batchSize, features.length - first);
    const rows = await Promise.all(Array.from({ length: count }, (_, i) => features.get(first + i)));
    const width = Math.max(...rows.map(({ input_ids }) => input_ids.length));
    const padded = (row: readonly number[], value: number) => [...row, ...Array(width - row.length).fill(value)];
    const ids = await model.generate({
      ...settings.generation,
      input_ids: rows.map(({ input_ids }) => padded(input_ids, pad)),
      attention_mask: rows.map(({ attention_mask }) => padded(attention_mask, 0)),
      global_attention_mask: rows.map(({ global_attention_mask }) => padded(global_attention_mask, 0)),
    });
    for (const text of tokenizer.batch_decode(ids, { skip_special_tokens: true })) predictions.push(text.trim());
    if (wanted) {
      for (let i = first; i < first + count; i++) {
        const row = await features.source.get(features.rowOf(i));
        references.push(reader.target!(row, features.placeOf(i)));
      }
    }
    progress.update("generate", predictions.length, features.length, "rows");
  }
  return {
    rows: predictions.map((prediction, i) => ({
      row: features.rowOf(i),
      prediction,
      ...(wanted ? { reference: references[i]! } : {}),
    })),
    skipped: features.skipped,
    scores: wanted ? textScores(task, predictions, references, flags.stemmer) : undefined,
  };
}
