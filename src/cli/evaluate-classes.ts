/** Classes, or numbers, that a model gives the texts of a file. */
import type { LEDConfig } from "../config.ts";
import type { Dataset, ProblemType } from "../datasets/index.ts";
import type { LEDForSequenceClassification } from "../models/led/for-sequence-classification.ts";
import type { DataFlags } from "./data-options.ts";
import { classFeatures, type FeatureSettings } from "./task-data.ts";
import { classScores, type Evaluated } from "./task-scores.ts";

/** What the flags say, else the model's config. */
export function problemOf(config: LEDConfig, flags: DataFlags): ProblemType {
  const usual = config.num_labels === 1 ? "regression" : "single_label_classification";
  return flags.problemType ?? (config.problem_type as ProblemType | null) ?? usual;
}

export async function evaluateClasses(
  model: LEDForSequenceClassification,
  dataset: Dataset,
  settings: FeatureSettings,
): Promise<Evaluated> {
  const { config, flags, references: wanted, progress } = settings;
  const problem = problemOf(config, flags);
  const names = flags.labels ?? Array.from({ length: config.num_labels }, (_, id) => config.id2label[id] ?? String(id));
  const features = await classFeatures(dataset, settings, problem, names);
  const predictions: (number | number[])[] = [];
  const references: (number | number[])[] = [];
  const rows: object[] = [];
  for (let i = 0; i < features.length; i++) {
    const { input_ids, attention_mask, global_attention_mask, labels } = await features.get(i);
    const { logits } = await model.forward({
      input_ids: [input_ids],
      attention_mask: [attention_mask],
      global_attention_mask: [global_attention_mask],
    });
    const predicted = decide(problem, Array.from(logits.data));
    predictions.push(predicted.value);
    if (labels !== undefined) references.push(labels);
    const shown = (value: number | number[]) => named(problem, value, names);
    rows.push({
      row: features.rowOf(i),
      prediction: shown(predicted.value),
      ...(predicted.scores === undefined ? {} : { scores: byName(predicted.scores, names) }),
      ...(labels === undefined ? {} : { reference: shown(labels) }),
    });
    progress.update("classify", i + 1, features.length, "rows");
  }
  return {
    rows,
    skipped: features.skipped,
    scores: wanted ? classScores(problem, predictions, references, names.length) : undefined,
  };
}

/** A class's id, 1 or 0 for each, or numbers; with probabilities where there are classes. */
export function decide(
  problem: ProblemType,
  logits: readonly number[],
): { readonly value: number | number[]; readonly scores?: readonly number[] } {
  if (problem === "regression") return { value: logits.length === 1 ? logits[0]! : [...logits] };
  if (problem === "multi_label_classification") {
    return { value: logits.map((logit) => (logit > 0 ? 1 : 0)), scores: logits.map((x) => 1 / (1 + Math.exp(-x))) };
  }
  const most = Math.max(...logits);
  const weights = logits.map((logit) => Math.exp(logit - most));
  const sum = weights.reduce((a, b) => a + b);
  return { value: logits.indexOf(most), scores: weights.map((weight) => weight / sum) };
}

function named(problem: ProblemType, value: number | number[], names: readonly string[]): unknown {
  if (problem === "regression") return value;
  if (typeof value === "number") return names[value];
  return names.filter((_, id) => value[id] === 1);
}

function byName(scores: readonly number[], names: readonly string[]): Record<string, number> {
  return Object.fromEntries(scores.map((score, id) => [names[id]!, score]));
}
