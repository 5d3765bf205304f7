/** The folders within a folder on disk, as `Folder` has them: a training's checkpoints. */
import { open, readdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { FileError } from "../errors.ts";
import type { Folder } from "../files.ts";
import { errnoOf, fileProblem } from "./disk.ts";

type InnerFolders = Pick<Folder, "folders" | "folder" | "renameFolder" | "removeFolder">;

/** Of the folder at `path`; `at` makes the `Folder` of another path, `refuse` throws for what is no plain name. */
export function innerFolders(
  path: string,
  where: string,
  at: (path: string) => Folder,
  refuse: (operation: string, name: string) => void,
): InnerFolders {
  return {
    async folders() {
      try {
        const entries = await readdir(path, { withFileTypes: true });
        return entries
          .filter((entry) => entry.isDirectory())
          .map(({ name }) => name)
          .sort();
      } catch (error) {
        if (errnoOf(error) === "ENOENT") return [];
        throw fileProblem(error, { operation: `list ${where}`, expected: `the folder ${where}` });
      }
    },

    folder(name) {
      refuse(`open ${name} in ${where}`, name);
      return at(join(path, name));
    },

    async renameFolder(name, to) {
      const operation = `rename ${name} in ${where} to ${to}`;
      refuse(operation, name);
      refuse(operation, to);
      try {
        await rename(join(path, name), join(path, to));
        await sync(path);
      } catch (error) {
        const code = errnoOf(error);
        const taken = code === "ENOTEMPTY" || code === "EEXIST" || code === "ENOTDIR";
        if (taken) throw new FileError({ operation, expected: "a name that none has", got: to, cause: error });
        throw fileProblem(error, { operation, expected: `the folder ${name}` });
      }
    },

    async removeFolder(name) {
      const operation = `remove ${name} from ${where}`;
      refuse(operation, name);
      try {
        await rm(join(path, name), { recursive: true, force: true });
      } catch (error) {
        throw fileProblem(error, { operation, expected: "a folder that can be removed" });
      }
    },
  };
}

/** Puts a folder's names on the disk, so that a power cut does not undo them. Windows opens no folders, and needs none of it. */
async function sync(path: string): Promise<void> {
  const handle = await open(path, "r").catch(() => undefined);
  if (handle === undefined) return;
  try {
    await handle.sync().catch(() => {});
  } finally {
    await handle.close();
  }
}
