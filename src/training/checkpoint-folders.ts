/**
 * checkpoint-STEP folders of a training: which there are, which are too many, and how one comes to be there whole or not at all
 * (transformers 4.37.2, trainer.py: _save_checkpoint, _sorted_checkpoints, _rotate_checkpoints; trainer_utils.py:
 * get_last_checkpoint).
 *
 * Departures: a checkpoint of the same step is replaced rather than written into; the oldest ones are those of the fewest steps,
 * whatever their files' times.
 */
import { FileError, LEDError } from "../errors.ts";
import type { Folder } from "../files.ts";

export const checkpointName = (step: number): string => `checkpoint-${step}`;

const stepOf = (name: string): number => Number(/^checkpoint-(\d+)$/.exec(name)?.[1] ?? Number.NaN);

const temporaryName = (name: string): string => `tmp-${name}`;
const formerName = (name: string): string => `tmp-former-${name}`;
const removedName = (name: string): string => `tmp-removed-${name}`;

/** Names of the checkpoints, by their steps. */
export async function checkpointNames(output: Folder): Promise<string[]> {
  const names = (await output.folders()).filter((name) => Number.isSafeInteger(stepOf(name)));
  return names.sort((a, b) => stepOf(a) - stepOf(b));
}

export async function lastCheckpoint(output: Folder): Promise<string | undefined> {
  return (await checkpointNames(output)).at(-1);
}

/** Removes what an interrupted save left. A checkpoint whose replacement was interrupted gets its name back. */
export async function clearInterrupted(output: Folder): Promise<void> {
  const names = await output.folders();
  for (const name of names.filter((one) => one.startsWith("tmp-"))) {
    const former = /^tmp-former-(checkpoint-\d+)$/.exec(name)?.[1];
    if (former !== undefined && !names.includes(former)) await output.renameFolder(name, former);
    else if (/^tmp-(former-|removed-)?checkpoint-\d+$/.test(name)) await output.removeFolder(name);
  }
}

/** Renamed first: what is removed by half must not look like a checkpoint. */
export async function removeCheckpoint(output: Folder, name: string): Promise<void> {
  const removed = removedName(name);
  await output.removeFolder(removed);
  await output.renameFolder(name, removed);
  await output.removeFolder(removed);
}

/**
 * Runs `write` on a folder of a temporary name, which becomes `name` when it is complete. When it fails nothing is left of it, and a
 * FileError says which checkpoint is intact.
 */
export async function writeCheckpoint(
  output: Folder,
  name: string,
  write: (target: Folder) => Promise<void>,
): Promise<void> {
  const temporary = temporaryName(name);
  try {
    await output.removeFolder(temporary);
    await write(output.folder(temporary));
    if ((await output.folders()).includes(name)) {
      const former = formerName(name);
      await output.removeFolder(former);
      await output.renameFolder(name, former);
      await output.renameFolder(temporary, name);
      await output.removeFolder(former);
    } else await output.renameFolder(temporary, name);
  } catch (error) {
    // What cannot be removed now is removed when the training is resumed.
    await clearInterrupted(output).catch(() => {});
    throw await notWritten(output, name, error);
  }
}

async function notWritten(output: Folder, name: string, error: unknown): Promise<unknown> {
  // A DOMException, of a training that is aborted, has a number as its code.
  const isDisk =
    error instanceof FileError || (error instanceof Error && "code" in error && typeof error.code === "string");
  if (!isDisk) return error;
  const good = await lastCheckpoint(output).catch(() => undefined);
  const intact =
    good === undefined
      ? "There is no earlier checkpoint."
      : `${good} is intact: make room and resume from it (resume_from_checkpoint: true).`;
  return new FileError({
    operation: `save ${name} in ${output.where}`,
    expected: "a checkpoint that is written whole",
    got: error instanceof LEDError ? error.message : String(error),
    fix: intact,
    cause: error,
  });
}

export interface Rotation {
  /** Checkpoints to keep; null, 0 and less for all. */
  readonly limit: number | null;
  /** The name of the best one, which stays. */
  readonly best: string | undefined;
}

/** Removes the oldest checkpoints beyond the limit; with a limit of 1 both the best and the last one stay. */
export async function rotateCheckpoints(output: Folder, { limit, best }: Rotation): Promise<void> {
  if (limit === null || limit <= 0) return;
  const names = await checkpointNames(output);
  const at = best === undefined ? -1 : names.indexOf(best);
  // The best one counts as the newest but one.
  if (at >= 0 && at < names.length - 2) names.splice(names.length - 2, 0, ...names.splice(at, 1));
  const kept = limit === 1 && at >= 0 && names.at(-1) !== best ? 2 : limit;
  for (const name of names.slice(0, Math.max(0, names.length - kept))) await removeCheckpoint(output, name);
}

/** Removes all checkpoints but one. */
export async function keepOnly(output: Folder, best: string): Promise<void> {
  for (const name of await checkpointNames(output)) if (name !== best) await removeCheckpoint(output, name);
}
