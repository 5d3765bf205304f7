/**
 * `resolveModel`: from what a person calls a model to the folder that holds its files. A local folder is taken as it
 * is. A Hub repository is asked for its file list, and what a model needs of it is brought into the cache that Python
 * uses too; without the Hub, a snapshot in the cache serves when it is complete. Mirrors huggingface_hub 0.36
 * (hf_hub_download, snapshot_download) and the messages of transformers 4.37.2 (utils/hub.py); the departure is that a
 * commit is settled first and all files come from it, and that refs/ is moved on when they are there.
 */
import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { HubError, InvalidArgumentError, type LEDError, refuseUnknownOptions } from "../errors.ts";
import type { Files } from "../files.ts";
import {
  type DownloadProgress,
  loadOptionNames,
  type ModelPart,
  modelParts,
  type ResolveOptions,
} from "../load-options.ts";
import type { WeightsSearch } from "../weights-files.ts";
import { cachedCommit, isCommitHash, presence, publish, type RepoCache, repoCache, writeRef } from "./cache.ts";
import { type Disk, nodeDisk } from "./disk.ts";
import { downloadBlob } from "./download.ts";
import { env, hubSettings, log, tokenToSend } from "./env.ts";
import { folderFiles, isPlainFile } from "./folder.ts";
import { type Connection, NetworkError, pause } from "./http.ts";
import { type Asked, fileNotFound, HubResponseError, OfflineError } from "./hub-errors.ts";
import { type LockTimes, withLock } from "./lock.ts";
import { openRemote, type Remote } from "./remote.ts";
import { checkPathOption, checkRepositoryName, localFolder } from "./source.ts";
import { type Library, noWeights, type Plan, planFiles, shardNames } from "./wanted.ts";

const OPTIONS = [
  ...loadOptionNames,
  "variant",
  "parts",
  "weights",
] as const satisfies readonly (keyof ResolveOptions)[];

/** The machine underneath, replaced piece by piece in tests. */
export interface HubSystem {
  disk: Disk;
  pause: Connection["pause"];
  locks: LockTimes | undefined;
}

/** One question: which files, from where, into which cache. */
interface Wish {
  id: string;
  revision: string;
  subfolder: string;
  variant: string | undefined;
  parts: readonly ModelPart[];
  weights: WeightsSearch | undefined;
  cache: RepoCache;
  connection: Connection;
  asked: Asked;
  progress: ((progress: DownloadProgress) => void) | undefined;
  system: HubSystem;
}

/**
 * The files of the model that `source` names: a local folder, or a repository of the Hub (`org/name`).
 * Rejects with FileError (neither, disk full, no permission), OfflineError (not cached and no way to the Hub),
 * HubResponseError (the Hub refuses), HubError (damaged content), or the signal's reason.
 */
export async function resolveModel(
  source: string,
  options: ResolveOptions = {},
  { disk = nodeDisk, pause: wait = pause, locks }: Partial<HubSystem> = {},
): Promise<Files> {
  refuseUnknownOptions("resolveModel", options, OPTIONS);
  const { revision = "main", subfolder = "", variant, parts = modelParts, weights, signal } = options;
  checkPathOption("revision", revision);
  if (subfolder !== "") checkPathOption("subfolder", subfolder);
  if (variant !== undefined) checkPathOption("variant", variant);
  const unknown = parts.find((part) => !modelParts.includes(part));
  if (unknown !== undefined) {
    throw new InvalidArgumentError({
      operation: "the option `parts`",
      expected: modelParts.join(", "),
      got: JSON.stringify(unknown),
    });
  }
  signal?.throwIfAborted();

  const local = await localFolder(source, subfolder, env.localModelPath);
  if (local !== undefined) return folderFiles(local, { disk });
  checkRepositoryName(source);

  const settings = hubSettings();
  const token = await tokenToSend(options.token, settings);
  const host = env.remoteHost;
  const wish: Wish = {
    id: source,
    revision,
    subfolder,
    variant,
    parts,
    weights,
    cache: repoCache(resolve(options.cache_dir ?? env.cacheDir), source),
    connection: {
      host,
      token,
      fetch: env.fetch,
      signal,
      headersTimeout: settings.headersTimeout,
      bodyTimeout: settings.bodyTimeout,
      pause: wait,
    },
    asked: { id: source, revision, host, tokenSent: token !== undefined },
    progress: options.progress_callback,
    system: { disk, pause: wait, locks },
  };
  const offlineBy = options.local_files_only
    ? "local_files_only"
    : (settings.offlineBy ?? (env.allowRemoteModels ? undefined : "env.allowRemoteModels = false"));
  const commit = await (offlineBy === undefined ? fromHub(wish) : fromCacheOnly(wish, offlineBy));
  const folder = join(wish.cache.snapshot(commit), subfolder);
  return folderFiles(folder, { where: `${source} (${folder})`, disk });
}

