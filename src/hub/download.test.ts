import { readdir, readFile, rm, stat, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeEach, expect, test, vi } from "vitest";
import {
  cutAfter,
  type FakeHub,
  ignoreRange,
  serve,
  shortLength,
  stallAfter,
  status,
  wrongContent,
} from "../../tests/support/fake-hub.ts";
import { failure, hubScene } from "../../tests/support/hub-scene.ts";
import { FileError } from "../errors.ts";
import { readBytes } from "../files.ts";
import type { DownloadProgress, ResolveOptions } from "../load-options.ts";
import { nodeDisk } from "./disk.ts";
import { env } from "./env.ts";
import { HubResponseError, OfflineError } from "./hub-errors.ts";
import type { HubSystem } from "./snapshot.ts";

const WEIGHTS = Uint8Array.from({ length: 300_007 }, (_, i) => (i * 31 + (i >> 8)) & 255);
const FILE = "model.safetensors";
const NAMES = ["config.json", FILE];

const scene = hubScene({ files: { "config.json": "{}", [FILE]: WEIGHTS }, large: [FILE] });
const { pauses } = scene;
let hub: FakeHub;
beforeEach(async () => {
  hub = await scene.start();
});

const load = (options: ResolveOptions = {}, system: Partial<HubSystem> = {}) =>
  scene.load({ parts: ["config", "weights"], ...options }, system);
const blobs = async () => (await readdir(join(scene.repository, "blobs"))).sort();
const partialName = () => `${hub.etag(FILE)}.led.incomplete`;
const ranges = () =>
  hub.requests.filter((seen) => seen.method === "GET" && seen.path.endsWith(FILE)).map((seen) => seen.range);

async function expectWhole(files: Awaited<ReturnType<typeof load>>): Promise<void> {
  expect(Buffer.compare(await readBytes(files, FILE), WEIGHTS)).toBe(0);
  expect(await files.list()).toEqual(NAMES);
  expect(await blobs()).toEqual([hub.etag("config.json"), hub.etag(FILE)].sort());
}

/** Nothing under snapshots/ but what is whole. */
async function expectNothingShown(): Promise<void> {
  const shown = await readdir(join(scene.repository, "snapshots", hub.commit)).catch(() => []);
  expect(shown).not.toContain(FILE);
}

test("a connection that is cut is taken up again where it was", async () => {
  hub.once("GET", FILE, cutAfter(100_000));
  hub.once("GET", FILE, cutAfter(50_000));
  await expectWhole(await load());
  const [first, second, third] = ranges();
  expect(first).toBeUndefined();
  const from = (range: string | undefined) => Number(/^bytes=(\d+)-$/.exec(range ?? "")?.[1]);
  // Bytes in flight may be lost with the connection: what arrived is what counts.
  expect(from(second)).toBeGreaterThan(0);
  expect(from(second)).toBeLessThanOrEqual(100_000);
  expect(from(third)).toBeGreaterThan(from(second));
  expect(from(third)).toBeLessThanOrEqual(150_000);
});

test("a server that ignores Range sends the file from the start, and that is understood", async () => {
  hub.once("GET", FILE, cutAfter(100_000));
  hub.once("GET", FILE, ignoreRange);
  await expectWhole(await load());
  expect(ranges()).toHaveLength(2);
});

test("a server that always cuts at the same byte and ignores Range is given up, what came is kept", async () => {
  hub.always("GET", FILE, (response, content) => {
    response.writeHead(200, { "content-length": content.length });
    response.write(content.subarray(0, 1000), () => response.socket?.destroy());
  });
  const error = await failure(load());
  expect(error).toBeInstanceOf(OfflineError);
  expect(error.message).toMatch(
    /^download model\.safetensors of org\/tiny-led: expected 300007 bytes, got \d+ bytes, then .+ Check the connection and try again: what came is kept, and the next call continues there\.$/s,
  );
  expect(pauses.slice(-4)).toEqual([500, 1000, 2000, 4000]);
  expect(await blobs()).toContain(partialName());
  await expectNothingShown();
});

test("a body that ends early in good order is continued, and told when it goes on so", async () => {
  hub.once("GET", FILE, shortLength(120_000));
  await expectWhole(await load());
  expect(ranges()).toEqual([undefined, "bytes=120000-"]);
});

test("a second call continues the first one's partial file, hashing what was there", async () => {
  const partial = join(scene.repository, "blobs", partialName());
  hub.always("GET", FILE, cutAfter(0));
  await failure(load());
  await writeFile(partial, WEIGHTS.subarray(0, 70_000));
  hub = await scene.start();
  const seen: DownloadProgress[] = [];
  await expectWhole(await load({ progress_callback: (progress) => seen.push(progress) }));
  expect(ranges()).toEqual(["bytes=70000-"]);
  const ours = seen.filter(({ file }) => file === FILE);
  expect(ours[0]).toEqual({ status: "download", name: hub.id, file: FILE, loaded: 70_000, total: WEIGHTS.length });
  expect(ours.at(-1)).toEqual({
    status: "done",
    name: hub.id,
    file: FILE,
    loaded: WEIGHTS.length,
    total: WEIGHTS.length,
  });
  const loaded = ours.map((progress) => progress.loaded);
  expect(loaded).toEqual([...loaded].sort((a, b) => a - b));
});

