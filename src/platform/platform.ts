/**
 * What a class that loads models needs of the place it runs in. package.json maps `#platform` to the module that fills
 * this for Node or for browsers, so that everything else imports no `node:` module and no DOM.
 */
import type { Files } from "../files.ts";
import type { Engine } from "../runtime/engine.ts";

export type Device = "auto" | "cpu" | "wasm";

export const devices: readonly Device[] = ["auto", "cpu", "wasm"];

/** Options of everything that reads a model by its name (transformers 4.37.2: from_pretrained). */
export interface LoadOptions {
  /** Branch, tag or commit of a Hub repository; "main" by default. */
  revision?: string | undefined;
  /** Folder of the local copies, by default the one that Python's libraries use. */
  cache_dir?: string | undefined;
  /** Never ask the network. */
  local_files_only?: boolean | undefined;
  /** A Hub token, false for none, true to insist on the stored one. */
  token?: string | boolean | undefined;
  /** Folder within the repository or folder. */
  subfolder?: string | undefined;
  /** Called as bytes arrive from the Hub. */
  progress_callback?: ((progress: DownloadProgress) => void) | undefined;
  signal?: AbortSignal | undefined;
}

export interface DownloadProgress {
  status: string;
  file: string;
  /** Bytes here so far. */
  loaded: number;
  /** Bytes in all, where the Hub says. */
  total?: number;
}

export const loadOptionNames = [
  "revision",
  "cache_dir",
  "local_files_only",
  "token",
  "subfolder",
  "progress_callback",
  "signal",
] as const satisfies readonly (keyof LoadOptions)[];

/** The parts of a model folder; a tokenizer needs no weights. */
export type ModelPart = "config" | "tokenizer" | "weights";

export interface Platform {
  /** A local folder, or a Hub id that is downloaded where it is not in the cache yet. */
  resolveModel(
    source: string,
    options: LoadOptions & { variant?: string | undefined; parts?: readonly ModelPart[] | undefined },
  ): Promise<Files>;
  /** A local folder to write to. */
  openFolder(path: string): Files;
  engine(device: Device): Promise<Engine>;
}
