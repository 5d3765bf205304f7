/**
 * What running models needs of the place it runs in. package.json maps `#platform` to the module that fills this for Node
 * or for browsers, so that everything else imports no `node:` module and no DOM. Loading that module also provides
 * model-folders.ts.
 */
import type { Files } from "../files.ts";
import type { Engine } from "../runtime/engine.ts";
import type { StartedWorker } from "../workers/channel.ts";

/** "auto" is the best that is here. */
export type Device = "auto" | "cpu" | "wasm";

export const devices: readonly Device[] = ["auto", "cpu", "wasm"];

export interface Platform {
  engine(device: Device): Promise<Engine>;
  /**
   * Where files that are made of `names` of `files` are kept for the next time; undefined where there is no such place. `what` tells
   * several makings apart.
   */
  derivedFolder(files: Files, names: readonly string[], what: string): Promise<Files | undefined>;
  /** A worker that serves one model (models/led/worker-service.ts). `operation` is what an error calls the start. */
  startWorker(operation: string): StartedWorker;
  /** Bytes of memory that the process holds now. */
  memoryInUse(): number;
}
