/**
 * Warpers: what flattens or cuts the distribution that a token is drawn from (transformers 4.37.2,
 * generation/logits_process.py: Temperature…, TopK…, TopP…, Typical…, Epsilon…, EtaLogitsWarper). R rows, V vocabulary.
 *
 * Each cutting one keeps at least `keep` tokens of a row and gives the others the score `filter`. Of equals that are not
 * all kept, `topP` keeps the last and `typical` the first: what a stable sort gives, which PyTorch's is up to 16 tokens.
 * A row without a softmax, for it holds nan or inf or nothing but -inf, stays as it is.
 */
import { InvalidArgumentError } from "../errors.ts";
import type { LogitsProcessor } from "./processor.ts";
import { pythonStr } from "./python-repr.ts";
import { RowSoftmax } from "./row-softmax.ts";
import { TopK } from "./top-k.ts";
import { WeightedRank } from "./weighted-rank.ts";

/** Scores are divided by `value`. */
export function temperature(value: number): LogitsProcessor {
  if (!(typeof value === "number" && value > 0)) {
    refuse(
      `\`temperature\` (=${pythonStr(value, true)}) has to be a strictly positive float, otherwise your next token scores ` +
        `will be invalid.${value === 0 ? " If you're looking for greedy decoding strategies, set `do_sample=False`." : ""}`,
    );
  }
  const divisor = Math.fround(value);
  return {
    process(_input_ids, scores) {
      for (let i = 0; i < scores.length; i++) scores[i] = scores[i]! / divisor;
    },
  };
}

/** The k best tokens stay, and those that equal the last of them. */
export function topK(k: number, keep: number, vocabSize: number, filter = -Infinity): LogitsProcessor {
  if (!Number.isInteger(k) || k <= 0) refuse(`\`top_k\` has to be a strictly positive integer, but is ${pythonStr(k)}`);
  const leastOfBest = bestOf(Math.max(k, keep), vocabSize);
  return {
    process(_input_ids, scores) {
      for (let start = 0; start < scores.length; start += vocabSize) {
        const limit = leastOfBest(scores, start);
        for (let i = start; i < start + vocabSize; i++) if (scores[i]! < limit) scores[i] = filter;
      }
    },
  };
}

/** The unlikeliest tokens go: as many as have 1 - p together. */
export function topP(p: number, keep: number, vocabSize: number, filter = -Infinity): LogitsProcessor {
  if (!(typeof p === "number" && p >= 0 && p <= 1)) {
    refuse(`\`top_p\` has to be a float > 0 and < 1, but is ${pythonStr(p, true)}`);
  }
  checkKeep(keep, "a positive integer");
  const share = Math.fround(1 - p);
  const most = Math.max(0, vocabSize - keep);
  const reached = (weight: number, count: number) => Math.fround(weight) > share || count > most;
  const rank = new WeightedRank(vocabSize);
  const softmax = new RowSoftmax(vocabSize);
  let weightOthers = 0;
  /** Ranks the possible tokens of at least this probability, and weighs the others. Gives the number of the former. */
  const gather = (scores: Float32Array, start: number, least: number): number => {
    let others = 0;
    let length = 0;
    for (let i = 0; i < vocabSize; i++) {
      const score = scores[start + i]!;
      const probability = softmax.probability(i);
      if (probability >= least && score !== -Infinity) {
        rank.keys[length] = score;
        rank.weights[length++] = probability;
      } else {
        others += probability;
      }
    }
    weightOthers = others;
    return length;
  };
  return {
    process(_input_ids, scores) {
      for (let start = 0; start < scores.length; start += vocabSize) {
        if (!softmax.read(scores, start)) continue;
        // All tokens below share / V have less than the share together: they go, unless so many have to stay.
        let length = gather(scores, start, share / vocabSize);
        if (vocabSize - length > most) length = gather(scores, start, 0);
        // Scores below `limit` go, and the first `equals` of those that equal it.
        let limit = -Infinity;
        let equals = most;
        if (vocabSize - length <= most && rank.find(length, weightOthers, vocabSize - length, reached)) {
          limit = rank.key;
          equals = 0;
          const weight = rank.weightEqual / rank.countEqual;
          while (!reached(rank.weightBelow + (equals + 1) * weight, rank.countBelow + equals + 1)) equals++;
        }
        for (let i = start; i < start + vocabSize; i++) {
          const score = scores[i]!;
          if (score < limit || (score === limit && equals-- > 0)) scores[i] = filter;
        }
      }
    },
  };
}

