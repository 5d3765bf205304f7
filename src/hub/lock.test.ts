import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type LockTimes, withLock } from "./lock.ts";

const TIMES: LockTimes = { poll: 2, heartbeat: 5, dead: 60_000 };
let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "led-lock-"));
  path = join(folder, "locks", "abc.led.lock");
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** The record that this process writes, with other values. */
async function record(change: object): Promise<string> {
  const own = await withLock(path, () => readFile(path, "utf8"));
  return JSON.stringify({ ...JSON.parse(own), token: "other", ...change });
}

async function deadProcess(): Promise<number> {
  const child = spawn(process.execPath, ["-e", ""]);
  await once(child, "exit");
  return child.pid!;
}

test("lets one in at a time, and leaves no file", async () => {
  let inside = 0;
  let most = 0;
  let waited = 0;
  const enter = () =>
    withLock(
      path,
      async () => {
        most = Math.max(most, ++inside);
        await new Promise((done) => setTimeout(done, 5));
        inside--;
      },
      { times: TIMES, waiting: () => waited++ },
    );
  await Promise.all([enter(), enter(), enter(), enter()]);
  expect(most).toBe(1);
  expect(waited).toBeGreaterThan(0);
  expect(await readdir(join(folder, "locks"))).toEqual([]);
});

test("is released when the work fails", async () => {
  const failing = withLock(path, async () => Promise.reject(new Error("work")), { times: TIMES });
  await expect(failing).rejects.toThrow("work");
  expect(await withLock(path, async () => "next", { times: TIMES })).toBe("next");
});

test("the lock of a process that died is taken over at once, by one of those who wait", async () => {
  await writeFile(path, await record({ pid: await deadProcess() }));
  let inside = 0;
  let most = 0;
  const enter = () =>
    withLock(
      path,
      async () => {
        most = Math.max(most, ++inside);
        await new Promise((done) => setTimeout(done, 5));
        inside--;
      },
      { times: TIMES },
    );
  await Promise.all([enter(), enter(), enter()]);
  expect(most).toBe(1);
  expect(await readdir(join(folder, "locks"))).toEqual([]);
});

test("a process id of another machine says nothing: only its silence does", async () => {
  const foreign = await record({ home: "elsewhere", pid: await deadProcess() });
  await writeFile(path, foreign);
  const controller = new AbortController();
  const waiting = withLock(path, async () => "in", { times: TIMES, signal: controller.signal });
  setTimeout(() => controller.abort(new Error("waited")), 100);
  await expect(waiting).rejects.toThrow("waited");
  expect(await readFile(path, "utf8")).toBe(foreign);
  expect(await withLock(path, async () => "in", { times: { ...TIMES, dead: 30 } })).toBe("in");
});

test("a holder that gives signs of life is waited for", async () => {
  const order: string[] = [];
  const times = { poll: 2, heartbeat: 5, dead: 150 };
  const first = withLock(
    path,
    async () => {
      await new Promise((done) => setTimeout(done, 500));
      order.push("first");
    },
    { times },
  );
  await new Promise((done) => setTimeout(done, 50));
  await withLock(path, async () => order.push("second"), { times });
  await first;
  expect(order).toEqual(["first", "second"]);
});

test("a lock without a record (its holder died between two calls) is recovered", async () => {
  await withLock(path, async () => undefined);
  await writeFile(path, "");
  expect(await withLock(path, async () => "in", { times: { ...TIMES, dead: 30 } })).toBe("in");
});

test("says so when the lock cannot be written", async () => {
  await writeFile(join(folder, "locks"), "a file");
  await expect(withLock(path, async () => "in")).rejects.toThrow(
    `download into the cache: expected to write ${path}, got a file where the path needs a folder. ` +
      "Set HF_HOME (or cache_dir) to a folder that you may write.",
  );
});
