/** Loading by name in a browser, with a server and a Cache API made of maps. */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { tinyText } from "../../tests/support/tokenizer-fixtures.ts";
import { HubResponseError, OfflineError } from "../hub/hub-errors.ts";
import type { DownloadProgress } from "../load-options.ts";
import { setLogger } from "../log.ts";
import { filesOf, folderOf } from "../model-folders.ts";
import { AutoTokenizer, LEDTokenizer, LEDTokenizerFast } from "../tokenizers/index.ts";
import { env } from "./browser-folders.ts";

const hub = "https://hub.test";
const commit = "0123456789abcdef0123456789abcdef01234567";
const tinyNames = ["vocab.json", "merges.txt", "tokenizer_config.json", "special_tokens_map.json"];

/** Bodies by address; `down` is a lost network. Answers in the Hub's manner carry the commit. */
const server = { files: new Map<string, string>(), down: false, commit: true, requests: [] as string[], tokens: [""] };
/** What the Cache API holds. */
let kept = new Map<string, Response>();

async function fakeFetch(url: string, init: RequestInit = {}): Promise<Response> {
  const { method = "GET", signal, headers = {} } = init;
  server.requests.push(`${method} ${url}`);
  server.tokens.push(new Headers(headers).get("authorization") ?? "");
  signal?.throwIfAborted();
  if (server.down) throw new TypeError("Failed to fetch");
  const body = server.files.get(url);
  const onHub: Record<string, string> = server.commit && url.startsWith(hub) ? { "x-repo-commit": commit } : {};
  if (body === undefined) return new Response("none", { status: 404, headers: onHub });
  const length = String(new TextEncoder().encode(body).length);
  return new Response(method === "HEAD" ? null : body, { headers: { ...onHub, "content-length": length } });
}

function put(base: string, names = tinyNames) {
  for (const name of names) server.files.set(`${base}/${name}`, tinyText(name));
}

const onHub = (revision: string, name = "") => `${hub}/org/tiny/resolve/${revision}${name && `/${name}`}`;
const rejection = (promise: Promise<unknown>) =>
  promise.then(
    () => expect.fail("resolved"),
    (error: Error) => error,
  );

beforeEach(() => {
  Object.assign(server, { files: new Map(), down: false, commit: true, requests: [], tokens: [] });
  kept = new Map();
  vi.stubGlobal("caches", {
    open: async (name: string) => ({
      match: async (url: string) => kept.get(`${name} ${url}`)?.clone(),
      put: async (url: string, response: Response) => void kept.set(`${name} ${url}`, response),
    }),
  });
  Object.assign(env, { remoteHost: hub, fetch: fakeFetch, allowRemoteModels: true });
});

afterEach(() => {
  vi.unstubAllGlobals();
});

test("a repository is read at its commit, and again without asking for more than the commit", async () => {
  put(onHub(commit));
  const tokenizer = await LEDTokenizerFast.from_pretrained("org/tiny");
  expect(tokenizer.decode(tokenizer.encode("the lighthouse"), { skip_special_tokens: true })).toBe("the lighthouse");
  expect(server.requests[0]).toBe(`HEAD ${onHub("main", "config.json")}`);
  expect(server.requests.slice(1).every((request) => request.startsWith(`GET ${onHub(commit)}/`))).toBe(true);
  expect(new Set(server.requests).size).toBe(server.requests.length);

  server.requests = [];
  await LEDTokenizerFast.from_pretrained("org/tiny");
  expect(server.requests).toEqual([`HEAD ${onHub("main", "config.json")}`]);

  server.down = true;
  const again = await LEDTokenizerFast.from_pretrained("org/tiny");
  expect(again.vocab_size).toBe(tokenizer.vocab_size);
  server.requests = [];
  await LEDTokenizerFast.from_pretrained("org/tiny", { local_files_only: true });
  env.allowRemoteModels = false;
  await LEDTokenizerFast.from_pretrained("org/tiny");
  await LEDTokenizerFast.from_pretrained("org/tiny", { revision: commit });
  expect(server.requests).toEqual([]);
});

test("a new commit of the branch is seen", async () => {
  put(onHub(commit));
  await LEDTokenizer.from_pretrained("org/tiny");
  const files = await filesOf("org/tiny", {});
  const newer = commit.replaceAll("0", "f");
  env.fetch = async (url, init) => {
    const response = await fakeFetch(url, init);
    response.headers.set("x-repo-commit", newer);
    return response;
  };
  const later = await filesOf("org/tiny", {});
  expect([files.where, later.where]).toEqual([`org/tiny (${onHub(commit)}/)`, `org/tiny (${onHub(newer)}/)`]);
});

