import { mkdir, readdir, readFile, readlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { COMMIT, status } from "../../tests/support/fake-hub.ts";
import { failure, hubScene, ID, NEEDED, TINY_LED } from "../../tests/support/hub-scene.ts";
import { FileError, HubError } from "../errors.ts";
import { readText } from "../files.ts";
import type { ResolveOptions } from "../load-options.ts";
import { env } from "./env.ts";
import { HubResponseError } from "./hub-errors.ts";
import { resolveModel } from "./snapshot.ts";

const scene = hubScene(TINY_LED);

test("a local folder is taken as it is, also with a subfolder and below env.localModelPath", async () => {
  const folder = join(scene.cacheDir, "models", "mine");
  await mkdir(join(folder, "sub"), { recursive: true });
  await writeFile(join(folder, "sub", "config.json"), "{}");
  expect((await resolveModel(folder)).where).toBe(folder);
  expect(await (await resolveModel(folder, { subfolder: "sub" })).list()).toEqual(["config.json"]);
  await expect(resolveModel(folder, { subfolder: "other" })).rejects.toThrow(
    `open ${folder}: expected the subfolder other, got no such folder`,
  );
  env.localModelPath = join(scene.cacheDir, "models");
  expect((await resolveModel("mine")).where).toBe(folder);
  await expect(resolveModel(join(folder, "sub", "config.json"))).rejects.toThrow(
    `expected a model folder, got a file. Give its folder: ${join(folder, "sub")}`,
  );
});

test("what is neither a folder nor a repository's name is refused, naming what was tried", async () => {
  const error = await failure(scene.load({}, {}, "./no/such/folder"));
  expect(error).toBeInstanceOf(FileError);
  expect(error.message).toBe(
    "Incorrect path_or_model_id: './no/such/folder'. Please provide either the path to a local folder or the repo_id of a " +
      `model on the Hub. (find the model: got no folder ${join(process.cwd(), "no/such/folder")}, and no name of a ` +
      "repository (it is `name` or `organisation/name`)) Check the path.",
  );
  for (const id of ["", "-a", "a.", "a--b", "a..b", "a/b.git", "a b", "é", "org/", "~/x", "x".repeat(97)]) {
    await expect(scene.load({}, {}, id)).rejects.toThrow("Incorrect path_or_model_id");
  }
});

test("options are checked", async () => {
  await expect(scene.load({ revison: "main" } as ResolveOptions)).rejects.toThrow("Did you mean `revision`?");
  await expect(scene.load({ revision: "../main" })).rejects.toThrow(
    "the option `revision`: expected the name of a revision",
  );
  await expect(scene.load({ subfolder: "/etc" })).rejects.toThrow("the option `subfolder`: expected a folder inside");
  await expect(scene.load({ variant: "a/b" })).rejects.toThrow("the option `variant`");
  await expect(scene.load({ parts: ["weight" as "weights"] })).rejects.toThrow(
    'expected config, tokenizer, weights, got "weight"',
  );
});

test("fills the cache as Python lays it out, with what a model needs only", async () => {
  const hub = await scene.start();
  const files = await scene.load();
  expect(await files.list()).toEqual(NEEDED);
  expect(files.where).toBe(`${ID} (${scene.snapshot})`);
  expect(await readFile(join(scene.repository, "refs", "main"), "utf8")).toBe(COMMIT);
  for (const name of NEEDED) {
    const blob = join(scene.repository, "blobs", hub.etag(name));
    expect(await readlink(join(scene.snapshot, name))).toBe(`../../blobs/${hub.etag(name)}`);
    const opened = await files.open(name);
    expect(opened.path).toBe(blob);
    await opened.close();
  }
  expect(await readdir(join(scene.repository, "blobs"))).toHaveLength(NEEDED.length);
  expect((await readdir(join(scene.repository, ".no_exist", COMMIT))).sort()).toEqual([
    "added_tokens.json",
    "generation_config.json",
    "special_tokens_map.json",
    "tokenizer.json",
    "tokenizer_config.json",
  ]);
  expect((await readdir(scene.repository)).sort()).toEqual([".no_exist", "blobs", "refs", "snapshots"]);

  const asked = hub.requests.length;
  await scene.load();
  expect(hub.requests.slice(asked).map(({ path }) => path)).toEqual([`/api/models/${ID}/revision/main`]);
  await scene.load({ revision: COMMIT });
  expect(hub.requests).toHaveLength(asked + 1);
});

test("brings only the parts that are asked for", async () => {
  const hub = await scene.start();
  expect(await (await scene.load({ parts: ["config"] })).list()).toEqual(["config.json"]);
  expect(await (await scene.load({ parts: ["tokenizer"] })).list()).toEqual([
    "config.json",
    "merges.txt",
    "vocab.json",
  ]);
  expect(hub.count("GET", "model.safetensors")).toBe(0);
});

test("brings shards, a variant, a subfolder", async () => {
  const index = JSON.stringify({ weight_map: { a: "model-1.safetensors", b: "model-2.safetensors" } });
  const sharded = { "model.safetensors.index.json": index, "model-1.safetensors": "1", "model-2.safetensors": "2" };
  await scene.start({ files: { "config.json": "{}", ...sharded, "pytorch_model.bin": "torch" } });
  const names = ["config.json", ...Object.keys(sharded)].sort();
  expect(await (await scene.load({ parts: ["config", "weights"] })).list()).toEqual(names);

  const inside = Object.fromEntries(Object.entries(sharded).map(([name, text]) => [`sub/${name}`, text]));
  await scene.start({ commit: "a".repeat(40), files: { ...inside, "sub/config.json": "{}", "config.json": "[]" } });
  const files = await scene.load({ parts: ["config", "weights"], subfolder: "sub" });
  expect(await files.list()).toEqual(names);
  expect(await readText(files, "config.json")).toBe("{}");
  const offline = await scene.load({ parts: ["config", "weights"], subfolder: "sub", local_files_only: true });
  expect(await offline.list()).toEqual(names);

  await scene.start({ commit: "b".repeat(40), files: { "model.safetensors": "32", "model.fp16.safetensors": "16" } });
  expect(await (await scene.load({ parts: ["weights"], variant: "fp16" })).list()).toEqual(["model.fp16.safetensors"]);
  await expect(scene.load({ parts: ["weights"], variant: "bf16" })).rejects.toThrow(
    "there is a file without the variant bf16",
  );
});

test("a shard that the repository does not have is named", async () => {
  const index = JSON.stringify({ weight_map: { a: "model-1.safetensors" } });
  await scene.start({ files: { "config.json": "{}", "model.safetensors.index.json": index } });
  await expect(scene.load({ parts: ["weights"] })).rejects.toThrow(
    `${ID} does not appear to have a file named model-1.safetensors. Checkout 'https://huggingface.co/${ID}/main'`,
  );
});

test("without a listing the files are asked for one by one", async () => {
  const hub = await scene.start({ listing: false });
  expect(await (await scene.load()).list()).toEqual(NEEDED);
  expect(hub.count("HEAD", "/config.json")).toBe(2);
  expect(hub.count("HEAD", "/vocab.json")).toBe(1);
  hub.once("GET", "/revision/main", (response) => {
    response.writeHead(200, { "content-length": 100 });
    response.write("{", () => response.socket?.destroy());
  });
  expect(await (await scene.load({ parts: ["config"] })).has("config.json")).toBe(true);
  for (const broken of ["not JSON", "[]", "{}", "null", '{"sha":"x","siblings":[]}']) {
    hub.once("GET", "/revision/main", (response) => response.end(broken));
    expect(await (await scene.load({ parts: ["config"] })).has("config.json")).toBe(true);
  }
});

test("a mirror that is no Hub is refused", async () => {
  const hub = await scene.start({ listing: false });
  hub.always("HEAD", "config.json", status(200, { etag: '"x"' }));
  await expect(scene.load()).rejects.toThrow("Distant resource does not seem to be on huggingface.co.");
  const other = await scene.start();
  other.always("HEAD", "config.json", status(200));
  await expect(scene.load()).rejects.toThrow(`got no ETag header from ${other.host}`);
  const hostile = await scene.start();
  hostile.always("HEAD", "config.json", status(200, { etag: '"../../../evil"', "content-length": "2" }));
  await expect(scene.load()).rejects.toThrow('expected a ETag that can name a file, got "../../../evil"');
});

test("refusals of the Hub", async () => {
  const hub = await scene.start();
  async function refused(how: ReturnType<typeof status>, options: ResolveOptions = {}, file = "/revision/main") {
    hub.once(file === "/revision/main" ? "GET" : "HEAD", file, how);
    const error = (await failure(scene.load(options))) as HubResponseError;
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
  const absent = await failure(scene.load({ revision: "v9" }));
  expect(absent.message).toContain("v9 is not a valid git identifier (branch name, tag name or commit id)");
  const [kind, , missing] = await refused(status(404, { "x-error-code": "EntryNotFound" }), {}, "config.json");
  expect([kind, missing]).toEqual([
    "file not found",
    expect.stringContaining(`${ID} does not appear to have a file named config.json. Checkout`),
  ]);
  expect(await readdir(scene.repository)).not.toContain("refs");
});

test("a repository that a server without error codes does not have", async () => {
  await scene.start({ listing: false });
  const error = await failure(resolveModel("org/other", { cache_dir: scene.cacheDir }));
  expect((error as HubResponseError).reason).toBe("repository not found");
  expect(error.message).toContain("expected a repository with revision main, got HTTP 404");
});

test("a repository without config.json, or without weights, is told in the reference's words", async () => {
  await scene.start({ files: { "model.safetensors": "x" } });
  await expect(scene.load()).rejects.toThrow("does not appear to have a file named config.json");
  await scene.start({ files: { "config.json": "{}", "tf_model.h5": "x" } });
  await expect(scene.load()).rejects.toThrow("but there is a file for TensorFlow weights.");
});

test("env.fetch makes the requests", async () => {
  await scene.start();
  const urls: string[] = [];
  env.fetch = (url, init) => {
    urls.push(url);
    return fetch(url, init);
  };
  try {
    await scene.load({ parts: ["config"] });
  } finally {
    env.fetch = (url, init) => fetch(url, init);
  }
  expect(urls).toHaveLength(3);
});
