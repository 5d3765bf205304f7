/**
 * generate(): from a config and a decoder to sequences (transformers 4.37.2, generation/utils.py: GenerationMixin.generate,
 * from its second step on; what comes before, model inputs and the encoder, is the model's).
 */
import { InvalidArgumentError, refuseUnknownOptions } from "../errors.ts";
import { warn } from "../log.ts";
import { type BeamKind, beamSearch } from "./beam-search.ts";
import { CallbackStreamer } from "./callback-streamer.ts";
import type { GenerationConfig } from "./config.ts";
import { constraintsOf } from "./constraints.ts";
import { contrastiveSearch } from "./contrastive-search.ts";
import type { Decoder, Generated } from "./decoder.ts";
import { type DraftingReport, draftedSearch } from "./drafted-search.ts";
import { type Draws, drawsOf, freshSeed, Sampler } from "./draws.ts";
import { type Extractive, extractiveSentences } from "./extractive.ts";
import { logitsProcessors } from "./logits-processors.ts";
import { chooseMode, type Mode } from "./mode.ts";
import type { LogitsProcessor } from "./processor-class.ts";
import { decoderPrompt, maximumLength } from "./prompt.ts";
import { nothingRecorded, type Recording, SearchRecord } from "./record.ts";
import type { Search } from "./search.ts";
import { type GenerationProgress, Stopping, type StoppingCriteria } from "./stopping.ts";
import type { BaseStreamer } from "./streamers.ts";
import type { AllowedTokens } from "./token-processors.ts";
import { tokenSearch } from "./token-search.ts";
import { warpers } from "./warpers.ts";

/** What a call may add to the settings: its own processors and criteria, listeners, chance, forms of search. */
export interface SearchOptions {
  readonly prefix_allowed_tokens_fn?: AllowedTokens | undefined;
  /** Applied after the settings' own processors. */
  readonly logits_processor?: readonly LogitsProcessor[] | undefined;
  readonly stopping_criteria?: readonly StoppingCriteria[] | undefined;
  /** Given the prompt, then each token; a plain function too. Not with beams. */
  readonly streamer?: BaseStreamer | ((ids: readonly number[]) => void) | undefined;
  /** Of what is drawn by chance, or what gives uniform numbers in [0, 1). Without one, every call draws anew. */
  readonly seed?: number | Draws | undefined;
  /** The output is whole sentences of the source. */
  readonly extractive?: Extractive | undefined;
  /** Greedy search: this many tokens are drafted from the source and checked in one pass. One example. */
  readonly draft_from_source?: number | undefined;
  /** Looked at before every step; its reason is thrown. */
  readonly signal?: AbortSignal | undefined;
}

export const searchOptionNames: readonly (keyof SearchOptions)[] = [
  "prefix_allowed_tokens_fn",
  "logits_processor",
  "stopping_criteria",
  "streamer",
  "seed",
  "extractive",
  "draft_from_source",
  "signal",
];

export interface GenerateOptions<State> extends SearchOptions {
  decoder: Decoder<State>;
  /** With what the call overrides already in it. It is validated here and not changed. */
  config: GenerationConfig;
  /** Examples. */
  batch: number;
  /** decoder_input_ids, a row per example, all of one length; without them the start token. */
  prompt?: readonly (readonly number[])[] | undefined;
  /** The source's ids, a row per example, for what looks at the source. */
  encoderInputIds?: readonly (readonly number[])[] | undefined;
  /** Whether the call itself set `max_length`: warnings about lengths say so. */
  maxLengthGiven?: boolean | undefined;
  /** Called after every step. */
  progress_callback?: ((progress: GenerationProgress) => void) | undefined;
}

const optionNames: readonly (keyof GenerateOptions<unknown>)[] = [
  ...searchOptionNames,
  "decoder",
  "config",
  "batch",
  "prompt",
  "encoderInputIds",
  "maxLengthGiven",
  "progress_callback",
];

export interface GenerateResult extends Generated {
  readonly record: SearchRecord;
  readonly mode: Mode["kind"];
  /** For each sequence the sentences it consists of, in its order; with `extractive`. */
  readonly chosen_sentences?: number[][];
  readonly drafting?: DraftingReport;
}

/**
 * Sequences of `batch` examples. Everything that can be refused is, with an InvalidArgumentError, before
 * `decoder.start` is called; the seconds of `max_time` count from that call.
 */
