/**
 * Which settings TensorFlow's generate() reads, and the processors that they ask for, in its order (transformers 4.37.2,
 * generation/tf_utils.py: _get_logits_processor). Differences to PyTorch's: the end token can be a bad word; min_length is for
 * one end token.
 *
 * Departure: settings that the reference passes over without a word are refused by name.
 */
import { InvalidArgumentError } from "../errors.ts";
import { noBadWords } from "../generation/bias-processors.ts";
import type { GenerationConfig } from "../generation/config.ts";
import { floatKeys } from "../generation/config-keys.ts";
import { forcedEos, minLength } from "../generation/length-processors.ts";
import type { LogitsProcessor } from "../generation/processor.ts";
import { type LogitsProcessor as GivenProcessor, inPlace } from "../generation/processor-class.ts";
import { pythonStr } from "../generation/python-repr.ts";
import { noRepeatNgram, repetitionPenalty } from "../generation/repetition-processors.ts";
import { forcedBos, forceTokens, suppressTokens, suppressTokensAtBegin } from "../generation/token-processors.ts";

/** Settings that nothing reads, with the values that ask for nothing. */
const unread: { readonly [name: string]: readonly unknown[] } = {
  min_new_tokens: [null, 0],
  encoder_repetition_penalty: [null, 1],
  encoder_no_repeat_ngram_size: [null, 0],
  sequence_bias: [null],
  typical_p: [null, 1],
  epsilon_cutoff: [null, 0],
  eta_cutoff: [null, 0],
  remove_invalid_values: [null, false],
  exponential_decay_length_penalty: [null],
  renormalize_logits: [null, false],
  max_time: [null],
  num_beam_groups: [null, 1],
  diversity_penalty: [null, 0],
  force_words_ids: [null],
  constraints: [null],
  guidance_scale: [null, 1],
};

export function refuseUnread(config: GenerationConfig): void {
  for (const [name, neutral] of Object.entries(unread)) {
    if (neutral.includes(config[name] ?? null)) continue;
    const unset = neutral.map((value) => pythonStr(value)).join(" or ");
    throw new InvalidArgumentError({
      operation: "generate",
      expected: `\`${name}\`, which TensorFlow's generate() does not read, to be ${unset}`,
      got: pythonStr(config[name], floatKeys.has(name)),
      fix: "Leave it unset, or load the model as LEDForConditionalGeneration.",
    });
  }
}

export interface ProcessorContext {
  readonly vocabSize: number;
  readonly promptLength: number;
  readonly maxLength: number;
  /** The caller's own, which come last. */
  readonly given: readonly GivenProcessor[] | undefined;
}

export function tensorFlowProcessors(
  config: GenerationConfig,
  { vocabSize, promptLength, maxLength, given = [] }: ProcessorContext,
): LogitsProcessor[] {
  const processors: LogitsProcessor[] = [];
  const { eos_token_id, forced_decoder_ids } = config;
  if (config.repetition_penalty !== null && config.repetition_penalty !== 1) {
    processors.push(repetitionPenalty(config.repetition_penalty, vocabSize));
  }
  if (config.no_repeat_ngram_size !== null && config.no_repeat_ngram_size > 0) {
    processors.push(noRepeatNgram(config.no_repeat_ngram_size, vocabSize));
  }
  if (config.bad_words_ids !== null) processors.push(noBadWords(config.bad_words_ids, [], vocabSize));
  if (config.min_length !== null && config.min_length > 0 && eos_token_id !== null) {
    if (Array.isArray(eos_token_id)) {
      throw new InvalidArgumentError({
        operation: "generate",
        says: `\`eos_token_id\` has to be a positive integer, but is ${pythonStr(eos_token_id)}`,
        fix: "Leave `min_length` unset, or give one end token.",
      });
    }
    processors.push(minLength(config.min_length, [eos_token_id], vocabSize));
  }
  if (config.forced_bos_token_id !== null) processors.push(forcedBos(config.forced_bos_token_id, vocabSize));
  if (config.forced_eos_token_id !== null) {
    processors.push(forcedEos(maxLength, [config.forced_eos_token_id].flat(), vocabSize));
  }
  if (config.suppress_tokens !== null) processors.push(suppressTokens(config.suppress_tokens, vocabSize));
  if (config.begin_suppress_tokens !== null) {
    const afterBos = promptLength > 1 || config.forced_bos_token_id === null ? promptLength : promptLength + 1;
    const begin = afterBos + (forced_decoder_ids?.at(-1)?.[0] ?? 0);
    processors.push(suppressTokensAtBegin(config.begin_suppress_tokens, begin, vocabSize));
  }
  if (forced_decoder_ids !== null) processors.push(forceTokens(forced_decoder_ids, vocabSize));
  return [...processors, ...given.map((one) => inPlace(one, vocabSize))];
}
