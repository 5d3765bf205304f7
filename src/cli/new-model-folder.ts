/** The folder that a command writes a model to: complete at the end, or as it was before. */
import { readdir, rm, rmdir } from "node:fs/promises";
import { join } from "node:path";
import { FileError } from "../errors.ts";
import type { Files } from "../files.ts";
import { folderFiles } from "../hub/index.ts";

/** Files that say that there is a model. */
const modelFile = /^(config\.json|.*\.(safetensors|bin|h5)(\.index\.json)?)$/;

/**
 * Runs `work` on the folder at `path`, which need not exist. When it fails, the files that it wrote are removed, and the
 * folder too where there was none. Throws a FileError for a folder that holds a model.
 */
export async function writeModelFolder<T>(path: string, work: (target: Files) => Promise<T>): Promise<T> {
  const folder = folderFiles(path);
  const before = await entries(path);
  const held = before?.find((name) => modelFile.test(name));
  if (held !== undefined) {
    throw new FileError({
      operation: `write a model to ${path}`,
      expected: "a folder without a model",
      got: `one that holds ${held}`,
      fix: "Name a new folder.",
    });
  }
  const written: string[] = [];
  const target: Files = {
    ...folder,
    async write(name, parts) {
      const replaces = before?.includes(name) ?? false;
      await folder.write(name, parts);
      if (!replaces) written.push(name);
    },
  };
  try {
    return await work(target);
  } catch (error) {
    for (const name of written) await rm(join(path, name), { force: true });
    // Refused, as it should be, where somebody else put something there meanwhile.
    if (before === undefined) await rmdir(path).catch(() => {});
    throw error;
  }
}

async function entries(path: string): Promise<string[] | undefined> {
  try {
    return await readdir(path);
  } catch (cause) {
    const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
    if (code === "ENOENT") return undefined;
    throw new FileError({
      operation: `write a model to ${path}`,
      expected: "a folder that can be written",
      got: code === "ENOTDIR" ? "a file" : String(code ?? cause),
      fix: "Name a new folder.",
      cause,
    });
  }
}
