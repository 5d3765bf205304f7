/**
 * What generation begins with and how long it may get (transformers 4.37.2, generation/utils.py:
 * _prepare_decoder_input_ids_for_generation, _validate_generated_length).
 */
import { InvalidArgumentError } from "../errors.ts";
import { warn } from "../log.ts";
import type { GenerationConfig } from "./config.ts";
import { pythonStr } from "./python-repr.ts";

/**
 * A row per example: `given` (decoder_input_ids), or the start token. Where no row of `given` begins with the start token,
 * it is put before all of them.
 */
export function decoderPrompt(
  given: readonly (readonly number[])[] | undefined,
  batch: number,
  config: GenerationConfig,
  vocabSize: number,
): readonly (readonly number[])[] {
  const start = config.decoder_start_token_id ?? config.bos_token_id;
  if (start === null) {
    throw new InvalidArgumentError({
      operation: "generate",
      says: "`decoder_start_token_id` or `bos_token_id` has to be defined for encoder-decoder generation.",
    });
  }
  checkIds([[start]], "`decoder_start_token_id`", vocabSize);
  if (given === undefined) return Array.from({ length: batch }, () => [start]);

  const refuse = (expected: string, got: string) => {
    throw new InvalidArgumentError({ operation: "generate", expected: `decoder_input_ids to be ${expected}`, got });
  };
  if (given.length !== batch) refuse(`${batch} rows, one per example`, String(given.length));
  if (given.some((ids) => ids.length === 0 || ids.length !== given[0]!.length)) {
    refuse("rows of one length, at least 1", `lengths ${given.map((ids) => ids.length).join(", ")}`);
  }
  checkIds(given, "decoder_input_ids", vocabSize);
  return given.some((ids) => ids[0] === start) ? given : given.map((ids) => [start, ...ids]);
}

function checkIds(rows: readonly (readonly number[])[], name: string, vocabSize: number): void {
  for (const id of rows.flat()) {
    if (Number.isInteger(id) && id >= 0 && id < vocabSize) continue;
    throw new InvalidArgumentError({
      operation: "generate",
      expected: `${name} to hold token ids from 0 to ${vocabSize - 1}`,
      got: String(id),
    });
  }
}

/**
 * Ids of a sequence at most, prompt included. Warns where lengths contradict each other; `maxLengthGiven` tells whether
 * the call itself set `max_length`.
 */
export function maximumLength(config: GenerationConfig, promptLength: number, maxLengthGiven: boolean): number {
  const { max_length, max_new_tokens, min_length, min_new_tokens } = config;
  const byDefault = !maxLengthGiven && max_length !== null;
  if (max_new_tokens !== null && !byDefault && max_length !== null) {
    warn(
      `Both \`max_new_tokens\` (=${max_new_tokens}) and \`max_length\`(=${max_length}) seem to have been set. ` +
        "`max_new_tokens` will take precedence. Please refer to the documentation for more information. " +
        "(https://huggingface.co/docs/transformers/main/en/main_classes/text_generation)",
    );
  }
  const maximum =
    max_new_tokens === null
      ? length("max_length", max_length)
      : length("max_new_tokens", max_new_tokens) + promptLength;
  if (byDefault && max_new_tokens === null && max_length === 20) {
    warn(
      "Using the model-agnostic default `max_length` (=20) to control the generation length. We recommend setting " +
        "`max_new_tokens` to control the maximum length of the generation.",
    );
  }
  if (promptLength >= maximum) {
    warn(
      `Input length of decoder_input_ids is ${promptLength}, but \`max_length\` is set to ${maximum}. This can lead to ` +
        "unexpected behavior. You should consider increasing `max_new_tokens`.",
    );
  }
  const advice =
    " Generation will stop at the defined maximum length. You should decrease the minimum length and/or increase the " +
    `maximum length.${byDefault ? ` Note that \`max_length\` is set to ${maximum}, its default value.` : ""}`;
  if (min_length !== null && min_length > maximum) {
    warn(
      `Unfeasible length constraints: \`min_length\` (${min_length}) is larger than the maximum possible length ` +
        `(${maximum}).${advice}`,
    );
  }
  if (min_new_tokens !== null && min_new_tokens + promptLength > maximum) {
    warn(
      `Unfeasible length constraints: \`min_new_tokens\` (${min_new_tokens}), when added to the prompt length ` +
        `(${promptLength}), is larger than the maximum possible length (${maximum}).${advice}`,
    );
  }
  return maximum;
}

function length(name: string, value: unknown): number {
  if (typeof value === "number" && Number.isInteger(value) && value >= 0) return value;
  throw new InvalidArgumentError({
    operation: "generate",
    expected: `\`${name}\` to be a whole number, 0 or more`,
    got: pythonStr(value),
  });
}
