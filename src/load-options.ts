/** How a person says where a model comes from (transformers 4.37.2: the keywords that every from_pretrained takes). */

import type { WeightsSearch } from "./weights-files.ts";

export interface LoadOptions {
  /** Branch, tag or commit of a Hub repository; "main" by default. */
  revision?: string | undefined;
  /** Folder of the local copies, instead of `env.cacheDir`. */
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

export const loadOptionNames = [
  "revision",
  "cache_dir",
  "local_files_only",
  "token",
  "subfolder",
  "progress_callback",
  "signal",
] as const satisfies readonly (keyof LoadOptions)[];

/** The load options among a call's options, and the rest. */
export function splitLoadOptions<T extends object>(
  options: T & LoadOptions,
): { load: LoadOptions; rest: Omit<T, keyof LoadOptions> } {
  const names: readonly string[] = loadOptionNames;
  const part = (wanted: boolean) =>
    Object.fromEntries(Object.entries(options).filter(([name]) => names.includes(name) === wanted));
  return { load: part(true), rest: part(false) as Omit<T, keyof LoadOptions> };
}

/** `loaded` and `total` are bytes; no `total` when the server does not say. */
export interface DownloadProgress {
  status: "download" | "progress" | "done";
  /** The repository. */
  name: string;
  file: string;
  loaded: number;
  total?: number;
}

/** The parts of a model folder; a tokenizer needs no weights. */
export const modelParts = ["config", "tokenizer", "weights"] as const;

export type ModelPart = (typeof modelParts)[number];

/** The names of a part's files; a model has some of them. Weights have names of their own (checkpoints/open.ts). */
export const filesOfPart: Readonly<Record<Exclude<ModelPart, "weights">, readonly string[]>> = {
  config: ["config.json", "generation_config.json"],
  tokenizer: [
    "vocab.json",
    "merges.txt",
    "tokenizer.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "added_tokens.json",
  ],
};

/** What finding a model's files needs to know beyond where they come from. */
export interface ResolveOptions extends LoadOptions {
  /** Other weights of the same model ("fp16"): model.fp16.safetensors. */
  variant?: string | undefined;
  /** What the caller is going to read; all by default. */
  parts?: readonly ModelPart[] | undefined;
  /** Whose weights are looked for; "torch" by default. */
  weights?: WeightsSearch | undefined;
}
