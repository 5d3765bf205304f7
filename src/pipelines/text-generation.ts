/**
 * Texts to texts: what summarization, text2text-generation and translation have in common (transformers 4.37.2,
 * pipelines/text2text_generation.py: Text2TextGenerationPipeline; pipelines/base.py: Pipeline).
 *
 * Departures: texts are cut to what the model holds by default, and the result tells of it (`truncated`); the first token gets global
 * attention; `return_text` works; an empty list and lists in lists are refused, of which the reference loses all but the first text.
 */
import type { LEDConfig } from "../config.ts";
import { InvalidArgumentError } from "../errors.ts";
import type { GenerationOptions } from "../generation/config.ts";
import { Tensor } from "../tensor.ts";
import type { ByteLevelTokenizer } from "../tokenizers/index.ts";
import type { StrategyReport } from "./condense.ts";
import {
  type GeneratedText,
  generateTexts,
  type ReadPassage,
  readPassage,
  type TextGeneratingModel,
} from "./generate-texts.ts";
import { condensePassage, inBatches, told } from "./hierarchical.ts";
import { type CitedSentence, type Passage, passageOf } from "./passages.ts";
import { requirePipelineModel } from "./pipeline-model.ts";
import type { PipelineParts } from "./pipeline-parts.ts";
import {
  type SummarizationOptions,
  type TextGenerationSettings,
  textGenerationSettings,
} from "./text-generation-options.ts";
import { unwrapLines } from "./unwrap-lines.ts";

/** What a pipeline that writes texts needs of its model, which may compute in a worker. */
export type TextPipelineModel = TextGeneratingModel & { dispose(): Promise<void> };

/** What tells the tasks apart. */
export interface TextTask {
  /** What the fields of a result begin with. */
  readonly name: string;
  /** Whether the options of summaries are among its options. */
  readonly summarizes: boolean;
  /** Says what a person should know about lengths, in tokens; `input` is that of the batch. */
  readonly checkInputs: (input: number, min_length: number, max_length: number) => void;
}

/** `summary_text` and so on. */
export type TextField<N extends string> = { [K in `${N}_text`]: string };
/** `summary_token_ids` and so on: int64 [T], the start token included. */
export type IdsField<N extends string> = { [K in `${N}_token_ids`]: Tensor<"int64"> };

/** The fields that options O ask for. */
export type AskedFields<N extends string, O> = O extends { readonly return_tensors: true }
  ? O extends { readonly return_text: true }
    ? TextField<N> & IdsField<N>
    : IdsField<N>
  : O extends { readonly return_tensors: boolean }
    ? Partial<TextField<N> & IdsField<N>>
    : TextField<N>;

export interface Truncated {
  /** How many tokens the model did not see; absent where it saw all. */
  readonly truncated?: number;
}

export interface SummaryFields extends Truncated, Partial<StrategyReport> {
  /** With `extractive`: the sentences that the summary consists of. */
  readonly sentences?: readonly CitedSentence[];
}

/** One result for each text; a list of num_return_sequences where that is more than one. */
export type ResultsOf<R, O> = O extends { readonly num_return_sequences: infer N }
  ? N extends 1 | undefined
    ? R[]
    : number extends N
      ? R[] | R[][]
      : R[][]
  : R[];

/** A text, read. */
interface Read {
  readonly passage: ReadPassage;
  readonly report: Partial<StrategyReport>;
}

/**
 * Throws an InvalidArgumentError for a model of another class and for a tokenizer that is not the model's. What the model's config
 * says about the task (task_specific_params) becomes config and generation_config, as in the reference.
 */
export function requireTextModel({ task, model, tokenizer }: PipelineParts<TextPipelineModel>): void {
  requirePipelineModel({ task, model, tokenizer }, "LEDForConditionalGeneration");
  const { task_specific_params } = model.config;
  if (task_specific_params === null || !Object.hasOwn(task_specific_params, task)) return;
  const params = task_specific_params[task] as GenerationOptions;
  model.config.update(params as Parameters<LEDConfig["update"]>[0]);
  model.generation_config.update(params);
}

