/**
 * What could stand in place of `<mask>` (transformers 4.37.2, pipelines/fill_mask.py). The reference's pipeline() finds no class of LED
 * for this task; FillMaskPipeline on LEDForConditionalGeneration works there, and this is what it computes: the decoder is given the
 * text shifted right, and its logits at the mask's position are read.
 *
 * Departures, each in a test: a list of one text gives a list; texts longer than the model are cut, which `truncated` tells, unless
 * tokenizer_kwargs say otherwise (the reference fails); of equal probabilities the lower id comes first.
 */
import { Callable } from "../callable.ts";
import { InvalidArgumentError, refuseUnknownOptions } from "../errors.ts";
import type { LEDForConditionalGeneration } from "../models/led/for-conditional-generation.ts";
import type { ByteLevelTokenizer } from "../tokenizers/index.ts";
import { type GlobalAttentionOption, globalAttentionMask } from "./global-attention.ts";
import { targetIds } from "./mask-targets.ts";
import { type ModelBatch, type ModelRow, overRows, type RowOptions, rowOptionNames } from "./model-rows.ts";
import { longestSource, requireOutput, requirePipelineModel } from "./pipeline-model.ts";
import type { PipelineParts } from "./pipeline-parts.ts";
import { type ReadOptions, readOptionNames, textReader } from "./read-text.ts";

export interface FillMaskPipelineOptions extends RowOptions {
  /** Tokens at most for each mask, the likeliest first; 5 by default. */
  readonly top_k?: number | undefined;
  /** Only these tokens are looked at. Of a text that is no token the first token counts, and a warning says so. */
  readonly targets?: string | readonly string[] | undefined;
  readonly tokenizer_kwargs?: ReadOptions | undefined;
  /** "none" by default. */
  readonly global_attention?: GlobalAttentionOption | undefined;
}

export interface FilledMask {
  /** Probability among all tokens. */
  readonly score: number;
  readonly token: number;
  readonly token_str: string;
  /** The text with it; where there are several masks, with special tokens, the other masks among them. */
  readonly sequence: string;
  /** How many tokens of the text were cut. */
  readonly truncated?: number;
}

/** Of a text: a list, or where it has several masks a list for each. */
export type FilledMasks = FilledMask[] | FilledMask[][];

export interface FillMasks {
  (text: string, options?: FillMaskPipelineOptions): Promise<FilledMasks>;
  (texts: readonly string[], options?: FillMaskPipelineOptions): Promise<FilledMasks[]>;
}

/** What the pipeline needs of its model, which may compute in a worker. */
export type MaskFillingModel = Pick<LEDForConditionalGeneration, "config" | "forward" | "dispose">;

const className = "LEDForConditionalGeneration";
const optionNames = [
  "top_k",
  "targets",
  "tokenizer_kwargs",
  "global_attention",
  ...rowOptionNames,
] as const satisfies readonly (keyof FillMaskPipelineOptions)[];

/** A token that could stand in a mask's place. */
interface Candidate {
  readonly token: number;
  readonly score: number;
}

interface Masked extends ModelRow {
  /** Positions of the masks. */
  readonly masks: readonly number[];
  readonly truncated: number;
}

export class FillMaskPipeline extends Callable<FillMasks> {
  readonly task: string;
  readonly model: MaskFillingModel;
  readonly tokenizer: ByteLevelTokenizer;

  /** Throws an InvalidArgumentError for a model of another class, and for a tokenizer that is not the model's or has no mask. */
  constructor(parts: PipelineParts<MaskFillingModel>) {
    super();
    requirePipelineModel(parts, className);
    if (parts.tokenizer.mask_token_id === null) {
      throw new InvalidArgumentError({ operation: parts.task, says: "The tokenizer does not define a `mask_token`." });
    }
    this.task = parts.task;
    this.model = parts.model;
    this.tokenizer = parts.tokenizer;
  }

