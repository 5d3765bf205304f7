/**
 * A model's folder on a server as `Files`. A server does not say what it has: each file is asked for when its name first
 * comes up, and its bytes, or that there are none, are remembered by this object and by the cache.
 *
 * Where a file may change, the server is asked and the cache stands in when no answer comes; where it cannot, the cache comes
 * first.
 */
import { FileError, type LEDError } from "../errors.ts";
import { type Files, memoryFiles } from "../files.ts";
import { type DownloadProgress, filesOfPart } from "../load-options.ts";
import type { Content, ContentCache } from "./browser-cache.ts";
import { env } from "./browser-env.ts";

/** Where the files lie, and how its server's answers are to be understood. */
export interface Place {
  /** The repository, or the folder's address. */
  readonly name: string;
  /** What messages call the folder. */
  readonly where: string;
  /** The address that file names are put behind. */
  readonly base: string;
  /** The files behind `base` never change. */
  readonly fixed: boolean;
  /** What keeps the network from being asked; undefined where nothing does. */
  readonly offlineBy: string | undefined;
  readonly token: string | undefined;
  readonly signal: AbortSignal | undefined;
  readonly progress: ((progress: DownloadProgress) => void) | undefined;
  /** The error of an answer that is not 2xx; null where it says that there is no such file. */
  refusal(response: Response, file: string): LEDError | null;
  /** The error for no answer, or half of one. `got` says what came instead. */
  outage(file: string, got: string, cause?: unknown): LEDError;
}

/** No answer that counts: a lost network, a broken server. */
class Outage extends Error {
  readonly told: LEDError;

  constructor(told: LEDError) {
    super(told.message);
    this.told = told;
  }
}

const smallFiles: readonly string[] = Object.values(filesOfPart).flat();

export function fetchedFiles(place: Place, cache: ContentCache): Files {
  const { where, signal } = place;
  const answers = new Map<string, Promise<Content>>();

  /** Asked once; a failure is forgotten, so that the next call tries again. */
  function content(file: string): Promise<Content> {
    const known = answers.get(file);
    if (known !== undefined) return known;
    const asked = contentOf(place, cache, file);
    answers.set(file, asked);
    asked.catch(() => answers.delete(file));
    return asked;
  }

  return {
    where,
    async list() {
      throw new FileError({ operation: `list ${where}`, expected: "a folder that can be listed", got: "a server's" });
    },
    async has(name) {
      if (!isPlainName(name)) return false;
      // Who asks for a small file reads it next. Weights are not fetched for a question.
      if (smallFiles.includes(name) || place.offlineBy !== undefined) return (await content(name)) !== null;
      return outageTold(
        async () => (await request(place, "HEAD", name)) !== null,
        async () => {
          const kept = await cache.get(addressOf(place, name));
          return kept === undefined ? undefined : kept !== null;
        },
      );
    },
    async open(name) {
      signal?.throwIfAborted();
      const bytes = isPlainName(name) ? await content(name) : null;
      return memoryFiles(bytes === null ? [] : [[name, bytes]], where).open(name);
    },
    async write(name) {
      throw new FileError({
        operation: `write ${name} to ${where}`,
        expected: "a folder that can be written",
        got: "a server's",
        fix: "Give `Files` to write to, such as memoryFiles([]).",
      });
    },
  };
}

/** Nothing that leads out of the folder, or below it. */
export function isPlainName(name: string): boolean {
  return !/^\.{0,2}$|[/\\\0]/.test(name);
}

async function contentOf(place: Place, cache: ContentCache, file: string): Promise<Content> {
  const address = addressOf(place, file);
  if (place.fixed || place.offlineBy !== undefined) {
    const kept = await cache.get(address);
    if (kept !== undefined) return kept;
    if (place.offlineBy !== undefined) throw place.outage(file, "no copy");
  }
  return outageTold(
    async () => {
      const response = await request(place, "GET", file);
      const content = response === null ? null : await bytesOf(place, file, response);
      await cache.keep(address, content);
      return content;
    },
    () => cache.get(address),
  );
}

function addressOf({ base }: Place, file: string): string {
  return base + encodeURIComponent(file);
}

/** The server's answer, whatever it is. */
export function send(place: Place, method: "GET" | "HEAD", file: string): Promise<Response> {
  const { token, signal } = place;
  return env.fetch(addressOf(place, file), {
    method,
    ...(signal === undefined ? {} : { signal }),
    // Browsers drop this header where a redirect leads to another host.
    ...(token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } }),
  });
}

/** `step`; where there is an outage, what `instead` knows, else the error that tells of it. */
async function outageTold<T>(step: () => Promise<T>, instead?: () => Promise<T | undefined>): Promise<T> {
  try {
    return await step();
  } catch (error) {
    if (!(error instanceof Outage)) throw error;
    const other = await instead?.();
    if (other !== undefined) return other;
    throw error.told;
  }
}

/** A good answer, or null: there is no such file. Throws Outage, the place's refusal or the signal's reason. */
async function request(place: Place, method: "GET" | "HEAD", file: string): Promise<Response | null> {
  const response = await orOutage(place, file, () => send(place, method, file));
  // Many servers of web applications answer every address that they do not know with the application's page.
  const page = response.ok && /^text\/html\b/.test(response.headers.get("content-type") ?? "");
  if (response.ok && !page) return response;
  response.body?.cancel().catch(() => undefined);
  if (page) return null;
  const refusal = place.refusal(response, file);
  if (refusal !== null && (response.status >= 500 || response.status === 429)) throw new Outage(refusal);
  if (refusal !== null) throw refusal;
  return null;
}

async function orOutage<T>(place: Place, file: string, step: () => Promise<T>): Promise<T> {
  place.signal?.throwIfAborted();
  try {
    return await step();
  } catch (error) {
    place.signal?.throwIfAborted();
    throw new Outage(place.outage(file, error instanceof Error ? error.message : String(error), error));
  }
}

async function bytesOf(place: Place, file: string, response: Response): Promise<Uint8Array<ArrayBuffer>> {
  const { headers } = response;
  // A compressed answer's length is not the file's.
  const length = headers.has("content-encoding") ? null : headers.get("content-length");
  const total = Number(headers.get("x-linked-size") ?? length ?? Number.NaN);
  const pieces: Uint8Array[] = [];
  let loaded = 0;
  function report(status: DownloadProgress["status"]) {
    // Other origins hide content-encoding: more bytes than promised show that the promise was of the compressed ones.
    const known = loaded <= total && (status !== "done" || loaded === total);
    place.progress?.({ status, name: place.name, file, loaded, ...(known ? { total } : {}) });
  }
  report("download");
  const reader = response.body?.getReader();
  for (;;) {
    const piece = await orOutage(place, file, async () => reader?.read());
    if (piece?.value === undefined) break;
    pieces.push(piece.value);
    loaded += piece.value.length;
    report("progress");
  }
  report("done");
  const bytes = new Uint8Array(loaded);
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}
