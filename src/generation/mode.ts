/**
 * How tokens are searched for: one of a few modes, each with the settings that it reads and no others
 * (transformers 4.37.2, generation/utils.py: _get_generation_mode). What is not served is refused by name.
 */
import { InvalidArgumentError } from "../errors.ts";
import type { BeamSettings } from "./beam-search.ts";
import type { GenerationConfig } from "./config.ts";
import { floatKeys } from "./config-keys.ts";
import type { ContrastiveSettings } from "./contrastive-search.ts";
import { pythonStr } from "./python-repr.ts";

export type Mode =
  | { readonly kind: "greedy" }
  | { readonly kind: "sample"; readonly num_return_sequences: number }
  | { readonly kind: "contrastive"; readonly settings: ContrastiveSettings }
  | { readonly kind: "beam" | "beam sample" | "constrained beam"; readonly settings: BeamSettings };

interface Unserved {
  readonly asked: (config: GenerationConfig) => boolean;
  readonly fix: string;
}

/** Settings that need what LED does not have. A setting missing here is served, or without effect with a warning. */
const unserved: { readonly [name: string]: Unserved } = {
  guidance_scale: {
    asked: (config) => config.guidance_scale !== null && config.guidance_scale !== 1,
    fix: "It guides decoders without an encoder. Leave it unset.",
  },
  prompt_lookup_num_tokens: {
    asked: (config) => config.prompt_lookup_num_tokens !== null,
    fix: "The reference cannot do this with LED. `draft_from_source` drafts from the source, with greedy search's tokens.",
  },
  num_assistant_tokens: {
    asked: (config) => config.num_assistant_tokens !== 5,
    fix: "There is no assistant model. Leave it unset.",
  },
  num_assistant_tokens_schedule: {
    asked: (config) => config.num_assistant_tokens_schedule !== "heuristic",
    fix: "There is no assistant model. Leave it unset.",
  },
  generation_kwargs: {
    asked: (config) => Object.keys(config.generation_kwargs).length > 0,
    fix: "Leave it unset.",
  },
};

/** The mode of a config that `validate` has passed. An InvalidArgumentError names a setting that is not served. */
export function chooseMode(config: GenerationConfig): Mode {
  for (const [name, { asked, fix }] of Object.entries(unserved)) {
    if (!asked(config)) continue;
    throw new InvalidArgumentError({
      operation: "generate",
      expected: `\`${name}\` to be unset`,
      got: `${pythonStr(config[name], floatKeys.has(name))}, which is not supported`,
      fix,
    });
  }
  const { do_sample, num_return_sequences, top_k, penalty_alpha, low_memory } = config;
  const constrained = config.constraints !== null || config.force_words_ids !== null;
  if (constrained && config.num_beam_groups > 1) {
    throw new InvalidArgumentError({
      operation: "generate",
      expected: "constraints or diverse groups of beams",
      got: "both",
      fix: "Leave `num_beam_groups` and `diversity_penalty`, or `force_words_ids`, unset.",
    });
  }
  if (constrained) return { kind: "constrained beam", settings: beamSettings(config, 1) };
  if (config.num_beams === 1) {
    if (do_sample) return { kind: "sample", num_return_sequences: count("num_return_sequences", num_return_sequences) };
    if (top_k !== null && top_k > 1 && penalty_alpha !== null && penalty_alpha > 0) {
      const settings = { top_k: count("top_k", top_k), penalty_alpha, low_memory: low_memory === true };
      if (config.use_cache) return { kind: "contrastive", settings };
      throw new InvalidArgumentError({ operation: "generate", says: "Contrastive search requires `use_cache=True`" });
    }
    return { kind: "greedy" };
  }
  if (config.num_beam_groups > 1) return { kind: "beam", settings: beamSettings(config, config.num_beam_groups) };
  return { kind: do_sample ? "beam sample" : "beam", settings: beamSettings(config, 1) };
}

function beamSettings(config: GenerationConfig, num_beam_groups: number): BeamSettings {
  const { num_beams, length_penalty, early_stopping, num_return_sequences } = config;
  if (typeof length_penalty !== "number" || !Number.isFinite(length_penalty)) {
    throw new InvalidArgumentError({
      operation: "generate",
      expected: "`length_penalty` to be a finite number",
      got: pythonStr(length_penalty),
    });
  }
  return { num_beams: num_beams ?? 1, num_beam_groups, length_penalty, early_stopping, num_return_sequences };
}

function count(name: string, value: number): number {
  if (Number.isInteger(value) && value >= 1) return value;
  throw new InvalidArgumentError({
    operation: "generate",
    expected: `\`${name}\` to be a whole number, at least 1`,
    got: pythonStr(value),
  });
}
