/** The hub: from a model's name or path to its files, on Node. */

export { derivedFolder } from "./derived.ts";
export { assignedEnv, type Env, env, type Fetch, hubSettings, type LogLevel, log } from "./env.ts";
export { folderFiles } from "./folder.ts";
export { type HubRefusal, HubResponseError, OfflineError } from "./hub-errors.ts";
export { resolveModel } from "./snapshot.ts";