test("a mirror that tells no commit is read by the revision's name, and its copies serve when it is away", async () => {
  server.commit = false;
  put(onHub("v1"));
  await LEDTokenizer.from_pretrained("org/tiny", { revision: "v1" });
  const count = server.requests.length;
  await LEDTokenizer.from_pretrained("org/tiny", { revision: "v1" });
  expect(server.requests.length).toBe(2 * count);
  server.down = true;
  const tokenizer = await LEDTokenizer.from_pretrained("org/tiny", { revision: "v1" });
  expect(tokenizer.vocab_size).toBeGreaterThan(0);
});

test("a folder on a server is an address, or a path seen from the page", async () => {
  vi.stubGlobal("location", { href: "https://app.test/pages/index.html" });
  put("https://app.test/models/tiny");
  for (const source of ["/models/tiny", "../models/tiny/", "https://app.test/models/tiny"]) {
    const tokenizer = await AutoTokenizer.from_pretrained(source);
    expect(tokenizer).toBeInstanceOf(LEDTokenizerFast);
  }
  put("https://app.test/pages/x/sub%20folder");
  const files = await filesOf("./x", { subfolder: "sub folder" });
  expect(files.where).toBe("https://app.test/pages/x/sub%20folder/");
  expect(await files.has("vocab.json")).toBe(true);
  expect(await files.has("../vocab.json")).toBe(false);

  server.down = true;
  await AutoTokenizer.from_pretrained("/models/tiny", { local_files_only: true });
  expect((await rejection(LEDTokenizer.from_pretrained("/models/other"))).message).toBe(
    "open vocab.json: expected a file in https://app.test/models/other/, got Failed to fetch. " +
      "Does the server run, and does it allow this page to read from it (CORS)?",
  );
});

test("a missing file, and the page that some servers send instead, are no file", async () => {
  put("https://app.test/tiny", ["vocab.json"]);
  env.fetch = async (url, init) => {
    const response = await fakeFetch(url, init);
    return response.ok ? response : new Response("<!doctype html>", { headers: { "content-type": "text/html" } });
  };
  expect((await rejection(LEDTokenizer.from_pretrained("https://app.test/tiny"))).message).toBe(
    "load the tokenizer of https://app.test/tiny/: expected vocab.json and merges.txt, got no merges.txt. " +
      "Save the tokenizer there with save_pretrained, or name the folder that has one.",
  );
  const files = await filesOf("https://app.test/tiny", {});
  expect((await rejection(files.open("merges.txt"))).message).toBe(
    "open merges.txt: expected a file in https://app.test/tiny/, got none",
  );
});

test("has() asks once for a small file and only for the headers of a large one", async () => {
  put(onHub(commit));
  server.files.set(onHub(commit, "model.safetensors"), "weights");
  const files = await filesOf("org/tiny", {});
  server.requests = [];
  expect([await files.has("vocab.json"), await files.has("vocab.json"), await files.has("tokenizer.json")]).toEqual([
    true,
    true,
    false,
  ]);
  expect(await files.has("model.safetensors")).toBe(true);
  expect(await files.has("pytorch_model.bin")).toBe(false);
  const opened = await files.open("vocab.json");
  expect(new TextDecoder().decode(await opened.read(0, opened.size))).toBe(tinyText("vocab.json"));
  expect(server.requests).toEqual([
    `GET ${onHub(commit, "vocab.json")}`,
    `GET ${onHub(commit, "tokenizer.json")}`,
    `HEAD ${onHub(commit, "model.safetensors")}`,
    `HEAD ${onHub(commit, "pytorch_model.bin")}`,
  ]);
});

test("progress tells the bytes as they arrive; the token goes along; a signal stops", async () => {
  put(onHub(commit));
  const seen: DownloadProgress[] = [];
  await LEDTokenizer.from_pretrained("org/tiny", {
    token: "hf_secret",
    progress_callback: (progress) => seen.push(progress),
  });
  expect(new Set(server.tokens)).toEqual(new Set(["Bearer hf_secret"]));
  const total = new TextEncoder().encode(tinyText("vocab.json")).length;
  const vocab = seen.filter(({ file }) => file === "vocab.json");
  expect(vocab[0]).toEqual({ status: "download", name: "org/tiny", file: "vocab.json", loaded: 0, total });
  expect(vocab.at(-1)).toEqual({ status: "done", name: "org/tiny", file: "vocab.json", loaded: total, total });

  const controller = new AbortController();
  const stopped = LEDTokenizer.from_pretrained("org/tiny", {
    revision: "other",
    signal: controller.signal,
    progress_callback: () => controller.abort(new Error("enough")),
  });
  server.files.clear();
  put(onHub(commit));
  kept.clear();
  expect((await rejection(stopped)).message).toBe("enough");
});

