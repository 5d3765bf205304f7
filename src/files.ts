/**
 * How the rooms that know no platform read and write a model folder. Node's folders, a browser's fetched files and
 * tests' in-memory maps fill this interface; hub/ holds Node's.
 */
import { CheckpointError, FileError } from "./errors.ts";

/** One open file. Offsets and lengths are in bytes. */
export interface OpenFile {
  readonly size: number;
  /** The real path (no symbolic link in it) where the file lies on a disk, for engines that map files by themselves. */
  readonly path?: string;
  /** Exactly `length` bytes from `offset`; a FileError when the file ends before. The caller owns the result. */
  read(offset: number, length: number): Promise<Uint8Array>;
  close(): Promise<void>;
}

/** The files of one model folder, by their names in it. */
export interface Files {
  /** What a message calls the folder: its path, URL or description. */
  readonly where: string;
  /** Names of the plain files in the folder, sorted. */
  list(): Promise<string[]>;
  has(name: string): Promise<boolean>;
  /** A FileError names the folder when there is no such file. */
  open(name: string): Promise<OpenFile>;
  /** Writes the whole file or leaves what was there: parts go to a temporary name that replaces `name` at the end. */
  write(name: string, parts: Iterable<Uint8Array> | AsyncIterable<Uint8Array>): Promise<void>;
}

/** A folder that may hold folders: where a training keeps its checkpoints. */
export interface Folder extends Files {
  /** Names of the folders in it, sorted; none where it does not exist yet. */
  folders(): Promise<string[]>;
  /** The folder of that name in it, which need not exist yet. */
  folder(name: string): Folder;
  /** Gives a folder in it a name that none has, in one step. */
  renameFolder(name: string, to: string): Promise<void>;
  /** Removes a folder in it with all that it holds, if there is one. */
  removeFolder(name: string): Promise<void>;
  /** Adds to the end of a file, which is made where there is none. What an interruption leaves is a beginning of `bytes`. */
  append(name: string, bytes: Uint8Array): Promise<void>;
}

/** The whole file. */
export async function readBytes(files: Files, name: string): Promise<Uint8Array> {
  const file = await files.open(name);
  try {
    return await file.read(0, file.size);
  } finally {
    await file.close();
  }
}

/** The whole file as UTF-8 text; bytes that are no UTF-8 are an error. */
export async function readText(files: Files, name: string): Promise<string> {
  const bytes = await readBytes(files, name);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new CheckpointError({
      operation: `read ${name} of ${files.where}`,
      expected: "UTF-8 text",
      got: "other bytes",
      cause,
    });
  }
}

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** The whole file as a JSON object. */
export async function readJsonObject(files: Files, name: string): Promise<{ [key: string]: Json }> {
  const text = await readText(files, name);
  const operation = `read ${name} of ${files.where}`;
  let value: Json;
  try {
    value = JSON.parse(text) as Json;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new CheckpointError({ operation, expected: "JSON", got: reason, fix: "Is the download complete?", cause });
  }
  if (value === null || typeof value !== "object" || Array.isArray(value)) {
    throw new CheckpointError({
      operation,
      expected: "a JSON object",
      got: value === null ? "null" : Array.isArray(value) ? "an array" : typeof value,
    });
  }
  return value;
}

/** Files held in memory: for tests, and for models that arrive as bytes. */
export function memoryFiles(
  contents: Iterable<readonly [string, Uint8Array | string]>,
  where = "memory",
): Folder & { contents: Map<string, Uint8Array> } {
  const encoder = new TextEncoder();
  const files = new Map<string, Uint8Array>();
  for (const [name, data] of contents) files.set(name, typeof data === "string" ? encoder.encode(data) : data);
  return folderInMemory({ files, folders: new Map() }, where);
}

/** A folder on a disk begins to exist with what is written into it; so do these. */
interface MemoryTree {
  readonly files: Map<string, Uint8Array>;
  readonly folders: Map<string, MemoryTree>;
}

const isThere = ({ files, folders }: MemoryTree): boolean => files.size > 0 || [...folders.values()].some(isThere);

function folderInMemory(tree: MemoryTree, where: string): Folder & { contents: Map<string, Uint8Array> } {
  const { files, folders } = tree;
  return {
    where,
    contents: files,
    list: async () => [...files.keys()].sort(),
    has: async (name) => files.has(name),
    async open(name) {
      const data = files.get(name);
      if (data === undefined)
        throw new FileError({ operation: `open ${name}`, expected: `a file in ${where}`, got: "none" });
      return openedBytes(data, `read ${name} of ${where}`);
    },
    async write(name, parts) {
      const collected: Uint8Array[] = [];
      for await (const part of parts) collected.push(part.slice());
      files.set(name, joined(collected));
    },
    async append(name, bytes) {
      files.set(name, joined([files.get(name) ?? new Uint8Array(), bytes]));
    },
    folders: async () => [...folders].flatMap(([name, inner]) => (isThere(inner) ? [name] : [])).sort(),
    folder(name) {
      const inner = folders.get(name) ?? { files: new Map(), folders: new Map() };
      folders.set(name, inner);
      return folderInMemory(inner, `${where}/${name}`);
    },
    async renameFolder(name, to) {
      const operation = `rename ${name} in ${where} to ${to}`;
      const [moved, taken] = [folders.get(name), folders.get(to)];
      if (moved === undefined || !isThere(moved)) {
        throw new FileError({ operation, expected: `the folder ${name}`, got: "none" });
      }
      if (taken !== undefined && isThere(taken)) {
        throw new FileError({ operation, expected: "a name that none has", got: to });
      }
      folders.delete(name);
      folders.set(to, moved);
    },
    async removeFolder(name) {
      folders.delete(name);
    },
  };
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function openedBytes(data: Uint8Array, operation: string): OpenFile {
  return {
    size: data.length,
    async read(offset, length) {
      if (offset < 0 || length < 0 || offset + length > data.length) {
        throw new FileError({
          operation,
          expected: `${length} bytes at ${offset}`,
          got: `a file of ${data.length} bytes`,
        });
      }
      return data.slice(offset, offset + length);
    },
    async close() {},
  };
}