/** What the pipeline of a task gives: results of one text, or of a list of them. */
export async function generateFromTexts(
  parts: PipelineParts<TextPipelineModel>,
  textTask: TextTask,
  given: unknown,
  options: SummarizationOptions,
): Promise<unknown> {
  const { task, model, tokenizer } = parts;
  const settings = textGenerationSettings(task, tokenizer, options, textTask.summarizes);
  const texts = textsOf(task, given);
  if (settings.generation.streamer !== undefined && texts.length > 1) {
    throw new InvalidArgumentError({
      operation: task,
      expected: "one text beside `streamer`",
      got: `${texts.length} texts`,
      fix: "Call the pipeline for one text after the other.",
    });
  }
  const read: Read[] = [];
  for (const text of texts) read.push(await readText(parts, text, settings));
  const level = Math.max(...read.map(({ report }) => report.levels ?? 1));
  const { generation, batch_size, progress_callback, extractive, global_attention } = settings;
  const results = await inBatches(read, batch_size, async (batch, place) => {
    generation.signal?.throwIfAborted();
    const { min_length, max_length } = model.config;
    textTask.checkInputs(
      Math.max(...batch.map(({ passage }) => passage.ids.length)),
      generation.min_length ?? min_length,
      generation.max_length ?? max_length,
    );
    const outputs = await generateTexts(
      model,
      tokenizer,
      batch.map(({ passage }) => passage),
      {
        ...{ extractive, global_attention },
        generation: { ...generation, ...told(progress_callback, { level, ...place }) },
      },
    );
    return outputs.map((own, i) =>
      own.map((output) => resultOf(tokenizer, textTask.name, output, batch[i]!, settings)),
    );
  });
  if (!Array.isArray(given)) return results[0]!;
  return results.every((own) => own.length === 1) ? results.flat() : results;
}

async function readText(
  { task, model, tokenizer }: PipelineParts<TextPipelineModel>,
  text: string,
  settings: TextGenerationSettings,
): Promise<Read> {
  const { extractive, strategy, unwrap, truncation, stride, global_attention } = settings;
  const limit = Math.min(model.config.max_encoder_position_embeddings, tokenizer.model_max_length);
  const read = {
    ...{ operation: task, limit, truncation },
    prefix: model.config.prefix ?? "",
    extractive: extractive !== false,
  };
  const source = unwrap ? unwrapLines(text).text : text;
  const divided = strategy === "hierarchical" || extractive !== false;
  const passage: Passage = divided ? passageOf(text, source) : { text: source, sentences: [] };
  if (strategy !== "hierarchical") {
    const report = strategy && { strategy, chunks: 1, levels: 1 };
    return { passage: readPassage(tokenizer, passage, read), report: report ?? {} };
  }
  const { batch_size, generation, progress_callback } = settings;
  const { passage: left, ...report } = await condensePassage(model, tokenizer, passage, {
    ...{ stride, extractive, global_attention, progress_callback, batch_size, generation, read },
  });
  return { passage: readPassage(tokenizer, left, read), report: { strategy, ...report } };
}

function resultOf(
  tokenizer: ByteLevelTokenizer,
  name: string,
  { ids, sentences }: GeneratedText,
  { passage: { truncated }, report }: Read,
  { return_text, return_tensors, clean_up_tokenization_spaces }: TextGenerationSettings,
): object {
  const text = () =>
    sentences?.map((sentence) => sentence.text).join(" ") ??
    tokenizer.decode([...ids], { skip_special_tokens: true, clean_up_tokenization_spaces });
  return {
    ...(return_text ? { [`${name}_text`]: text() } : {}),
    ...(return_tensors ? { [`${name}_token_ids`]: Tensor.from([...ids], "int64") } : {}),
    ...(sentences && { sentences }),
    ...(truncated > 0 ? { truncated } : {}),
    ...report,
  };
}

function textsOf(task: string, given: unknown): string[] {
  const texts: unknown[] = Array.isArray(given) ? given : [given];
  if (texts.length === 0) {
    throw new InvalidArgumentError({ operation: task, expected: "a text, or a list of them", got: "an empty list" });
  }
  texts.forEach((text, i) => {
    if (typeof text === "string") return;
    const got = text === undefined ? "none" : Array.isArray(text) ? "a list" : (JSON.stringify(text) ?? typeof text);
    throw new InvalidArgumentError({
      operation: task,
      says: ` \`args[0]\`: ${got.slice(0, 60)} have the wrong format. The should be either of type \`str\` or type \`list\``,
      expected: Array.isArray(given) ? `a text at place ${i} of the list` : "a text, or a list of them",
    });
  });
  return texts as string[];
}
