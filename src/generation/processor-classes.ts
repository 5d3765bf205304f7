/**
 * The reference's processors and warpers under their names, for callers who compose their own lists (transformers 4.37.2,
 * generation/logits_process.py). Arguments in the reference's order; HammingDiversityLogitsProcessor takes the tokens and the
 * group of the step behind the scores.
 */
import type { Tensor } from "../tensor.ts";
import { noBadWords, sequenceBias } from "./bias-processors.ts";
import type { SequenceBias } from "./config-keys.ts";
import { type HammingDiversity, hammingDiversity } from "./hamming-diversity.ts";
import { exponentialDecay, forcedEos, minLength, minNewTokens } from "./length-processors.ts";
import { BuiltInProcessor, LogitsProcessor } from "./processor-class.ts";
import {
  encoderNoRepeatNgram,
  encoderRepetitionPenalty,
  noRepeatNgram,
  repetitionPenalty,
} from "./repetition-processors.ts";
import {
  type AllowedTokens,
  forcedBos,
  forceTokens,
  prefixAllowed,
  removeInvalid,
  renormalize,
  suppressTokens,
  suppressTokensAtBegin,
} from "./token-processors.ts";
import { epsilonCutoff, etaCutoff, temperature, topK, topP, typical } from "./truncation-warpers.ts";

type Ids = number | readonly number[];
type Rows = readonly (readonly number[])[];

const listOf = (ids: Ids): readonly number[] => [ids].flat();

export class MinLengthLogitsProcessor extends BuiltInProcessor {
  readonly kind = "MinLengthLogitsProcessor";
  constructor(min_length: number, eos_token_id: Ids) {
    super((V) => minLength(min_length, listOf(eos_token_id), V));
  }
}

export class MinNewTokensLengthLogitsProcessor extends BuiltInProcessor {
  readonly kind = "MinNewTokensLengthLogitsProcessor";
  constructor(prompt_length_to_skip: number, min_new_tokens: number, eos_token_id: Ids) {
    super((V) => minNewTokens(prompt_length_to_skip, min_new_tokens, listOf(eos_token_id), V));
  }
}

export class RepetitionPenaltyLogitsProcessor extends BuiltInProcessor {
  readonly kind = "RepetitionPenaltyLogitsProcessor";
  constructor(penalty: number) {
    super((V) => repetitionPenalty(penalty, V));
  }
}

export class EncoderRepetitionPenaltyLogitsProcessor extends BuiltInProcessor {
  readonly kind = "EncoderRepetitionPenaltyLogitsProcessor";
  constructor(penalty: number, encoder_input_ids: Rows) {
    super((V) => encoderRepetitionPenalty(penalty, encoder_input_ids, V));
  }
}

export class NoRepeatNGramLogitsProcessor extends BuiltInProcessor {
  readonly kind = "NoRepeatNGramLogitsProcessor";
  constructor(ngram_size: number) {
    super((V) => noRepeatNgram(ngram_size, V));
  }
}

export class EncoderNoRepeatNGramLogitsProcessor extends BuiltInProcessor {
  readonly kind = "EncoderNoRepeatNGramLogitsProcessor";
  constructor(encoder_ngram_size: number, encoder_input_ids: Rows) {
    super((V) => encoderNoRepeatNgram(encoder_ngram_size, encoder_input_ids, V));
  }
}

export class SequenceBiasLogitsProcessor extends BuiltInProcessor {
  readonly kind = "SequenceBiasLogitsProcessor";
  constructor(sequence_bias: SequenceBias) {
    super((V) => sequenceBias(sequence_bias, V));
  }
}

export class NoBadWordsLogitsProcessor extends BuiltInProcessor {
  readonly kind = "NoBadWordsLogitsProcessor";
  constructor(bad_words_ids: number[][], eos_token_id: Ids) {
    super((V) => noBadWords(bad_words_ids, listOf(eos_token_id), V));
  }
}

export class PrefixConstrainedLogitsProcessor extends BuiltInProcessor {
  readonly kind = "PrefixConstrainedLogitsProcessor";
  constructor(prefix_allowed_tokens_fn: AllowedTokens, num_beams: number) {
    super((V) => prefixAllowed(prefix_allowed_tokens_fn, num_beams, V));
  }
}

export class ForcedBOSTokenLogitsProcessor extends BuiltInProcessor {
  readonly kind = "ForcedBOSTokenLogitsProcessor";
  constructor(bos_token_id: number) {
    super((V) => forcedBos(bos_token_id, V));
  }
}

