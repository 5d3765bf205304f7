/**
 * Which processors a config asks for, in which order (transformers 4.37.2, generation/utils.py: _get_logits_processor).
 */
import { InvalidArgumentError } from "../errors.ts";
import { noBadWords, sequenceBias } from "./bias-processors.ts";
import type { GenerationConfig } from "./config.ts";
import { hammingDiversity } from "./hamming-diversity.ts";
import { exponentialDecay, forcedEos, minLength, minNewTokens } from "./length-processors.ts";
import type { LogitsProcessor } from "./processor.ts";
import {
  type BuiltInName,
  BuiltInProcessor,
  type LogitsProcessor as GivenProcessor,
  inPlace,
} from "./processor-class.ts";
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

/** What a search knows that processors are made from. */
export interface ProcessorContext {
  vocabSize: number;
  promptLength: number;
  /** End tokens; empty where there are none. */
  eos: readonly number[];
  maxLength: number;
  /** The source's ids, a row per example; only processors that look at the source need them. */
  encoderInputIds?: readonly (readonly number[])[] | undefined;
  prefix_allowed_tokens_fn?: AllowedTokens | undefined;
  /** The caller's own. */
  given?: readonly GivenProcessor[] | undefined;
}

/** The processors that `config` asks for, in the order in which they are applied. */
export function logitsProcessors(config: GenerationConfig, context: ProcessorContext): LogitsProcessor[] {
  const { vocabSize, promptLength, eos, maxLength, prefix_allowed_tokens_fn } = context;
  const source = (name: string): readonly (readonly number[])[] => {
    if (context.encoderInputIds !== undefined) return context.encoderInputIds;
    throw new InvalidArgumentError({
      operation: "generate",
      expected: `the ids of the source for \`${name}\``,
      got: "a source given as embeddings or encoder outputs",
      fix: `Give input_ids, or leave \`${name}\` unset.`,
    });
  };
  const processors: LogitsProcessor[] = [];
  const kinds = new Set<BuiltInName>();
  const add = (kind: BuiltInName, processor: LogitsProcessor) => {
    kinds.add(kind);
    processors.push(processor);
  };

  if (config.sequence_bias !== null) {
    add("SequenceBiasLogitsProcessor", sequenceBias(config.sequence_bias, vocabSize));
  }
  if (config.diversity_penalty !== null && config.diversity_penalty > 0)
    add("HammingDiversityLogitsProcessor", diverse(config));
  if (config.encoder_repetition_penalty !== null && config.encoder_repetition_penalty !== 1) {
    const ids = source("encoder_repetition_penalty");
    add(
      "EncoderRepetitionPenaltyLogitsProcessor",
      encoderRepetitionPenalty(config.encoder_repetition_penalty, ids, vocabSize),
    );
  }
  if (config.repetition_penalty !== null && config.repetition_penalty !== 1) {
    add("RepetitionPenaltyLogitsProcessor", repetitionPenalty(config.repetition_penalty, vocabSize));
  }
  if (config.no_repeat_ngram_size !== null && config.no_repeat_ngram_size > 0) {
    add("NoRepeatNGramLogitsProcessor", noRepeatNgram(config.no_repeat_ngram_size, vocabSize));
  }
  if (config.encoder_no_repeat_ngram_size !== null && config.encoder_no_repeat_ngram_size > 0) {
    const ids = source("encoder_no_repeat_ngram_size");
    add(
      "EncoderNoRepeatNGramLogitsProcessor",
      encoderNoRepeatNgram(config.encoder_no_repeat_ngram_size, ids, vocabSize),
    );
  }
  if (config.bad_words_ids !== null) add("NoBadWordsLogitsProcessor", noBadWords(config.bad_words_ids, eos, vocabSize));
  if (config.min_length !== null && config.min_length > 0 && eos.length > 0) {
    add("MinLengthLogitsProcessor", minLength(config.min_length, eos, vocabSize));
  }
  if (config.min_new_tokens !== null && config.min_new_tokens > 0 && eos.length > 0) {
    add("MinNewTokensLengthLogitsProcessor", minNewTokens(promptLength, config.min_new_tokens, eos, vocabSize));
  }
  if (prefix_allowed_tokens_fn !== undefined) {
    const beams = Math.floor((config.num_beams ?? 1) / config.num_beam_groups);
    add("PrefixConstrainedLogitsProcessor", prefixAllowed(prefix_allowed_tokens_fn, beams, vocabSize));
  }
  if (config.forced_bos_token_id !== null) {
    add("ForcedBOSTokenLogitsProcessor", forcedBos(config.forced_bos_token_id, vocabSize));
  }
  if (config.forced_eos_token_id !== null) {
    const forced = [config.forced_eos_token_id].flat();
    add("ForcedEOSTokenLogitsProcessor", forcedEos(maxLength, forced, vocabSize));
  }
  if (config.remove_invalid_values) add("InfNanRemoveLogitsProcessor", removeInvalid());
  if (config.exponential_decay_length_penalty !== null) {
    add(
      "ExponentialDecayLengthPenalty",
      exponentialDecay(config.exponential_decay_length_penalty, eos, promptLength, vocabSize),
    );
  }
  if (config.suppress_tokens !== null) {
    add("SuppressTokensLogitsProcessor", suppressTokens(config.suppress_tokens, vocabSize));
  }
  if (config.begin_suppress_tokens !== null) {
    // After what is forced: the first token, and those up to the last of forced_decoder_ids.
    const afterBos = promptLength > 1 || config.forced_bos_token_id === null ? promptLength : promptLength + 1;
    const begin = afterBos + (config.forced_decoder_ids?.at(-1)?.[0] ?? 0);
    add("SuppressTokensAtBeginLogitsProcessor", suppressTokensAtBegin(config.begin_suppress_tokens, begin, vocabSize));
  }
  if (config.forced_decoder_ids !== null) {
    add("ForceTokensLogitsProcessor", forceTokens(config.forced_decoder_ids, vocabSize));
  }
  for (const given of context.given ?? []) {
    refuseSecond(given, kinds);
    processors.push(inPlace(given, vocabSize));
  }
  if (config.renormalize_logits) processors.push(renormalize(vocabSize));
  return processors;
}

/** Diverse beam search's own processor, which looks at what the step has chosen for the groups before. */
function diverse({ diversity_penalty, num_beams, num_beam_groups }: GenerationConfig): LogitsProcessor {
  const diversity = hammingDiversity({
    diversity_penalty: diversity_penalty ?? 0,
    num_beams: num_beams ?? 1,
    num_beam_groups,
  });
  return {
    process: (_input_ids, scores, step) => diversity.process(scores, step?.currentTokens ?? [], step?.group ?? 0),
  };
}

function refuseSecond(given: GivenProcessor, kinds: ReadonlySet<BuiltInName>): void {
  if (!(given instanceof BuiltInProcessor) || !kinds.has(given.kind)) return;
  throw new InvalidArgumentError({
    operation: "generate",
    says: `A custom logits processor of type ${given.kind} has been passed to \`.generate()\`, but it has already been created by passing the corresponding arguments to generate or by the model's config default values. If you just want to change the default values of logits processor consider passing them as arguments to \`.generate()\` instead of using a custom logits processor.`,
  });
}
