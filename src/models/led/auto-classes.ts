/**
 * The Auto classes by which published programs load models (transformers 4.37.2, models/auto): each gives LED's class, and
 * the config of another type of model is refused by name (LEDConfig.from_files).
 */
import { LEDConfig } from "../../config.ts";
import { LEDForConditionalGeneration } from "./for-conditional-generation.ts";
import { LEDForQuestionAnswering } from "./for-question-answering.ts";
import { LEDForSequenceClassification } from "./for-sequence-classification.ts";
import { LEDModel } from "./led-model.ts";

export const AutoConfig = LEDConfig;
export const AutoModel = LEDModel;
export const AutoModelForSeq2SeqLM = LEDForConditionalGeneration;
export const AutoModelForSequenceClassification = LEDForSequenceClassification;
export const AutoModelForQuestionAnswering = LEDForQuestionAnswering;
