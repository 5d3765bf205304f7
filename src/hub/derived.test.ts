import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { memoryFiles } from "../files.ts";
import { derivedFolder } from "./derived.ts";
import { env } from "./env.ts";
import { folderFiles } from "./folder.ts";

let root: string;
let before: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "led-derived-"));
  before = env.cacheDir;
  env.cacheDir = join(root, "cache", "hub");
});

afterEach(async () => {
  env.cacheDir = before;
  await rm(root, { recursive: true });
});

async function folderWith(name: string, content: string): Promise<string> {
  const folder = join(root, name);
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, "model.safetensors"), content);
  return folder;
}

const whereOf = async (folder: string, what = "q8") =>
  (await derivedFolder(folderFiles(folder), ["model.safetensors"], what))!.where;

test("a folder goes by contents and by what is made, not by where the files are", async () => {
  const one = await whereOf(await folderWith("a", "weights"));
  expect(one.startsWith(join(root, "cache", "led-transformers"))).toBe(true);
  expect(await whereOf(await folderWith("b", "weights"))).toBe(one);
  expect(await whereOf(await folderWith("a", "other weights"))).not.toBe(one);
  expect(await whereOf(await folderWith("b", "weights"), "something else")).not.toBe(one);
});

test("a file of the Hub's cache goes by its name, which is its hash", async () => {
  const hash = "0123456789abcdef".repeat(4);
  const blobs = join(root, "cache", "hub", "models--a--b", "blobs");
  await mkdir(blobs, { recursive: true });
  const place = async (content: string) => {
    await writeFile(join(blobs, hash), content);
    return (await derivedFolder(folderFiles(blobs), [hash], "q8"))!.where;
  };
  expect(await place("one")).toBe(await place("two"));
});

test("there is no place for files in memory", async () => {
  expect(await derivedFolder(memoryFiles([["x", "1"]]), ["x"], "q8")).toBeUndefined();
});
