import { existsSync } from "node:fs";
import { mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { makeFolder } from "./disk.ts";

let folder = "";

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "led-disk-"));
});

afterEach(() => rm(folder, { recursive: true }));

test("makeFolder makes what is missing, and is content with what is there", async () => {
  const path = join(folder, "a/b/c");
  await Promise.all([makeFolder(path), makeFolder(path), makeFolder(join(folder, "a/b/d"))]);
  expect((await stat(path)).isDirectory()).toBe(true);
  await makeFolder(path);
});

test("a file in the way is an error", async () => {
  await writeFile(join(folder, "file"), "");
  await expect(makeFolder(join(folder, "file"))).rejects.toThrow("EEXIST");
  await expect(makeFolder(join(folder, "file/below"))).rejects.toThrow("ENOTDIR");
});

test.skipIf(!existsSync("/proc/self"))(
  "a place where nothing can be made is an error, and no endless search",
  async () => {
    await expect(makeFolder("/proc/led-disk/new")).rejects.toThrow("ENOENT");
  },
);
