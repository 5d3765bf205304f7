/**
 * What running models needs of the place it runs in. package.json maps `#platform` to the module that fills this for Node
 * or for browsers, so that everything else imports no `node:` module and no DOM. Loading that module also provides
 * model-folders.ts.
 */
import type { Engine } from "../runtime/engine.ts";

/** "auto" is the best that is here. */
export type Device = "auto" | "cpu" | "wasm";

export const devices: readonly Device[] = ["auto", "cpu", "wasm"];

export interface Platform {
  engine(device: Device): Promise<Engine>;
}