test("a damaged partial file is noticed by the hash and downloaded again", async () => {
  await load({ parts: ["config"] });
  await writeFile(join(scene.repository, "blobs", partialName()), new Uint8Array(70_000));
  await expectWhole(await load());
  expect(ranges()).toEqual(["bytes=70000-", undefined]);
});

test("a partial file that is longer than the file is not continued", async () => {
  await load({ parts: ["config"] });
  await writeFile(join(scene.repository, "blobs", partialName()), new Uint8Array(WEIGHTS.length + 5));
  await expectWhole(await load());
  expect(ranges()).toEqual([undefined]);
});

test("Python's partial file is continued: moved when abandoned, copied while it may be written", async () => {
  await load({ parts: ["config"] });
  const foreign = join(scene.repository, "blobs", `${hub.etag(FILE)}.incomplete`);
  await writeFile(foreign, WEIGHTS.subarray(0, 10_000));
  const files = await load();
  expect(Buffer.compare(await readBytes(files, FILE), WEIGHTS)).toBe(0);
  expect(ranges()).toEqual(["bytes=10000-"]);
  expect((await stat(foreign)).size).toBe(10_000);

  await rm(join(scene.repository, "blobs", hub.etag(FILE)));
  await utimes(foreign, 1_600_000_000, 1_600_000_000);
  await expectWhole(await load());
  expect(ranges()).toEqual(["bytes=10000-", "bytes=10000-"]);
});

test("a wrong hash is refused and the partial file removed", async () => {
  hub.always("GET", FILE, wrongContent);
  const error = await failure(load());
  expect(error.message).toMatch(
    /^download model\.safetensors of org\/tiny-led: expected sha256 [0-9a-f]{64}, got sha256 [0-9a-f]{64}\. The partial download was removed; try again\.$/,
  );
  expect(error.message).toContain(`expected sha256 ${hub.etag(FILE)}`);
  expect(await blobs()).toEqual([hub.etag("config.json")]);
  await expectNothingShown();
});

test("more bytes than promised are refused", async () => {
  hub.always("GET", FILE, (response, content) => {
    response.writeHead(200).end(Buffer.concat([content, content]));
  });
  await expect(load()).rejects.toThrow(
    "download model.safetensors of org/tiny-led: expected 300007 bytes, got more. The partial download was removed",
  );
  expect(await blobs()).toEqual([hub.etag("config.json")]);
});

test("a range that was not asked for is not written", async () => {
  hub.once("GET", FILE, cutAfter(100_000));
  hub.once("GET", FILE, (response, content) => {
    const rest = content.subarray(5);
    response.writeHead(206, { "content-range": `bytes 5-${content.length - 1}/${content.length}` }).end(rest);
  });
  await expectWhole(await load());
});

test("500, 503 and 429 are asked again, as late as the server wishes", async () => {
  hub.once("GET", "/revision/main", status(500));
  hub.once("HEAD", FILE, status(503, { "retry-after": "7" }));
  hub.once("GET", FILE, status(429));
  await expectWhole(await load());
  expect(pauses).toEqual([500, 7000, 500]);
});

test("a connection that goes silent is given up and taken up again", async () => {
  vi.stubEnv("HF_HUB_DOWNLOAD_TIMEOUT", "1");
  hub.once("GET", FILE, stallAfter(50_000));
  await expectWhole(await load());
  expect(ranges()).toEqual([undefined, "bytes=50000-"]);
});

test("the token goes to the Hub and not to the storage it redirects to", async () => {
  hub = await scene.start({ storage: true });
  await expectWhole(await load({ token: "hf_secret" }));
  const storage = hub.requests.filter((seen) => seen.storage);
  expect(storage.map((seen) => seen.method)).toEqual(["GET"]);
  expect(storage.map((seen) => seen.authorization)).toEqual([undefined]);
  for (const seen of hub.requests.filter((each) => !each.storage)) expect(seen.authorization).toBe("Bearer hf_secret");
});

test("a redirect without X-Linked-Etag is followed for the headers, without the token", async () => {
  const other = await scene.start();
  env.remoteHost = hub.host;
  const location = `${other.host}/${other.id}/resolve/${other.commit}/${FILE}`;
  hub.always("HEAD", FILE, status(302, { location, "x-repo-commit": hub.commit }));
  await expectWhole(await load({ token: "hf_secret" }));
  expect(other.requests.map(({ method, authorization }) => [method, authorization])).toEqual([["HEAD", undefined]]);
});

