/** What pipelines ask of their model before anything is computed. */
import type { LEDConfig } from "../config.ts";
import { InvalidArgumentError } from "../errors.ts";
import { headPlace } from "../models/led/class-specs.ts";
import { requireMatchingTokenizer } from "./matching-tokenizer.ts";
import type { PipelineParts } from "./pipeline-parts.ts";

/**
 * Throws an InvalidArgumentError for a model of another class and for a tokenizer that is not the model's. The reference only logs
 * its sentence and fails later. A model in a worker does not tell its class: `requireOutput` finds out.
 */
export function requirePipelineModel(
  { task, model, tokenizer }: PipelineParts<{ readonly config: LEDConfig }>,
  className: string,
): void {
  const got = (model.constructor as { readonly className?: unknown }).className;
  if (typeof got === "string" && got !== className) throw wrongModel(task, got, className);
  requireMatchingTokenizer(tokenizer, model.config);
}

/** A field that the task's class gives and others do not. */
export function requireOutput<O>(output: O | undefined, task: string, className: string): O {
  if (output === undefined) throw wrongModel(task, "of another class", className);
  return output;
}

function wrongModel(task: string, got: string, className: string): InvalidArgumentError {
  return new InvalidArgumentError({
    operation: task,
    says: `The model '${got}' is not supported for ${task}. Supported models are ['${className}'].`,
    fix: `Load it with ${className}.from_pretrained, or give pipeline() the model's name.`,
  });
}

/** Tokens that a model reads at most. One whose output comes from the decoder is given the source there too, shifted right. */
export function longestSource(config: LEDConfig, reads: "encoder" | "decoder" = headPlace(config)): number {
  const { max_encoder_position_embeddings: encoder, max_decoder_position_embeddings: decoder } = config;
  return reads === "encoder" ? encoder : Math.min(encoder, decoder);
}
