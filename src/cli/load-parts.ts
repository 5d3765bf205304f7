/** A model with its tokenizer, for commands that have none of their own. */
import type { Command } from "commander";
import { openCheckpoint } from "../checkpoints/index.ts";
import { LEDConfig } from "../config.ts";
import { InvalidArgumentError } from "../errors.ts";
import type { Files } from "../files.ts";
import { type ClassName, classSpec } from "../models/led/class-specs.ts";
import { geometryOf } from "../models/led/geometry.ts";
import { requireArchitecture } from "../pipelines/checkpoint-task.ts";
import { AutoTokenizer, type ByteLevelTokenizer } from "../tokenizers/index.ts";
import { type ComputeFlags, computeOptions } from "./compute-flags.ts";
import { withInterruption } from "./interruption.ts";
import { resolveModel } from "./model-source.ts";
import type { Progress } from "./progress.ts";

/** What a command's model is for. */
export interface Purpose<M> {
  /** "finds answers", as in "a model that finds answers". */
  readonly does: string;
  /** As `led train --task` calls it. */
  readonly task: string;
  /** As pipeline() calls it. */
  readonly pipeline: string;
  readonly className: ClassName;
  readonly load: Loader<M>;
}

/** from_pretrained of a class. */
export type Loader<M> = (
  files: Files,
  options: { readonly config: LEDConfig } & ReturnType<typeof computeOptions>,
) => Promise<M>;

/** --model, without which such commands end as wrong usage. */
export function requireModel({ does, task }: Purpose<unknown>, model: string | undefined, command: Command): string {
  return (
    model ??
    command.error(
      `error: option '--model <model>' is needed, since no model that ${does} comes with this package: ` +
        `name the folder that 'led train --task ${task}' wrote, or a Hub id`,
    )
  );
}

export async function loadParts<M>(
  { does, task, pipeline, className, load }: Purpose<M>,
  name: string,
  flags: ComputeFlags,
  progress: Progress,
): Promise<{ readonly model: M; readonly tokenizer: ByteLevelTokenizer }> {
  const files = await resolveModel(name, progress);
  // First, so that a folder without a usable config is refused by name.
  const config = await LEDConfig.from_files(files);
  requireArchitecture(pipeline, config, className);
  const tokenizer = await AutoTokenizer.from_pretrained(files);
  // What the config does not tell the weights do: loading would make a missing head of random weights.
  const { tensors } = await openCheckpoint(files);
  const { entries } = classSpec(className, config, geometryOf(config));
  const missing = entries.filter((entry) => entry.head && !tensors.has(entry.name));
  if (missing.length > 0) {
    throw new InvalidArgumentError({
      operation: `load ${name}`,
      expected: `a model that ${does}`,
      got: `one without ${missing.map((entry) => entry.name).join(", ")}`,
      fix: `Train it with led train --task ${task}, or name another.`,
    });
  }
  return { model: await loadModel(files, config, flags, load), tokenizer };
}

/** Ctrl-C ends it: weights that are converted pass through a temporary file, which is removed on exit. */
export function loadModel<M>(files: Files, config: LEDConfig, flags: ComputeFlags, load: Loader<M>): Promise<M> {
  return withInterruption(
    ({ exitCode }) => process.exit(exitCode),
    () => load(files, { config, ...computeOptions(flags) }),
  );
}