test("a relative redirect (a renamed repository) keeps the token", async () => {
  const to = (file: string) => ({ location: `/${hub.id}/resolve/${hub.commit}/${file}?new` });
  hub.once("HEAD", "config.json", status(307, to("config.json")));
  await load({ token: "hf_secret", parts: ["config"] });
  const heads = hub.requests.filter((seen) => seen.method === "HEAD");
  expect(heads.map((seen) => seen.authorization)).toEqual(["Bearer hf_secret", "Bearer hf_secret"]);
});

test("a circle of redirects ends", async () => {
  hub.always("HEAD", "config.json", status(302, { location: `/${hub.id}/resolve/${hub.commit}/config.json` }));
  await expect(load()).rejects.toThrow("redirects more than 10 times");
});

test("an abort leaves the partial file for the next call and nothing else", async () => {
  hub.once("GET", FILE, stallAfter(50_000));
  const controller = new AbortController();
  const stop = new Error("enough");
  const error = await failure(
    load({
      signal: controller.signal,
      progress_callback: ({ file, loaded }) => {
        if (file === FILE && loaded === 50_000) controller.abort(stop);
      },
    }),
  );
  expect(error).toBe(stop);
  expect(await blobs()).toEqual([hub.etag("config.json"), partialName()].sort());
  expect((await stat(join(scene.repository, "blobs", partialName()))).size).toBe(50_000);
  expect(await readdir(join(scene.cacheDir, ".locks", "models--org--tiny-led"))).toEqual([]);
  expect(await readdir(scene.repository)).not.toContain("refs");
  await expectNothingShown();
  await expectWhole(await load());
  expect(ranges().at(-1)).toBe("bytes=50000-");
});

test("an abort ends a pause between attempts", async () => {
  hub.always("GET", FILE, status(503));
  const controller = new AbortController();
  const { pause } = await import("./http.ts");
  const error = await failure(
    load(
      { signal: controller.signal },
      {
        pause: (milliseconds, signal) => {
          setTimeout(() => controller.abort(new Error("enough")), 5);
          return pause(milliseconds * 1000, signal);
        },
      },
    ),
  );
  expect(error.message).toBe("enough");
});

test("a file is not begun when the disk has no room for it", async () => {
  const error = await failure(load({}, { disk: { ...nodeDisk, freeBytes: async () => 1000 } }));
  expect(error).toBeInstanceOf(FileError);
  expect(error.message).toBe(
    `download ${FILE} of ${hub.id}: expected 300007 bytes free in ${join(scene.repository, "blobs")}, got 1000. ` +
      "Free some space, or set HF_HOME (or cache_dir) to a folder on another disk.",
  );
  expect(ranges()).toEqual([]);
});

test("a disk that fills up keeps what came, says so, and the next call continues", async () => {
  let room = 50_000;
  const disk: typeof nodeDisk = {
    ...nodeDisk,
    async write(handle, bytes, position) {
      if (position + bytes.length > room) {
        await nodeDisk.write(handle, bytes.subarray(0, Math.max(0, room - position)), position);
        throw Object.assign(new Error("ENOSPC"), { code: "ENOSPC" });
      }
      await nodeDisk.write(handle, bytes, position);
    },
  };
  const error = await failure(load({}, { disk }));
  expect(error).toBeInstanceOf(FileError);
  expect(error.message).toMatch(
    /got a full disk, no space left\. Free some space, or set HF_HOME \(or cache_dir\) to a folder on another disk\./,
  );
  expect((await stat(join(scene.repository, "blobs", partialName()))).size).toBe(50_000);
  await expectNothingShown();
  room = Number.POSITIVE_INFINITY;
  await expectWhole(await load({}, { disk }));
  expect(ranges()).toEqual([undefined, "bytes=50000-"]);
});

test("two calls at once download once", async () => {
  hub.always("GET", FILE, (response, content, request) => {
    setTimeout(() => serve(response, content, request), 300);
  });
  const [one, two] = await Promise.all([load(), load()]);
  await expectWhole(one!);
  await expectWhole(two!);
  expect(hub.count("GET", FILE)).toBe(1);
  expect(await readdir(join(scene.cacheDir, ".locks", "models--org--tiny-led"))).toEqual([]);
});

test("a refusal while downloading is told as such", async () => {
  hub.always("GET", FILE, status(403, { "x-error-code": "GatedRepo" }));
  const error = await failure(load());
  expect(error).toBeInstanceOf(HubResponseError);
  expect(error.message).toContain("You are trying to access a gated repo.");
  expect(await readFile(join(scene.repository, "blobs", hub.etag("config.json")), "utf8")).toBe("{}");
  expect(hub.count("GET", FILE)).toBe(1);
});
