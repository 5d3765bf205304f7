/**
 * What the hub asks of the operating system's disk, and how its refusals read. The few calls that behave differently
 * from one system to the next (links, free space, a write that meets a full disk) are gathered in `Disk`, so that a
 * test on one system can play another.
 */
import { mkdir, stat, statfs, symlink } from "node:fs/promises";
import { dirname } from "node:path";
import { FileError, LEDError } from "../errors.ts";

/** An open file: node's FileHandle, in words that the declarations of a program without Node's types can hold. */
interface WritableFile {
  write(bytes: Uint8Array, offset: number, length: number, position: number): Promise<{ bytesWritten: number }>;
}

export interface Disk {
  /** A relative symbolic link to a file; rejects where links are not permitted (Windows without developer mode). */
  symlink(target: string, path: string): Promise<void>;
  /** Bytes that this user may still write in `folder`, or undefined where the file system does not say. */
  freeBytes(folder: string): Promise<number | undefined>;
  /** All of `bytes` at `position`. */
  write(handle: WritableFile, bytes: Uint8Array, position: number): Promise<void>;
}

export const nodeDisk: Disk = {
  symlink: (target, path) => symlink(target, path, "file"),
  async freeBytes(folder) {
    try {
      const { blocks, bavail, bsize } = await statfs(folder);
      return blocks > 0 ? bavail * bsize : undefined;
    } catch {
      return undefined;
    }
  },
  async write(handle, bytes, position) {
    let done = 0;
    while (done < bytes.length) {
      const { bytesWritten } = await handle.write(bytes, done, bytes.length - done, position + done);
      done += bytesWritten;
    }
  },
};

/**
 * Makes the folder, and those above it that are missing. Node's own recursive mkdir never ends where a file system answers
 * ENOENT whatever exists, as /proc does (Node 20).
 */
export async function makeFolder(path: string): Promise<void> {
  const make = () =>
    mkdir(path).catch(async (error: unknown) => {
      const there = await stat(path).then(
        (found) => found.isDirectory(),
        () => false,
      );
      if (!there) throw error;
    });
  try {
    await make();
  } catch (error) {
    if (errnoOf(error) !== "ENOENT" || dirname(path) === path) throw error;
    await makeFolder(dirname(path));
    await make();
  }
}

/** What a failed file system call met, and what a person can do about it, by errno name. */
const PROBLEMS: Readonly<Record<string, { got: string; fix: string }>> = {
  ENOENT: { got: "none", fix: "Check the path." },
  ENOTDIR: { got: "a file where the path needs a folder", fix: "Check the path." },
  // mkdir's word for the same when the file stands at the end of the path.
  EEXIST: { got: "a file where the path needs a folder", fix: "Check the path." },
  EISDIR: { got: "a folder", fix: "Name a file in it." },
  EACCES: { got: "permission denied", fix: "Check the permissions of the file and of its folder." },
  EPERM: { got: "operation not permitted", fix: "Check the permissions of the file and of its folder." },
  EROFS: { got: "a read-only file system", fix: "Choose a folder on a disk that can be written." },
  ENOSPC: { got: "a full disk, no space left", fix: "Free some space, or choose a folder on another disk." },
  EDQUOT: { got: "a full disk quota", fix: "Free some space, or choose a folder on another disk." },
  EMFILE: { got: "too many open files", fix: "Close some, or raise the limit (`ulimit -n`)." },
  ENAMETOOLONG: { got: "a name that is too long for the file system", fix: "Shorten it." },
  ELOOP: { got: "symbolic links that lead in a circle", fix: "Remove the links." },
};

/** The errno name ("ENOENT") of an error of node:fs, or undefined. */
export function errnoOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !("code" in error)) return undefined;
  return typeof error.code === "string" ? error.code : undefined;
}

export function isDiskFull(error: unknown): boolean {
  const code = errnoOf(error);
  return code === "ENOSPC" || code === "EDQUOT";
}

/** The FileError for a failed file system call; errors of this package pass through as they are. */
export function fileProblem(
  error: unknown,
  parts: { operation: string; expected: string; fix?: string | undefined },
): LEDError {
  if (error instanceof LEDError) return error;
  const problem = PROBLEMS[errnoOf(error) ?? ""];
  const got = problem?.got ?? (error instanceof Error ? error.message : String(error));
  const fix = parts.fix ?? problem?.fix;
  return new FileError({
    operation: parts.operation,
    expected: parts.expected,
    got,
    ...(fix === undefined ? {} : { fix }),
    cause: error,
  });
}
