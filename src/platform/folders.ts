/**
 * What loading by name needs of the place it runs in. package.json maps `#platform-folders` to node-folders.ts or
 * browser-folders.ts; loading either provides model-folders.ts and gives `env`, as far as both have it.
 */
import type { Env } from "../hub/env.ts";

/** The settings of `env` that mean the same in Node and in a browser. */
export type FoldersEnv = Pick<Env, "remoteHost" | "allowRemoteModels" | "fetch">;
