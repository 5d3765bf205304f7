/**
 * The keys of a generation config with their defaults (transformers 4.37.2, generation/configuration_utils.py:
 * GenerationConfig.__init__). config.ts adds what a config does with them.
 *
 * Two departures in type: `sequence_bias` holds pairs [ids, bias] (or is a Map), since objects have no tuples for keys; a
 * tuple is an array.
 */
import type { TokenId } from "../pretrained-config-keys.ts";

/** Bias of the last token of each id sequence where the ones before it match. */
export type SequenceBias =
  | readonly (readonly [ids: readonly number[], bias: number])[]
  | ReadonlyMap<readonly number[], number>;

export class GenerationConfigKeys {
  /** Keys that no one knows are kept beside the others, shown and written back. */
  [key: string]: unknown;

  // Length. A sequence's length counts its prompt, the decoder start token included.
  /** Tokens of a sequence at most. */
  max_length: number | null = 20;
  /** Tokens generated at most; wins over `max_length`. */
  max_new_tokens: number | null = null;
  /** Tokens of a sequence at least. */
  min_length: number | null = 0;
  /** Tokens generated at least. */
  min_new_tokens: number | null = null;
  /** When beam search ends: true at num_beams finished ones, false by a heuristic, "never" when none can get better. */
  early_stopping: boolean | "never" = false;
  /** Seconds after which no further step is begun. */
  max_time: number | null = null;

  // Strategy.
  /** Draw tokens, rather than take the likeliest. */
  do_sample = false;
  /** Beams of beam search; 1 is greedy. */
  num_beams: number | null = 1;
  /** Groups of beams that are kept unlike each other. */
  num_beam_groups = 1;
  /** Weight of unlikeness to what was said, in contrastive search. */
  penalty_alpha: number | null = null;
  /** Whether earlier positions are kept or computed anew; the tokens are the same, and a Decoder always keeps them. */
  use_cache = true;

  // Scores.
  /** Divides the logits before drawing. */
  temperature: number | null = 1.0;
  /** Draw among this many of the likeliest tokens; 0 is all. */
  top_k: number | null = 50;
  /** Draw among the likeliest tokens that reach this probability together. */
  top_p: number | null = 1.0;
  /** Draw among the tokens nearest the expected information that reach this probability together. */
  typical_p: number | null = 1.0;
  /** Draw among tokens of at least this probability; 0 is all. */
  epsilon_cutoff: number | null = 0.0;
  /** As `epsilon_cutoff`, lower where the distribution is flat. */
  eta_cutoff: number | null = 0.0;
  /** What a group of beams pays for a token that an earlier group chose. */
  diversity_penalty: number | null = 0.0;
  /** Divides the scores of tokens of the sequence; 1 does nothing. */
  repetition_penalty: number | null = 1.0;
  /** Favours tokens of the source; 1 does nothing. */
  encoder_repetition_penalty: number | null = 1.0;
  /** Power of the length that a beam's score is divided by: above 0 favours longer ones. */
  length_penalty = 1.0;
  /** n-grams of this size occur once at most, the start token included; 0 does nothing. */
  no_repeat_ngram_size: number | null = 0;
  /** Token sequences that are not generated. */
  bad_words_ids: number[][] | null = null;
  /** Token sequences that are generated; nested ones are alternatives. */
  force_words_ids: number[][] | number[][][] | null = null;
  /** Make log-probabilities of the scores that the processors leave. */
  renormalize_logits = false;
  /** What the output has to contain. */
  constraints: unknown[] | null = null;
  /** The first token generated after decoder_start_token_id. */
  forced_bos_token_id: TokenId = null;
  /** The token generated at max_length; several are allowed. */
  forced_eos_token_id: TokenId | number[] = null;
  /** Replace nan and inf among the scores. */
  remove_invalid_values = false;
  /** [first index, factor] of a reward for ending that grows with the length. */
  exponential_decay_length_penalty: readonly [start: number, factor: number] | null = null;
  /** Tokens that are never generated. */
  suppress_tokens: number[] | null = null;
  /** Tokens that are not generated first. */
  begin_suppress_tokens: number[] | null = null;
  /** [position, token] of tokens that are generated there. */
  forced_decoder_ids: (readonly [position: number, token: number])[] | null = null;
  /** Added to the scores of tokens and of ends of token sequences. */
  sequence_bias: SequenceBias | null = null;
  /** Weight of the prompt against no prompt. */
  guidance_scale: number | null = null;
  /** Contrastive search one candidate at a time. */
  low_memory: boolean | null = null;

  // Output.
  /** Sequences returned for each example. */
  num_return_sequences = 1;
  /** Return attention probabilities. */
  output_attentions = false;
  /** Return hidden states. */
  output_hidden_states = false;
  /** Return the scores of every step. */
  output_scores = false;
  /** Return an output object, rather than the sequences. */
  return_dict_in_generate = false;

  // Special tokens.
  /** Fills sequences after their end. */
  pad_token_id: TokenId = null;
  /** Beginning of a sequence. */
  bos_token_id: TokenId = null;
  /** End of a sequence; generation ends at any of several. */
  eos_token_id: TokenId | number[] = null;

  // Encoder-decoder models.
  /** n-grams of this size in the source do not occur in the output; 0 does nothing. */
  encoder_no_repeat_ngram_size: number | null = 0;
  /** What the decoder starts with; `bos_token_id` where it is null. */
  decoder_start_token_id: TokenId = null;

  // Assisted decoding.
  /** Tokens that an assistant proposes at once. */
  num_assistant_tokens = 5;
  /** How that number changes. */
  num_assistant_tokens_schedule = "heuristic";
  /** Tokens that are proposed from the prompt. */
  prompt_lookup_num_tokens: number | null = null;

  /** Further arguments of generate. */
  generation_kwargs: Record<string, unknown> = {};

  // Where the config comes from.
  /** It was derived from a model's config, for want of a file of its own. */
  _from_model_config = false;
  /** Commit of the Hub repository it was read from. Never written. */
  _commit_hash: string | null = null;
  /** The version that wrote the file that was read; what is written names this package's reference. */
  transformers_version: string | null = null;
}

/** Keys whose values are floats in Python: whole numbers of theirs are written 1.0. */
export const floatKeys: ReadonlySet<string> = new Set([
  "max_time",
  "penalty_alpha",
  "temperature",
  "top_p",
  "typical_p",
  "epsilon_cutoff",
  "eta_cutoff",
  "diversity_penalty",
  "repetition_penalty",
  "encoder_repetition_penalty",
  "length_penalty",
  "guidance_scale",
]);

/** What a model's config may say about generation, for models older than generation configs (configuration_utils.py: _get_generation_defaults). The defaults are the same. */
export const legacyKeys = [
  "max_length",
  "min_length",
  "do_sample",
  "early_stopping",
  "num_beams",
  "num_beam_groups",
  "diversity_penalty",
  "temperature",
  "top_k",
  "top_p",
  "typical_p",
  "repetition_penalty",
  "length_penalty",
  "no_repeat_ngram_size",
  "encoder_no_repeat_ngram_size",
  "bad_words_ids",
  "num_return_sequences",
  "output_scores",
  "return_dict_in_generate",
  "forced_bos_token_id",
  "forced_eos_token_id",
  "remove_invalid_values",
  "exponential_decay_length_penalty",
  "suppress_tokens",
  "begin_suppress_tokens",
] as const;