/** Brings the files into the cache and gives their commit; the cached commit when the Hub cannot answer. */
async function fromHub(wish: Wish): Promise<string> {
  const { cache, revision, connection } = wish;
  if (isCommitHash(revision)) {
    const plan = await planFiles(cachedLibrary(wish, revision), wish);
    if (plan.missing.length === 0 && plan.certain) return revision;
  }
  let remote: Remote;
  try {
    remote = await openRemote(connection, wish.asked, cache, named(wish, "config.json"));
  } catch (error) {
    connection.signal?.throwIfAborted();
    if (!isOutage(error)) throw error;
    const cached = await planFromCache(wish);
    if (cached.commit === undefined || cached.missing.length > 0) throw outage(error, wish, cached.missing);
    log("info", `${(error as Error).message}; using ${wish.id} as it is in the cache`);
    return cached.commit;
  }
  try {
    const { commit } = remote;
    const library: Library = {
      look: (file) => remote.look(named(wish, file)),
      async shards(index) {
        await bring(wish, remote, named(wish, index));
        return cachedLibrary(wish, commit).shards(index);
      },
    };
    const plan = await planFiles(library, wish);
    await refuseMissing(plan, library, wish);
    for (const file of plan.files) await bring(wish, remote, named(wish, file));
    await writeRef(cache, revision, commit);
    return commit;
  } catch (error) {
    connection.signal?.throwIfAborted();
    throw error instanceof NetworkError ? outage(error, wish, []) : error;
  }
}

async function fromCacheOnly(wish: Wish, offlineBy: string): Promise<string> {
  const { commit, missing } = await planFromCache(wish);
  if (commit !== undefined && missing.length === 0) return commit;
  const wanted = missing.map(({ files }) => files).join(", ");
  throw new OfflineError({
    operation: `load ${wish.id}`,
    expected: `a local folder of that name, or ${wanted} of revision ${wish.revision} in the cache (${wish.cache.folder})`,
    got: commit === undefined ? "neither" : "a snapshot without them",
    fix: `Nothing is downloaded because of ${offlineBy}: download the model once without it, or give a local folder.`,
  });
}

/** What the cache holds of the wish: its commit, and what is missing. */
async function planFromCache(wish: Wish): Promise<Plan & { commit: string | undefined }> {
  const commit = await cachedCommit(wish.cache, wish.revision);
  const nothing: Library = { look: async () => "unknown", shards: async () => [] };
  return { ...(await planFiles(commit === undefined ? nothing : cachedLibrary(wish, commit), wish)), commit };
}

function cachedLibrary(wish: Wish, commit: string): Library {
  const { cache, id } = wish;
  return {
    look: (file) => presence(cache, commit, named(wish, file)),
    shards: async (index) => {
      const text = await readFile(cache.pointer(commit, named(wish, index)), "utf8");
      return shardNames(text, `${index} of ${id}`);
    },
  };
}

/** A file's name in the repository. */
function named({ subfolder }: Wish, file: string): string {
  return subfolder === "" ? file : `${subfolder}/${file}`;
}

/** Makes one file visible in the snapshot, downloading its blob unless the cache has it. */
async function bring(wish: Wish, remote: Remote, file: string): Promise<void> {
  const { cache, connection, system, asked } = wish;
  const { commit } = remote;
  if (await isPlainFile(cache.pointer(commit, file))) return;
  const found = await remote.metadata(file);
  if (found === undefined) throw fileNotFound({ ...asked, file }, "none", 404);
  const { etag, size, url } = found;
  if (await isPlainFile(cache.blob(etag))) {
    await publish(system.disk, cache, { etag, commit, file, fresh: false });
    return;
  }
  await withLock(
    cache.lock(etag),
    async () => {
      // Somebody else may have brought it while this call waited.
      if (await isPlainFile(cache.pointer(commit, file))) return;
      const fresh = !(await isPlainFile(cache.blob(etag)));
      if (fresh) {
        const download = { asked: { ...asked, file }, url, etag, size, progress: wish.progress };
        await downloadBlob(connection, system.disk, cache, download);
      }
      await publish(system.disk, cache, { etag, commit, file, fresh });
    },
    {
      signal: connection.signal,
      waiting: () => log("info", `${file} of ${asked.id} is being downloaded by another process; waiting`),
      ...(system.locks === undefined ? {} : { times: system.locks }),
    },
  );
}

async function refuseMissing(
  { missing }: Plan,
  library: Library,
  { id, variant, weights, asked }: Wish,
): Promise<void> {
  for (const { part, files, shard } of missing) {
    if (part === "weights" && !shard) throw await noWeights(id, library, variant, weights);
    throw fileNotFound({ ...asked, file: files }, "a file list without it", 404);
  }
}

/** No network, no answer or a broken server: what the cache can stand in for. */
function isOutage(error: unknown): error is LEDError | NetworkError {
  return error instanceof NetworkError || (error instanceof HubResponseError && error.reason === "server failure");
}

function outage(error: LEDError | NetworkError, wish: Wish, missing: Plan["missing"]): HubError {
  if (error instanceof HubError) return error;
  const { id, asked, cache } = wish;
  const wanted = missing.map(({ files }) => files).join(", ");
  return new OfflineError({
    operation: `load ${id}`,
    says:
      `We couldn't connect to '${asked.host}' to load this file, couldn't find it in the cached files and it looks like ` +
      `${id} is not the path to a directory containing a file named ${missing[0]?.files ?? "config.json"}. Checkout your ` +
      "internet connection or see how to run the library in offline mode at " +
      "'https://huggingface.co/docs/transformers/installation#offline-mode'.",
    ...(wanted === "" ? {} : { expected: `${wanted} in ${cache.folder}` }),
    got: error.message,
    fix: outageFix(error),
    cause: error,
  });
}

function outageFix(error: LEDError | NetworkError): string {
  const code = error instanceof NetworkError ? (error.code ?? "") : "";
  if (/CERT|SIGNATURE/.test(code)) {
    return "If your network has a certificate of its own, name its file in NODE_EXTRA_CA_CERTS.";
  }
  if (process.env.HTTPS_PROXY || process.env.https_proxy) {
    return "Node's fetch does not use HTTPS_PROXY by itself: set env.fetch to one that does, or give a local folder.";
  }
  return "Check the connection, or give a local folder.";
}
