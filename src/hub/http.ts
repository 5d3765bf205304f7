/**
 * Requests to the Hub: time limits, retries with growing pauses, and redirects followed by hand, because the token may
 * go to the Hub only and never to the storage host that it redirects to.
 */
import type { Fetch } from "./env.ts";

/** How to reach one Hub, for one call of the public face. */
export interface Connection {
  /** Without a slash at the end. */
  readonly host: string;
  readonly token: string | undefined;
  readonly fetch: Fetch;
  readonly signal: AbortSignal | undefined;
  /** Milliseconds until an answer's headers must have come, and between two pieces of a body. */
  readonly headersTimeout: number;
  readonly bodyTimeout: number;
  /** Waits; rejects with the signal's reason when it is aborted. */
  readonly pause: (milliseconds: number, signal: AbortSignal | undefined) => Promise<void>;
}

export interface Request {
  method: "GET" | "HEAD";
  url: string;
  headers?: Record<string, string>;
  /** An answer that is a redirect but tells enough already. */
  enough?: (redirect: Response) => boolean;
}

export interface Answer {
  response: Response;
  /** The body piece by piece; rejects with NetworkError when it stalls or is cut. */
  body(): AsyncGenerator<Uint8Array, void, undefined>;
  /** Frees the connection without reading the body. */
  discard(): Promise<void>;
}

/** No answer, or half of one. `code` is the system's name for what went wrong, where it has one. */
export class NetworkError extends Error {
  readonly code: string | undefined;

  constructor(message: string, code: string | undefined, cause: unknown) {
    super(message, { cause });
    this.name = "NetworkError";
    this.code = code;
  }

  /** Nobody is there to answer, so that asking again within seconds is pointless. */
  get unreachable(): boolean {
    return (
      this.code !== undefined &&
      /^(ENOTFOUND|EAI_|ECONNREFUSED|ENET|EHOST|ETIMEDOUT|.*CERT|.*SIGNATURE|TIMEOUT)/.test(this.code)
    );
  }
}

/** Pauses between attempts; one attempt more than pauses. As huggingface_hub, five attempts. */
export const PAUSES: readonly number[] = [500, 1000, 2000, 4000];
const LONGEST_PAUSE = 30_000;
const MOST_REDIRECTS = 10;
const ASK_AGAIN: ReadonlySet<number> = new Set([408, 429, 500, 502, 503, 504]);

/** One request with retries where that can help: a busy or broken server, a lost connection; not an absent network. */
export async function ask(connection: Connection, request: Request): Promise<Answer> {
  for (let attempt = 0; ; attempt++) {
    const pause = PAUSES[attempt];
    try {
      const answer = await exchange(connection, request);
      if (pause === undefined || !ASK_AGAIN.has(answer.response.status)) return answer;
      await answer.discard();
      await connection.pause(Math.max(pause, retryAfter(answer.response)), connection.signal);
    } catch (error) {
      if (pause === undefined || !(error instanceof NetworkError) || error.unreachable) throw error;
      await connection.pause(pause, connection.signal);
    }
  }
}

/** What the server asks to wait, in milliseconds: the header's seconds, not longer than a person would. */
function retryAfter(response: Response): number {
  const seconds = Number(response.headers.get("retry-after"));
  return Number.isFinite(seconds) && seconds > 0 ? Math.min(seconds * 1000, LONGEST_PAUSE) : 0;
}

/** One request, redirects followed. Rejects with NetworkError, or with the reason of the connection's signal. */
export async function exchange(connection: Connection, request: Request): Promise<Answer> {
  let { url } = request;
  let { token } = connection;
  for (let redirects = 0; redirects <= MOST_REDIRECTS; redirects++) {
    const answer = await send(connection, request, url, token);
    const location = answer.response.headers.get("location");
    if (answer.response.status < 300 || answer.response.status > 399 || location === null) return answer;
    if (request.enough?.(answer.response)) return answer;
    await answer.discard();
    const next = URL.canParse(location, url) ? new URL(location, url) : undefined;
    if (next === undefined || !/^https?:$/.test(next.protocol)) {
      throw new NetworkError(`${new URL(url).host} redirects to ${JSON.stringify(location)}`, undefined, undefined);
    }
    if (next.origin !== new URL(url).origin) token = undefined;
    url = next.href;
  }
  throw new NetworkError(`${new URL(url).host} redirects more than ${MOST_REDIRECTS} times`, undefined, undefined);
}

async function send(connection: Connection, request: Request, url: string, token: string | undefined): Promise<Answer> {
  const { host } = new URL(url);
  const { signal: outer } = connection;
  outer?.throwIfAborted();
  const limit = new AbortController();
  const signal = outer === undefined ? limit.signal : AbortSignal.any([outer, limit.signal]);

  /** `step`, given up after `timeout`, its failures told apart: the caller's abort, a time limit, the network. */
  async function within<T>(timeout: number, what: string, step: Promise<T>): Promise<T> {
    const timer = setTimeout(() => limit.abort(), timeout);
    try {
      return await step;
    } catch (error) {
      outer?.throwIfAborted();
      if (limit.signal.aborted)
        throw new NetworkError(`${host} sent no ${what} for ${timeout / 1000} s`, "TIMEOUT", error);
      throw networkError(host, error);
    } finally {
      clearTimeout(timer);
    }
  }

  const response = await within(
    connection.headersTimeout,
    "answer",
    connection.fetch(url, {
      method: request.method,
      headers: {
        // A compressed answer would hide the file's size and be no use with Range.
        "accept-encoding": "identity",
        "user-agent": "led-transformers",
        ...request.headers,
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      },
      redirect: "manual",
      signal,
    }),
  );
  return {
    response,
    async *body() {
      const reader = response.body?.getReader();
      if (reader === undefined) return;
      try {
        while (true) {
          const { done, value } = await within(connection.bodyTimeout, "data", reader.read());
          if (done) return;
          yield value;
        }
      } finally {
        await reader.cancel().catch(() => undefined);
      }
    },
    async discard() {
      await response.body?.cancel().catch(() => undefined);
    },
  };
}

/** fetch says "fetch failed" or "terminated"; what happened stands in its cause. */
function networkError(host: string, error: unknown): NetworkError {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const code = cause instanceof Error && "code" in cause && typeof cause.code === "string" ? cause.code : undefined;
  const message = cause instanceof Error ? cause.message : String(cause);
  const parts = [host, code === undefined || message.includes(code) ? undefined : code, message];
  return new NetworkError(parts.filter((part) => part !== undefined && part !== "").join(": "), code, error);
}

/** The whole body as text, not more than `most` bytes of it. */
export async function bodyText(answer: Answer, most: number): Promise<string> {
  const pieces: Uint8Array[] = [];
  let length = 0;
  for await (const piece of answer.body()) {
    length += piece.length;
    if (length > most) throw new NetworkError(`an answer of more than ${most} bytes`, undefined, undefined);
    pieces.push(piece);
  }
  return new TextDecoder().decode(Buffer.concat(pieces));
}

/** Waits; rejects with the signal's reason when it is aborted. */
export function pause(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(signal.reason);
      return;
    }
    const stop = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", stop);
      resolve();
    }, milliseconds);
    signal?.addEventListener("abort", stop, { once: true });
  });
}
