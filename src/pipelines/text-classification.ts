/**
 * The classes of texts, or of pairs of texts (transformers 4.37.2, pipelines/text_classification.py).
 *
 * Departures, each in a test: a model whose config says problem_type "regression" gives its numbers as they are, where the reference
 * applies sigmoid or softmax to them; texts longer than the model are cut, which `truncated` tells (truncation: false refuses them, where
 * the reference fails); the first token gets global attention, where the reference gives none ("none" does); of the tokenizer's
 * options those that change what the model reads are known.
 */
import { Callable } from "../callable.ts";
import type { LEDConfig } from "../config.ts";
import { InvalidArgumentError, refuseUnknownOptions } from "../errors.ts";
import { warn } from "../log.ts";
import { headPlace } from "../models/led/class-specs.ts";
import type { LEDForSequenceClassification } from "../models/led/for-sequence-classification.ts";
import type { ByteLevelTokenizer } from "../tokenizers/index.ts";
import { type ClassifiedText, classificationCall, type TextPair } from "./classification-inputs.ts";
import { type GlobalAttentionOption, globalAttentionMask } from "./global-attention.ts";
import { type ModelBatch, overRows, type RowOptions, rowOptionNames } from "./model-rows.ts";
import { longestSource, requireOutput, requirePipelineModel } from "./pipeline-model.ts";
import type { PipelineParts } from "./pipeline-parts.ts";
import { type ReadOptions, readOptionNames, textReader } from "./read-text.ts";

export interface TextClassificationPipelineOptions extends ReadOptions, RowOptions {
  /** Classes at most, the likeliest first; null: all. Without it a text has one, and no list. */
  readonly top_k?: number | null | undefined;
  /** By default sigmoid for several classes at once and for a single one, else softmax; none for regression. */
  readonly function_to_apply?: "sigmoid" | "softmax" | "none" | undefined;
  /** Deprecated in the reference: true is top_k: null in the order of the ids, false is no top_k. */
  readonly return_all_scores?: boolean | undefined;
  /** "first" by default. */
  readonly global_attention?: GlobalAttentionOption | undefined;
}

export interface ClassificationResult {
  /** As config.id2label has it. */
  readonly label: string;
  readonly score: number;
  /** How many tokens of the text were cut. */
  readonly truncated?: number;
}

type Options = TextClassificationPipelineOptions;

/** What one text of a list, or a pair, gives. */
export type ClassesFor<O> = O extends { readonly top_k: number | null } | { readonly return_all_scores: true }
  ? ClassificationResult[]
  : ClassificationResult;

export interface ClassifyTexts {
  /** One text gives a list in any case, as in the reference; without top_k of what a text of a list gives. */
  <const O extends Options>(
    text: string,
    options?: O,
  ): Promise<O extends { readonly top_k: number | null } ? ClassificationResult[] : ClassesFor<O>[]>;
  <const O extends Options>(pair: TextPair, options?: O): Promise<ClassesFor<O>>;
  <const O extends Options>(texts: readonly ClassifiedText[], options?: O): Promise<ClassesFor<O>[]>;
}

/** What the pipeline needs of its model, which may compute in a worker. */
export type ClassifyingModel = Pick<LEDForSequenceClassification, "config" | "forward" | "dispose">;

const className = "LEDForSequenceClassification";
const functions = ["sigmoid", "softmax", "none"] as const;
const optionNames = [
  "top_k",
  "function_to_apply",
  "return_all_scores",
  "global_attention",
  ...readOptionNames,
  ...rowOptionNames,
] as const satisfies readonly (keyof Options)[];

export class TextClassificationPipeline extends Callable<ClassifyTexts> {
  readonly task: string;
  readonly model: ClassifyingModel;
  readonly tokenizer: ByteLevelTokenizer;

  /** Throws an InvalidArgumentError for a model of another class and for a tokenizer that is not the model's. */
  constructor(parts: PipelineParts<ClassifyingModel>) {
    super();
    requirePipelineModel(parts, className);
    this.task = parts.task;
    this.model = parts.model;
    this.tokenizer = parts.tokenizer;
  }

