/** What tasks differ in when a model is trained: its class and config, features, batches, and what evaluation measures. */
import { LEDConfig } from "../config.ts";
import { type Dataset, labelsOf, type ProblemType } from "../datasets/index.ts";
import { InvalidArgumentError } from "../errors.ts";
import type { Files } from "../files.ts";
import { LEDForConditionalGeneration } from "../models/led/for-conditional-generation.ts";
import { LEDForQuestionAnswering } from "../models/led/for-question-answering.ts";
import { LEDForSequenceClassification } from "../models/led/for-sequence-classification.ts";
import type { Tensor } from "../tensor.ts";
import type { LEDTokenizerFast } from "../tokenizers/index.ts";
import {
  type ComputeMetrics,
  type DataCollator,
  DataCollatorForSeq2Seq,
  DataCollatorWithPadding,
  type Gathered,
  type PreprocessLogits,
  type TrainingDataset,
} from "../training/index.ts";
import { AnswerScorer } from "./answer-scorer.ts";
import type { DataFlags } from "./data-options.ts";
import { decide } from "./evaluate-classes.ts";
import type { Progress } from "./progress.ts";
import { answerFeatures, classFeatures, type FeatureSettings, textFeatures } from "./task-data.ts";
import { classScores, textScores } from "./task-scores.ts";

export interface TaskFlags extends DataFlags {
  readonly head?: "encoder" | "decoder";
  readonly ignoreMismatchedSizes?: boolean;
  readonly threads?: number;
}

/** Models that can be trained for a task. */
export type TaskModel = LEDForConditionalGeneration | LEDForSequenceClassification | LEDForQuestionAnswering;

export interface TrainingTask {
  /** The data that evaluation is of, before it begins. */
  features(dataset: Dataset): Promise<TrainingDataset>;
  load(files: Files, seed: number): Promise<TaskModel>;
  collator(model: TaskModel): DataCollator;
  /** Measures of predictions over `features`; null where losses are all that is measured. */
  metrics(features: TrainingDataset): ComputeMetrics | null;
  readonly preprocess: PreprocessLogits | null;
}

export interface TaskSettings {
  readonly flags: TaskFlags;
  readonly files: Files;
  readonly tokenizer: LEDTokenizerFast;
  readonly train: Dataset;
  readonly progress: Progress;
  /** predict_with_generate. */
  readonly generates: boolean;
}

export async function trainingTask(settings: TaskSettings): Promise<TrainingTask> {
  const { flags, files, tokenizer, progress } = settings;
  const config = await LEDConfig.from_files(files);
  if (flags.head !== undefined) {
    if (flags.task !== "classification" && flags.task !== "question-answering") {
      throw new InvalidArgumentError({
        operation: "--head",
        expected: "it for --task classification, question-answering",
        got: flags.task,
      });
    }
    config.update({ head: flags.head });
  }
  const given: FeatureSettings = { flags, tokenizer, config, references: true, progress };
  const options = (seed: number) => ({
    config,
    seed,
    ...(flags.ignoreMismatchedSizes === undefined ? {} : { ignore_mismatched_sizes: flags.ignoreMismatchedSizes }),
    ...(flags.threads === undefined ? {} : { num_threads: flags.threads }),
  });
  const padding = () => new DataCollatorWithPadding(tokenizer);
  switch (flags.task) {
    case "classification": {
      const { problem, labels } = await setLabels(config, settings);
      return {
        features: (dataset) => classFeatures(dataset, given, problem, labels),
        load: (from, seed) => LEDForSequenceClassification.from_pretrained(from, options(seed)),
        collator: padding,
        metrics: () => classMetrics(problem, config.num_labels),
        preprocess: firstOf(1),
      };
    }
    case "question-answering": {
      const scorers = new Map<TrainingDataset, AnswerScorer>();
      return {
        async features(dataset) {
          const features = await answerFeatures(dataset, given);
          scorers.set(features, new AnswerScorer(features, given));
          return features;
        },
        load: (from, seed) => LEDForQuestionAnswering.from_pretrained(from, options(seed)),
        collator: padding,
        metrics: (features) => scorers.get(features)!.metrics,
        preprocess: firstOf(2),
      };
    }
    default: {
      const { task } = flags;
      return {
        features: (dataset) => textFeatures(task, dataset, given),
        load: (from, seed) => LEDForConditionalGeneration.from_pretrained(from, options(seed)),
        collator: (model) => new DataCollatorForSeq2Seq(tokenizer, { model: model as LEDForConditionalGeneration }),
        metrics: () => (settings.generates ? textMetrics(task, tokenizer) : null),
        preprocess: null,
      };
    }
  }
}

/** Of a model's outputs the first ones: hidden states of all rows would fill the memory. */
function firstOf(count: number): PreprocessLogits {
  return (outputs: Gathered) => {
    if (!Array.isArray(outputs)) return outputs;
    return count === 1 ? outputs[0] : outputs.slice(0, count);
  };
}

/** Classes of the training data, in the model's own order where it has the same ones; written into the config. */
async function setLabels(
  config: LEDConfig,
  { flags, train }: TaskSettings,
): Promise<{ problem: ProblemType; labels: readonly string[] | undefined }> {
  const problem = flags.problemType ?? "single_label_classification";
  config.problem_type = problem;
  if (problem === "regression") {
    if (flags.labels !== undefined) {
      throw new InvalidArgumentError({ operation: "--labels", expected: "none for regression", got: "names" });
    }
    config.num_labels = 1;
    return { problem, labels: undefined };
  }
  const found = flags.labels ?? (await labelsOf(train, labelOptions(flags))).labels;
  const own = Object.values(config.id2label);
  const same = flags.labels === undefined && [...own].sort().join("\n") === [...found].sort().join("\n");
  const labels = same ? own : found;
  config.id2label = Object.fromEntries(labels.entries());
  config.label2id = Object.fromEntries(labels.map((label, id) => [label, id]));
  return { problem, labels };
}

const labelOptions = ({ labelColumn, labelSeparator }: TaskFlags) => ({
  label_column: labelColumn,
  label_separator: labelSeparator,
});

function classMetrics(problem: ProblemType, classes: number): ComputeMetrics {
  return ({ predictions, label_ids }) => {
    const logits = (predictions as Tensor).tolist() as number[][];
    const decided = logits.map((row) => decide(problem, row).value);
    const labels = (label_ids as Tensor).tolist() as (number | number[])[];
    return { ...classScores(problem, decided, labels, classes).numbers };
  };
}

/** ROUGE or BLEU against what the labels spell, which --max-target-length may have cut. */
function textMetrics(task: "summarization" | "text2text" | "translation", tokenizer: LEDTokenizerFast): ComputeMetrics {
  const pad = tokenizer.pad_token_id!;
  const texts = (ids: Gathered): string[] => {
    const rows = ((ids as Tensor).tolist() as number[][]).map((row) => row.map((id) => (id < 0 ? pad : id)));
    return tokenizer.batch_decode(rows, { skip_special_tokens: true }).map((text) => text.trim());
  };
  return ({ predictions, label_ids }) => ({ ...textScores(task, texts(predictions), texts(label_ids)).numbers });
}
