/**
 * `env` in a browser: the part of hub/env.ts that has a meaning there. The others (cacheDir, localModelPath, logLevel) do not
 * exist, and assigning them throws, because the object takes no new fields.
 */
import { InvalidArgumentError } from "../errors.ts";
import type { FoldersEnv } from "./folders.ts";

let remoteHost = "https://huggingface.co";
let replacedFetch: FoldersEnv["fetch"] | undefined;

export const env: FoldersEnv = Object.seal({
  get remoteHost() {
    return remoteHost;
  },
  set remoteHost(address: string) {
    if (!/^https?:\/\/[^/]/.test(address)) {
      throw new InvalidArgumentError({
        operation: "env.remoteHost",
        expected: "an address such as https://huggingface.co",
        got: JSON.stringify(address),
      });
    }
    remoteHost = address.replace(/\/+$/, "");
  },
  get fetch() {
    // Called through globalThis: a browser's fetch refuses another `this`.
    return replacedFetch ?? ((url, init) => globalThis.fetch(url, init));
  },
  set fetch(replacement: FoldersEnv["fetch"]) {
    replacedFetch = replacement;
  },
  allowRemoteModels: true,
});