/** The tokens stay whose information is nearest to the expected one: the fewest that have `mass` together. */
export function typical(mass: number, keep: number, vocabSize: number, filter = -Infinity): LogitsProcessor {
  if (!(typeof mass === "number" && mass > 0 && mass < 1)) {
    refuse(`\`typical_p\` has to be a float > 0 and < 1, but is ${pythonStr(mass, true)}`);
  }
  checkKeep(keep, "a positive integer");
  const share = Math.fround(mass);
  const massReached = (weight: number) => Math.fround(weight) >= share;
  const reached = (weight: number, count: number) => massReached(weight) && count >= keep;
  const rank = new WeightedRank(vocabSize);
  const softmax = new RowSoftmax(vocabSize);
  return {
    process(_input_ids, scores) {
      for (let start = 0; start < scores.length; start += vocabSize) {
        if (!softmax.read(scores, start)) continue;
        const entropy = softmax.entropy(scores, start);
        const distance = (score: number) => Math.fround(Math.abs(-softmax.logProbability(score) - entropy));
        let possible = 0;
        for (let i = 0; i < vocabSize; i++) {
          const score = scores[start + i]!;
          if (score === -Infinity) continue;
          rank.keys[possible] = distance(score);
          rank.weights[possible++] = softmax.probability(i);
        }
        const found = rank.find(possible, 0, 0, reached);
        const byMass = massReached(rank.weightBelow);
        if (!found && !byMass) continue;
        // Impossible tokens are the farthest. Those kept for the sake of `keep` alone are no more than that; elsewhere equals
        // stay together.
        const limit = found ? rank.key : Infinity;
        let equals = byMass ? keep - rank.countBelow : vocabSize;
        for (let i = start; i < start + vocabSize; i++) {
          const far = distance(scores[i]!);
          if (far > limit || (far === limit && equals-- <= 0)) scores[i] = filter;
        }
      }
    },
  };
}

/** Tokens of at least this probability stay. */
export function epsilonCutoff(epsilon: number, keep: number, vocabSize: number, filter = -Infinity): LogitsProcessor {
  checkCutoff("epsilon_cutoff", epsilon);
  const limit = Math.fround(epsilon);
  return cutoff(() => limit, keep, vocabSize, filter);
}

/** Tokens of at least this probability stay, or of a lower one where the distribution is flat. */
export function etaCutoff(epsilon: number, keep: number, vocabSize: number, filter = -Infinity): LogitsProcessor {
  checkCutoff("eta_cutoff", epsilon);
  const limit = Math.fround(epsilon);
  const root = Math.fround(Math.sqrt(limit));
  const flat = (entropy: number) => Math.fround(root * Math.fround(Math.exp(-entropy)));
  return cutoff(
    (softmax, scores, start) => Math.min(limit, flat(softmax.entropy(scores, start))),
    keep,
    vocabSize,
    filter,
  );
}

function cutoff(
  limitOf: (softmax: RowSoftmax, scores: Float32Array, start: number) => number,
  keep: number,
  vocabSize: number,
  filter: number,
): LogitsProcessor {
  checkKeep(keep, "a strictly positive integer");
  const leastOfBest = bestOf(keep, vocabSize);
  const softmax = new RowSoftmax(vocabSize);
  return {
    process(_input_ids, scores) {
      for (let start = 0; start < scores.length; start += vocabSize) {
        if (!softmax.read(scores, start)) continue;
        const limit = limitOf(softmax, scores, start);
        const kept = leastOfBest(scores, start);
        for (let i = 0; i < vocabSize; i++) {
          if (scores[start + i]! < kept && softmax.probability(i) < limit) scores[start + i] = filter;
        }
      }
    },
  };
}

const zero = new Float32Array(1);

/** Gives the k-th best score of a row. */
function bestOf(k: number, vocabSize: number): (scores: Float32Array, start: number) => number {
  const top = new TopK(Math.min(k, vocabSize));
  return (scores, start) => {
    top.select(scores, start, zero, 0, 1, vocabSize);
    return top.scores.at(-1)!;
  };
}

function checkCutoff(name: string, value: number): void {
  if (typeof value === "number" && value > 0 && value < 1) return;
  refuse(`\`${name}\` has to be a float > 0 and < 1, but is ${pythonStr(value, true)}`);
}

function checkKeep(keep: number, kind: string): void {
  if (Number.isInteger(keep) && keep >= 1) return;
  refuse(`\`min_tokens_to_keep\` has to be ${kind}, but is ${pythonStr(keep)}`);
}

function refuse(says: string): never {
  throw new InvalidArgumentError({ operation: "generate", says });
}
