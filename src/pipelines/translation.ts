/**
 * Translations (transformers 4.37.2, pipelines/text2text_generation.py: TranslationPipeline). The languages are those that the model
 * was trained on: `src_lang` and `tgt_lang`, which the reference takes and does nothing with where a tokenizer has no languages,
 * are refused, and those of "translation_xx_to_yy" choose the model's task_specific_params alone.
 */
import { Callable } from "../callable.ts";
import { warn } from "../log.ts";
import type { ByteLevelTokenizer } from "../tokenizers/index.ts";
import type { PipelineParts } from "./pipeline-parts.ts";
import {
  type AskedFields,
  generateFromTexts,
  type ResultsOf,
  requireTextModel,
  type TextPipelineModel,
  type TextTask,
  type Truncated,
} from "./text-generation.ts";
import type { TextGenerationOptions } from "./text-generation-options.ts";

/** A translation, as options O ask for it. */
export type TranslationResult<O = object> = AskedFields<"translation", O> & Truncated;

export interface Translate {
  /** As many results as num_return_sequences. */
  <const O extends TextGenerationOptions>(
    text: string,
    options?: O,
  ): Promise<[TranslationResult<O>, ...TranslationResult<O>[]]>;
  <const O extends TextGenerationOptions>(
    texts: readonly string[],
    options?: O,
  ): Promise<ResultsOf<TranslationResult<O>, O>>;
}

const translations: TextTask = {
  name: "translation",
  summarizes: false,
  checkInputs(input, _min_length, max_length) {
    if (input <= 0.9 * max_length) return;
    warn(
      `Your input_length: ${input} is bigger than 0.9 * max_length: ${max_length}. You might consider increasing your ` +
        "max_length manually, e.g. translator('...', max_length=400)",
    );
  },
};

export class TranslationPipeline extends Callable<Translate> {
  readonly task: string;
  readonly model: TextPipelineModel;
  readonly tokenizer: ByteLevelTokenizer;

  /** Throws an InvalidArgumentError for a model of another class and for a tokenizer that is not the model's. */
  constructor(parts: PipelineParts<TextPipelineModel>) {
    super();
    requireTextModel(parts);
    this.task = parts.task;
    this.model = parts.model;
    this.tokenizer = parts.tokenizer;
  }

  _call(texts: string | readonly string[], options: TextGenerationOptions = {}): Promise<unknown> {
    return generateFromTexts(this, translations, texts, options);
  }

  /** Frees the model. */
  async dispose(): Promise<void> {
    await this.model.dispose();
  }
}
