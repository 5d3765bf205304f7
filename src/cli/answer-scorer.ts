/** Exact match and F1 of a training's evaluation: logits of all windows of a data set to the answers of its questions. */
import {
  type AnsweredWindow,
  bestAnswers,
  type FeatureDataset,
  type QuestionAnsweringFeatures,
  questionReader,
  questionWindows,
} from "../datasets/index.ts";
import type { Tensor } from "../tensor.ts";
import type { ComputeMetrics } from "../training/index.ts";
import { type FeatureSettings, questionColumns, windowOptions } from "./task-data.ts";
import { answerScores } from "./task-scores.ts";

export class AnswerScorer {
  readonly #features: FeatureDataset<QuestionAnsweringFeatures>;
  readonly #settings: FeatureSettings;

  constructor(features: FeatureDataset<QuestionAnsweringFeatures>, settings: FeatureSettings) {
    this.#features = features;
    this.#settings = settings;
  }

  /** Questions may have no answer where one of the data has none. */
  get metrics(): ComputeMetrics {
    return async ({ predictions }) => {
      const { source, length } = this.#features;
      const [starts, ends] = predictions as readonly [Tensor, Tensor];
      const reader = questionReader(source, questionColumns(this.#settings));
      const { windows } = questionWindows(this.#settings.tokenizer, windowOptions(this.#settings));
      const questions: { context: string; golds: string[]; answered: AnsweredWindow[] }[] = [];
      for (let first = 0; first < length; ) {
        const row = this.#features.rowOf(first);
        const place = source.placeOf(row);
        const values = await source.get(row);
        const { question, context, answers } = reader.read(values, place, row);
        const answered = windows(question, context, values, place).map(({ offsets }, i) => ({
          offsets,
          start_logits: rowOf(starts, first + i),
          end_logits: rowOf(ends, first + i),
        }));
        questions.push({ context, golds: answers!.map(({ text }) => text), answered });
        first += answered.length;
      }
      const version_2_with_negative = questions.some(({ golds }) => golds.length === 0);
      const best = questions.map(
        ({ context, answered }) => bestAnswers(context, answered, { version_2_with_negative }).best.text,
      );
      const references = questions.map(({ golds }) => golds);
      return { ...answerScores(best, references).numbers };
    };
  }
}

/** Row `index` of [N, T]. */
function rowOf({ dims, data }: Tensor, index: number): ArrayLike<number> {
  const width = dims[1]!;
  return (data as Float32Array).subarray(index * width, (index + 1) * width);
}
