/**
 * Files made from a model's files and kept for the next time, beside the Hub's cache (led-transformers/ in its parent folder). A
 * folder's name is a hash over the contents it was made from and over what was made, so that it never serves other contents; it may
 * be deleted at any time.
 */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { type Files, readText } from "../files.ts";
import { env } from "./env.ts";
import { folderFiles } from "./folder.ts";

/** The folder for what is made of `names` of `files`, undefined where those lie on no disk; `what` tells several makings apart. */
export async function derivedFolder(files: Files, names: readonly string[], what: string): Promise<Files | undefined> {
  const hash = createHash("sha256").update(what);
  for (const name of [...names].sort()) {
    const file = await files.open(name);
    await file.close();
    if (file.path === undefined) return undefined;
    hash.update(`\n${await contentHash(file.path)}`);
  }
  return folderFiles(join(root(), hash.digest("hex").slice(0, 40)));
}

/**
 * The SHA-256 of a file. The Hub's cache has large files under theirs (blobs/HASH), so that they need not be read; of others the
 * hash is remembered for as long as size, time and place on the disk stay what they were.
 */
async function contentHash(path: string): Promise<string> {
  const name = basename(path);
  if (/^[0-9a-f]{64}$/.test(name) && basename(dirname(path)) === "blobs") return name;
  const { size, mtimeNs, ino, dev } = await stat(path, { bigint: true });
  const known = folderFiles(join(root(), "hashes"));
  const entry = createHash("sha256").update([path, size, mtimeNs, ino, dev].join("\n")).digest("hex").slice(0, 40);
  const remembered = await readText(known, entry).catch(() => "");
  if (/^[0-9a-f]{64}$/.test(remembered)) return remembered;
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(path, { highWaterMark: 2 ** 20 })) hash.update(chunk as Uint8Array);
  const digest = hash.digest("hex");
  // A hash that cannot be kept is computed again.
  await known.write(entry, [new TextEncoder().encode(digest)]).catch(() => {});
  return digest;
}

const root = (): string => join(dirname(env.cacheDir), "led-transformers");
