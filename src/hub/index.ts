/** The hub: from a model's name or path to its files, on Node. */

export type { DownloadProgress } from "./download.ts";
export { type Env, env, type Fetch, hubSettings, type LogLevel, log } from "./env.ts";
export { folderFiles } from "./folder.ts";
export { type HubRefusal, HubResponseError, OfflineError } from "./hub-errors.ts";
export { type LoadOptions, resolveModel } from "./snapshot.ts";
export type { ModelPart } from "./wanted.ts";
