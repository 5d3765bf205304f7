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
 * Makes the folder ready, and gives the checkpoint to resume from. What an interrupted save left is removed. Throws a FileError
 * where there is something in it and the training neither resumes nor overwrites; then its checkpoints are removed.
 */
export async function prepareOutput(
  output: Folder,
  { overwrite_output_dir }: Seq2SeqTrainingArguments,
  resume: ResumeFrom,
): Promise<Files | undefined> {
  if (resume !== undefined && resume !== null && resume !== false) {
    await clearInterrupted(output);
    return checkpointOf(output, resume);
  }
  const folders = await output.folders();
  // Without a folder there is nothing to list.
  const files = await output.list().catch((error: unknown) => {
    if (error instanceof FileError && folders.length === 0) return [];
    throw error;
  });
  if (folders.length + files.length === 0) return undefined;
  if (!overwrite_output_dir) {
    throw new FileError({
      operation: "train",
      says: `Output directory (${output.where}) already exists and is not empty. Use --overwrite_output_dir to overcome.`,
      got: [...folders, ...files].slice(0, 3).join(", "),
      fix: "Name a new output_dir, set overwrite_output_dir, or resume (resume_from_checkpoint: true).",
    });
  }
  await clearInterrupted(output);
  // A training that resumes takes the last checkpoint, which must not be of an earlier training.
  for (const name of await checkpointNames(output)) await removeCheckpoint(output, name);
  return undefined;
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
