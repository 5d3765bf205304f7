/**
 * One blob from the Hub into the cache. What came stays on the disk when the connection, the process or the caller
 * stops, and the next call continues there (Range); the sha256 of large files runs along, over the bytes of earlier
 * calls too; only a file of the promised size and hash gets its name under blobs/. huggingface_hub 0.36 (http_get,
 * _download_to_tmp_and_move) does the same without looking at the hash.
 */
import { createHash, type Hash } from "node:crypto";
import { constants } from "node:fs";
import { copyFile, type FileHandle, open, rename, rm, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { FileError, HubError } from "../errors.ts";
import type { DownloadProgress } from "../load-options.ts";
import type { RepoCache } from "./cache.ts";
import { type Disk, errnoOf, fileProblem, isDiskFull, makeFolder } from "./disk.ts";
import { log } from "./env.ts";
import { isPlainFile } from "./folder.ts";
import { type Connection, exchange, NetworkError, PAUSES } from "./http.ts";
import { type Asked, OfflineError, refusal } from "./hub-errors.ts";

export interface Download {
  asked: Asked & { file: string };
  url: string;
  etag: string;
  size: number | undefined;
  progress: ((progress: DownloadProgress) => void) | undefined;
}

/** A partial file of Python's that nobody has written to for so long (milliseconds) belongs to nobody. */
const ABANDONED = 600_000;
const READ_BYTES = 1 << 20;

/** Brings the blob into the cache. The caller holds the blob's lock. */
export async function downloadBlob(
  connection: Connection,
  disk: Disk,
  cache: RepoCache,
  download: Download,
): Promise<void> {
  const { etag, asked } = download;
  const partial = cache.partial(etag);
  const operation = `download ${asked.file} of ${asked.id}`;
  try {
    await makeFolder(dirname(partial));
    await adopt(cache.foreignPartial(etag), partial);
  } catch (error) {
    throw fileProblem(error, { operation, expected: `to write ${partial}` });
  }
  const resumed = (await sizeOf(partial)) > 0;
  let wrong = await fill(connection, disk, partial, download);
  if (wrong !== undefined && resumed) {
    log("warning", `the earlier part of ${asked.file} was damaged; downloading it again from the start`);
    wrong = await fill(connection, disk, partial, download);
  }
  if (wrong !== undefined) {
    throw new HubError({
      operation,
      expected: wrong.expected,
      got: wrong.got,
      fix: "The partial download was removed; try again.",
    });
  }
  try {
    await rename(partial, cache.blob(etag));
  } catch (error) {
    // Whoever took this process for dead may have finished first, with the same bytes.
    if (errnoOf(error) !== "ENOENT" || !(await isPlainFile(cache.blob(etag)))) {
      throw fileProblem(error, { operation, expected: `to write ${cache.blob(etag)}` });
    }
  }
  await removeAbandoned(cache.foreignPartial(etag));
}

/** Fills the partial file to the end and flushes it. A wrong content is removed and told; other failures throw. */
async function fill(
  connection: Connection,
  disk: Disk,
  partial: string,
  download: Download,
): Promise<{ expected: string; got: string } | undefined> {
  const { asked, etag, size } = download;
  const operation = `download ${asked.file} of ${asked.id}`;
  const handle = await open(partial, constants.O_RDWR | constants.O_CREAT).catch((error: unknown) => {
    throw fileProblem(error, { operation, expected: `to write ${partial}` });
  });
  const state: State = { position: 0, hash: hashFor(etag) };
  let wrong: { expected: string; got: string } | undefined;
  try {
    await resume(handle, state, size, connection.signal);
    await refuseFullDisk(disk, partial, download, state.position);
    report(download, "download", state.position);
    wrong = await transfer(connection, disk, handle, state, download);
    // Bytes of an earlier call may lie behind the end when a server that ignores Range sent a shorter file.
    await handle.truncate(state.position);
    await handle.sync();
  } catch (error) {
    connection.signal?.throwIfAborted();
    throw diskProblem(error, operation, partial, state.position);
  } finally {
    await handle.close();
  }
  const digest = state.hash?.digest("hex");
  if (wrong === undefined && digest !== undefined && digest !== etag) {
    wrong = { expected: `sha256 ${etag}`, got: `sha256 ${digest}` };
  }
  if (wrong === undefined) report(download, "done", state.position);
  else await rm(partial, { force: true });
  return wrong;
}

interface State {
  /** Bytes written, all of them hashed. */
  position: number;
  hash: Hash | undefined;
}

/** The ETag of a large file is its sha256; that of a small one is git's, which mirrors do not keep, so its size counts. */
function hashFor(etag: string): Hash | undefined {
  return /^[0-9a-f]{64}$/.test(etag) ? createHash("sha256") : undefined;
}

/** Takes up what an earlier call left, hashing it; more than the file's size cannot be of this file. */
async function resume(
  handle: FileHandle,
  state: State,
  size: number | undefined,
  signal: AbortSignal | undefined,
): Promise<void> {
  const left = (await handle.stat()).size;
  if (size !== undefined && left > size) return;
  if (state.hash === undefined) {
    state.position = left;
    return;
  }
  const bytes = new Uint8Array(READ_BYTES);
  while (state.position < left) {
    signal?.throwIfAborted();
    const { bytesRead } = await handle.read(bytes, 0, READ_BYTES, state.position);
    if (bytesRead === 0) break;
    state.hash.update(bytes.subarray(0, bytesRead));
    state.position += bytesRead;
  }
}

/** Requests until all bytes are there. A body of another length than promised is told as wrong content. */
async function transfer(
  connection: Connection,
  disk: Disk,
  handle: FileHandle,
  state: State,
  download: Download,
): Promise<{ expected: string; got: string } | undefined> {
  const { asked, etag, size, url } = download;
  const tooLong = { expected: `${size} bytes`, got: "more" };
  function restart() {
    state.position = 0;
    state.hash = hashFor(etag);
  }
  let furthest = state.position;
  let failures = 0;
  while (size === undefined || state.position < size) {
    try {
      const from = state.position;
      const range = from > 0 ? { range: `bytes=${from}-` } : {};
      const answer = await exchange(connection, { method: "GET", url, headers: range });
      const { status } = answer.response;
      if (status !== 200 && status !== 206) {
        await answer.discard();
        // The server has less than we do: of another content, so that nothing of ours is worth keeping.
        if (status === 416) restart();
        throw refusal(answer.response, asked);
      }
      if (status === 200 && from > 0) restart();
      if (status === 206 && rangeStart(answer.response) !== from) {
        await answer.discard();
        restart();
        throw new NetworkError(`the server sent another range than bytes ${from}-`, undefined, undefined);
      }
      for await (const piece of answer.body()) {
        if (size !== undefined && state.position + piece.length > size) return tooLong;
        await disk.write(handle, piece, state.position);
        state.hash?.update(piece);
        state.position += piece.length;
        report(download, "progress", state.position);
      }
      if (size === undefined) return undefined;
      if (state.position < size) {
        throw new NetworkError(`the body ended after ${state.position} of ${size} bytes`, undefined, undefined);
      }
    } catch (error) {
      connection.signal?.throwIfAborted();
      // A server that ignores Range and always cuts at the same byte makes no progress.
      if (state.position > furthest) failures = 0;
      furthest = Math.max(furthest, state.position);
      const wait = PAUSES[failures++];
      if (wait === undefined || !worthAnother(error)) throw lost(error, download, state.position);
      log("info", `${asked.file}: ${(error as Error).message}; trying again`);
      await connection.pause(wait, connection.signal);
    }
  }
  return undefined;
}

function worthAnother(error: unknown): error is Error {
  if (error instanceof NetworkError) return true;
  const status = error instanceof HubError && "status" in error ? error.status : undefined;
  return typeof status === "number" && (status >= 500 || status === 429 || status === 408 || status === 416);
}

function lost(error: unknown, { asked, size }: Download, position: number): unknown {
  if (!(error instanceof NetworkError)) return error;
  return new OfflineError({
    operation: `download ${asked.file} of ${asked.id}`,
    expected: size === undefined ? "the whole file" : `${size} bytes`,
    got: `${position} bytes, then ${error.message}`,
    fix: "Check the connection and try again: what came is kept, and the next call continues there.",
    cause: error,
  });
}

/** First byte of a 206 answer ("bytes 100-199/200"), or undefined. */
function rangeStart(response: Response): number | undefined {
  const start = /^bytes (\d+)-/.exec(response.headers.get("content-range") ?? "")?.[1];
  return start === undefined ? undefined : Number(start);
}

async function refuseFullDisk(disk: Disk, partial: string, download: Download, position: number): Promise<void> {
  const free = await disk.freeBytes(dirname(partial));
  const needed = (download.size ?? 0) - position;
  if (free === undefined || free >= needed) return;
  throw new FileError({
    operation: `download ${download.asked.file} of ${download.asked.id}`,
    expected: `${needed} bytes free in ${dirname(partial)}`,
    got: `${free}`,
    fix: `Free some space, or set HF_HOME (or cache_dir) to a folder on another disk.${kept(position)}`,
  });
}

function diskProblem(error: unknown, operation: string, partial: string, position: number): unknown {
  if (errnoOf(error) === undefined || error instanceof NetworkError) return error;
  const fix = isDiskFull(error)
    ? `Free some space, or set HF_HOME (or cache_dir) to a folder on another disk.${kept(position)}`
    : undefined;
  return fileProblem(error, { operation, expected: `to write ${partial}`, fix });
}

function kept(position: number): string {
  return position > 0 ? ` The ${position} bytes that came are kept, and the next call continues there.` : "";
}

/**
 * Takes over what Python left of this file. One that may still be written is copied, not moved: Python would fail on
 * its missing file, and two writers in one file would spoil it.
 */
async function adopt(foreign: string, partial: string): Promise<void> {
  if (await isPlainFile(partial)) return;
  const found = await stat(foreign).catch(() => undefined);
  if (found === undefined || !found.isFile() || found.size === 0) return;
  if (Date.now() - found.mtimeMs > ABANDONED) await rename(foreign, partial);
  else await copyFile(foreign, partial, constants.COPYFILE_FICLONE);
}

async function removeAbandoned(foreign: string): Promise<void> {
  const found = await stat(foreign).catch(() => undefined);
  if (found !== undefined && Date.now() - found.mtimeMs > ABANDONED) await rm(foreign, { force: true });
}

async function sizeOf(path: string): Promise<number> {
  return stat(path).then(
    (found) => found.size,
    () => 0,
  );
}

function report({ asked, size, progress }: Download, status: DownloadProgress["status"], loaded: number): void {
  progress?.({ status, name: asked.id, file: asked.file, loaded, ...(size === undefined ? {} : { total: size }) });
}
