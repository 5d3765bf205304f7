import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test, vi } from "vitest";
import { env, hubSettings, type LogLevel, log, tokenToSend } from "./env.ts";

const home = "/home/me";

afterEach(() => vi.unstubAllEnvs());

test("finds the cache and the token file where huggingface_hub does", () => {
  const where = (variables: Record<string, string>) => {
    const { cacheDir, tokenPath } = hubSettings(variables, home);
    return [cacheDir, tokenPath];
  };
  expect(where({})).toEqual(["/home/me/.cache/huggingface/hub", "/home/me/.cache/huggingface/token"]);
  expect(where({ XDG_CACHE_HOME: "/xdg" })).toEqual(["/xdg/huggingface/hub", "/xdg/huggingface/token"]);
  expect(where({ HF_HOME: "~/hf", XDG_CACHE_HOME: "/xdg" })).toEqual(["/home/me/hf/hub", "/home/me/hf/token"]);
  expect(where({ HF_HOME: "/hf", HF_HUB_CACHE: "$DISK/cache", DISK: "/d" })).toEqual(["/d/cache", "/hf/token"]);
  expect(where({ HUGGINGFACE_HUB_CACHE: `\${DISK}/old`, DISK: "/d" })[0]).toBe("/d/old");
  expect(where({ HF_HUB_CACHE: "/new", HUGGINGFACE_HUB_CACHE: "/old" })[0]).toBe("/new");
  expect(where({ HF_TOKEN_PATH: "/t", HF_HOME: "" })).toEqual(["/home/me/.cache/huggingface/hub", "/t"]);
  expect(where({ HF_HOME: "/a/$NOT_SET" })[0]).toBe("/a/$NOT_SET/hub");
});

test("reads the other variables as huggingface_hub does", () => {
  expect(hubSettings({}, home)).toMatchObject({
    remoteHost: "https://huggingface.co",
    offlineBy: undefined,
    token: undefined,
    implicitToken: true,
    headersTimeout: 10_000,
    bodyTimeout: 10_000,
  });
  expect(hubSettings({ HF_ENDPOINT: "http://mirror/" }, home).remoteHost).toBe("http://mirror");
  expect(hubSettings({ HF_HUB_OFFLINE: "yes" }, home).offlineBy).toBe("HF_HUB_OFFLINE");
  expect(hubSettings({ HF_HUB_OFFLINE: "0", TRANSFORMERS_OFFLINE: "1" }, home).offlineBy).toBe("TRANSFORMERS_OFFLINE");
  expect(hubSettings({ HF_TOKEN: " hf_a\n", HUGGING_FACE_HUB_TOKEN: "hf_b" }, home).token).toBe("hf_a");
  expect(hubSettings({ HUGGING_FACE_HUB_TOKEN: "hf_b" }, home).token).toBe("hf_b");
  expect(hubSettings({ HF_HUB_ETAG_TIMEOUT: "3", HF_HUB_DOWNLOAD_TIMEOUT: "x" }, home)).toMatchObject({
    headersTimeout: 3000,
    bodyTimeout: 10_000,
  });
});

test("sends the token that was given, else the variable's, else the login's", async () => {
  const folder = await mkdtemp(join(tmpdir(), "led-env-"));
  try {
    await writeFile(join(folder, "token"), "hf_login\n");
    const login = hubSettings({ HF_HOME: folder }, home);
    expect(await tokenToSend(undefined, login)).toBe("hf_login");
    expect(await tokenToSend("hf_given", login)).toBe("hf_given");
    expect(await tokenToSend(false, login)).toBeUndefined();
    expect(await tokenToSend(undefined, hubSettings({ HF_HOME: folder, HF_TOKEN: "hf_env" }, home))).toBe("hf_env");
    const explicit = hubSettings({ HF_HOME: folder, HF_HUB_DISABLE_IMPLICIT_TOKEN: "1" }, home);
    expect(await tokenToSend(undefined, explicit)).toBeUndefined();
    expect(await tokenToSend(true, explicit)).toBe("hf_login");
    const none = hubSettings({ HF_HOME: join(folder, "none") }, home);
    expect(await tokenToSend(undefined, none)).toBeUndefined();
    await expect(tokenToSend(true, none)).rejects.toThrow(
      "Token is required (`token=True`), but no token found. You need to provide a token or be logged in",
    );
  } finally {
    await rm(folder, { recursive: true });
  }
});

test("env follows the environment until a field is assigned", () => {
  vi.stubEnv("HF_HUB_CACHE", "/first");
  expect(env.cacheDir).toBe("/first");
  vi.stubEnv("HF_HUB_CACHE", "/second");
  expect(env.cacheDir).toBe("/second");
  expect(Object.keys(env).sort()).toEqual(
    ["allowRemoteModels", "cacheDir", "fetch", "localModelPath", "logLevel", "remoteHost"].sort(),
  );
  expect(() => {
    env.remoteHost = "huggingface";
  }).toThrow('env.remoteHost: expected an address such as https://huggingface.co, got "huggingface"');
  expect(() => {
    env.logLevel = "loud" as LogLevel;
  }).toThrow("env.logLevel: expected debug, info, warning, error, silent");
});

test("a field that does not exist is refused", () => {
  expect(() => Object.assign(env, { allowRemoteModel: false })).toThrow("Did you mean `allowRemoteModels`?");
  expect(() => Object.assign(env, { useBrowserCache: false })).toThrow("env: expected options among cacheDir");
});

test("log keeps to env.logLevel", () => {
  const write = vi.spyOn(process.stderr, "write").mockImplementation(() => true);
  const before = env.logLevel;
  try {
    log("info", "hidden");
    log("warning", "shown");
    env.logLevel = "silent";
    log("error", "hidden");
    expect(write.mock.calls).toEqual([["led-transformers: shown\n"]]);
  } finally {
    env.logLevel = before;
    write.mockRestore();
  }
});
