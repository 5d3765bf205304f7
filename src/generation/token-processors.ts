/**
 * Processors that force, forbid or repair tokens whatever came before, and the one that asks a function
 * (transformers 4.37.2, generation/logits_process.py: ForcedBOSToken…, ForceTokens…, SuppressTokens…,
 * SuppressTokensAtBegin…, InfNanRemove…, PrefixConstrained…, LogitNormalization). R rows, V vocabulary.
 */
import { InvalidArgumentError } from "../errors.ts";
import { logSoftmax } from "./log-softmax.ts";
import type { LogitsProcessor } from "./processor.ts";
import { column, columns } from "./token-ids.ts";

/** The tokens that may follow `ids`, a row of example `batch_id`. */
export type AllowedTokens = (batch_id: number, ids: readonly number[]) => readonly number[];

const largest = Math.fround(3.4028234663852886e38);

/** In every row these tokens get score 0 and all others -inf. */
export function forceColumns(scores: Float32Array, forced: readonly number[], vocabSize: number): void {
  scores.fill(-Infinity);
  for (let start = 0; start < scores.length; start += vocabSize) {
    for (const token of forced) scores[start + token] = 0;
  }
}

/** After a prompt of one id comes this token. */
export function forcedBos(bos_token_id: number, vocabSize: number): LogitsProcessor {
  const forced = [column("forced_bos_token_id", bos_token_id, vocabSize)];
  return {
    process(input_ids, scores) {
      if (input_ids[0]!.length === 1) forceColumns(scores, forced, vocabSize);
    },
  };
}

/** At each of these positions comes its token. */
export function forceTokens(
  forced_decoder_ids: readonly (readonly [position: number, token: number | null])[],
  vocabSize: number,
): LogitsProcessor {
  const isPair = (pair: unknown) => Array.isArray(pair) && pair.length === 2 && Number.isInteger(pair[0]);
  if (!Array.isArray(forced_decoder_ids) || !forced_decoder_ids.every(isPair)) {
    throw new InvalidArgumentError({
      operation: "generate",
      expected: "`forced_decoder_ids` to be a list of [position, token]",
      got: JSON.stringify(forced_decoder_ids) ?? String(forced_decoder_ids),
    });
  }
  const forced = new Map(
    forced_decoder_ids.map(([position, id]) => [
      position,
      id === null ? [] : [column("forced_decoder_ids", id, vocabSize)],
    ]),
  );
  return {
    process(input_ids, scores) {
      const tokens = forced.get(input_ids[0]!.length) ?? [];
      if (tokens.length > 0) forceColumns(scores, tokens, vocabSize);
    },
  };
}

/** These tokens never come. */
export function suppressTokens(ids: readonly number[], vocabSize: number): LogitsProcessor {
  const suppressed = columns("suppress_tokens", ids, vocabSize);
  return { process: (_input_ids, scores) => suppress(scores, suppressed, vocabSize) };
}

/** These tokens do not come at position `begin`. */
export function suppressTokensAtBegin(ids: readonly number[], begin: number, vocabSize: number): LogitsProcessor {
  const suppressed = columns("begin_suppress_tokens", ids, vocabSize);
  return {
    process(input_ids, scores) {
      if (input_ids[0]!.length === begin) suppress(scores, suppressed, vocabSize);
    },
  };
}

function suppress(scores: Float32Array, suppressed: readonly number[], vocabSize: number): void {
  for (let start = 0; start < scores.length; start += vocabSize) {
    for (const token of suppressed) scores[start + token] = -Infinity;
  }
}

/** nan becomes 0, infinities the largest float32. */
export function removeInvalid(): LogitsProcessor {
  return {
    process(_input_ids, scores) {
      for (let i = 0; i < scores.length; i++) {
        const score = scores[i]!;
        if (Number.isNaN(score)) scores[i] = 0;
        else if (!Number.isFinite(score)) scores[i] = score > 0 ? largest : -largest;
      }
    },
  };
}

/** Only tokens that `allowed` gives come; the rows of an example are `beams` neighbours. */
export function prefixAllowed(allowed: AllowedTokens, beams: number, vocabSize: number): LogitsProcessor {
  const mask = new Uint8Array(vocabSize);
  return {
    process(input_ids, scores) {
      input_ids.forEach((ids, row) => {
        const example = Math.floor(row / beams);
        const tokens = columns("prefix_allowed_tokens_fn", allowed(example, ids), vocabSize);
        if (tokens.length === 0) {
          throw new InvalidArgumentError({
            operation: "generate",
            says:
              `\`prefix_allowed_tokens_fn\` returned an empty list for batch ID ${example}.` +
              "This means that the constraint is unsatisfiable. Please check your implementation" +
              "of `prefix_allowed_tokens_fn` ",
            got: `no token after [${ids.join(", ")}]`,
          });
        }
        mask.fill(0);
        for (const token of tokens) mask[token] = 1;
        const start = row * vocabSize;
        for (let token = 0; token < vocabSize; token++) if (mask[token] === 0) scores[start + token]! += -Infinity;
      });
    },
  };
}

/** Scores become log-probabilities. */
export function renormalize(vocabSize: number): LogitsProcessor {
  return { process: (_input_ids, scores) => logSoftmax(scores, vocabSize) };
}
