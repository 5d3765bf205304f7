/**
 * The stage for tests of the hub: an empty cache folder and no trace of the person's own environment before each test,
 * any number of fake Hubs, and everything taken down afterwards.
 */

import { mkdtemp, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, vi } from "vitest";
import { env } from "../../src/hub/env.ts";
import { type HubSystem, resolveModel } from "../../src/hub/snapshot.ts";
import type { ResolveOptions } from "../../src/load-options.ts";
import { COMMIT, type FakeHub, type FakeHubOptions, fakeHub } from "./fake-hub.ts";

export const ID = "org/tiny-led";

/** A repository with all that a model may have, and some that it does not need. */
export const TINY_LED = {
  files: {
    "README.md": "# not needed",
    "config.json": '{"model_type":"led"}',
    "vocab.json": "{}",
    "merges.txt": "#version: 0.2",
    "model.safetensors": "safe",
    "pytorch_model.bin": "torch",
    "tf_model.h5": "tensorflow",
  },
  large: ["model.safetensors", "pytorch_model.bin"],
};
/** What of it is needed, sorted. */
export const NEEDED = ["config.json", "merges.txt", "model.safetensors", "vocab.json"];

export interface HubScene {
  readonly cacheDir: string;
  /** The repository's folder in the cache. */
  readonly repository: string;
  /** The snapshot of the fake Hub's own commit. */
  readonly snapshot: string;
  /** Milliseconds of the pauses that were made, or would have been. */
  readonly pauses: number[];
  /** Starts a Hub and makes it the one that is asked. */
  start(options?: Partial<FakeHubOptions>): Promise<FakeHub>;
  /** resolveModel in the scene's cache, without real pauses. */
  load(options?: ResolveOptions, system?: Partial<HubSystem>, id?: string): ReturnType<typeof resolveModel>;
}

const VARIABLES = [
  "HF_TOKEN",
  "HF_TOKEN_PATH",
  "HUGGING_FACE_HUB_TOKEN",
  "HF_HUB_OFFLINE",
  "TRANSFORMERS_OFFLINE",
  "HTTPS_PROXY",
  "https_proxy",
];

/** Sets the stage for every test of the calling file. `defaults` are the Hub's files unless a test says otherwise. */
export function hubScene(defaults: FakeHubOptions): HubScene {
  let cacheDir = "";
  let hubs: FakeHub[] = [];
  const pauses: number[] = [];
  beforeEach(async () => {
    cacheDir = await realpath(await mkdtemp(join(tmpdir(), "led-hub-")));
    pauses.length = 0;
    for (const name of VARIABLES) vi.stubEnv(name, "");
    vi.stubEnv("HF_HOME", cacheDir);
    env.logLevel = "silent";
  });
  afterEach(async () => {
    vi.unstubAllEnvs();
    env.logLevel = "warning";
    env.allowRemoteModels = true;
    env.localModelPath = undefined;
    for (const hub of hubs) await hub.close();
    hubs = [];
    await rm(cacheDir, { recursive: true, force: true });
  });
  return {
    get cacheDir() {
      return cacheDir;
    },
    get repository() {
      return join(cacheDir, "models--org--tiny-led");
    },
    get snapshot() {
      return join(cacheDir, "models--org--tiny-led", "snapshots", COMMIT);
    },
    pauses,
    async start(options = {}) {
      const hub = await fakeHub({ ...defaults, ...options });
      hubs.push(hub);
      env.remoteHost = hub.host;
      return hub;
    },
    load(options = {}, system = {}, id = ID) {
      const pause = async (milliseconds: number) => {
        pauses.push(milliseconds);
      };
      return resolveModel(id, { cache_dir: cacheDir, ...options }, { pause, ...system });
    },
  };
}

/** What a promise rejects with; fails the test when it does not. */
export async function failure(promise: Promise<unknown>): Promise<Error> {
  return promise.then(
    () => {
      throw new Error("nothing was thrown");
    },
    (error: unknown) => error as Error,
  );
}
