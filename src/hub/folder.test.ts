import { chmod, mkdir, mkdtemp, readdir, readFile, realpath, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { FileError } from "../errors.ts";
import { readText } from "../files.ts";
import { nodeDisk } from "./disk.ts";
import { folderFiles } from "./folder.ts";

let folder: string;
beforeEach(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), "led-folder-")));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const bytes = (text: string) => new TextEncoder().encode(text);
const refusing = (code: string) => ({
  ...nodeDisk,
  write: async () => {
    throw Object.assign(new Error(`${code}: the system's words`), { code });
  },
});

test("lists plain files and links to files, sorted, and opens them by their real path", async () => {
  await writeFile(join(folder, "b.json"), "{}");
  await mkdir(join(folder, "snapshot"));
  await symlink("../b.json", join(folder, "snapshot", "config.json"));
  await symlink("../gone", join(folder, "snapshot", "broken.json"));
  await writeFile(join(folder, "snapshot", "a.txt"), "text");
  await mkdir(join(folder, "snapshot", "onnx"));
  const files = folderFiles(join(folder, "snapshot"));
  expect(await files.list()).toEqual(["a.txt", "config.json"]);
  expect(await files.has("config.json")).toBe(true);
  expect(await files.has("broken.json")).toBe(false);
  expect(await files.has("onnx")).toBe(false);
  expect(await files.has("../b.json")).toBe(false);
  const opened = await files.open("config.json");
  expect(opened.path).toBe(join(folder, "b.json"));
  expect(opened.size).toBe(2);
  await opened.close();
});

test("reads exactly what is asked for", async () => {
  await writeFile(join(folder, "data"), "0123456789");
  const opened = await folderFiles(folder, { where: "the folder" }).open("data");
  expect(new TextDecoder().decode(await opened.read(3, 4))).toBe("3456");
  expect(await opened.read(10, 0)).toHaveLength(0);
  await expect(opened.read(7, 4)).rejects.toThrow(
    "read data of the folder: expected 4 bytes at 7, got a file of 10 bytes",
  );
  await expect(opened.read(-1, 4)).rejects.toThrow(FileError);
  await writeFile(join(folder, "data"), "01234");
  await expect(opened.read(3, 4)).rejects.toThrow("got a file that ends at 5 now. Is something else writing it?");
  await opened.close();
});

test("names what is wrong with a path", async () => {
  await writeFile(join(folder, "config.json"), "{}");
  await mkdir(join(folder, "sub"));
  const files = folderFiles(folder);
  await expect(files.open("confg.json")).rejects.toThrow(
    `open confg.json: expected a file in ${folder}, got none. There is config.json.`,
  );
  await expect(files.open("sub")).rejects.toThrow(`open sub: expected a file in ${folder}, got a folder`);
  await expect(files.open("../x")).rejects.toThrow(`expected the name of a file in ${folder}, got "../x"`);
  const missing = folderFiles(join(folder, "none"));
  await expect(missing.open("a")).rejects.toThrow(
    `open a: expected the folder ${join(folder, "none")}, got no such folder. Check the path.`,
  );
  await expect(missing.list()).rejects.toThrow("got no such folder");
  expect(await missing.has("a")).toBe(false);
  await expect(folderFiles(join(folder, "config.json")).open("a")).rejects.toThrow(
    "got a file. Give the folder that holds it.",
  );
  expect(() => folderFiles("")).toThrow("open a folder: expected a path, got an empty string");
});

test.skipIf(process.getuid?.() === 0)("says permission denied (not testable as root)", async () => {
  await writeFile(join(folder, "secret"), "");
  await chmod(join(folder, "secret"), 0);
  await expect(folderFiles(folder).open("secret")).rejects.toThrow("got permission denied. Check the permissions");
});

test("writes whole files, making the folder, and replaces a link rather than what it points at", async () => {
  const files = folderFiles(join(folder, "new", "model"));
  await files.write("a.txt", [bytes("one "), bytes("two")]);
  expect(await readText(files, "a.txt")).toBe("one two");
  await writeFile(join(folder, "blob"), "shared");
  await symlink("../../blob", join(folder, "new", "model", "b.txt"));
  await files.write("b.txt", [bytes("own")]);
  expect(await readText(files, "b.txt")).toBe("own");
  expect(await readFile(join(folder, "blob"), "utf8")).toBe("shared");
  expect(await readdir(join(folder, "new", "model"))).toEqual(["a.txt", "b.txt"]);
});

test("a write that fails leaves what was there, and nothing else", async () => {
  await writeFile(join(folder, "a.txt"), "before");
  async function* broken() {
    yield bytes("half");
    throw new RangeError("from the caller");
  }
  await expect(folderFiles(folder).write("a.txt", broken())).rejects.toThrow(RangeError);
  for (const [code, words] of [
    ["ENOSPC", "got a full disk, no space left. Free some space, or choose a folder on another disk."],
    ["EROFS", "got a read-only file system. Choose a folder on a disk that can be written."],
    ["EACCES", "got permission denied. Check the permissions"],
  ] as const) {
    const files = folderFiles(folder, { disk: refusing(code) });
    const failure = await files.write("a.txt", [bytes("new")]).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(FileError);
    expect((failure as Error).message).toContain(
      `write a.txt in ${folder}: expected a folder that can be written, ${words}`,
    );
  }
  expect(await readFile(join(folder, "a.txt"), "utf8")).toBe("before");
  expect(await readdir(folder)).toEqual(["a.txt"]);
});

test("does not write over folders, into files, or outside", async () => {
  await mkdir(join(folder, "sub"));
  await writeFile(join(folder, "file"), "");
  await expect(folderFiles(folder).write("sub", [])).rejects.toThrow("expected a file name, got a folder of that name");
  await expect(folderFiles(join(folder, "file")).write("a", [])).rejects.toThrow("got a file of that name");
  await expect(folderFiles(folder).write("../a", [])).rejects.toThrow("expected the name of a file");
});