  async _call(given: string | ClassifiedText | readonly ClassifiedText[], options: Options = {}): Promise<unknown> {
    const { config } = this.model;
    refuseUnknownOptions(this.task, options, optionNames);
    const pairs = classificationCall(this.task, given);
    const choose = choice(this.task, config, options);
    const scoresOf = scoring(config, options.function_to_apply);
    const maskOf = globalAttentionMask(options.global_attention ?? "first", this.tokenizer);
    const reader = textReader(this.tokenizer, longestSource(config), options);
    const rows = pairs.map(({ text, text_pair }, i) => {
      const place = pairs.length > 1 ? `${this.task}, text ${i + 1} of ${pairs.length}` : this.task;
      const row = reader.read(text, text_pair, place);
      return { ...row, global_attention_mask: maskOf(row) };
    });
    const ends = [config.eos_token_id].flat();
    const logits = await overRows(
      rows,
      options,
      {
        stage: "classify",
        unit: "texts",
        pad_token_id: this.tokenizer.pad_token_id ?? config.pad_token_id ?? 0,
        width: reader.width,
        // A head over the decoder wants as many end tokens in all rows of a batch, and pairs have more of them.
        kindOf: ({ input_ids }) => input_ids.reduce((count, id) => count + Number(ends.includes(id)), 0),
      },
      (batch) => this.#logits(batch),
    );
    const results = logits.map((row, i) => {
      const { truncated } = rows[i]!;
      const more = truncated > 0 ? { truncated } : {};
      return choose(named(this.task, config, scoresOf(row)).map((one) => ({ ...one, ...more })));
    });
    const alone = !Array.isArray(given) && (typeof given !== "string" || options.top_k !== undefined);
    return alone ? results[0]! : results;
  }

  /** Frees the model. */
  async dispose(): Promise<void> {
    await this.model.dispose();
  }

  async #logits(batch: ModelBatch): Promise<number[][]> {
    const cache = headPlace(this.model.config) === "encoder" ? {} : { use_cache: false };
    const { logits } = await this.model.forward({ ...batch, ...cache });
    return requireOutput(logits, this.task, className).tolist() as number[][];
  }
}

/** From all classes in the order of their ids to what a text gives. */
function choice(
  task: string,
  config: LEDConfig,
  { top_k, return_all_scores }: Options,
): (all: ClassificationResult[]) => ClassificationResult | ClassificationResult[] {
  const all = return_all_scores ?? (config as { readonly return_all_scores?: boolean }).return_all_scores;
  const descending = (classes: ClassificationResult[]) => classes.sort((a, b) => b.score - a.score);
  if (top_k !== undefined) {
    if (return_all_scores !== undefined) {
      throw new InvalidArgumentError({
        operation: task,
        expected: "`top_k` alone",
        got: "`return_all_scores` beside it",
      });
    }
    if (top_k !== null && (!Number.isInteger(top_k) || top_k < 1)) {
      throw new InvalidArgumentError({
        operation: task,
        expected: "a whole number above 0 as `top_k`, or null for all classes",
        got: JSON.stringify(top_k),
      });
    }
    return (classes) => descending(classes).slice(0, top_k ?? classes.length);
  }
  if (all !== undefined) {
    warn(
      "`return_all_scores` is now deprecated,  if want a similar functionality use `top_k=None` instead of `return_all_scores=True` or `top_k=1` instead of `return_all_scores=False`.",
    );
  }
  return all ? (classes) => classes : (classes) => descending(classes)[0]!;
}

function scoring(config: LEDConfig, given: Options["function_to_apply"]): (logits: readonly number[]) => number[] {
  const applied = given === undefined ? usual(config) : functions.find((name) => name === given);
  if (applied === undefined) {
    throw new InvalidArgumentError({
      operation: "option `function_to_apply`",
      says: `Unrecognized \`function_to_apply\` argument: ${given}`,
      expected: functions.join(", "),
      got: JSON.stringify(given),
      ...(String(given) === "default" ? { fix: "Leave it out." } : {}),
    });
  }
  return functionNamed[applied];
}

function usual({ problem_type, num_labels }: LEDConfig): (typeof functions)[number] {
  if (problem_type === "regression") return "none";
  return problem_type === "multi_label_classification" || num_labels === 1 ? "sigmoid" : "softmax";
}

const functionNamed: Readonly<Record<(typeof functions)[number], (logits: readonly number[]) => number[]>> = {
  sigmoid: (logits) => logits.map((logit) => 1 / (1 + Math.exp(-logit))),
  softmax(logits) {
    const most = Math.max(...logits);
    const weights = logits.map((logit) => Math.exp(logit - most));
    const sum = weights.reduce((a, b) => a + b);
    return weights.map((weight) => weight / sum);
  },
  none: (logits) => [...logits],
};

function named(task: string, { id2label }: LEDConfig, scores: readonly number[]): ClassificationResult[] {
  const missing = scores.findIndex((_, id) => id2label[id] === undefined);
  if (missing >= 0) {
    throw new InvalidArgumentError({
      operation: task,
      expected: `a name for each of the model's ${scores.length} classes in config.id2label`,
      got: `none for ${missing}`,
      fix: `Set model.config.id2label to { 0: "…", 1: "…" } with all of them.`,
    });
  }
  return scores.map((score, id) => ({ label: id2label[id]!, score }));
}