test("without a Cache API, or with one that is full, loading works and nothing is kept", async () => {
  put(onHub(commit));
  vi.stubGlobal("caches", undefined);
  await LEDTokenizer.from_pretrained("org/tiny");
  const error = await rejection(LEDTokenizer.from_pretrained("org/tiny", { local_files_only: true }));
  expect(error).toBeInstanceOf(OfflineError);
  expect(error.message).toBe(
    "load org/tiny: expected vocab.json of revision main in the browser's cache (led-transformers), got no copy. " +
      "Nothing is downloaded because of local_files_only: load the model once without it.",
  );
  const warnings: string[] = [];
  setLogger({ warn: (message) => warnings.push(message) });
  vi.stubGlobal("caches", {
    open: async () => ({
      match: async () => undefined,
      put: async () => Promise.reject(new Error("quota")),
    }),
  });
  await LEDTokenizer.from_pretrained("org/tiny");
  setLogger(null);
  expect(warnings).toContain(`${onHub(commit, "vocab.json")} is not kept in the browser's cache: quota`);
});

test("the Hub's refusals are told as in Node", async () => {
  env.fetch = async () => new Response(null, { status: 401, headers: { "x-error-code": "RepoNotFound" } });
  const missing = await rejection(LEDTokenizer.from_pretrained("org/none"));
  expect(missing).toBeInstanceOf(HubResponseError);
  expect(missing.message).toMatch(/^org\/none is not a local folder and is not a valid model identifier/);
  server.down = true;
  env.fetch = fakeFetch;
  const offline = await rejection(LEDTokenizer.from_pretrained("org/tiny"));
  expect(offline).toBeInstanceOf(OfflineError);
  expect(offline.message).toMatch(/^We couldn't connect to 'https:\/\/hub\.test' to load this file/);
  env.fetch = async () => new Response(null, { status: 503 });
  expect((await rejection(LEDTokenizer.from_pretrained("org/tiny"))).message).toBe(
    "load vocab.json of org/tiny: expected an answer from the Hub, got HTTP 503 from https://hub.test. Try again later.",
  );
  env.fetch = async () => new Response(null, { status: 500 });
  expect((await rejection(LEDTokenizer.from_pretrained("https://app.test/x"))).message).toBe(
    "open vocab.json: expected a file in https://app.test/x/, got HTTP 500",
  );
});

test.each([
  [{ cache_dir: "/tmp" }, "org/tiny", /the option `cache_dir`: expected none in a browser, got "\/tmp"/],
  [{ token: true }, "org/tiny", /the option `token`: expected the token itself, got true/],
  [{ token: "hf_x" }, "https://app.test/x", /the option `token`: expected a repository on the Hub to go with it/],
  [{ revision: "v1" }, "https://app.test/x", /the option `revision`: expected a repository on the Hub to go with it/],
  [{ revision: "../x" }, "org/tiny", /the option `revision`: expected the name of a revision, got "\.\.\/x"/],
  [{ subfolder: "a/../b" }, "org/tiny", /the option `subfolder`: expected a folder inside the model's folder/],
  [{}, "some/where/else", /^Incorrect path_or_model_id: 'some\/where\/else'\..* begins with \/ or \.\//],
  [{}, "https://app.test/x?y=1", /find the model: expected the address of a folder, got https:.*, with \?y=1/],
  [{}, "./x", /got \.\/x, and no page that it could be seen from/],
])("%o of %s is refused", async (options, source, message) => {
  expect((await rejection(LEDTokenizer.from_pretrained(source, options))).message).toMatch(message);
});

test("there is nothing to write to or to list; settings of other places do not exist", async () => {
  expect(() => folderOf("folder")).toThrow(
    'write to "folder": expected `Files` to write to, got a path, and a browser has no folders. ' +
      "Give memoryFiles([]) and take its `contents`.",
  );
  const files = await filesOf("org/tiny", {});
  expect((await rejection(files.write("a", []))).message).toMatch(
    /expected a folder that can be written, got a server's/,
  );
  expect((await rejection(files.list())).message).toMatch(/expected a folder that can be listed/);
  expect(() => Object.assign(env, { cacheDir: "x" })).toThrow("cacheDir");
  expect(() => (env.remoteHost = "hub")).toThrow(
    'env.remoteHost: expected an address such as https://huggingface.co, got "hub"',
  );
  env.remoteHost = `${hub}//`;
  expect(env.remoteHost).toBe(hub);
});
