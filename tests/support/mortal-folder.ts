/** A folder that fails after some operations, as a disk that is full or a process that is killed leaves one. */
import type { Folder } from "../../src/files.ts";

export interface Fate {
  /** Operations that change something before the end. */
  left: number;
  /** What the operation, and all after it, throw. */
  readonly error: () => Error;
  /** Whether reading ends too, as for a process that is no more. */
  readonly dead: boolean;
}

export const killed = (left: number): Fate => ({ left, error: () => new Error("killed"), dead: true });

/** A full disk refuses what takes space; files can still be read, renamed and removed. */
export const diskFull = (left: number): Fate => ({
  left,
  error: () => Object.assign(new Error("ENOSPC: no space left on device"), { code: "ENOSPC" }),
  dead: false,
});

/** The folder and those in it share one fate. The operation that meets it is done by half, where there are halves of it. */
export function mortalFolder(folder: Folder, fate: Fate): Folder {
  /** Whether this operation is the one that is not finished; those after it are not begun. */
  const meets = (takesSpace: boolean): boolean => {
    if (!takesSpace && !fate.dead) return false;
    if (fate.left < 0) throw fate.error();
    fate.left -= 1;
    return fate.left < 0;
  };
  return {
    where: folder.where,
    list: () => folder.list(),
    has: (name) => folder.has(name),
    open: (name) => folder.open(name),
    folders: () => folder.folders(),
    folder: (name) => mortalFolder(folder.folder(name), fate),
    async write(name, parts) {
      // Files are written whole or not at all.
      if (meets(true)) throw fate.error();
      await folder.write(name, parts);
    },
    async append(name, bytes) {
      const ends = meets(true);
      await folder.append(name, ends ? bytes.subarray(0, bytes.length / 2) : bytes);
      if (ends) throw fate.error();
    },
    async renameFolder(name, to) {
      if (meets(false)) throw fate.error();
      await folder.renameFolder(name, to);
    },
    async removeFolder(name) {
      if (!meets(false)) return folder.removeFolder(name);
      const { contents } = folder.folder(name) as Folder & { contents: Map<string, Uint8Array> };
      for (const file of [...contents.keys()].slice(0, contents.size / 2)) contents.delete(file);
      throw fate.error();
    },
  };
}
