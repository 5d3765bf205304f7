/**
 * How classes of every room turn a model's name into its files and back: the platform (Node's disk and Hub cache, or a
 * browser's) puts itself here when it is loaded, so that no room has to know it.
 */
import { InternalError } from "./errors.ts";
import type { Files, Folder } from "./files.ts";
import type { ResolveOptions } from "./load-options.ts";

export interface ModelFolders {
  /** A local folder, or a Hub id that is downloaded where it is not at hand. */
  resolve(source: string, options: ResolveOptions): Promise<Files>;
  /** A local folder to write to. */
  open(path: string): Folder;
}

let current: ModelFolders | undefined;

export function provideModelFolders(folders: ModelFolders): void {
  current = folders;
}

export function modelFolders(): ModelFolders {
  if (current === undefined) {
    throw new InternalError({ operation: "model folders", expected: "a platform", got: "none loaded" });
  }
  return current;
}

/** The files of `source`: a path, a Hub id, or files that are at hand. */
export async function filesOf(source: string | Files, options: ResolveOptions): Promise<Files> {
  return typeof source === "string" ? modelFolders().resolve(source, options) : source;
}

/** The folder to write to: a path, or files at hand. */
export function folderOf(target: string | Files): Files {
  return typeof target === "string" ? modelFolders().open(target) : target;
}
