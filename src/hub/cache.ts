/**
 * The cache folder, laid out exactly as huggingface_hub 0.36 lays it out (file_download.py), so that what Python
 * downloaded is found here and the other way round:
 *
 *     models--org--name/
 *       blobs/<etag>                  the bytes, once; etag = sha256 for large files, git's sha1 for small ones
 *       refs/main                     the commit that "main" stood for when it was last asked
 *       snapshots/<commit>/<file>     relative link to ../../blobs/<etag>; the file itself where links are not permitted
 *       .no_exist/<commit>/<file>     empty: this commit is known to have no such file
 *     .locks/models--org--name/       one lock for each blob that is being downloaded
 *
 * Departures, both because a process without flock cannot take part in Python's locks: a download that is under way has
 * a name of its own (<etag>.led.incomplete), so that the two never write into one file, and so has its lock. A partial
 * file that Python left behind is continued (download.ts).
 */
import { randomBytes } from "node:crypto";
import { copyFile, lstat, open, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { HubError } from "../errors.ts";
import { type Disk, errnoOf, fileProblem, makeFolder } from "./disk.ts";
import { isPlainFile, isPlainName } from "./folder.ts";

export interface RepoCache {
  readonly folder: string;
  blob(etag: string): string;
  /** A download of ours that is not finished. */
  partial(etag: string): string;
  /** A download of Python's that is not finished. */
  foreignPartial(etag: string): string;
  lock(etag: string): string;
  snapshot(commit: string): string;
  pointer(commit: string, file: string): string;
  ref(revision: string): string;
  noExist(commit: string, file: string): string;
}

/** Paths of one repository in the cache. Nothing is read or made. */
export function repoCache(cacheDir: string, id: string): RepoCache {
  const name = ["models", ...id.split("/")].join("--");
  const folder = join(cacheDir, name);
  const blob = (etag: string) => join(folder, "blobs", component(etag, "ETag"));
  return {
    folder,
    blob,
    partial: (etag) => `${blob(etag)}.led.incomplete`,
    foreignPartial: (etag) => `${blob(etag)}.incomplete`,
    lock: (etag) => join(cacheDir, ".locks", name, `${component(etag, "ETag")}.led.lock`),
    snapshot: (commit) => join(folder, "snapshots", component(commit, "commit")),
    pointer: (commit, file) => join(folder, "snapshots", component(commit, "commit"), ...steps(file)),
    ref: (revision) => join(folder, "refs", ...steps(revision)),
    noExist: (commit, file) => join(folder, ".no_exist", component(commit, "commit"), ...steps(file)),
  };
}

/** A server's text becomes part of a path: it must not lead anywhere else. */
function component(text: string, what: string): string {
  if (isPlainName(text) && text.length <= 200) return text;
  throw new HubError({
    operation: "use the Hub's answer",
    expected: `a ${what} that can name a file`,
    got: JSON.stringify(text),
    fix: "Check HF_ENDPOINT (env.remoteHost).",
  });
}

function steps(path: string): string[] {
  return path.split("/").map((step) => component(step, "path"));
}

export function isCommitHash(revision: string): boolean {
  return /^[0-9a-f]{40}$/.test(revision);
}

/** The commit that the cache knows for a revision, by the last answer of the Hub. */
export async function cachedCommit(cache: RepoCache, revision: string): Promise<string | undefined> {
  if (isCommitHash(revision)) return revision;
  const commit = (await readFile(cache.ref(revision), "utf8").catch(() => "")).trim();
  return isPlainName(commit) ? commit : undefined;
}

export type Presence = "present" | "absent" | "unknown";

/** What the cache knows about a file of a commit. */
export async function presence(cache: RepoCache, commit: string, file: string): Promise<Presence> {
  if (await isPlainFile(cache.pointer(commit, file))) return "present";
  return (await isPlainFile(cache.noExist(commit, file))) ? "absent" : "unknown";
}

/** Notes that `revision` stands for `commit`. Called when the files are there, so that a ref never promises too much. */
export async function writeRef(cache: RepoCache, revision: string, commit: string): Promise<void> {
  if (isCommitHash(revision) || (await cachedCommit(cache, revision)) === commit) return;
  const path = cache.ref(revision);
  await note(path, async () => {
    const temporary = `${path}.${randomBytes(6).toString("hex")}`;
    try {
      await writeFile(temporary, commit);
      await rename(temporary, path);
    } catch (error) {
      await rm(temporary, { force: true });
      throw error;
    }
  });
}

/** Notes that a commit has no such file. */
export async function writeNoExist(cache: RepoCache, commit: string, file: string): Promise<void> {
  const path = cache.noExist(commit, file);
  if (await isPlainFile(path)) return;
  await note(path, () => writeFile(path, ""));
}

/** A note that cannot be written (a shared cache that this user may only read) costs a question later, no more. */
async function note(path: string, write: () => Promise<void>): Promise<void> {
  try {
    await makeFolder(dirname(path));
    await write();
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
  }
}

/**
 * Makes the blob visible in the snapshot, whole from the first moment. Where links are not permitted the blob itself
 * moves there when it is `fresh` (nothing else points at it), else it is copied, as huggingface_hub does.
 */
export async function publish(
  disk: Disk,
  cache: RepoCache,
  { etag, commit, file, fresh }: { etag: string; commit: string; file: string; fresh: boolean },
): Promise<void> {
  const blob = cache.blob(etag);
  const pointer = cache.pointer(commit, file);
  if (await isPlainFile(pointer)) return;
  try {
    await makeFolder(dirname(pointer));
    // A link whose blob is gone is in the way.
    if (await exists(pointer)) await rm(pointer, { force: true });
    try {
      await disk.symlink(relative(dirname(pointer), blob), pointer);
      return;
    } catch (error) {
      if (errnoOf(error) === "EEXIST" && (await isPlainFile(pointer))) return;
      if (!NO_LINKS.has(errnoOf(error) ?? "")) throw error;
    }
    if (fresh) await rename(blob, pointer);
    else await copyWhole(blob, pointer);
  } catch (error) {
    throw fileProblem(error, { operation: `put ${file} into the cache`, expected: `to write ${pointer}` });
  }
}

const NO_LINKS: ReadonlySet<string> = new Set([
  "EPERM",
  "EACCES",
  "ENOSYS",
  "ENOTSUP",
  "EOPNOTSUPP",
  "EINVAL",
  "UNKNOWN",
]);

async function exists(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}

/** The copy is made beside the blob, out of sight, and then moved. */
async function copyWhole(from: string, to: string): Promise<void> {
  const temporary = `${from}.${randomBytes(6).toString("hex")}.incomplete`;
  try {
    await copyFile(from, temporary);
    const handle = await open(temporary, "r+");
    await handle.sync().finally(() => handle.close());
    await rename(temporary, to);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}
