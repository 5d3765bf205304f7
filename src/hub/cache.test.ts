import { lstat, mkdir, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { COMMIT, status } from "../../tests/support/fake-hub.ts";
import { failure, hubScene, ID, NEEDED, TINY_LED } from "../../tests/support/hub-scene.ts";
import { readText } from "../files.ts";
import type { ResolveOptions } from "../load-options.ts";
import { nodeDisk } from "./disk.ts";
import { env } from "./env.ts";
import { type HubResponseError, OfflineError } from "./hub-errors.ts";

const scene = hubScene(TINY_LED);
const FILES = TINY_LED.files;

/** The cache as huggingface_hub 0.36 leaves it. */
async function pythonCache(files: Record<string, string>, { links = true } = {}): Promise<void> {
  await mkdir(join(scene.repository, "blobs"), { recursive: true });
  await mkdir(join(scene.repository, "refs"));
  await mkdir(scene.snapshot, { recursive: true });
  await writeFile(join(scene.repository, "refs", "main"), COMMIT);
  for (const [name, content] of Object.entries(files)) {
    if (links) {
      await writeFile(join(scene.repository, "blobs", `etag-of-${name}`), content);
      await symlink(`../../blobs/etag-of-${name}`, join(scene.snapshot, name));
    } else await writeFile(join(scene.snapshot, name), content);
  }
}

test("a cache that Python filled is used offline, with links and without", async () => {
  for (const links of [true, false]) {
    await pythonCache(FILES, { links });
    const gone = await scene.start();
    await gone.close();
    for (const how of ["local_files_only", "HF_HUB_OFFLINE", "allowRemoteModels", "no network"] as const) {
      if (how === "HF_HUB_OFFLINE") vi.stubEnv("HF_HUB_OFFLINE", "1");
      env.allowRemoteModels = how !== "allowRemoteModels";
      const files = await scene.load(how === "local_files_only" ? { local_files_only: true } : {});
      expect(await readText(files, "config.json")).toBe(FILES["config.json"]);
      const weights = await files.open("model.safetensors");
      const folder = links
        ? join(scene.repository, "blobs", "etag-of-model.safetensors")
        : join(scene.snapshot, "model.safetensors");
      expect(weights.path).toBe(folder);
      await weights.close();
      vi.stubEnv("HF_HUB_OFFLINE", "");
    }
    await rm(scene.repository, { recursive: true });
  }
});

test("a cache that Python filled is not downloaded again", async () => {
  const hub = await scene.start();
  await pythonCache(FILES);
  expect(await (await scene.load()).list()).toEqual(Object.keys(FILES).sort());
  expect(hub.requests.map(({ path }) => path)).toEqual([`/api/models/${ID}/revision/main`]);
});

test("offline without the files says what was looked for", async () => {
  const message = async (options: ResolveOptions) => {
    const error = await failure(scene.load(options));
    expect(error).toBeInstanceOf(OfflineError);
    expect((error as OfflineError).reason).toBe("offline");
    return error.message;
  };
  expect(await message({ local_files_only: true, parts: ["config", "weights"] })).toBe(
    `load ${ID}: expected a local folder of that name, or config.json, model.safetensors or model.safetensors.index.json ` +
      `or pytorch_model.bin or pytorch_model.bin.index.json of revision main in the cache (${scene.repository}), got neither. ` +
      "Nothing is downloaded because of local_files_only: download the model once without it, or give a local folder.",
  );
  await pythonCache({ "config.json": "{}", "vocab.json": "{}", "merges.txt": "" });
  vi.stubEnv("HF_HUB_OFFLINE", "1");
  expect(await message({})).toContain("got a snapshot without them. Nothing is downloaded because of HF_HUB_OFFLINE");
  vi.stubEnv("HF_HUB_OFFLINE", "");
  const gone = await scene.start();
  await gone.close();
  expect(await message({})).toContain(
    `We couldn't connect to '${gone.host}' to load this file, couldn't find it in the cached files and it looks like ` +
      `${ID} is not the path to a directory containing a file named model.safetensors or`,
  );
  // Nobody answers there: asking again within seconds would only make the person wait.
  expect(scene.pauses).toEqual([]);
  vi.stubEnv("HTTPS_PROXY", "http://proxy");
  expect(await message({})).toContain(
    "Node's fetch does not use HTTPS_PROXY by itself: set env.fetch to one that does",
  );
  expect(await message({ revision: "v2" })).toContain("config.json, vocab.json with merges.txt or tokenizer.json");
});

test("a server that is broken for long is replaced by the cache, or told", async () => {
  const hub = await scene.start();
  hub.always("GET", "/revision/main", status(503));
  hub.always("HEAD", "config.json", status(502));
  const error = await failure(scene.load());
  expect((error as HubResponseError).reason).toBe("server failure");
  expect(error.message).toContain(`expected an answer from the Hub, got HTTP 502 from ${hub.host}. Try again later.`);
  await pythonCache(FILES);
  expect(await (await scene.load()).has("model.safetensors")).toBe(true);
});

test("where links are not permitted the file itself lies in the snapshot, as Python does it", async () => {
  const disk = {
    ...nodeDisk,
    symlink: async () => {
      throw Object.assign(new Error("EPERM: operation not permitted, symlink"), { code: "EPERM" });
    },
  };
  const hub = await scene.start();
  const files = await scene.load({}, { disk });
  expect(await files.list()).toEqual(NEEDED);
  for (const name of NEEDED) expect((await lstat(join(scene.snapshot, name))).isFile()).toBe(true);
  expect(await readdir(join(scene.repository, "blobs"))).toEqual([]);
  await scene.load({}, { disk });
  expect(hub.count("GET", "model.safetensors")).toBe(1);

  // A blob that is there already may belong to another snapshot: it is copied.
  await rm(scene.snapshot, { recursive: true });
  await writeFile(join(scene.repository, "blobs", hub.etag("model.safetensors")), "safe");
  expect(await readText(await scene.load({}, { disk }), "model.safetensors")).toBe("safe");
  expect(await readdir(join(scene.repository, "blobs"))).toEqual([hub.etag("model.safetensors")]);
  expect(hub.count("GET", "model.safetensors")).toBe(1);
});

test("a new commit reuses the blobs it shares, and the ref moves when its files are there", async () => {
  await scene.start();
  await scene.load();
  const next = await scene.start({ commit: "f".repeat(40), files: { ...FILES, "config.json": '{"new":1}' } });
  next.once("GET", "config.json", status(403));
  await failure(scene.load());
  expect(await readFile(join(scene.repository, "refs", "main"), "utf8")).toBe(COMMIT);
  const files = await scene.load();
  expect(await readText(files, "config.json")).toBe('{"new":1}');
  expect(await readFile(join(scene.repository, "refs", "main"), "utf8")).toBe(next.commit);
  expect(next.count("GET", "model.safetensors")).toBe(0);
});

test("a link whose blob is gone is repaired", async () => {
  const hub = await scene.start();
  await scene.load();
  await rm(join(scene.repository, "blobs", hub.etag("config.json")));
  expect(await readText(await scene.load(), "config.json")).toBe(FILES["config.json"]);
});
