/** The folder that a training writes to, and the checkpoint that it goes on from. */
import { FileError, InvalidArgumentError } from "../errors.ts";
import type { Files, Folder } from "../files.ts";
import { modelFolders } from "../model-folders.ts";
import type { Seq2SeqTrainingArguments } from "./arguments.ts";
import { checkpointNames, clearInterrupted, lastCheckpoint, removeCheckpoint } from "./checkpoint-folders.ts";

/** A checkpoint's folder, true for the last one in output_dir, false or null for none. */
export type ResumeFrom = string | Files | boolean | null | undefined;

/** output_dir as a folder. */
export function outputFolder({ output_dir }: Seq2SeqTrainingArguments): Folder {
  return typeof output_dir === "string" ? modelFolders().open(output_dir) : output_dir;
}

/**
 * Makes the folder ready, and gives the checkpoint to resume from. What an interrupted save left is removed, and so are the
 * checkpoints of a training that is overwritten. Throws a FileError as `requireOutput` does.
 */
export async function prepareOutput(
  output: Folder,
  args: Seq2SeqTrainingArguments,
  resume: ResumeFrom,
): Promise<Files | undefined> {
  const filled = await requireOutput(output, args, resume);
  if (isResuming(resume)) {
    await clearInterrupted(output);
    return checkpointOf(output, resume);
  }
  if (!filled) return undefined;
  await clearInterrupted(output);
  // A training that resumes takes the last checkpoint, which must not be of an earlier training.
  for (const name of await checkpointNames(output)) await removeCheckpoint(output, name);
  return undefined;
}

/**
 * Whether there is anything in the folder. Throws a FileError where there is and the training neither resumes nor overwrites; changes
 * nothing.
 */
export async function requireOutput(
  output: Folder,
  { overwrite_output_dir }: Seq2SeqTrainingArguments,
  resume: ResumeFrom,
): Promise<boolean> {
  const folders = await output.folders();
  // Without a folder there is nothing to list.
  const files = await output.list().catch((error: unknown) => {
    if (error instanceof FileError && folders.length === 0) return [];
    throw error;
  });
  const found = [...folders, ...files];
  if (found.length === 0) return false;
  if (overwrite_output_dir || isResuming(resume)) return true;
  throw new FileError({
    operation: "train",
    says: `Output directory (${output.where}) already exists and is not empty. Use --overwrite_output_dir to overcome.`,
    got: found.slice(0, 3).join(", "),
    fix: "Name a new output_dir, set overwrite_output_dir, or resume (resume_from_checkpoint: true).",
  });
}

function isResuming(resume: ResumeFrom): resume is string | Files | true {
  return resume !== undefined && resume !== null && resume !== false;
}

async function checkpointOf(output: Folder, resume: string | Files | true): Promise<Files> {
  if (typeof resume === "string") return modelFolders().open(resume);
  if (resume !== true) return resume;
  const name = await lastCheckpoint(output);
  if (name !== undefined) return output.folder(name);
  throw new InvalidArgumentError({
    operation: "train",
    says: `No valid checkpoint found in output directory (${output.where})`,
    fix: "Leave resume_from_checkpoint out to begin a new training.",
  });
}
