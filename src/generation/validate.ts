/**
 * Which settings of a generation config cannot be meant (transformers 4.37.2, generation/configuration_utils.py:
 * GenerationConfig.validate), in the reference's words and order.
 *
 * Departure: `early_stopping` 0 and 1 are refused; the reference takes them for booleans here and for "never" later.
 */
import { InvalidArgumentError } from "../errors.ts";
import { floatKeys, type GenerationConfigKeys } from "./config-keys.ts";
import { pythonStr } from "./python-repr.ts";

// Arguments of generate() that are no settings.
const generateArguments = [
  "logits_processor",
  "stopping_criteria",
  "prefix_allowed_tokens_fn",
  "synced_gpus",
  "assistant_model",
  "streamer",
  "negative_prompt_ids",
  "negative_prompt_attention_mask",
];

/**
 * What the reference warns of; an InvalidArgumentError where it raises. `isInit` adds that a file may be to blame.
 * `num_beams` null becomes 1.
 */
export function validate(config: GenerationConfigKeys, isInit: boolean): string[] {
  const warnings: string[] = [];
  if (typeof config.early_stopping !== "boolean" && config.early_stopping !== "never") {
    refuse(`\`early_stopping\` must be a boolean or 'never', but is ${shown(config, "early_stopping")}.`);
  }
  const where = isInit
    ? " This was detected when initializing the generation config instance, which means the corresponding file may hold " +
      "incorrect parameterization and should be fixed."
    : "";

  if (config.do_sample === false) {
    const unused = (name: string) =>
      warnings.push(
        `\`do_sample\` is set to \`False\`. However, \`${name}\` is set to \`${shown(config, name)}\` -- this flag is only ` +
          `used in sample-based generation modes. You should set \`do_sample=True\` or unset \`${name}\`.${where}`,
      );
    if (config.temperature !== 1) unused("temperature");
    if (config.top_p !== 1) unused("top_p");
    if (config.typical_p !== 1) unused("typical_p");
    if (config.top_k !== 50 && config.penalty_alpha === null) unused("top_k");
    if (config.epsilon_cutoff !== 0) unused("epsilon_cutoff");
    if (config.eta_cutoff !== 0) unused("eta_cutoff");
  }

  if (config.num_beams === null) {
    warnings.push("`num_beams` is set to None - defaulting to 1.");
    config.num_beams = 1;
  }
  if (config.num_beams === 1) {
    const unused = (name: string) =>
      warnings.push(
        `\`num_beams\` is set to 1. However, \`${name}\` is set to \`${shown(config, name)}\` -- this flag is only used ` +
          `in beam-based generation modes. You should set \`num_beams>1\` or unset \`${name}\`.${where}`,
      );
    if (config.early_stopping !== false) unused("early_stopping");
    if (config.num_beam_groups !== 1) unused("num_beam_groups");
    if (config.diversity_penalty !== 0) unused("diversity_penalty");
    if (config.length_penalty !== 1) unused("length_penalty");
    if (config.constraints !== null) unused("constraints");
  } else {
    validateBeams(config, config.num_beams, where);
  }

  if (config.num_return_sequences !== 1) {
    if (config.num_beams === 1) {
      if (config.do_sample === false) {
        refuse(
          "Greedy methods without beam search do not support `num_return_sequences` different than 1 " +
            `(got ${shown(config, "num_return_sequences")}).`,
        );
      }
    } else if (config.num_return_sequences > config.num_beams) {
      refuse(
        `\`num_return_sequences\` (${shown(config, "num_return_sequences")}) has to be smaller or equal to \`num_beams\` ` +
          `(${config.num_beams}).`,
      );
    }
  }

  for (const name of generateArguments) {
    if (Object.hasOwn(config, name)) {
      refuse(
        `Argument \`${name}\` is not a valid argument of \`GenerationConfig\`. It should be passed to \`generate()\` ` +
          "(or a pipeline) directly.",
      );
    }
  }
  return warnings;
}

function validateBeams(config: GenerationConfigKeys, numBeams: number, where: string): void {
  if (config.constraints !== null) {
    const clash = (name: string) =>
      refuse(
        "`constraints` is not `None`, triggering constrained beam search. However, " +
          `\`${name}\` is set to \`${shown(config, name)}\`, which is incompatible with this generation mode. Set ` +
          `\`constraints=None\` or unset \`${name}\` to continue.${where}`,
      );
    if (config.do_sample === true) clash("do_sample");
    if (config.num_beam_groups !== 1) clash("num_beam_groups");
  }
  if (config.diversity_penalty !== 0 || config.num_beam_groups !== 1) {
    const groups =
      "`diversity_penalty` is not 0.0 or `num_beam_groups` is not 1, triggering group beam search. In this generation " +
      "mode, ";
    if (config.do_sample === true) refuse(`${groups}\`do_sample\` must be set to \`False\``);
    if (numBeams % config.num_beam_groups !== 0) {
      refuse(`${groups}\`num_beams\` should be divisible by \`num_beam_groups\``);
    }
    if (config.diversity_penalty === 0) {
      refuse(`${groups}\`diversity_penalty\` should be greater than \`0.0\`, otherwise your groups will be identical.`);
    }
  }
}

function shown(config: GenerationConfigKeys, name: string): string {
  return pythonStr(config[name], floatKeys.has(name));
}

function refuse(says: string): never {
  throw new InvalidArgumentError({ operation: "GenerationConfig", says });
}
