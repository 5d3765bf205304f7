/** Whether a checkpoint was saved from a model of the task it is asked for. */
import type { LEDConfig } from "../config.ts";
import { InvalidArgumentError } from "../errors.ts";
import { classNames } from "../models/led/class-specs.ts";

/** What generates needs no head beyond the token table, which the bare model has too. */
const alsoFrom: Readonly<Record<string, readonly string[]>> = { LEDForConditionalGeneration: ["LEDModel"] };

/**
 * Throws an InvalidArgumentError where `architectures` of the config names LED's classes, and none whose head is the task's. The
 * reference makes a new random head with a warning, so that results mean nothing.
 */
export function requireArchitecture(task: string, { architectures }: LEDConfig, className: string): void {
  // Heads over the encoder and TensorFlow's classes have names of their own.
  const saved = (architectures ?? []).map((name) =>
    name.replace(/^TFLED|^LEDEncoderFor/, (start) => classStart(start)),
  );
  const fitting = [className, ...(alsoFrom[className] ?? [])];
  const others = saved.filter((name) => (classNames as readonly string[]).includes(name) && !fitting.includes(name));
  if (saved.length === 0 || others.length < saved.length) return;
  throw new InvalidArgumentError({
    operation: `pipeline("${task}")`,
    says: `The model '${architectures!.join("', '")}' is not supported for ${task}. Supported models are ['${className}'].`,
    fix: `Train it as ${className} first, or give the checkpoint of another task.`,
  });
}

function classStart(start: string): string {
  return start === "TFLED" ? "LED" : "LEDFor";
}
