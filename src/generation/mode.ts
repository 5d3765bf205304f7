/**
 * How tokens are searched for: one of a few modes, each with the settings that it reads and no others
 * (transformers 4.37.2, generation/utils.py: _get_generation_mode). What is not served is refused by name.
 */
import { InvalidArgumentError } from "../errors.ts";
import type { GenerationConfig } from "./config.ts";
import { floatKeys } from "./config-keys.ts";
import { pythonStr } from "./python-repr.ts";

export type Mode =
  | { readonly kind: "greedy" }
  | {
      readonly kind: "beam";
      readonly num_beams: number;
      readonly length_penalty: number;
      readonly early_stopping: boolean | "never";
      readonly num_return_sequences: number;
    };

/** When a setting asks for something that is not served. A setting missing here is served, or without effect with a warning. */
const unserved: { readonly [name: string]: (config: GenerationConfig) => boolean } = {
  constraints: (config) => config.constraints !== null,
  force_words_ids: (config) => config.force_words_ids !== null,
  do_sample: (config) => config.do_sample !== false,
  num_beam_groups: (config) => config.num_beam_groups !== 1,
  diversity_penalty: (config) => config.diversity_penalty !== null && config.diversity_penalty !== 0,
  penalty_alpha: (config) => config.penalty_alpha !== null && config.penalty_alpha !== 0,
  low_memory: (config) => config.low_memory !== null,
  guidance_scale: (config) => config.guidance_scale !== null && config.guidance_scale !== 1,
  prompt_lookup_num_tokens: (config) => config.prompt_lookup_num_tokens !== null,
  num_assistant_tokens: (config) => config.num_assistant_tokens !== 5,
  num_assistant_tokens_schedule: (config) => config.num_assistant_tokens_schedule !== "heuristic",
  generation_kwargs: (config) => Object.keys(config.generation_kwargs).length > 0,
  output_attentions: (config) => config.output_attentions,
  output_hidden_states: (config) => config.output_hidden_states,
  output_scores: (config) => config.output_scores,
  return_dict_in_generate: (config) => config.return_dict_in_generate,
};

/** The mode of a config that `validate` has passed. An InvalidArgumentError names a setting that is not served. */
export function chooseMode(config: GenerationConfig): Mode {
  for (const [name, asked] of Object.entries(unserved)) {
    if (!asked(config)) continue;
    throw new InvalidArgumentError({
      operation: "generate",
      expected: "greedy or beam search that returns sequences",
      got: `\`${name}\` = ${pythonStr(config[name], floatKeys.has(name))}, which is not supported`,
      fix: `Leave \`${name}\` unset.`,
    });
  }
  if (config.num_beams === 1) return { kind: "greedy" };
  const { num_beams, length_penalty, early_stopping, num_return_sequences } = config;
  if (typeof length_penalty !== "number" || !Number.isFinite(length_penalty)) {
    throw new InvalidArgumentError({
      operation: "generate",
      expected: "`length_penalty` to be a finite number",
      got: pythonStr(length_penalty),
    });
  }
  return { kind: "beam", num_beams: num_beams ?? 1, length_penalty, early_stopping, num_return_sequences };
}
