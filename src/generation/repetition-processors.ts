/**
 * Processors against repeating oneself or the source (transformers 4.37.2, generation/logits_process.py:
 * RepetitionPenalty…, EncoderRepetitionPenalty…, NoRepeatNGram…, EncoderNoRepeatNGram…). R rows, V vocabulary.
 */
import { InvalidArgumentError } from "../errors.ts";
import type { LogitsProcessor } from "./processor.ts";
import { pythonStr } from "./python-repr.ts";
import { column, columns } from "./token-ids.ts";

/** Scores of the tokens of a row, the start token among them: s < 0 becomes s * penalty, others s / penalty. */
export function repetitionPenalty(penalty: number, vocabSize: number): LogitsProcessor {
  checkPenalty(penalty);
  const factor = Math.fround(penalty);
  return {
    process(input_ids, scores) {
      for (const [row, ids] of input_ids.entries()) penalize(scores, row * vocabSize, new Set(ids), factor);
    },
  };
}

/**
 * Scores of the source's tokens, the other way round. The reference does not spread the source over beams: row r gets
 * source r, and rows beyond the batch get none. So does this.
 */
export function encoderRepetitionPenalty(
  penalty: number,
  encoderInputIds: readonly (readonly number[])[],
  vocabSize: number,
): LogitsProcessor {
  checkPenalty(penalty);
  const factor = Math.fround(1 / penalty);
  const sources = encoderInputIds.map((ids) => columns("input_ids", ids, vocabSize));
  return {
    process(_input_ids, scores) {
      for (const [row, tokens] of sources.entries()) penalize(scores, row * vocabSize, tokens, factor);
    },
  };
}

function checkPenalty(penalty: number): void {
  if (typeof penalty === "number" && penalty > 0) return;
  throw new InvalidArgumentError({
    operation: "generate",
    says: `\`penalty\` has to be a strictly positive float, but is ${pythonStr(penalty, true)}`,
  });
}

function penalize(scores: Float32Array, start: number, tokens: Iterable<number>, factor: number): void {
  for (const token of tokens) {
    const score = scores[start + token]!;
    scores[start + token] = score < 0 ? score * factor : score / factor;
  }
}

/** No n-gram twice in a row of ids, the start token included. */
export function noRepeatNgram(size: number, vocabSize: number): LogitsProcessor {
  checkSize("ngram_size", size);
  return {
    process(input_ids, scores) {
      input_ids.forEach((ids, row) => {
        const tail = ids.length - size + 1;
        if (tail < 0) return;
        // Wherever the last n-1 ids stood before, what followed them then does not follow now.
        for (let at = 0; at + size <= ids.length; at++) {
          if (matches(ids, at, tail, size - 1)) scores[row * vocabSize + ids[at + size - 1]!] = -Infinity;
        }
      });
    },
  };
}

function matches(ids: readonly number[], a: number, b: number, length: number): boolean {
  for (let i = 0; i < length; i++) if (ids[a + i] !== ids[b + i]) return false;
  return true;
}

/** No n-gram of the example's source. */
export function encoderNoRepeatNgram(
  size: number,
  encoderInputIds: readonly (readonly number[])[],
  vocabSize: number,
): LogitsProcessor {
  checkSize("encoder_ngram_size", size);
  // By the n-1 ids before it, every token that ends an n-gram of the source.
  const endings = encoderInputIds.map((ids) => {
    const found = new Map<string, Set<number>>();
    for (let at = 0; at + size <= ids.length; at++) {
      const key = ids.slice(at, at + size - 1).join();
      const token = column("input_ids", ids[at + size - 1], vocabSize);
      const tokens = found.get(key);
      if (tokens === undefined) found.set(key, new Set([token]));
      else tokens.add(token);
    }
    return found;
  });
  return {
    process(input_ids, scores) {
      const rowsPerExample = input_ids.length / endings.length;
      input_ids.forEach((ids, row) => {
        if (ids.length + 1 < size) return;
        const key = ids.slice(ids.length - size + 1).join();
        const tokens = endings[Math.floor(row / rowsPerExample)]!.get(key) ?? [];
        for (const token of tokens) scores[row * vocabSize + token] = -Infinity;
      });
    },
  };
}

function checkSize(name: string, size: number): void {
  if (Number.isInteger(size) && size > 0) return;
  throw new InvalidArgumentError({
    operation: "generate",
    says: `\`${name}\` has to be a strictly positive integer, but is ${pythonStr(size)}`,
  });
}
