/**
 * generate(): from a config and a decoder to sequences (transformers 4.37.2, generation/utils.py: GenerationMixin.generate,
 * from its second step on; what comes before, model inputs and the encoder, is the model's).
 */
import { InvalidArgumentError, refuseUnknownOptions } from "../errors.ts";
import { warn } from "../log.ts";
import { beamSearch } from "./beam-search.ts";
import type { GenerationConfig } from "./config.ts";
import type { Decoder, Generated } from "./decoder.ts";
import { greedySearch } from "./greedy.ts";
import { logitsProcessors } from "./logits-processors.ts";
import { chooseMode } from "./mode.ts";
import { decoderPrompt, maximumLength } from "./prompt.ts";
import type { Search } from "./search.ts";
import { type GenerationProgress, Stopping } from "./stopping.ts";
import type { AllowedTokens } from "./token-processors.ts";

export interface GenerateOptions<State> {
  decoder: Decoder<State>;
  /** With what the call overrides already in it. It is validated here and not changed. */
  config: GenerationConfig;
  /** Examples. */
  batch: number;
  /** decoder_input_ids, a row per example, all of one length; without them the start token. */
  prompt?: readonly (readonly number[])[] | undefined;
  /** The source's ids, a row per example, for the processors that look at the source. */
  encoderInputIds?: readonly (readonly number[])[] | undefined;
  /** Whether the call itself set `max_length`: warnings about lengths say so. */
  maxLengthGiven?: boolean | undefined;
  prefix_allowed_tokens_fn?: AllowedTokens | undefined;
  /** Looked at before every step; its reason is thrown. */
  signal?: AbortSignal | undefined;
  /** Called after every step. */
  progress_callback?: ((progress: GenerationProgress) => void) | undefined;
}

const optionNames: readonly (keyof GenerateOptions<unknown>)[] = [
  "decoder",
  "config",
  "batch",
  "prompt",
  "encoderInputIds",
  "maxLengthGiven",
  "prefix_allowed_tokens_fn",
  "signal",
  "progress_callback",
];

/**
 * Sequences of `batch` examples. Everything that can be refused is, with an InvalidArgumentError, before
 * `decoder.start` is called; the seconds of `max_time` count from that call.
 */
export async function generate<State>(options: GenerateOptions<State>): Promise<Generated> {
  refuseUnknownOptions("generate", options, optionNames);
  const { decoder, batch, encoderInputIds, prefix_allowed_tokens_fn, signal, progress_callback } = options;
  if (!Number.isInteger(batch) || batch < 1) {
    throw new InvalidArgumentError({ operation: "generate", expected: "at least one example", got: String(batch) });
  }
  if (encoderInputIds !== undefined && encoderInputIds.length !== batch) {
    throw new InvalidArgumentError({
      operation: "generate",
      expected: `${batch} rows of source ids, one per example`,
      got: String(encoderInputIds.length),
    });
  }
  const config = options.config.copy();
  config.validate();
  const eos = endTokens(config);
  const pad = paddingToken(config, eos, decoder.vocabSize);
  const prompt = decoderPrompt(options.prompt, batch, config, decoder.vocabSize);
  const promptLength = prompt[0]!.length;
  const maxLength = maximumLength(config, promptLength, options.maxLengthGiven ?? false);
  const mode = chooseMode(config);
  const processors = logitsProcessors(config, {
    vocabSize: decoder.vocabSize,
    promptLength,
    eos,
    maxLength,
    encoderInputIds,
    prefix_allowed_tokens_fn,
  });
  const stopping = new Stopping({
    max_length: maxLength,
    prompt_length: promptLength,
    max_time: config.max_time,
    signal,
    progress_callback,
  });
  const search: Search<State> = { decoder, prompt, processors, stopping, eos, pad };
  switch (mode.kind) {
    case "greedy":
      return greedySearch(search);
    case "beam":
      return beamSearch(search, mode);
  }
}

function endTokens({ eos_token_id }: GenerationConfig): readonly number[] {
  const ids: unknown[] = eos_token_id === null ? [] : [eos_token_id].flat();
  if (ids.every((id): id is number => Number.isInteger(id))) return ids;
  throw new InvalidArgumentError({
    operation: "generate",
    expected: "`eos_token_id` to be a token id or a list of them",
    got: JSON.stringify(eos_token_id),
  });
}

/** Never written where there is no end token. */
function paddingToken({ pad_token_id }: GenerationConfig, eos: readonly number[], vocabSize: number): number {
  if (eos[0] === undefined) return pad_token_id ?? 0;
  if (pad_token_id === null) {
    warn(`Setting \`pad_token_id\` to \`eos_token_id\`:${eos[0]} for open-end generation.`);
  }
  const pad = pad_token_id ?? eos[0];
  if (Number.isInteger(pad) && pad >= 0 && pad < vocabSize) return pad;
  throw new InvalidArgumentError({
    operation: "generate",
    expected: `\`pad_token_id\` from 0 to ${vocabSize - 1}, to fill sequences that have ended`,
    got: String(pad),
  });
}
