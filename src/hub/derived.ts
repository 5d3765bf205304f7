/**
 * Files made from a model's files and kept for the next time, beside the Hub's cache (led-transformers/ in its parent folder). A
 * folder's name is a hash over the contents it was made from and over what was made, so that it never serves other contents; it may
 * be deleted at any time.
 */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { basename, dirname, join } from "node:path";
import type { Files } from "../files.ts";
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
  return folderFiles(join(dirname(env.cacheDir), "led-transformers", hash.digest("hex").slice(0, 40)));
}

/** The SHA-256 of a file. The Hub's cache has large files under theirs (blobs/HASH), so that they need not be read. */
async function contentHash(path: string): Promise<string> {
  const name = basename(path);
  if (/^[0-9a-f]{64}$/.test(name) && basename(dirname(path)) === "blobs") return name;
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(path, { highWaterMark: 2 ** 20 })) hash.update(chunk as Uint8Array);
  return hash.digest("hex");
}