export async function generate<State>(options: GenerateOptions<State>): Promise<GenerateResult> {
  refuseUnknownOptions("generate", options, optionNames);
  const { decoder, batch, encoderInputIds, streamer } = options;
  checkBatch(batch, encoderInputIds);
  const config = options.config.copy();
  config.validate();
  const eos = endTokens(config);
  const pad = paddingToken(config, eos, decoder.vocabSize);
  const prompt = decoderPrompt(options.prompt, batch, config, decoder.vocabSize);
  const promptLength = prompt[0]!.length;
  const maxLength = maximumLength(config, promptLength, options.maxLengthGiven ?? false);
  const mode = chooseMode(config);
  if (streamer !== undefined && config.num_beams !== 1) {
    throw new InvalidArgumentError({
      operation: "generate",
      says: "`streamer` cannot be used with beam search (yet!). Make sure that `num_beams` is set to 1.",
    });
  }
  const extractive =
    options.extractive &&
    extractiveSentences(options.extractive, {
      source: sourceFor("extractive", encoderInputIds),
      eos,
      promptLength,
      maxLength,
      vocabSize: decoder.vocabSize,
    });
  const processors = logitsProcessors(config, {
    vocabSize: decoder.vocabSize,
    promptLength,
    eos,
    maxLength,
    encoderInputIds,
    prefix_allowed_tokens_fn: options.prefix_allowed_tokens_fn,
    given: options.logits_processor,
  });
  const record = new SearchRecord(recordingOf(config));
  const listener = typeof streamer === "function" ? new CallbackStreamer(streamer) : streamer;
  const search: Search<State> = {
    decoder,
    prompt,
    processors: extractive === undefined ? processors : [extractive.before, ...processors, extractive.after],
    stopping: new Stopping({
      max_length: maxLength,
      prompt_length: promptLength,
      max_time: config.max_time,
      criteria: options.stopping_criteria,
      signal: options.signal,
      progress_callback: options.progress_callback,
    }),
    eos,
    pad,
    record,
    onTokens: listener && ((tokens) => listener.put(tokens)),
  };
  const run = searchOf(mode, search, config, options);
  const generated = await streamed(listener, prompt, run);
  return {
    ...generated,
    record,
    mode: mode.kind,
    ...(extractive && {
      chosen_sentences: generated.sequences.map((ids, row) =>
        extractive.sentencesOf(ids, Math.floor((row * batch) / generated.sequences.length)),
      ),
    }),
  };
}

/** Runs a search, whose tokens go to the listener, between its prompt and its end. */
async function streamed<T>(
  listener: BaseStreamer | undefined,
  prompt: readonly (readonly number[])[],
  run: () => Promise<T>,
): Promise<T> {
  listener?.put(prompt.length === 1 ? prompt[0]! : prompt);
  try {
    const result = await run();
    listener?.end();
    return result;
  } catch (reason) {
    listener?.error(reason);
    throw reason;
  }
}

/** The search of a mode, ready to run: what it refuses it has refused. */
function searchOf<State>(
  mode: Mode,
  search: Search<State>,
  config: GenerationConfig,
  { seed = freshSeed(), draft_from_source, encoderInputIds }: GenerateOptions<State>,
): () => Promise<Generated & { readonly drafting?: DraftingReport }> {
  if (draft_from_source !== undefined) {
    checkDrafting(mode, search.record.recording, draft_from_source);
    const source = sourceFor("draft_from_source", encoderInputIds)[0]!;
    return () => draftedSearch(search, { draft_from_source, source });
  }
  const chance = () => ({
    warpers: warpers(config, { eos: search.eos, vocabSize: search.decoder.vocabSize }),
    sampler: new Sampler(typeof seed === "function" ? seed : drawsOf(seed)),
  });
  switch (mode.kind) {
    case "greedy":
      return () => tokenSearch(search);
    case "sample": {
      const sampling = { ...chance(), num_return_sequences: mode.num_return_sequences };
      return () => tokenSearch(search, sampling);
    }
    case "contrastive":
      return () => contrastiveSearch(search, mode.settings);
    case "beam":
    case "beam sample":
    case "constrained beam": {
      const kind: BeamKind = {
        sampling: mode.kind === "beam sample" ? chance() : undefined,
        constraints: mode.kind === "constrained beam" ? constraintsOf(config, search.decoder.vocabSize) : undefined,
      };
      return () => beamSearch(search, mode.settings, kind);
    }
  }
}

function recordingOf(config: GenerationConfig): Recording {
  const { return_dict_in_generate, output_scores, output_attentions, output_hidden_states, use_cache } = config;
  if (return_dict_in_generate) {
    return {
      scores: output_scores,
      attentions: output_attentions,
      hidden_states: output_hidden_states,
      past_key_values: use_cache,
    };
  }
  for (const name of ["output_scores", "output_attentions", "output_hidden_states"]) {
    if (config[name] !== true) continue;
    warn(`\`${name}\` has no effect without \`return_dict_in_generate\`: the call gives the sequences alone.`);
  }
  return nothingRecorded;
}

function checkBatch(batch: number, encoderInputIds: readonly (readonly number[])[] | undefined): void {
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
}

function checkDrafting(mode: Mode, recording: Recording, draft_from_source: number): void {
  const refuse = (expected: string, got: string) => {
    throw new InvalidArgumentError({ operation: "generate, draft_from_source", expected, got });
  };
  if (!Number.isInteger(draft_from_source) || draft_from_source < 1) {
    refuse("a whole number of tokens, at least 1", String(draft_from_source));
  }
  if (mode.kind !== "greedy") refuse("greedy search, whose tokens it gives", `${mode.kind} search`);
  if (recording.attentions || recording.hidden_states) {
    refuse("scores alone to be recorded", "output_attentions or output_hidden_states");
  }
}

function sourceFor(name: string, ids: readonly (readonly number[])[] | undefined): readonly (readonly number[])[] {
  if (ids !== undefined) return ids;
  throw new InvalidArgumentError({
    operation: "generate",
    expected: `the ids of the source for \`${name}\``,
    got: "a source given as embeddings or encoder outputs",
    fix: "Give input_ids.",
  });
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