export class ForcedEOSTokenLogitsProcessor extends BuiltInProcessor {
  readonly kind = "ForcedEOSTokenLogitsProcessor";
  constructor(max_length: number, eos_token_id: Ids) {
    super((V) => forcedEos(max_length, listOf(eos_token_id), V));
  }
}

export class InfNanRemoveLogitsProcessor extends BuiltInProcessor {
  readonly kind = "InfNanRemoveLogitsProcessor";
  constructor() {
    super(removeInvalid);
  }
}

export class ExponentialDecayLengthPenalty extends BuiltInProcessor {
  readonly kind = "ExponentialDecayLengthPenalty";
  constructor(exponential_decay_length_penalty: [number, number], eos_token_id: Ids, input_ids_seq_length: number) {
    super((V) => exponentialDecay(exponential_decay_length_penalty, listOf(eos_token_id), input_ids_seq_length, V));
  }
}

export class SuppressTokensLogitsProcessor extends BuiltInProcessor {
  readonly kind = "SuppressTokensLogitsProcessor";
  constructor(suppress_tokens: readonly number[]) {
    super((V) => suppressTokens(suppress_tokens, V));
  }
}

export class SuppressTokensAtBeginLogitsProcessor extends BuiltInProcessor {
  readonly kind = "SuppressTokensAtBeginLogitsProcessor";
  constructor(begin_suppress_tokens: readonly number[], begin_index: number) {
    super((V) => suppressTokensAtBegin(begin_suppress_tokens, begin_index, V));
  }
}

export class ForceTokensLogitsProcessor extends BuiltInProcessor {
  readonly kind = "ForceTokensLogitsProcessor";
  constructor(force_token_map: readonly (readonly [number, number | null])[]) {
    super((V) => forceTokens(force_token_map, V));
  }
}

export class LogitNormalization extends BuiltInProcessor {
  readonly kind = "LogitNormalization";
  constructor() {
    super(renormalize);
  }
}

/** Used by diverse beam search alone, which knows the step. */
export class HammingDiversityLogitsProcessor extends LogitsProcessor {
  readonly #diversity: HammingDiversity;

  constructor(diversity_penalty: number, num_beams: number, num_beam_groups: number) {
    super();
    this.#diversity = hammingDiversity({ diversity_penalty, num_beams, num_beam_groups });
  }

  process(
    _input_ids: Rows,
    scores: Tensor<"float32">,
    current_tokens: readonly number[] = [],
    beam_group_idx = 0,
  ): Tensor<"float32"> {
    this.#diversity.process(scores.data, current_tokens, beam_group_idx);
    return scores;
  }
}

export class TemperatureLogitsWarper extends BuiltInProcessor {
  readonly kind = "TemperatureLogitsWarper";
  constructor(value: number) {
    const warper = temperature(value);
    super(() => warper);
  }
}

export class TopKLogitsWarper extends BuiltInProcessor {
  readonly kind = "TopKLogitsWarper";
  constructor(top_k: number, filter_value = Number.NEGATIVE_INFINITY, min_tokens_to_keep = 1) {
    super((V) => topK(top_k, min_tokens_to_keep, V, filter_value));
  }
}

export class TopPLogitsWarper extends BuiltInProcessor {
  readonly kind = "TopPLogitsWarper";
  constructor(top_p: number, filter_value = Number.NEGATIVE_INFINITY, min_tokens_to_keep = 1) {
    super((V) => topP(top_p, min_tokens_to_keep, V, filter_value));
  }
}

export class TypicalLogitsWarper extends BuiltInProcessor {
  readonly kind = "TypicalLogitsWarper";
  constructor(mass = 0.9, filter_value = Number.NEGATIVE_INFINITY, min_tokens_to_keep = 1) {
    super((V) => typical(mass, min_tokens_to_keep, V, filter_value));
  }
}

export class EpsilonLogitsWarper extends BuiltInProcessor {
  readonly kind = "EpsilonLogitsWarper";
  constructor(epsilon: number, filter_value = Number.NEGATIVE_INFINITY, min_tokens_to_keep = 1) {
    super((V) => epsilonCutoff(epsilon, min_tokens_to_keep, V, filter_value));
  }
}

export class EtaLogitsWarper extends BuiltInProcessor {
  readonly kind = "EtaLogitsWarper";
  constructor(epsilon: number, filter_value = Number.NEGATIVE_INFINITY, min_tokens_to_keep = 1) {
    super((V) => etaCutoff(epsilon, min_tokens_to_keep, V, filter_value));
  }
}
