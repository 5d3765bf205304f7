/**
 * Model folders in a browser, by fetch. A `source` that begins with https://, http://, / or . is a folder on a server, seen from
 * the page; anything else is a repository on the Hub (`org/name`). As in Node (hub/snapshot.ts), a repository's commit is
 * settled first and all files come from it, so that copies in the browser's cache stay true for ever; the Hub is asked which
 * commit a branch is, and without an answer the last known one serves.
 */
import { type ErrorParts, FileError, InvalidArgumentError, type LEDError, refuseUnknownOptions } from "../errors.ts";
import type { Files } from "../files.ts";
import { type Asked, HubResponseError, OfflineError, refusal } from "../hub/hub-errors.ts";
import { loadOptionNames, type ResolveOptions } from "../load-options.ts";
import { type ContentCache, cacheName, openContentCache } from "./browser-cache.ts";
import { env } from "./browser-env.ts";
import { fetchedFiles, isPlainName, type Place, send } from "./browser-files.ts";

export async function resolveFetched(source: string, options: ResolveOptions): Promise<Files> {
  // `variant`, `parts` and `weights` say what to bring in advance in Node. Here each file comes when it is asked for.
  refuseUnknownOptions("resolveModel", options, [...loadOptionNames, "variant", "parts", "weights"]);
  if (options.cache_dir !== undefined) {
    throw new InvalidArgumentError({
      operation: "the option `cache_dir`",
      expected: "none in a browser",
      got: JSON.stringify(options.cache_dir),
      fix: `Copies are in the browser's own cache, under the name ${cacheName}.`,
    });
  }
  options.signal?.throwIfAborted();
  const cache = await openContentCache();
  const onServer = /^(?:https?:|\.{0,2}\/|\.{1,2}$)/.test(source);
  return fetchedFiles(onServer ? serverFolder(source, options) : await repository(source, options, cache), cache);
}

/** What both kinds of places have of the options. */
function common({ subfolder = "", signal, progress_callback, local_files_only }: ResolveOptions) {
  refuseOtherFolders("subfolder", subfolder);
  return {
    below: subfolder === "" ? "" : `${subfolder.split("/").map(encodeURIComponent).join("/")}/`,
    offlineBy: local_files_only ? "local_files_only" : undefined,
    signal,
    progress: progress_callback,
  };
}

function refuseOtherFolders(option: "revision" | "subfolder", value: string): void {
  if (value.split("/").every(isPlainName) || (option === "subfolder" && value === "")) return;
  throw new InvalidArgumentError({
    operation: `the option \`${option}\``,
    expected: option === "subfolder" ? "a folder inside the model's folder" : "the name of a revision",
    got: JSON.stringify(value),
  });
}

function serverFolder(source: string, options: ResolveOptions): Place {
  for (const name of ["revision", "token"] as const) {
    if (!options[name]) continue;
    throw new InvalidArgumentError({
      operation: `the option \`${name}\``,
      expected: "a repository on the Hub to go with it",
      got: `the address ${source}`,
      fix: name === "token" ? "For other servers, set env.fetch to one that adds what they need." : "Leave it out.",
    });
  }
  const { below, ...rest } = common(options);
  const base = `${addressOf(source).replace(/\/*$/, "/")}${below}`;
  const told = (file: string, parts: Omit<ErrorParts, "operation" | "expected">) =>
    new FileError({ operation: `open ${file}`, expected: `a file in ${base}`, ...parts });
  return {
    ...rest,
    name: source,
    where: base,
    base,
    fixed: false,
    token: undefined,
    refusal: ({ status }, file) => (status === 404 || status === 410 ? null : told(file, { got: `HTTP ${status}` })),
    outage: (file, got, cause) =>
      told(file, {
        got,
        cause,
        fix:
          rest.offlineBy === undefined
            ? "Does the server run, and does it allow this page to read from it (CORS)?"
            : `Nothing is downloaded because of ${rest.offlineBy}: load once without it.`,
      }),
  };
}

function addressOf(source: string): string {
  const page = typeof document === "undefined" ? globalThis.location?.href : document.baseURI;
  let got = `${source}${page === undefined ? ", and no page that it could be seen from" : ""}`;
  try {
    const { href, search, hash } = new URL(source, page);
    if (search === "" && hash === "") return href;
    got = `${source}, with ${search}${hash}`;
  } catch {
    // What is missing stands in `got`.
  }
  throw new FileError({
    operation: "find the model",
    expected: "the address of a folder",
    got,
    fix: "Give the whole address (https://...), up to the folder's name.",
  });
}

