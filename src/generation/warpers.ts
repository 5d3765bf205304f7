/**
 * Which warpers a config asks for, in which order (transformers 4.37.2, generation/utils.py: _get_logits_warper).
 *
 * A setting that asks for nothing, a top_p of 1 or more or a cutoff outside (0, 1), is passed over as by the reference.
 */
import { InvalidArgumentError } from "../errors.ts";
import type { GenerationConfig } from "./config.ts";
import { floatKeys } from "./config-keys.ts";
import type { LogitsProcessor } from "./processor.ts";
import { pythonStr } from "./python-repr.ts";
import { renormalize } from "./token-processors.ts";
import { epsilonCutoff, etaCutoff, temperature, topK, topP, typical } from "./truncation-warpers.ts";

export { type HammingDiversity, hammingDiversity } from "./hamming-diversity.ts";
export { epsilonCutoff, etaCutoff, temperature, topK, topP, typical } from "./truncation-warpers.ts";

/** What a search knows that warpers are made from. */
export interface WarperContext {
  vocabSize: number;
  /** End tokens; empty where there are none. */
  eos: readonly number[];
}

/** The warpers that `config` asks for, in the order in which they are applied, after the processors. */
export function warpers(config: GenerationConfig, { vocabSize, eos }: WarperContext): LogitsProcessor[] {
  // A beam needs a token to go on with besides every end token; without end tokens two, as in the reference.
  const keep = (config.num_beams ?? 1) > 1 ? Math.max(2, eos.length + 1) : 1;
  const list: LogitsProcessor[] = [];
  const add = (name: keyof typeof makers, asked: (value: number) => boolean) => {
    const value: unknown = config[name];
    if (value === null || value === undefined) return;
    if (typeof value !== "number" || Number.isNaN(value)) {
      throw new InvalidArgumentError({
        operation: "generate",
        expected: `\`${name}\` to be a number`,
        got: pythonStr(value, floatKeys.has(name)),
      });
    }
    if (asked(value)) list.push(makers[name](value, keep, vocabSize));
  };
  const isShare = (value: number) => value > 0 && value < 1;
  add("temperature", (value) => value !== 1);
  add("top_k", (value) => value !== 0);
  add("top_p", (value) => value < 1);
  add("typical_p", (value) => value < 1);
  add("epsilon_cutoff", isShare);
  add("eta_cutoff", isShare);
  if (config.renormalize_logits === true) list.push(renormalize(vocabSize));
  return list;
}

const makers = {
  temperature: (value: number) => temperature(value),
  top_k: topK,
  top_p: topP,
  typical_p: typical,
  epsilon_cutoff: epsilonCutoff,
  eta_cutoff: etaCutoff,
} satisfies { [name: string]: (value: number, keep: number, vocabSize: number) => LogitsProcessor };
