/**
 * Keeps groups of beams unlike each other (transformers 4.37.2, generation/logits_process.py:
 * HammingDiversityLogitsProcessor). B examples, K beams in groups of G, V vocabulary.
 */
import { InvalidArgumentError } from "../errors.ts";
import { pythonStr } from "./python-repr.ts";

export interface HammingDiversityOptions {
  diversity_penalty: number;
  /** K */
  num_beams: number;
  /** K / G */
  num_beam_groups: number;
}

export interface HammingDiversity {
  /**
   * A token's score falls by the penalty for each beam of the example's earlier groups that took it in this step.
   * `scores` [B * G, V]: the rows of group number `group`, changed in place. `currentTokens` [B * K]: what this step chose, of
   * which only the earlier groups' part is read.
   */
  process(scores: Float32Array, currentTokens: ArrayLike<number>, group: number): void;
}

export function hammingDiversity(options: HammingDiversityOptions): HammingDiversity {
  const { diversity_penalty, num_beams, num_beam_groups } = options;
  if (!(typeof diversity_penalty === "number" && diversity_penalty > 0)) {
    refuse("`diversity_penalty` should be a float strictly larger than 0.", pythonStr(diversity_penalty, true));
  }
  if (!Number.isInteger(num_beams) || num_beams < 2) {
    refuse("`num_beams` should be an integer strictly larger than 1.", pythonStr(num_beams));
  }
  if (!Number.isInteger(num_beam_groups) || num_beam_groups < 2) {
    refuse("`num_beam_groups` should be an integer strictly larger than 1.", pythonStr(num_beam_groups));
  }
  if (num_beam_groups > num_beams) {
    refuse(
      "`beam_groups` has to be smaller or equal to `num_beams`.",
      `${num_beam_groups} groups of ${num_beams} beams`,
    );
  }
  const penalty = Math.fround(diversity_penalty);
  const groupSize = Math.floor(num_beams / num_beam_groups);
  return {
    process(scores, currentTokens, group) {
      const earlier = group * groupSize;
      const rowsPerExample = Math.min(groupSize, num_beams - earlier);
      const vocabSize = (scores.length * num_beams) / (currentTokens.length * rowsPerExample);
      for (let first = 0, row = 0; first < currentTokens.length; first += num_beams, row += rowsPerExample) {
        for (const [token, count] of counts(currentTokens, first, earlier)) {
          const fine = Math.fround(penalty * count);
          for (let r = row; r < row + rowsPerExample; r++) scores[r * vocabSize + token]! -= fine;
        }
      }
    },
  };
}

/** How often each of these tokens is there. */
function counts(tokens: ArrayLike<number>, first: number, length: number): Map<number, number> {
  const result = new Map<number, number>();
  for (let i = first; i < first + length; i++) result.set(tokens[i]!, (result.get(tokens[i]!) ?? 0) + 1);
  return result;
}

function refuse(says: string, got: string): never {
  throw new InvalidArgumentError({ operation: "generate", says, got });
}
