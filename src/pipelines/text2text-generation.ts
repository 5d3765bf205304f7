/** Texts from texts, for whatever a model was trained (transformers 4.37.2, pipelines/text2text_generation.py). */
import { Callable } from "../callable.ts";
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

/** A text, as options O ask for it. */
export type GeneratedResult<O = object> = AskedFields<"generated", O> & Truncated;

export interface GenerateText {
  /** As many results as num_return_sequences. */
  <const O extends TextGenerationOptions>(
    text: string,
    options?: O,
  ): Promise<[GeneratedResult<O>, ...GeneratedResult<O>[]]>;
  <const O extends TextGenerationOptions>(
    texts: readonly string[],
    options?: O,
  ): Promise<ResultsOf<GeneratedResult<O>, O>>;
}

const anyText: TextTask = { name: "generated", summarizes: false, checkInputs() {} };

export class Text2TextGenerationPipeline extends Callable<GenerateText> {
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
    return generateFromTexts(this, anyText, texts, options);
  }

  /** Frees the model. */
  async dispose(): Promise<void> {
    await this.model.dispose();
  }
}
