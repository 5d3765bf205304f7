/** Summaries (transformers 4.37.2, pipelines/text2text_generation.py: SummarizationPipeline). */
import { Callable } from "../callable.ts";
import { warn } from "../log.ts";
import type { ByteLevelTokenizer } from "../tokenizers/index.ts";
import type { PipelineParts } from "./pipeline-parts.ts";
import {
  type AskedFields,
  generateFromTexts,
  type ResultsOf,
  requireTextModel,
  type SummaryFields,
  type TextPipelineModel,
  type TextTask,
} from "./text-generation.ts";
import type { SummarizationOptions } from "./text-generation-options.ts";

/** A summary, as options O ask for it. */
export type SummaryResult<O = object> = AskedFields<"summary", O> & SummaryFields;

export interface Summarize {
  /** As many results as num_return_sequences. */
  <const O extends SummarizationOptions>(text: string, options?: O): Promise<[SummaryResult<O>, ...SummaryResult<O>[]]>;
  <const O extends SummarizationOptions>(
    texts: readonly string[],
    options?: O,
  ): Promise<ResultsOf<SummaryResult<O>, O>>;
}

const summaries: TextTask = {
  name: "summary",
  summarizes: true,
  checkInputs(input, min_length, max_length) {
    if (max_length < min_length) {
      warn(`Your min_length=${min_length} must be inferior than your max_length=${max_length}.`);
    }
    if (input >= max_length) return;
    warn(
      `Your max_length is set to ${max_length}, but your input_length is only ${input}. Since this is a summarization task, ` +
        "where outputs shorter than the input are typically wanted, you might consider decreasing max_length manually, e.g. " +
        `summarizer('...', max_length=${Math.floor(input / 2)})`,
    );
  },
};

export class SummarizationPipeline extends Callable<Summarize> {
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

  _call(texts: string | readonly string[], options: SummarizationOptions = {}): Promise<unknown> {
    return generateFromTexts(this, summaries, texts, options);
  }

  /** Frees the model. */
  async dispose(): Promise<void> {
    await this.model.dispose();
  }
}
