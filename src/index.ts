/** The package's public face in Node: what `import ... from "led-transformers"` gives. */
import "./platform/node.ts";

export { LEDConfig, type LEDConfigOptions } from "./config.ts";
export {
  type Answer,
  type AnsweredWindow,
  type AnswerOptions,
  ArrayDataset,
  BadRowError,
  type BestAnswers,
  bestAnswers,
  type ClassificationFeatureOptions,
  type ClassificationFeatures,
  classificationFeatures,
  type DataFile,
  type DataFormat,
  Dataset,
  FeatureDataset,
  type FeatureOptions,
  type GlobalAttention,
  type LabelNames,
  labelNames,
  labelsOf,
  type OpenDatasetOptions,
  openDataset,
  type ProblemType,
  type QuestionAnsweringFeatures,
  type QuestionAnsweringOptions,
  type QuestionWindow,
  type QuestionWindowOptions,
  questionAnsweringFeatures,
  questionWindows,
  type Row,
  type SourceFeatures,
  type SplitOptions,
  splitDataset,
  summarizationFeatures,
  type TextToTextFeatures,
  type TextToTextOptions,
  type TranslationOptions,
  textToTextFeatures,
  translationFeatures,
} from "./datasets/index.ts";
export {
  CheckpointError,
  EngineError,
  FileError,
  HubError,
  InternalError,
  InvalidArgumentError,
  LEDError,
} from "./errors.ts";
export type { Files, OpenFile } from "./files.ts";
export {
  type AllowedTokens,
  BaseStreamer,
  Constraint,
  type ConstraintUpdate,
  DisjunctiveConstraint,
  EncoderNoRepeatNGramLogitsProcessor,
  EncoderRepetitionPenaltyLogitsProcessor,
  EpsilonLogitsWarper,
  EtaLogitsWarper,
  ExponentialDecayLengthPenalty,
  type Extractive,
  ForcedBOSTokenLogitsProcessor,
  ForcedEOSTokenLogitsProcessor,
  ForceTokensLogitsProcessor,
  GenerationConfig,
  type GenerationOptions,
  HammingDiversityLogitsProcessor,
  InfNanRemoveLogitsProcessor,
  LogitNormalization,
  LogitsProcessor,
  LogitsProcessorList,
  MaxLengthCriteria,
  MaxTimeCriteria,
  MinLengthLogitsProcessor,
  MinNewTokensLengthLogitsProcessor,
  NoBadWordsLogitsProcessor,
  NoRepeatNGramLogitsProcessor,
  PhrasalConstraint,
  PrefixConstrainedLogitsProcessor,
  RepetitionPenaltyLogitsProcessor,
  SequenceBiasLogitsProcessor,
  StoppingCriteria,
  StoppingCriteriaList,
  SuppressTokensAtBeginLogitsProcessor,
  SuppressTokensLogitsProcessor,
  TemperatureLogitsWarper,
  TextIteratorStreamer,
  type TextIteratorStreamerOptions,
  TextStreamer,
  type TextStreamerOptions,
  type TokenSpan,
  TopKLogitsWarper,
  TopPLogitsWarper,
  TypicalLogitsWarper,
} from "./generation/index.ts";
export { type Env, env, folderFiles, HubResponseError, OfflineError } from "./hub/index.ts";
export type { DownloadProgress, LoadOptions } from "./load-options.ts";
export { type Logger, setLogger } from "./log.ts";
export { type BleuOptions, type BleuScore, bleu } from "./metrics/bleu.ts";
export {
  accuracy,
  type ClassificationOptions,
  type ClassificationScores,
  classificationScores,
  matthewsCorrelation,
  pearson,
  spearman,
} from "./metrics/classification.ts";
export { type RougeInterval, type RougeOptions, type RougeScore, type RougeType, rouge } from "./metrics/rouge.ts";
export { exactMatch, type SquadScores, squad, wordF1 } from "./metrics/squad.ts";
export {
  AutoConfig,
  AutoModel,
  AutoModelForQuestionAnswering,
  AutoModelForSeq2SeqLM,
  AutoModelForSequenceClassification,
} from "./models/led/auto-classes.ts";
export { type ConvertBartOptions, type ConvertedBart, convert_bart_to_led } from "./models/led/convert-bart.ts";
export {
  type ConditionalGenerationInputs,
  type GenerateOptions,
  type GenerateProgress,
  LEDForConditionalGeneration,
} from "./models/led/for-conditional-generation.ts";
export { LEDForQuestionAnswering, type QuestionAnsweringInputs } from "./models/led/for-question-answering.ts";
export {
  LEDForSequenceClassification,
  type SequenceClassificationInputs,
} from "./models/led/for-sequence-classification.ts";
export type {
  DecoderForwardInputs,
  EncoderForwardInputs,
  EncoderOutputsLike,
  Seq2SeqForwardInputs,
} from "./models/led/forward-inputs.ts";
export {
  BeamSampleEncoderDecoderOutput,
  BeamSearchEncoderDecoderOutput,
  ContrastiveSearchEncoderDecoderOutput,
  GenerateBeamEncoderDecoderOutput,
  GenerateEncoderDecoderOutput,
  GreedySearchEncoderDecoderOutput,
  SampleEncoderDecoderOutput,
} from "./models/led/generate-outputs.ts";
export { LEDDecoder } from "./models/led/led-decoder.ts";
export { LEDEncoder } from "./models/led/led-encoder.ts";
export { LEDModel } from "./models/led/led-model.ts";
export type { CreateOptions, LoadingInfo, PretrainedOptions } from "./models/led/loading.ts";
export type { TensorLike } from "./models/led/model-inputs.ts";
export { ModelOutput } from "./models/led/model-output.ts";
export {
  BaseModelOutputWithPastAndCrossAttentions,
  LEDEncoderBaseModelOutput,
  LEDSeq2SeqLMOutput,
  LEDSeq2SeqModelOutput,
  LEDSeq2SeqQuestionAnsweringModelOutput,
  LEDSeq2SeqSequenceClassifierOutput,
  type PastKeyValues,
} from "./models/led/outputs.ts";
export type { IncompatibleKeys, SaveOptions } from "./models/led/pretrained-model.ts";
export type { EmbeddingTable } from "./models/led/token-table.ts";
export type { InWorker } from "./models/led/worker-model.ts";
export { type AttendedSummary, type AttentionPageOptions, attentionPage } from "./pipelines/attention-page.ts";
export type { ClassifiedText, TextPair } from "./pipelines/classification-inputs.ts";
export type { Strategy, StrategyReport } from "./pipelines/condense.ts";
export {
  type FilledMask,
  type FilledMasks,
  FillMaskPipeline,
  type FillMaskPipelineOptions,
} from "./pipelines/fill-mask.ts";
export type { GlobalAttentionOption } from "./pipelines/global-attention.ts";
export type { TextProgress } from "./pipelines/hierarchical.ts";
export type { PipelineProgress } from "./pipelines/model-rows.ts";
export { type PipelineOf, type PipelineOptions, type PipelineTask, pipeline } from "./pipelines/pipeline.ts";
export type { PipelineParts } from "./pipelines/pipeline-parts.ts";
export { QuestionAnsweringPipeline, type QuestionAnsweringResult } from "./pipelines/question-answering.ts";
export type { QuestionInput, QuestionInputs } from "./pipelines/question-inputs.ts";
export type { QuestionAnsweringPipelineOptions } from "./pipelines/question-settings.ts";
export {
  type SelectedSentence,
  type SelectedSentences,
  type SelectSentencesOptions,
  selectSentences,
} from "./pipelines/select-sentences.ts";
export { type Sentence, sentencesOf, tokenSpans } from "./pipelines/sentences.ts";
export { SummarizationPipeline, type Summarize, type SummaryResult } from "./pipelines/summarization.ts";
export {
  type CitedSentence,
  type DocumentSummary,
  type SummarizeOptions,
  summarizeDocument,
} from "./pipelines/summarize-document.ts";
export {
  type BatchReport,
  type SummarizeManyOptions,
  type SummaryOfMany,
  summarizeDocuments,
} from "./pipelines/summarize-documents.ts";
export {
  type ExplainedModel,
  type SummarizeWithAttentionOptions,
  type SummaryAttention,
  summarizeWithAttention,
} from "./pipelines/summarize-with-attention.ts";
export type { SentenceAttention } from "./pipelines/summary-attention.ts";
export {
  type ClassificationResult,
  TextClassificationPipeline,
  type TextClassificationPipelineOptions,
} from "./pipelines/text-classification.ts";
export type { TextPipelineModel } from "./pipelines/text-generation.ts";
export type { SummarizationOptions, TextGenerationOptions } from "./pipelines/text-generation-options.ts";
export type { PartSize } from "./pipelines/text-parts.ts";
export {
  type GeneratedResult,
  type GenerateText,
  Text2TextGenerationPipeline,
} from "./pipelines/text2text-generation.ts";
export {
  type DocumentTranslation,
  type TranslateDocumentOptions,
  type TranslatedPart,
  translateDocument,
} from "./pipelines/translate-document.ts";
export { type Translate, TranslationPipeline, type TranslationResult } from "./pipelines/translation.ts";
export { type NestedList, type NestedNumbers, Tensor, type TensorType } from "./tensor.ts";
export * from "./tf/index.ts";
export * from "./tokenizers/index.ts";
export * from "./training/index.ts";
