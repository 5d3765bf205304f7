/**
 * `env`: where models come from and where they are kept. Defaults follow huggingface_hub 0.36 (constants.py,
 * utils/_auth.py), so that Python and this package share one cache and one login. Departure: huggingface_hub reads the
 * environment once at import, here each field is looked up when used until somebody assigns it.
 */
import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { InvalidArgumentError, refuseUnknownOptions } from "../errors.ts";

export type Fetch = (url: string, init?: RequestInit) => Promise<Response>;

const LOG_LEVELS = ["debug", "info", "warning", "error", "silent"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export interface Env {
  /** The cache folder, laid out as Python's: HF_HUB_CACHE, else hub/ in HF_HOME, else ~/.cache/huggingface/hub. */
  cacheDir: string;
  /** The Hub's address: HF_ENDPOINT, else https://huggingface.co. */
  remoteHost: string;
  /** false: nothing is downloaded, only local folders and the cache are used. */
  allowRemoteModels: boolean;
  /** A folder whose sub-folders are tried as models before the Hub; none by default. */
  localModelPath: string | undefined;
  /** Messages below this level are not written to standard error. */
  logLevel: LogLevel;
  /** What makes requests: the platform's fetch unless replaced (for a proxy, for tests). */
  fetch: Fetch;
}

/** The environment as huggingface_hub understands it. */
export interface HubSettings {
  cacheDir: string;
  remoteHost: string;
  /** Which variable asks to stay offline, or undefined when none does. */
  offlineBy: string | undefined;
  tokenPath: string;
  /** HF_TOKEN, or the older HUGGING_FACE_HUB_TOKEN. */
  token: string | undefined;
  /** HF_HUB_DISABLE_IMPLICIT_TOKEN: a stored token is sent only with `token: true`. */
  implicitToken: boolean;
  /** Milliseconds to wait for an answer's headers, and for the next bytes of a body. */
  headersTimeout: number;
  bodyTimeout: number;
}

type Variables = Readonly<Record<string, string | undefined>>;

export function hubSettings(variables: Variables = process.env, home: string = homedir()): HubSettings {
  const expand = (path: string) => expandPath(path, variables, home);
  const hfHome = expand(
    set(variables, "HF_HOME") ?? join(set(variables, "XDG_CACHE_HOME") ?? join(home, ".cache"), "huggingface"),
  );
  return {
    cacheDir: expand(set(variables, "HF_HUB_CACHE") ?? set(variables, "HUGGINGFACE_HUB_CACHE") ?? join(hfHome, "hub")),
    remoteHost: (set(variables, "HF_ENDPOINT") ?? "https://huggingface.co").replace(/\/+$/, ""),
    offlineBy: ["HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"].find((name) => isTrue(variables[name])),
    tokenPath: expand(set(variables, "HF_TOKEN_PATH") ?? join(hfHome, "token")),
    token: cleanToken(set(variables, "HF_TOKEN") ?? set(variables, "HUGGING_FACE_HUB_TOKEN")),
    implicitToken: !isTrue(variables.HF_HUB_DISABLE_IMPLICIT_TOKEN),
    headersTimeout: seconds(variables.HF_HUB_ETAG_TIMEOUT, 10),
    bodyTimeout: seconds(variables.HF_HUB_DOWNLOAD_TIMEOUT, 10),
  };
}

/** An empty variable counts as unset: Python would take "" for the current folder, which nobody means. */
function set(variables: Variables, name: string): string | undefined {
  const value = variables[name];
  return value === "" ? undefined : value;
}

function isTrue(value: string | undefined): boolean {
  return ["1", "ON", "YES", "TRUE"].includes((value ?? "").toUpperCase());
}

function seconds(value: string | undefined, otherwise: number): number {
  const given = Number.parseInt(value ?? "", 10);
  return (given > 0 ? given : otherwise) * 1000;
}

/** Python's os.path.expanduser and os.path.expandvars; unknown variables stay as they are written. */
function expandPath(path: string, variables: Variables, home: string): string {
  const rooted = path === "~" || /^~[/\\]/.test(path) ? home + path.slice(1) : path;
  return rooted.replace(/\$(\w+)|\$\{([^}]*)\}/g, (whole, plain?: string, braced?: string) => {
    return variables[plain ?? braced ?? ""] ?? whole;
  });
}

function cleanToken(token: string | undefined): string | undefined {
  const clean = token?.replace(/[\r\n]/g, "").trim();
  return clean === "" ? undefined : clean;
}

/** The token to send for the `token` option: a text is sent, false sends none, true insists on a stored one. */
export async function tokenToSend(
  option: string | boolean | undefined,
  settings: HubSettings = hubSettings(),
): Promise<string | undefined> {
  if (option === false) return undefined;
  if (typeof option === "string") return cleanToken(option);
  const stored = settings.token ?? cleanToken(await readFile(settings.tokenPath, "utf8").catch(() => undefined));
  if (option === true && stored === undefined) {
    throw new InvalidArgumentError({
      operation: "token: true",
      says:
        "Token is required (`token=True`), but no token found. You need to provide a token or be logged in to Hugging " +
        "Face with `hf auth login` or `huggingface_hub.login`. See https://huggingface.co/settings/tokens.",
      expected: `HF_TOKEN or ${settings.tokenPath}`,
      got: "neither",
    });
  }
  return option === true || settings.implicitToken ? stored : undefined;
}

const assigned: Partial<Env> = {};

const fields: Env = {
  get cacheDir() {
    return assigned.cacheDir ?? hubSettings().cacheDir;
  },
  set cacheDir(path) {
    assigned.cacheDir = path;
  },
  get remoteHost() {
    return assigned.remoteHost ?? hubSettings().remoteHost;
  },
  set remoteHost(address) {
    const parsed = URL.canParse(address) ? new URL(address) : undefined;
    if (parsed === undefined || !/^https?:$/.test(parsed.protocol)) {
      throw new InvalidArgumentError({
        operation: "env.remoteHost",
        expected: "an address such as https://huggingface.co",
        got: JSON.stringify(address),
      });
    }
    assigned.remoteHost = address.replace(/\/+$/, "");
  },
  get logLevel() {
    return assigned.logLevel ?? "warning";
  },
  set logLevel(level) {
    if (!LOG_LEVELS.includes(level)) {
      throw new InvalidArgumentError({
        operation: "env.logLevel",
        expected: LOG_LEVELS.join(", "),
        got: JSON.stringify(level),
      });
    }
    assigned.logLevel = level;
  },
  get fetch() {
    return assigned.fetch ?? ((url, init) => globalThis.fetch(url, init));
  },
  set fetch(replacement) {
    assigned.fetch = replacement;
  },
  allowRemoteModels: true,
  localModelPath: undefined,
};

/**
 * Where models come from and where they are kept; assign a field to override the environment. An InvalidArgumentError for one that
 * does not exist.
 */
export const env: Env = new Proxy(fields, {
  set(target, name, value) {
    refuseUnknownOptions("env", { [String(name)]: value }, Object.keys(target));
    return Reflect.set(target, name, value);
  },
});

/** What this program has assigned to `env`, over what the environment says. */
export function assignedEnv(): Partial<Env> {
  const { allowRemoteModels, localModelPath } = env;
  return { ...assigned, allowRemoteModels, localModelPath };
}

/** One line on standard error, when `env.logLevel` lets it through. */
export function log(level: Exclude<LogLevel, "silent">, message: string): void {
  if (LOG_LEVELS.indexOf(level) < LOG_LEVELS.indexOf(env.logLevel)) return;
  process.stderr.write(`led-transformers: ${message}\n`);
}
