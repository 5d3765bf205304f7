/**
 * One downloader per file, across processes. Python's lock is flock(2), which Node has not: this is a file that its
 * holder alone could create, with a record of who holds it. A holder that died is recognised at once on the same
 * machine by its process id, elsewhere (a shared cache, another container) by the heartbeat that has stopped.
 */
import { randomUUID } from "node:crypto";
import { type FileHandle, open, readFile, readlink, rm, stat, utimes } from "node:fs/promises";
import { hostname } from "node:os";
import { dirname } from "node:path";
import { errnoOf, fileProblem, isDiskFull, makeFolder } from "./disk.ts";
import { pause } from "./http.ts";

export interface LockTimes {
  /** Milliseconds between two looks at a lock that somebody else holds. */
  poll: number;
  /** Between two signs of life of the holder. */
  heartbeat: number;
  /** Without a sign of life for so long, a holder is taken for dead. */
  dead: number;
}

const TIMES: LockTimes = { poll: 100, heartbeat: 10_000, dead: 120_000 };

interface Holder {
  pid: number;
  /** Where that process id means something: the machine and, on Linux, the boot and the container's process space. */
  home: string;
  /** Tells this holding from every other. */
  token: string;
}

/**
 * Runs `work` while holding the lock file at `path`; waits for its turn. `waiting` is called once if it has to.
 * Rejects with the signal's reason when aborted while waiting.
 */
export async function withLock<T>(
  path: string,
  work: () => Promise<T>,
  {
    signal,
    waiting,
    times = TIMES,
  }: { signal?: AbortSignal | undefined; waiting?: () => void; times?: LockTimes } = {},
): Promise<T> {
  const own: Holder = { pid: process.pid, home: await homeOfProcess(), token: randomUUID() };
  await acquire(path, own, signal, waiting, times);
  const heartbeat = setInterval(() => {
    const now = new Date();
    utimes(path, now, now).catch(() => undefined);
  }, times.heartbeat);
  heartbeat.unref();
  try {
    return await work();
  } finally {
    clearInterval(heartbeat);
    if ((await readHolder(path))?.token === own.token) await rm(path, { force: true });
  }
}

async function acquire(
  path: string,
  own: Holder,
  signal: AbortSignal | undefined,
  waiting: (() => void) | undefined,
  times: LockTimes,
): Promise<void> {
  // Another machine's clock is not ours, and a machine that slept finds hours gone: silence is counted in looks.
  let seen: { state: string | undefined; silence: number } | undefined;
  while (!(await create(path, own))) {
    if (seen === undefined) waiting?.();
    const state = await stateOf(path);
    if (seen === undefined || seen.state !== state) seen = { state, silence: 0 };
    else seen.silence += times.poll;
    const holder = await readHolder(path);
    if (seen.silence > times.dead || (holder !== undefined && holder.home === own.home && !isAlive(holder.pid))) {
      await remove(path, holder?.token, times);
      continue;
    }
    await pause(times.poll, signal);
  }
}

/** Creates the lock file; false when there is one already. */
async function create(path: string, own: Holder): Promise<boolean> {
  let handle: FileHandle | undefined;
  try {
    await makeFolder(dirname(path));
    handle = await open(path, "wx").catch((error: unknown) => {
      if (isTaken(error)) return undefined;
      throw error;
    });
    await handle?.writeFile(JSON.stringify(own));
    return handle !== undefined;
  } catch (error) {
    if (handle !== undefined) await rm(path, { force: true });
    const fix = isDiskFull(error) ? undefined : "Set HF_HOME (or cache_dir) to a folder that you may write.";
    throw fileProblem(error, { operation: "download into the cache", expected: `to write ${path}`, fix });
  } finally {
    await handle?.close();
  }
}

/** Windows refuses a name whose file is just being deleted with EPERM or EACCES. */
function isTaken(error: unknown): boolean {
  const code = errnoOf(error);
  return code === "EEXIST" || (process.platform === "win32" && (code === "EPERM" || code === "EACCES"));
}

/**
 * Removes a dead holder's lock. Two waiters may come to the same conclusion, and the slower one must not remove the
 * lock that the faster one has taken since: whoever removes holds a second lock, and looks again under it.
 */
async function remove(path: string, token: string | undefined, times: LockTimes): Promise<void> {
  const guard = `${path}.break`;
  const handle = await open(guard, "wx").catch(() => undefined);
  if (handle === undefined) {
    // Held for an instant only, so an old one was left by a crash in that instant.
    const found = await stat(guard).catch(() => undefined);
    if (found !== undefined && Date.now() - found.mtimeMs > times.dead) await rm(guard, { force: true });
    await pause(times.poll, undefined);
    return;
  }
  try {
    if ((await readHolder(path))?.token === token) await rm(path, { force: true });
  } finally {
    await handle.close();
    await rm(guard, { force: true });
  }
}

async function stateOf(path: string): Promise<string | undefined> {
  return stat(path).then(
    (found) => `${found.ino} ${found.mtimeMs} ${found.size}`,
    () => undefined,
  );
}

/** Undefined while the record is not written yet, or when it is none. */
async function readHolder(path: string): Promise<Holder | undefined> {
  try {
    const record: unknown = JSON.parse(await readFile(path, "utf8"));
    if (typeof record !== "object" || record === null) return undefined;
    const { pid, home, token } = record as Partial<Record<keyof Holder, unknown>>;
    return typeof pid === "number" && typeof home === "string" && typeof token === "string"
      ? { pid, home, token }
      : undefined;
  } catch {
    return undefined;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return errnoOf(error) === "EPERM";
  }
}

let home: Promise<string> | undefined;

function homeOfProcess(): Promise<string> {
  home ??= Promise.all([
    readFile("/proc/sys/kernel/random/boot_id", "utf8").catch(() => ""),
    readlink("/proc/self/ns/pid").catch(() => ""),
  ]).then(([boot, space]) => [hostname(), boot.trim(), space].join(" "));
  return home;
}
