import { spawn } from "node:child_process";
import { once } from "node:events";
import { lstat, mkdir, mkdtemp, readdir, readFile, readlink, realpath, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { COMMIT, type FakeHub, type FakeHubOptions, fakeHub, serve, status } from "../../tests/support/fake-hub.ts";
import { FileError, HubError } from "../errors.ts";
import { readText } from "../files.ts";
import { nodeDisk } from "./disk.ts";
import { env } from "./env.ts";
import { HubResponseError, OfflineError } from "./hub-errors.ts";
import { type HubSystem, type LoadOptions, resolveModel } from "./snapshot.ts";

const ID = "org/tiny-led";
const FILES = {
  "README.md": "# not needed",
  "config.json": '{"model_type":"led"}',
  "vocab.json": "{}",
  "merges.txt": "#version: 0.2",
  "model.safetensors": "safe",
  "pytorch_model.bin": "torch",
  "tf_model.h5": "tensorflow",
};
const NEEDED = ["config.json", "merges.txt", "model.safetensors", "vocab.json"];

let cacheDir: string;
let hubs: FakeHub[];
beforeEach(async () => {
  cacheDir = await realpath(await mkdtemp(join(tmpdir(), "led-hub-")));
  hubs = [];
  for (const name of ["HF_TOKEN", "HUGGING_FACE_HUB_TOKEN", "HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE", "HTTPS_PROXY"]) {
    vi.stubEnv(name, "");
  }
  vi.stubEnv("https_proxy", "");
  vi.stubEnv("HF_HOME", cacheDir);
  env.logLevel = "silent";
});
afterEach(async () => {
  vi.unstubAllEnvs();
  env.logLevel = "warning";
  env.allowRemoteModels = true;
  env.localModelPath = undefined;
  for (const hub of hubs) await hub.close();
  await rm(cacheDir, { recursive: true, force: true });
});

async function start(options: Partial<FakeHubOptions> = {}): Promise<FakeHub> {
  const hub = await fakeHub({ files: FILES, large: ["model.safetensors", "pytorch_model.bin"], ...options });
  hubs.push(hub);
  env.remoteHost = hub.host;
  return hub;
}

function load(options: LoadOptions = {}, system: Partial<HubSystem> = {}, id = ID) {
  return resolveModel(id, { cache_dir: cacheDir, ...options }, { pause: async () => undefined, ...system });
}

async function failure(promise: Promise<unknown>): Promise<Error> {
  return promise.then(
    () => {
      throw new Error("nothing was thrown");
    },
    (error: unknown) => error as Error,
  );
}

const repository = () => join(cacheDir, "models--org--tiny-led");
const snapshot = () => join(repository(), "snapshots", COMMIT);

/** The cache as huggingface_hub 0.36 leaves it. */
async function pythonCache(files: Record<string, string>, { links = true } = {}): Promise<void> {
  await mkdir(join(repository(), "blobs"), { recursive: true });
  await mkdir(join(repository(), "refs"));
  await mkdir(snapshot(), { recursive: true });
  await writeFile(join(repository(), "refs", "main"), COMMIT);
  for (const [name, content] of Object.entries(files)) {
    if (links) {
      await writeFile(join(repository(), "blobs", `etag-of-${name}`), content);
      await symlink(`../../blobs/etag-of-${name}`, join(snapshot(), name));
    } else await writeFile(join(snapshot(), name), content);
  }
}

test("a local folder is taken as it is, also with a subfolder and below env.localModelPath", async () => {
  const folder = join(cacheDir, "models", "mine");
  await mkdir(join(folder, "sub"), { recursive: true });
  await writeFile(join(folder, "sub", "config.json"), "{}");
  expect((await resolveModel(folder)).where).toBe(folder);
  expect(await (await resolveModel(folder, { subfolder: "sub" })).list()).toEqual(["config.json"]);
  await expect(resolveModel(folder, { subfolder: "other" })).rejects.toThrow(
    `open ${folder}: expected the subfolder other, got no such folder`,
  );
  env.localModelPath = join(cacheDir, "models");
  expect((await resolveModel("mine")).where).toBe(folder);
  await expect(resolveModel(join(folder, "sub", "config.json"))).rejects.toThrow(
    `expected a model folder, got a file. Give its folder: ${join(folder, "sub")}`,
  );
});

test("what is neither a folder nor a repository's name is refused, naming what was tried", async () => {
  const error = await failure(load({}, {}, "./no/such/folder"));
  expect(error).toBeInstanceOf(FileError);
  expect(error.message).toBe(
    "Incorrect path_or_model_id: './no/such/folder'. Please provide either the path to a local folder or the repo_id of a " +
      `model on the Hub. (find the model: got no folder ${join(process.cwd(), "no/such/folder")}, and no name of a ` +
      "repository (it is `name` or `organisation/name`)) Check the path.",
  );
  for (const id of ["", "-a", "a.", "a--b", "a..b", "a/b.git", "a b", "é", "org/", "~/x", "x".repeat(97)]) {
    await expect(load({}, {}, id)).rejects.toThrow("Incorrect path_or_model_id");
  }
});

test("options are checked", async () => {
  await expect(load({ revison: "main" } as LoadOptions)).rejects.toThrow("Did you mean `revision`?");
  await expect(load({ revision: "../main" })).rejects.toThrow("the option `revision`: expected the name of a revision");
  await expect(load({ subfolder: "/etc" })).rejects.toThrow("the option `subfolder`: expected a folder inside");
  await expect(load({ variant: "a/b" })).rejects.toThrow("the option `variant`");
  await expect(load({ parts: ["weight" as "weights"] })).rejects.toThrow(
    'expected config, tokenizer, weights, got "weight"',
  );
});

test("fills the cache as Python lays it out, with what a model needs only", async () => {
  const hub = await start();
  const files = await load();
  expect(await files.list()).toEqual(NEEDED);
  expect(files.where).toBe(`${ID} (${snapshot()})`);
  expect(await readFile(join(repository(), "refs", "main"), "utf8")).toBe(COMMIT);
  for (const name of NEEDED) {
    const blob = join(repository(), "blobs", hub.etag(name));
    expect(await readlink(join(snapshot(), name))).toBe(`../../blobs/${hub.etag(name)}`);
    const opened = await files.open(name);
    expect(opened.path).toBe(blob);
    await opened.close();
  }
  expect(await readdir(join(repository(), "blobs"))).toHaveLength(NEEDED.length);
  expect((await readdir(join(repository(), ".no_exist", COMMIT))).sort()).toEqual([
    "added_tokens.json",
    "generation_config.json",
    "special_tokens_map.json",
    "tokenizer.json",
    "tokenizer_config.json",
  ]);
  expect((await readdir(repository())).sort()).toEqual([".no_exist", "blobs", "refs", "snapshots"]);

  const asked = hub.requests.length;
  await load();
  expect(hub.requests.slice(asked).map(({ path }) => path)).toEqual([`/api/models/${ID}/revision/main`]);
  await load({ revision: COMMIT });
  expect(hub.requests).toHaveLength(asked + 1);
});

test("brings only the parts that are asked for", async () => {
  const hub = await start();
  expect(await (await load({ parts: ["config"] })).list()).toEqual(["config.json"]);
  expect(await (await load({ parts: ["tokenizer"] })).list()).toEqual(["config.json", "merges.txt", "vocab.json"]);
  expect(hub.count("GET", "model.safetensors")).toBe(0);
});

test("brings shards, a variant, a subfolder", async () => {
  const index = JSON.stringify({ weight_map: { a: "model-1.safetensors", b: "model-2.safetensors" } });
  const sharded = { "model.safetensors.index.json": index, "model-1.safetensors": "1", "model-2.safetensors": "2" };
  await start({ files: { "config.json": "{}", ...sharded, "pytorch_model.bin": "torch" } });
  const names = ["config.json", ...Object.keys(sharded)].sort();
  expect(await (await load({ parts: ["config", "weights"] })).list()).toEqual(names);

  const inside = Object.fromEntries(Object.entries(sharded).map(([name, text]) => [`sub/${name}`, text]));
  await start({ commit: "a".repeat(40), files: { ...inside, "sub/config.json": "{}", "config.json": "[]" } });
  const files = await load({ parts: ["config", "weights"], subfolder: "sub" });
  expect(await files.list()).toEqual(names);
  expect(await readText(files, "config.json")).toBe("{}");
  const offline = await load({ parts: ["config", "weights"], subfolder: "sub", local_files_only: true });
  expect(await offline.list()).toEqual(names);

  await start({ commit: "b".repeat(40), files: { "model.safetensors": "32", "model.fp16.safetensors": "16" } });
  expect(await (await load({ parts: ["weights"], variant: "fp16" })).list()).toEqual(["model.fp16.safetensors"]);
  await expect(load({ parts: ["weights"], variant: "bf16" })).rejects.toThrow(
    "there is a file without the variant bf16",
  );
});

test("a shard that the repository does not have is named", async () => {
  const index = JSON.stringify({ weight_map: { a: "model-1.safetensors" } });
  await start({ files: { "config.json": "{}", "model.safetensors.index.json": index } });
  await expect(load({ parts: ["weights"] })).rejects.toThrow(
    `${ID} does not appear to have a file named model-1.safetensors. Checkout 'https://huggingface.co/${ID}/main'`,
  );
});

test("without a listing the files are asked for one by one", async () => {
  const hub = await start({ listing: false });
  expect(await (await load()).list()).toEqual(NEEDED);
  expect(hub.count("HEAD", "/config.json")).toBe(2);
  expect(hub.count("HEAD", "/vocab.json")).toBe(1);
  for (const broken of ["not JSON", "[]", "{}", "null", '{"sha":"x","siblings":[]}']) {
    hub.once("GET", "/revision/main", (response) => response.end(broken));
    expect(await (await load({ parts: ["config"] })).has("config.json")).toBe(true);
  }
});

test("a mirror that is no Hub is refused", async () => {
  const hub = await start({ listing: false });
  hub.always("HEAD", "config.json", status(200, { etag: '"x"' }));
  await expect(load()).rejects.toThrow("Distant resource does not seem to be on huggingface.co.");
  const other = await start();
  other.always("HEAD", "config.json", status(200));
  await expect(load()).rejects.toThrow(`got no ETag header from ${other.host}`);
  const hostile = await start();
  hostile.always("HEAD", "config.json", status(200, { etag: '"../../../evil"', "content-length": "2" }));
  await expect(load()).rejects.toThrow('expected a ETag that can name a file, got "../../../evil"');
});

test("refusals of the Hub", async () => {
  const hub = await start();
  async function refused(how: ReturnType<typeof status>, options: LoadOptions = {}, file = "/revision/main") {
    hub.once(file === "/revision/main" ? "GET" : "HEAD", file, how);
    const error = (await failure(load(options))) as HubResponseError;
    expect(error).toBeInstanceOf(HubResponseError);
    expect(error).toBeInstanceOf(HubError);
    expect(error.message).not.toContain("hf_secret");
    return [error.reason, error.status, error.message] as const;
  }
  const token = "hf_secret";
  expect(await refused(status(401, { "x-error-code": "RepoNotFound" }))).toEqual([
    "repository not found",
    401,
    expect.stringContaining(`${ID} is not a local folder and is not a valid model identifier listed on`),
  ]);
  expect(await refused(status(401))).toEqual([
    "repository not found",
    401,
    expect.stringContaining("Set HF_TOKEN, run `hf auth login`, or pass the option `token`."),
  ]);
  expect(await refused(status(401, { "x-error-message": "Invalid credentials" }), { token })).toEqual([
    "unauthorized",
    401,
    expect.stringContaining("expected a token that the Hub accepts, got HTTP 401 (Invalid credentials)"),
  ]);
  const gated = { "x-error-code": "GatedRepo", "x-error-message": "Access is restricted" };
  expect(await refused(status(403, gated), { token }, "config.json")).toEqual([
    "gated",
    403,
    expect.stringContaining("You are trying to access a gated repo. Make sure to request access at"),
  ]);
  expect((await refused(status(401, gated), {}, "config.json"))[2]).toContain("without a token) Set HF_TOKEN");
  expect(await refused(status(403), { token }, "config.json")).toEqual([
    "forbidden",
    403,
    expect.stringContaining("Check what the token is allowed to read."),
  ]);
  const unknown = await refused(status(404, { "x-error-code": "RepoNotFound" }));
  expect(unknown.slice(0, 2)).toEqual(["repository not found", 404]);
  const [reason, , message] = await refused(status(404, { "x-error-code": "RevisionNotFound" }), { revision: "main" });
  expect([reason, message]).toEqual([
    "revision not found",
    expect.stringContaining("main is not a valid git identifier"),
  ]);
  const absent = await failure(load({ revision: "v9" }));
  expect(absent.message).toContain("v9 is not a valid git identifier (branch name, tag name or commit id)");
  const [kind, , missing] = await refused(status(404, { "x-error-code": "EntryNotFound" }), {}, "config.json");
  expect([kind, missing]).toEqual([
    "file not found",
    expect.stringContaining(`${ID} does not appear to have a file named config.json. Checkout`),
  ]);
  expect(await readdir(repository())).not.toContain("refs");
});

test("a repository that a server without error codes does not have", async () => {
  await start({ listing: false });
  const error = await failure(resolveModel("org/other", { cache_dir: cacheDir }));
  expect((error as HubResponseError).reason).toBe("repository not found");
  expect(error.message).toContain("expected a repository with revision main, got HTTP 404");
});

test("a repository without config.json, or without weights, is told in the reference's words", async () => {
  await start({ files: { "model.safetensors": "x" } });
  await expect(load()).rejects.toThrow("does not appear to have a file named config.json");
  await start({ files: { "config.json": "{}", "tf_model.h5": "x" } });
  await expect(load()).rejects.toThrow("but there is a file for TensorFlow weights.");
});

test("a cache that Python filled is used offline, with links and without", async () => {
  for (const links of [true, false]) {
    await pythonCache(FILES, { links });
    env.remoteHost = "http://127.0.0.1:9";
    for (const how of ["local_files_only", "HF_HUB_OFFLINE", "allowRemoteModels", "no network"] as const) {
      if (how === "HF_HUB_OFFLINE") vi.stubEnv("HF_HUB_OFFLINE", "1");
      env.allowRemoteModels = how !== "allowRemoteModels";
      const files = await load(how === "local_files_only" ? { local_files_only: true } : {});
      expect(await readText(files, "config.json")).toBe(FILES["config.json"]);
      const weights = await files.open("model.safetensors");
      const folder = links
        ? join(repository(), "blobs", "etag-of-model.safetensors")
        : join(snapshot(), "model.safetensors");
      expect(weights.path).toBe(folder);
      await weights.close();
      vi.stubEnv("HF_HUB_OFFLINE", "");
    }
    await rm(repository(), { recursive: true });
  }
});

test("a cache that Python filled is not downloaded again", async () => {
  const hub = await start();
  await pythonCache(FILES);
  expect(await (await load()).list()).toEqual(Object.keys(FILES).sort());
  expect(hub.requests.map(({ path }) => path)).toEqual([`/api/models/${ID}/revision/main`]);
});

test("offline without the files says what was looked for", async () => {
  const message = async (options: LoadOptions) => {
    const error = await failure(load(options));
    expect(error).toBeInstanceOf(OfflineError);
    expect((error as OfflineError).reason).toBe("offline");
    return error.message;
  };
  expect(await message({ local_files_only: true, parts: ["config", "weights"] })).toBe(
    `load ${ID}: expected a local folder of that name, or config.json, model.safetensors or model.safetensors.index.json ` +
      `or pytorch_model.bin or pytorch_model.bin.index.json of revision main in the cache (${repository()}), got neither. ` +
      "Nothing is downloaded because of local_files_only: download the model once without it, or give a local folder.",
  );
  await pythonCache({ "config.json": "{}", "vocab.json": "{}", "merges.txt": "" });
  vi.stubEnv("HF_HUB_OFFLINE", "1");
  expect(await message({})).toContain("got a snapshot without them. Nothing is downloaded because of HF_HUB_OFFLINE");
  vi.stubEnv("HF_HUB_OFFLINE", "");
  env.remoteHost = "http://127.0.0.1:9";
  expect(await message({})).toContain(
    `We couldn't connect to 'http://127.0.0.1:9' to load this file, couldn't find it in the cached files and it looks like ` +
      `${ID} is not the path to a directory containing a file named model.safetensors or`,
  );
  vi.stubEnv("HTTPS_PROXY", "http://proxy");
  expect(await message({})).toContain(
    "Node's fetch does not use HTTPS_PROXY by itself: set env.fetch to one that does",
  );
  expect(await message({ revision: "v2" })).toContain("config.json, vocab.json with merges.txt or tokenizer.json");
});

test("a server that is broken for long is replaced by the cache, or told", async () => {
  const hub = await start();
  hub.always("GET", "/revision/main", status(503));
  hub.always("HEAD", "config.json", status(502));
  const error = await failure(load());
  expect((error as HubResponseError).reason).toBe("server failure");
  expect(error.message).toContain(`expected an answer from the Hub, got HTTP 502 from ${hub.host}. Try again later.`);
  await pythonCache(FILES);
  expect(await (await load()).has("model.safetensors")).toBe(true);
});

test("where links are not permitted the file itself lies in the snapshot, as Python does it", async () => {
  const disk = {
    ...nodeDisk,
    symlink: async () => {
      throw Object.assign(new Error("EPERM: operation not permitted, symlink"), { code: "EPERM" });
    },
  };
  const hub = await start();
  const files = await load({}, { disk });
  expect(await files.list()).toEqual(NEEDED);
  for (const name of NEEDED) expect((await lstat(join(snapshot(), name))).isFile()).toBe(true);
  expect(await readdir(join(repository(), "blobs"))).toEqual([]);
  await load({}, { disk });
  expect(hub.count("GET", "model.safetensors")).toBe(1);

  // A blob that is there already may belong to another snapshot: it is copied.
  await rm(snapshot(), { recursive: true });
  await writeFile(join(repository(), "blobs", hub.etag("model.safetensors")), "safe");
  expect(await readText(await load({}, { disk }), "model.safetensors")).toBe("safe");
  expect(await readdir(join(repository(), "blobs"))).toEqual([hub.etag("model.safetensors")]);
  expect(hub.count("GET", "model.safetensors")).toBe(1);
});

test("a new commit reuses the blobs it shares, and the ref moves when its files are there", async () => {
  await start();
  await load();
  const next = await start({ commit: "f".repeat(40), files: { ...FILES, "config.json": '{"new":1}' } });
  next.once("GET", "config.json", status(403));
  await failure(load());
  expect(await readFile(join(repository(), "refs", "main"), "utf8")).toBe(COMMIT);
  const files = await load();
  expect(await readText(files, "config.json")).toBe('{"new":1}');
  expect(await readFile(join(repository(), "refs", "main"), "utf8")).toBe(next.commit);
  expect(next.count("GET", "model.safetensors")).toBe(0);
});

test("a link whose blob is gone is repaired", async () => {
  const hub = await start();
  await load();
  await rm(join(repository(), "blobs", hub.etag("config.json")));
  expect(await readText(await load(), "config.json")).toBe(FILES["config.json"]);
});

test("env.fetch makes the requests", async () => {
  await start();
  const urls: string[] = [];
  env.fetch = (url, init) => {
    urls.push(url);
    return fetch(url, init);
  };
  try {
    await load({ parts: ["config"] });
  } finally {
    env.fetch = (url, init) => fetch(url, init);
  }
  expect(urls).toHaveLength(3);
});

/** This room as JavaScript, for processes without a TypeScript loader. Gives the URL of its index. */
async function compiledHub(): Promise<string> {
  const root = fileURLToPath(new URL("../..", import.meta.url));
  const output = join(cacheDir, "compiled");
  await mkdir(output);
  await writeFile(join(output, "package.json"), '{"type":"module"}');
  const settings = {
    rootDir: join(root, "src"),
    outDir: output,
    noCheck: true,
    typeRoots: [join(root, "node_modules/@types")],
  };
  const project = {
    extends: join(root, "tsconfig.build.json"),
    compilerOptions: settings,
    include: [],
    files: [join(root, "src/hub/index.ts")],
  };
  await writeFile(join(output, "tsconfig.json"), JSON.stringify(project));
  const compiler = join(root, "node_modules/typescript/bin/tsc");
  const child = spawn(process.execPath, [compiler, "-p", join(output, "tsconfig.json")], { stdio: "inherit" });
  expect((await once(child, "close"))[0]).toBe(0);
  return pathToFileURL(join(output, "hub/index.js")).href;
}

test("two processes download once", async () => {
  const hub = await start();
  hub.always("GET", "model.safetensors", (response, content, request) => {
    setTimeout(() => serve(response, content, request), 500);
  });
  const built = await compiledHub();
  const program = `
    const { resolveModel } = await import(${JSON.stringify(built)});
    const files = await resolveModel(${JSON.stringify(ID)}, { cache_dir: ${JSON.stringify(cacheDir)} });
    console.log((await files.list()).join());`;
  const run = async () => {
    const child = spawn(process.execPath, ["--input-type=module", "-e", program], {
      env: { ...process.env, HF_ENDPOINT: hub.host },
      stdio: ["ignore", "pipe", "inherit"],
    });
    let output = "";
    child.stdout.on("data", (data) => {
      output += data;
    });
    await once(child, "close");
    return output.trim();
  };
  expect(await Promise.all([run(), run()])).toEqual([NEEDED.join(), NEEDED.join()]);
  expect(hub.count("GET", "model.safetensors")).toBe(1);
});
