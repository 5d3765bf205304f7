/** Examples from files, and what models learn of them: the public face of this room. */
export type { AnswerSpan, GivenAnswer } from "./answer-span.ts";
export { BadRowError } from "./bad-row.ts";
export { type Answer, type AnsweredWindow, type AnswerOptions, type BestAnswers, bestAnswers } from "./best-answers.ts";
export {
  type ClassificationFeatureOptions,
  type ClassificationFeatures,
  classificationFeatures,
  type ProblemType,
} from "./classification.ts";
export { ArrayDataset, Dataset, type Row } from "./dataset.ts";
export { FeatureDataset, type FeatureOptions, type Featurizer } from "./feature-dataset.ts";
export type { GlobalAttention, SourceEncoding } from "./global-attention.ts";
export { type LabelNames, labelNames, labelsOf } from "./labels.ts";
export { type DataFile, type DataFormat, type OpenDatasetOptions, openDataset } from "./open-dataset.ts";
export {
  type Question,
  type QuestionAnsweringFeatures,
  type QuestionAnsweringOptions,
  type QuestionColumns,
  type QuestionReader,
  questionAnsweringFeatures,
  questionReader,
} from "./question-answering.ts";
export {
  type QuestionWindow,
  type QuestionWindowOptions,
  type QuestionWindows,
  questionWindows,
} from "./question-windows.ts";
export { type SplitDataset, type SplitOptions, splitDataset } from "./split.ts";
export { type TextReader, type TextTask, textReader } from "./text-reader.ts";
export {
  type SourceFeatures,
  summarizationFeatures,
  type TextToTextFeatures,
  type TextToTextOptions,
  type TranslationOptions,
  textToTextFeatures,
  translationFeatures,
} from "./text-to-text.ts";