async function repository(id: string, options: ResolveOptions, cache: ContentCache): Promise<Place> {
  if (!/^(?!.*(?:\.\.|--))\w[\w.-]*(?:\/\w[\w.-]*)?$/.test(id)) {
    throw new FileError({
      operation: "find the model",
      says:
        `Incorrect path_or_model_id: '${id}'. ` +
        "Please provide either the path to a local folder or the repo_id of a model on the Hub.",
      got: "no address (https://..., /..., ./...), and no name of a repository",
      fix: "A folder on the page's own server begins with / or ./",
    });
  }
  const { revision = "main", token } = options;
  refuseOtherFolders("revision", revision);
  if (token === true) {
    throw new InvalidArgumentError({
      operation: "the option `token`",
      expected: "the token itself",
      got: "true, and a browser has no stored one",
    });
  }
  const {
    below,
    offlineBy = env.allowRemoteModels ? undefined : "env.allowRemoteModels = false",
    ...rest
  } = common(options);
  const host = env.remoteHost;
  const asked: Asked = { id, revision, host, tokenSent: Boolean(token) };
  const at = (commit: string, fixed: boolean): Place => {
    const base = `${host}/${id}/resolve/${encodeURIComponent(commit)}/${below}`;
    return {
      ...rest,
      offlineBy,
      name: id,
      where: `${id} (${base})`,
      base,
      fixed,
      token: token || undefined,
      refusal: (response, file) => unlessAbsent(refusal(response, { ...asked, file: `${below}${file}` })),
      outage: (file, got, cause) => unreached(asked, `${below}${file}`, { offlineBy, got, cause }),
    };
  };
  if (isCommit(revision)) return at(revision, true);
  const commit = await settledCommit(at(revision, false), asked, cache);
  return commit === undefined ? at(revision, false) : at(commit, true);
}

const isCommit = (revision: string) => /^[0-9a-f]{40}$/.test(revision);

const unlessAbsent = (error: HubResponseError) => (error.reason === "file not found" ? null : error);

/** The commit that the Hub, or else the cache, takes the revision for; undefined where neither knows (a plain mirror). */
async function settledCommit(place: Place, { id, revision, host }: Asked, cache: ContentCache) {
  // What stands there in the cache is the commit alone.
  const address = `${host}/api/models/${id}/revision/${encodeURIComponent(revision)}`;
  if (place.offlineBy === undefined) {
    const commit = await commitFromHub(place);
    if (commit) await cache.keep(address, new TextEncoder().encode(commit));
    if (commit !== null) return commit;
  }
  const kept = await cache.get(address);
  return kept ? new TextDecoder().decode(kept) : undefined;
}

/** Null where no answer came; undefined for an answer without a commit. */
async function commitFromHub(place: Place): Promise<string | undefined | null> {
  // Any file would do, also one that does not exist.
  const file = "config.json";
  let response: Response;
  try {
    response = await send(place, "HEAD", file);
  } catch {
    place.signal?.throwIfAborted();
    return null;
  }
  const commit = response.headers.get("x-repo-commit");
  if (commit !== null && isCommit(commit)) return commit;
  const error = response.ok ? null : place.refusal(response, file);
  if (error instanceof HubResponseError && error.reason === "server failure") return null;
  if (error !== null) throw error;
  return undefined;
}

function unreached(
  { id, revision, host }: Asked,
  file: string,
  { offlineBy, got, cause }: { offlineBy: string | undefined; got: string; cause: unknown },
): LEDError {
  const expected = `${file} of revision ${revision} in the browser's cache (${cacheName})`;
  if (offlineBy !== undefined) {
    const fix = `Nothing is downloaded because of ${offlineBy}: load the model once without it.`;
    return new OfflineError({ operation: `load ${id}`, expected, got, fix });
  }
  return new OfflineError({
    operation: `load ${id}`,
    says:
      `We couldn't connect to '${host}' to load this file, couldn't find it in the cached files and it looks like ` +
      `${id} is not the path to a directory containing a file named ${file}. Checkout your ` +
      "internet connection or see how to run the library in offline mode at " +
      "'https://huggingface.co/docs/transformers/installation#offline-mode'.",
    expected,
    got,
    fix: "Check the connection, and that the page may reach the Hub (connect-src of its content security policy).",
    cause,
  });
}
