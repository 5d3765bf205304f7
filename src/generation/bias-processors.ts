/**
 * Processors that favour or forbid tokens and token sequences (transformers 4.37.2, generation/logits_process.py:
 * SequenceBias…, NoBadWords…). R rows, V vocabulary.
 */
import { InvalidArgumentError } from "../errors.ts";
import type { SequenceBias } from "./config-keys.ts";
import type { LogitsProcessor } from "./processor.ts";
import { pythonStr, pythonTupleDict } from "./python-repr.ts";

type Pair = readonly [ids: readonly number[], bias: number];

/**
 * Adds a sequence's bias to its last token where the ids before that end the row; to a sequence of one token always.
 * Of two biases of the same sequence the later one counts.
 */
export function sequenceBias(sequence_bias: SequenceBias, vocabSize: number): LogitsProcessor {
  const pairs = [...pairsOf(sequence_bias)];
  const printed = pythonTupleDict(pairs);
  if (pairs.length === 0) refuse(`\`sequence_bias\` has to be a non-empty dictionary, but is ${printed}.`);
  if (pairs.some(([ids]) => ids.length === 0 || !ids.every(isTokenId))) {
    refuse(`Each key in \`sequence_bias\` has to be a non-empty tuple of positive integers, but is ${printed}.`);
  }
  if (pairs.some(([, bias]) => typeof bias !== "number")) {
    refuse(`\`sequence_bias\` has to be a dict with floats as values, but is ${printed}.`);
  }
  return biasOf(pairs, vocabSize);
}

function pairsOf(value: SequenceBias): Iterable<Pair> {
  if (value instanceof Map) return value as ReadonlyMap<readonly number[], number>;
  const isPair = (pair: unknown) => Array.isArray(pair) && pair.length === 2 && Array.isArray(pair[0]);
  if (Array.isArray(value) && value.every(isPair)) return value;
  throw new InvalidArgumentError({
    operation: "generate",
    expected: "`sequence_bias` to be a list of [ids, bias] or a Map of ids to bias",
    got: JSON.stringify(value) ?? String(value),
    fix: "Write [[[id, id], -10.0]].",
  });
}

/** None of these sequences comes; those that are an end token alone are passed over. */
export function noBadWords(
  bad_words_ids: readonly (readonly number[])[],
  eos: readonly number[],
  vocabSize: number,
): LogitsProcessor {
  const printed = pythonStr(bad_words_ids);
  if (!Array.isArray(bad_words_ids) || bad_words_ids.length === 0) {
    refuse(`\`bad_words_ids\` has to be a non-empty list, but is ${printed}.`);
  }
  if (!bad_words_ids.every((ids) => Array.isArray(ids))) {
    refuse(`\`bad_words_ids\` has to be a list of lists, but is ${printed}.`);
  }
  if (bad_words_ids.some((ids) => ids.length === 0 || !ids.every(isTokenId))) {
    refuse(`Each list in \`bad_words_ids\` has to be a list of positive integers, but is ${printed}.`);
  }
  const forbidden = bad_words_ids.filter((ids) => !(ids.length === 1 && eos.includes(ids[0])));
  return biasOf(
    forbidden.map((ids): Pair => [ids, -Infinity]),
    vocabSize,
  );
}

function isTokenId(id: unknown): boolean {
  return typeof id === "number" && Number.isInteger(id) && id >= 0;
}

function biasOf(pairs: readonly Pair[], vocabSize: number): LogitsProcessor {
  const outside = pairs.flatMap(([ids]) => ids.filter((id) => id >= vocabSize));
  if (outside.length > 0) {
    refuse(
      `The model vocabulary size is ${vocabSize}, but the following tokens were being biased: ${pythonStr(outside)}`,
    );
  }
  const unique = [...new Map(pairs.map((pair) => [pair[0].join(), pair])).values()];
  const single = unique.filter(([ids]) => ids.length === 1);
  const longer = unique.filter(([ids]) => ids.length > 1);
  // The biases of a row are added up before they meet its scores, in float32, as the reference does.
  const sums = new Map<number, number>();
  return {
    process(input_ids, scores) {
      input_ids.forEach((ids, row) => {
        sums.clear();
        for (const [[token], bias] of single) sums.set(token!, Math.fround(bias));
        for (const [sequence, bias] of longer) {
          if (!endsRow(sequence, ids)) continue;
          const token = sequence.at(-1)!;
          sums.set(token, Math.fround((sums.get(token) ?? 0) + Math.fround(bias)));
        }
        for (const [token, sum] of sums) scores[row * vocabSize + token]! += sum;
      });
    },
  };
}

/** Whether the row ends in all but the last of the sequence. The reference passes over sequences longer than the row. */
function endsRow(sequence: readonly number[], ids: readonly number[]): boolean {
  if (sequence.length > ids.length) return false;
  const start = ids.length - sequence.length + 1;
  for (let i = 0; i < sequence.length - 1; i++) if (ids[start + i] !== sequence[i]) return false;
  return true;
}

function refuse(says: string): never {
  throw new InvalidArgumentError({ operation: "generate", says });
}
