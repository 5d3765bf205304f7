/** Options of the pipelines that write texts, their defaults and what is refused of them. */
import { InvalidArgumentError, refuseUnknownOptions } from "../errors.ts";
import type { GenerationConfig, GenerationOptions } from "../generation/config.ts";
import { GenerationConfigKeys } from "../generation/config-keys.ts";
import { type SearchOptions, searchOptionNames } from "../generation/generate.ts";
import { warn } from "../log.ts";
import type { GenerateOptions } from "../models/led/for-conditional-generation.ts";
import type { ByteLevelTokenizer, TruncationStrategy } from "../tokenizers/index.ts";
import { requireInteger } from "../tokenizers/options.ts";
import { requireStrategy, type Strategy } from "./condense.ts";
import type { ExtractiveOption } from "./generate-texts.ts";
import type { GlobalAttentionOption } from "./global-attention.ts";
import type { TextProgress } from "./hierarchical.ts";
import { requireWatching } from "./watching.ts";

/** Options of a call; beside them any field of GenerationConfig, which overrides the model's. */
export interface TextGenerationOptions extends GenerationOptions, Omit<SearchOptions, "extractive"> {
  /**
   * Cut a text that is longer than the model holds, and tell how much. true by default; the reference's default is false, with which
   * it fails beyond the position table.
   */
  readonly truncation?: boolean | TruncationStrategy | undefined;
  /** Give the text; true unless `return_tensors`. The reference takes this option and does nothing with it. */
  readonly return_text?: boolean | undefined;
  /** Give the token ids, int64 [T]. */
  readonly return_tensors?: boolean | undefined;
  /** " ." becomes "." and the like. false by default. */
  readonly clean_up_tokenization_spaces?: boolean | undefined;
  /** A text at whose first token the output ends. */
  readonly stop_sequence?: string | undefined;
  /** "first" by default, as LED was trained; the reference's pipelines give none. */
  readonly global_attention?: GlobalAttentionOption | undefined;
  /** Texts that are computed together; 1 by default. They are padded to the longest. */
  readonly batch_size?: number | undefined;
  /** Instead of the model's generation_config. */
  readonly generation_config?: GenerationConfig | undefined;
  readonly progress_callback?: ((progress: TextProgress) => void) | undefined;
}

export interface SummarizationOptions extends TextGenerationOptions {
  /** The summary is whole sentences of the text, this many at most (true: as many as the length allows). */
  readonly extractive?: ExtractiveOption | undefined;
  /**
   * What becomes of a text that is longer than the model: "truncate" does as `truncation` says; "hierarchical" leaves nothing out:
   * it summarises parts, and then the summaries. Where it is given, the result tells of it.
   */
  readonly strategy?: Strategy | undefined;
  /** With "hierarchical", tokens that a part has in common with the one before it, at most; whole sentences. 0 by default. */
  readonly stride?: number | undefined;
  /** Read wrapped lines of a paragraph as one line. false by default. */
  readonly unwrap?: boolean | undefined;
}

/** Fields of GenerationConfig whose results a pipeline does not give, and those that say where a config comes from. */
const notForPipelines: readonly string[] = [
  ...["return_dict_in_generate", "output_scores", "output_attentions", "output_hidden_states"],
  ...["_from_model_config", "_commit_hash", "transformers_version", "generation_kwargs"],
];

const ownNames = [
  "truncation",
  "return_text",
  "return_tensors",
  "clean_up_tokenization_spaces",
  "stop_sequence",
  "global_attention",
  "batch_size",
] as const satisfies readonly (keyof TextGenerationOptions)[];

const summarizationNames = [
  "extractive",
  "strategy",
  "stride",
  "unwrap",
] as const satisfies readonly (keyof SummarizationOptions)[];

const generationNames: readonly string[] = [
  "generation_config",
  ...searchOptionNames.filter((name) => name !== "extractive"),
  ...Object.keys(new GenerationConfigKeys()).filter((name) => !notForPipelines.includes(name)),
];

