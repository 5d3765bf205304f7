/**
 * A folder on disk as `Files`. Real paths are given out (a Hub snapshot is a folder of links into `blobs/`, and an
 * engine that maps a file by itself refuses links that leave the folder), and a write either replaces the whole file
 * or leaves what was there.
 */
import { randomBytes } from "node:crypto";
import { constants } from "node:fs";
import { open, readdir, realpath, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { FileError, InvalidArgumentError, nearestName } from "../errors.ts";
import type { Folder, OpenFile } from "../files.ts";
import { type Disk, errnoOf, fileProblem, makeFolder, nodeDisk } from "./disk.ts";
import { innerFolders } from "./inner-folders.ts";

/** One read call of the operating system takes at most 2^31 - 1 bytes; larger reads go in pieces of this size. */
const LARGEST_READ = 1 << 30;

/**
 * The files of the folder at `path`. The folder need not exist yet: `write` makes it.
 * `where` is what messages call the folder (its path by default).
 */
export function folderFiles(path: string, { where = path, disk = nodeDisk }: FolderOptions = {}): Folder {
  if (path === "") {
    throw new InvalidArgumentError({ operation: "open a folder", expected: "a path", got: "an empty string" });
  }

  async function names(operation: string): Promise<string[]> {
    try {
      const entries = await readdir(path, { withFileTypes: true });
      const kept = await Promise.all(
        entries.map(async (entry) => {
          if (entry.isFile()) return entry.name;
          return entry.isSymbolicLink() && (await isPlainFile(join(path, entry.name))) ? entry.name : undefined;
        }),
      );
      return kept.filter((name) => name !== undefined).sort();
    } catch (error) {
      throw folderProblem(error, operation);
    }
  }

  function folderProblem(error: unknown, operation: string) {
    const code = errnoOf(error);
    if (code !== "ENOENT" && code !== "ENOTDIR")
      return fileProblem(error, { operation, expected: `the folder ${where}` });
    return new FileError({
      operation,
      expected: `the folder ${where}`,
      got: code === "ENOENT" ? "no such folder" : "a file",
      fix: code === "ENOENT" ? "Check the path." : "Give the folder that holds it.",
      cause: error,
    });
  }

  const expected = "a folder that can be written";

  async function made(operation: string): Promise<void> {
    try {
      await makeFolder(path);
    } catch (error) {
      const code = errnoOf(error);
      throw code === "EEXIST" || code === "ENOTDIR"
        ? new FileError({ operation, expected, got: "a file of that name", fix: "Choose another folder." })
        : fileProblem(error, { operation, expected });
    }
  }

  return {
    where,
    ...innerFolders(
      path,
      where,
      (inner) => folderFiles(inner, { disk }),
      (operation, name) => refuseOtherNames(operation, name, where),
    ),
    list: () => names(`list ${where}`),
    has: async (name) => isPlainName(name) && (await isPlainFile(join(path, name))),

    async open(name) {
      const operation = `open ${name}`;
      refuseOtherNames(operation, name, where);
      const full = join(path, name);
      try {
        // Asked before opening: opening a pipe would wait for its writer.
        const found = await stat(full);
        if (!found.isFile()) {
          throw new FileError({
            operation,
            expected: `a file in ${where}`,
            got: found.isDirectory() ? "a folder" : "a device, pipe or socket",
          });
        }
        return await openedFile(await realpath(full), name, where);
      } catch (error) {
        const code = errnoOf(error);
        if (code !== "ENOENT" && code !== "ENOTDIR") {
          throw fileProblem(error, { operation, expected: `a readable file in ${where}` });
        }
        const near = nearestName(name, await names(operation));
        throw new FileError({
          operation,
          expected: `a file in ${where}`,
          got: "none",
          ...(near === undefined ? {} : { fix: `There is ${near}.` }),
          cause: error,
        });
      }
    },

    async write(name, parts) {
      const operation = `write ${name} in ${where}`;
      refuseOtherNames(operation, name, where);
      const full = join(path, name);
      const temporary = join(path, `.${name}.${randomBytes(6).toString("hex")}.tmp`);
      await made(operation);
      if (await isFolder(full)) {
        throw new FileError({ operation, expected: "a file name", got: "a folder of that name" });
      }
      try {
        const handle = await open(temporary, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL);
        try {
          let position = 0;
          for await (const part of parts) {
            await disk.write(handle, part, position);
            position += part.length;
          }
          // Renamed before its bytes are on the disk, a file can be empty after a power cut.
          await handle.sync();
        } finally {
          await handle.close();
        }
        await rename(temporary, full);
      } catch (error) {
        await rm(temporary, { force: true });
        // What the caller's own parts throw is the caller's; only the disk's refusals are translated.
        throw errnoOf(error) === undefined ? error : fileProblem(error, { operation, expected });
      }
    },

    async append(name, bytes) {
      const operation = `append to ${name} in ${where}`;
      refuseOtherNames(operation, name, where);
      await made(operation);
      try {
        const handle = await open(join(path, name), "a");
        try {
          await disk.write(handle, bytes, (await handle.stat()).size);
        } finally {
          await handle.close();
        }
      } catch (error) {
        throw fileProblem(error, { operation, expected });
      }
    },
  };
}

export interface FolderOptions {
  where?: string;
  disk?: Disk;
}

async function openedFile(path: string, name: string, where: string): Promise<OpenFile> {
  const handle = await open(path, "r");
  const { size } = await handle.stat();
  return {
    size,
    path,
    async read(offset, length) {
      const operation = `read ${name} of ${where}`;
      const short = () =>
        new FileError({ operation, expected: `${length} bytes at ${offset}`, got: `a file of ${size} bytes` });
      if (offset < 0 || length < 0 || offset + length > size) throw short();
      const bytes = new Uint8Array(length);
      let done = 0;
      while (done < length) {
        const { bytesRead } = await handle
          .read(bytes, done, Math.min(length - done, LARGEST_READ), offset + done)
          .catch((error: unknown) => {
            throw fileProblem(error, { operation, expected: `${length} bytes at ${offset}` });
          });
        if (bytesRead === 0) {
          throw new FileError({
            operation,
            expected: `${length} bytes at ${offset}`,
            got: `a file that ends at ${offset + done} now`,
            fix: "Is something else writing it?",
          });
        }
        done += bytesRead;
      }
      return bytes;
    },
    close: () => handle.close(),
  };
}

/** A name of a file in the folder itself: nothing that leads out of it, or below it. */
export function isPlainName(name: string): boolean {
  return name !== "" && name !== "." && name !== ".." && !/[/\\]/.test(name) && !name.includes("\0");
}

function refuseOtherNames(operation: string, name: string, where: string): void {
  if (isPlainName(name)) return;
  throw new FileError({ operation, expected: `the name of a file in ${where}`, got: JSON.stringify(name) });
}

export async function isPlainFile(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isFile(),
    () => false,
  );
}

export async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}
