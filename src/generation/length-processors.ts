/**
 * Processors that decide when a sequence may, must or had better end
 * (transformers 4.37.2, generation/logits_process.py: MinLength…, MinNewTokensLength…, ForcedEOSToken…,
 * ExponentialDecayLengthPenalty). R rows, V vocabulary.
 */
import { InvalidArgumentError } from "../errors.ts";
import { warn } from "../log.ts";
import type { LogitsProcessor } from "./processor.ts";
import { pythonStr } from "./python-repr.ts";
import { column, columns } from "./token-ids.ts";
import { forceColumns } from "./token-processors.ts";

/** No end token before `min_length` ids. */
export function minLength(min_length: number, eos: readonly number[], vocabSize: number): LogitsProcessor {
  if (!Number.isInteger(min_length) || min_length < 0) {
    refuse(`\`min_length\` has to be a non-negative integer, but is ${pythonStr(min_length)}`);
  }
  return noEosBelow(min_length, eos, vocabSize);
}

/** No end token before `min_new_tokens` ids after the prompt. */
export function minNewTokens(
  promptLength: number,
  min_new_tokens: number,
  eos: readonly number[],
  vocabSize: number,
): LogitsProcessor {
  if (!Number.isInteger(min_new_tokens) || min_new_tokens < 0) {
    refuse(`\`min_new_tokens\` has to be a positive integer, but is ${pythonStr(min_new_tokens)}`);
  }
  return noEosBelow(promptLength + min_new_tokens, eos, vocabSize);
}

function noEosBelow(length: number, eos: readonly number[], vocabSize: number): LogitsProcessor {
  if (eos.some((id) => id < 0)) {
    warn(`\`eos_token_id\` has to be a list of positive integers, but is ${pythonStr([...eos])}`);
  }
  const ends = columns("eos_token_id", eos, vocabSize);
  return {
    process(input_ids, scores) {
      if (input_ids[0]!.length >= length) return;
      for (let start = 0; start < scores.length; start += vocabSize) {
        for (const end of ends) scores[start + end] = -Infinity;
      }
    },
  };
}

/** The last token before `max_length` is an end token: one of `ids`, at score 0. */
export function forcedEos(max_length: number, ids: readonly number[], vocabSize: number): LogitsProcessor {
  const ends = columns("forced_eos_token_id", ids, vocabSize);
  return {
    process(input_ids, scores) {
      if (input_ids[0]!.length === max_length - 1) forceColumns(scores, ends, vocabSize);
    },
  };
}

/**
 * From `start` ids after the prompt on, the end tokens' score s grows by |s| (factor^k - 1) at the k-th.
 * An end token that is forbidden (-inf) becomes nan and so is chosen, as in the reference.
 */
export function exponentialDecay(
  start_and_factor: readonly [start: number, factor: number],
  eos: readonly number[],
  promptLength: number,
  vocabSize: number,
): LogitsProcessor {
  const [start, factor] = Array.isArray(start_and_factor) ? start_and_factor : [];
  if (typeof start !== "number" || typeof factor !== "number") {
    throw new InvalidArgumentError({
      operation: "generate",
      expected: "`exponential_decay_length_penalty` to be [start index, factor]",
      got: JSON.stringify(start_and_factor) ?? String(start_and_factor),
    });
  }
  if (eos.length === 0) {
    throw new InvalidArgumentError({
      operation: "generate",
      expected: "an `eos_token_id` for `exponential_decay_length_penalty`",
      got: "None",
    });
  }
  const ends = eos.map((id) => column("eos_token_id", id, vocabSize));
  const regulationStart = start + promptLength;
  return {
    process(input_ids, scores) {
      const length = input_ids[0]!.length;
      if (length <= regulationStart) return;
      const growth = Math.fround(factor ** (length - regulationStart) - 1);
      for (let row = 0; row < scores.length; row += vocabSize) {
        for (const end of ends) {
          const score = scores[row + end]!;
          scores[row + end] = score + Math.fround(Math.abs(score) * growth);
        }
      }
    },
  };
}

function refuse(says: string): never {
  throw new InvalidArgumentError({ operation: "generate", says });
}
