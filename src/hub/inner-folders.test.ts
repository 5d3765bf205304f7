/** Folders within folders, on a disk and in memory: both do the same. */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { FileError } from "../errors.ts";
import { type Folder, memoryFiles, readText } from "../files.ts";
import { nodeDisk } from "./disk.ts";
import { folderFiles } from "./folder.ts";

const made: string[] = [];
afterAll(async () => {
  for (const path of made) await rm(path, { recursive: true, force: true });
});

const bytes = (text: string) => new TextEncoder().encode(text);

const kinds: Record<string, () => Promise<Folder>> = {
  "on a disk": async () => {
    const path = await mkdtemp(join(tmpdir(), "led-folders-"));
    made.push(path);
    return folderFiles(join(path, "out"), { where: "out" });
  },
  "in memory": async () => memoryFiles([], "out"),
};

describe.each(Object.entries(kinds))("%s", (_, make) => {
  let folder: Folder;
  beforeEach(async () => {
    folder = await make();
  });

  test("a folder is there when something has been written into it", async () => {
    expect(await folder.folders()).toEqual([]);
    const inner = folder.folder("b");
    expect(await folder.folders()).toEqual([]);
    await inner.write("x", [bytes("1")]);
    await folder
      .folder("a")
      .folder("deep")
      .write("y", [bytes("2")]);
    await folder.write("file", [bytes("3")]);
    expect(await folder.folders()).toEqual(["a", "b"]);
    expect(await folder.list()).toEqual(["file"]);
    expect(await readText(folder.folder("a").folder("deep"), "y")).toBe("2");
  });

  test("is renamed with all that it holds, to a name that none has", async () => {
    await folder.folder("a").write("x", [bytes("1")]);
    await folder.folder("b").write("x", [bytes("2")]);
    await folder.renameFolder("a", "c");
    expect(await folder.folders()).toEqual(["b", "c"]);
    expect(await readText(folder.folder("c"), "x")).toBe("1");
    await expect(folder.renameFolder("c", "b")).rejects.toThrow(
      "rename c in out to b: expected a name that none has, got b",
    );
    await expect(folder.renameFolder("d", "e")).rejects.toThrow(
      "rename d in out to e: expected the folder d, got none",
    );
    expect(await readText(folder.folder("b"), "x")).toBe("2");
  });

  test("is removed with all that it holds, whether it is there or not", async () => {
    await folder
      .folder("a")
      .folder("deep")
      .write("x", [bytes("1")]);
    await folder.removeFolder("a");
    await folder.removeFolder("a");
    expect(await folder.folders()).toEqual([]);
    expect(await folder.folder("a").has("x")).toBe(false);
  });

  test("files grow at their end", async () => {
    await folder.append("log", bytes("one\n"));
    await folder.append("log", bytes("two\n"));
    expect(await readText(folder, "log")).toBe("one\ntwo\n");
  });
});

describe("on a disk", () => {
  test("names that lead elsewhere are refused", async () => {
    const folder = await kinds["on a disk"]!();
    for (const name of ["..", "a/b", ""]) {
      expect(() => folder.folder(name)).toThrow(FileError);
      await expect(folder.removeFolder(name)).rejects.toThrow(FileError);
      await expect(folder.renameFolder("a", name)).rejects.toThrow(FileError);
      await expect(folder.append(name, bytes("x"))).rejects.toThrow(FileError);
    }
  });

  test("a full disk is told in words when a file is to grow", async () => {
    const path = await mkdtemp(join(tmpdir(), "led-folders-"));
    made.push(path);
    const write = async () => {
      throw Object.assign(new Error("ENOSPC: the system's words"), { code: "ENOSPC" });
    };
    const folder = folderFiles(path, { disk: { ...nodeDisk, write }, where: "out" });
    await expect(folder.append("log", bytes("x"))).rejects.toThrow(
      "append to log in out: expected a folder that can be written, got a full disk, no space left.",
    );
  });

  test("a file in the place of a folder is told", async () => {
    const path = await mkdtemp(join(tmpdir(), "led-folders-"));
    made.push(path);
    await writeFile(join(path, "taken"), "mine");
    const folder = folderFiles(path, { where: "out" });
    await folder.folder("a").write("x", [bytes("1")]);
    await expect(folder.renameFolder("a", "taken")).rejects.toThrow("expected a name that none has, got taken");
    expect(await readFile(join(path, "taken"), "utf8")).toBe("mine");
    await expect(folder.folder("taken").folders()).rejects.toThrow("list");
  });
});