  async _call(given: string | readonly string[], options: FillMaskPipelineOptions = {}): Promise<unknown> {
    refuseUnknownOptions(this.task, options, optionNames);
    const { targets, tokenizer_kwargs = {}, global_attention = "none" } = options;
    refuseUnknownOptions(`${this.task}, tokenizer_kwargs`, tokenizer_kwargs, readOptionNames);
    const { config } = this.model;
    const wanted = targets === undefined ? undefined : targetIds(this.task, this.tokenizer, targets, config.vocab_size);
    const top_k = this.#count(options.top_k, wanted?.length ?? config.vocab_size);
    const maskOf = globalAttentionMask(global_attention, this.tokenizer);
    const reader = textReader(this.tokenizer, longestSource(config, "decoder"), tokenizer_kwargs);
    const texts = textsOf(this.task, given);
    const rows = texts.map((text, i): Masked => {
      const row = reader.read(text, undefined, placeOf(this.task, i, texts.length));
      const masks = [...row.input_ids.keys()].filter((at) => row.input_ids[at] === this.tokenizer.mask_token_id);
      if (masks.length === 0) throw this.#noMask(placeOf(this.task, i, texts.length), row.truncated);
      return { ...row, masks, global_attention_mask: maskOf(row) };
    });
    const found = await overRows(
      rows,
      options,
      {
        stage: "fill",
        unit: "texts",
        pad_token_id: this.tokenizer.pad_token_id ?? config.pad_token_id ?? 0,
        width: reader.width,
      },
      (batch, own) => this.#candidates(batch, own, wanted, top_k),
    );
    const results = found.map((byMask, i) => this.#filled(rows[i]!, byMask));
    return typeof given === "string" ? results[0]! : results;
  }

  /** Frees the model. */
  async dispose(): Promise<void> {
    await this.model.dispose();
  }

  /** As many as asked for, and no more than there are targets. */
  #count(top_k = 5, available: number): number {
    if (!Number.isInteger(top_k) || top_k < 1) {
      throw new InvalidArgumentError({
        operation: this.task,
        expected: "a whole number above 0 as `top_k`",
        got: JSON.stringify(top_k),
      });
    }
    return Math.min(top_k, available);
  }

  #noMask(operation: string, truncated: number): InvalidArgumentError {
    const { mask_token } = this.tokenizer;
    return new InvalidArgumentError({
      operation,
      says: `No mask_token (${mask_token}) found on the input`,
      expected: `${mask_token} where a token is to be found`,
      got: truncated > 0 ? `none in what is left of a text of which ${truncated} tokens were cut` : "none",
    });
  }

  /** Of each mask of each row. */
  async #candidates(
    batch: ModelBatch,
    rows: readonly Masked[],
    wanted: readonly number[] | undefined,
    top_k: number,
  ): Promise<Candidate[][][]> {
    const output = await this.model.forward({ ...batch, use_cache: false });
    const logits = requireOutput(output.logits, this.task, className);
    const [, length, vocabulary] = logits.dims as [number, number, number];
    return rows.map(({ masks }, row) =>
      masks.map((at) => {
        const start = (row * length + at) * vocabulary;
        return likeliest((logits.data as Float32Array).subarray(start, start + vocabulary), wanted, top_k);
      }),
    );
  }

  #filled({ input_ids, masks, truncated }: Masked, byMask: readonly (readonly Candidate[])[]): FilledMasks {
    const { pad_token_id } = this.tokenizer;
    const skip_special_tokens = masks.length === 1;
    const filled = byMask.map((candidates, mask) =>
      candidates.map(({ token, score }): FilledMask => {
        const ids = input_ids.with(masks[mask]!, token).filter((id) => id !== pad_token_id);
        return {
          score,
          token,
          token_str: this.tokenizer.decode([token]),
          sequence: this.tokenizer.decode(ids, { skip_special_tokens }),
          ...(truncated > 0 ? { truncated } : {}),
        };
      }),
    );
    return skip_special_tokens ? filled[0]! : filled;
  }
}

function textsOf(task: string, given: unknown): readonly string[] {
  const texts: readonly unknown[] = Array.isArray(given) ? given : [given];
  if (texts.length > 0 && texts.every((text) => typeof text === "string")) return texts;
  throw new InvalidArgumentError({
    operation: task,
    expected: "a text, or a list of texts",
    got: texts.length === 0 ? "an empty list" : typeof texts.find((text) => typeof text !== "string"),
  });
}

function placeOf(task: string, index: number, count: number): string {
  return count > 1 ? `${task}, text ${index + 1} of ${count}` : task;
}

/** Of one row of logits. */
function likeliest(logits: Float32Array, wanted: readonly number[] | undefined, top_k: number): Candidate[] {
  const most = logits.reduce((a, b) => Math.max(a, b));
  const sum = logits.reduce((total, logit) => total + Math.exp(logit - most), 0);
  const tokens = wanted ?? [...logits.keys()];
  return tokens
    .toSorted((a, b) => logits[b]! - logits[a]! || a - b)
    .slice(0, top_k)
    .map((token) => ({ token, score: Math.exp(logits[token]! - most) / sum }));
}