export interface TextGenerationSettings {
  readonly truncation: boolean | TruncationStrategy;
  readonly return_text: boolean;
  readonly return_tensors: boolean;
  readonly clean_up_tokenization_spaces: boolean;
  readonly global_attention: GlobalAttentionOption;
  readonly batch_size: number;
  readonly extractive: ExtractiveOption;
  readonly strategy: Strategy | undefined;
  readonly stride: number;
  readonly unwrap: boolean;
  readonly progress_callback: ((progress: TextProgress) => void) | undefined;
  /** What generate() gets. */
  readonly generation: GenerateOptions;
}

/** Throws an InvalidArgumentError for options that are unknown, contradict each other or have no such value. */
export function textGenerationSettings(
  task: string,
  tokenizer: ByteLevelTokenizer,
  options: SummarizationOptions,
  summarizes: boolean,
): TextGenerationSettings {
  refuseOthers(task, options);
  const names = [...ownNames, ...(summarizes ? summarizationNames : []), "progress_callback", ...generationNames];
  refuseUnknownOptions(task, options, names);
  requireWatching(task, options);
  const { truncation = true, return_tensors = false, return_text = !return_tensors, batch_size = 1 } = options;
  const { clean_up_tokenization_spaces = false, unwrap = false, extractive = false, strategy, stride = 0 } = options;
  const flags = { return_tensors, return_text, clean_up_tokenization_spaces, unwrap };
  for (const [name, value] of Object.entries(flags)) {
    if (typeof value === "boolean") continue;
    throw new InvalidArgumentError({
      operation: task,
      expected: `\`${name}\` true or false`,
      got: JSON.stringify(value),
    });
  }
  if (!return_text && !return_tensors) {
    throw new InvalidArgumentError({
      operation: task,
      expected: "`return_text` or `return_tensors`",
      got: "neither, so that there is nothing to return",
    });
  }
  requireInteger("batch_size", batch_size, 1);
  requireStrategy(task, strategy, options.stride);
  const generation = Object.fromEntries(
    Object.entries(options).filter(([name]) => generationNames.includes(name)),
  ) as GenerateOptions;
  if (options.stop_sequence !== undefined) generation.eos_token_id = stopToken(task, tokenizer, options.stop_sequence);
  return {
    ...{ truncation, ...flags, batch_size, extractive, strategy, stride, generation },
    global_attention: options.global_attention ?? "first",
    progress_callback: options.progress_callback,
  };
}

function refuseOthers(task: string, options: object): void {
  for (const name of ["src_lang", "tgt_lang"]) {
    if (!(name in options)) continue;
    throw new InvalidArgumentError({
      operation: task,
      expected: `no \`${name}\`: LED's tokenizers have no languages`,
      got: JSON.stringify((options as Record<string, unknown>)[name]),
      fix: "A model translates between the languages that it was trained on.",
    });
  }
  for (const name of notForPipelines) {
    if (!(name in options)) continue;
    throw new InvalidArgumentError({
      operation: task,
      expected: "options whose results a pipeline gives",
      got: `\`${name}\``,
      fix: "Call the pipeline's `model.generate` for them.",
    });
  }
}

/** The token that stands for a text in the reference: the first of it. */
function stopToken(task: string, tokenizer: ByteLevelTokenizer, stop_sequence: string): number {
  const ids = typeof stop_sequence === "string" ? tokenizer.encode(stop_sequence, { add_special_tokens: false }) : [];
  const [first] = ids;
  if (first === undefined) {
    throw new InvalidArgumentError({
      operation: task,
      expected: "a text as `stop_sequence`",
      got: JSON.stringify(stop_sequence),
    });
  }
  if (ids.length > 1) {
    warn(
      "Stopping on a multiple token sequence is not yet supported on transformers. The first token of the stop sequence will be used as the stop sequence string in the interim.",
    );
  }
  return first;
}
