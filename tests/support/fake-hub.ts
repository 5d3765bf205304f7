/**
 * A Hub on 127.0.0.1 for tests: the listing API and `resolve` addresses with the headers of the real one, and a way to
 * misbehave once at a chosen request. Large files (`large`) can be redirected to a second server, as the real Hub does.
 */
import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface Seen {
  method: string;
  path: string;
  range: string | undefined;
  authorization: string | undefined;
  /** The second server got it. */
  storage: boolean;
}

export type Misbehaviour = (response: ServerResponse, content: Uint8Array, request: IncomingMessage) => void;

export interface FakeHub {
  host: string;
  id: string;
  commit: string;
  files: Map<string, Uint8Array>;
  requests: Seen[];
  /** The next request of this method whose path ends so is answered by `how`; several wait in order. */
  once(method: "GET" | "HEAD", pathEnd: string, how: Misbehaviour): void;
  /** As `once`, for every such request from now on. */
  always(method: "GET" | "HEAD", pathEnd: string, how: Misbehaviour): void;
  etag(file: string): string;
  count(method: string, pathEnd: string): number;
  close(): Promise<void>;
}

export interface FakeHubOptions {
  id?: string;
  commit?: string;
  files: Record<string, string | Uint8Array>;
  /** Files with a sha256 for ETag. */
  large?: readonly string[];
  /** Redirect large files to a second server on another port. */
  storage?: boolean;
  /** false: no listing, as on a plain mirror. */
  listing?: boolean;
}

export const COMMIT = "0123456789abcdef0123456789abcdef01234567";

export async function fakeHub(options: FakeHubOptions): Promise<FakeHub> {
  const { id = "org/tiny-led", commit = COMMIT, large = [], listing = true } = options;
  const encoder = new TextEncoder();
  const files = new Map(
    Object.entries(options.files).map(([name, data]) => [name, typeof data === "string" ? encoder.encode(data) : data]),
  );
  const requests: Seen[] = [];
  const planned: { method: string; pathEnd: string; how: Misbehaviour; forever: boolean }[] = [];

  function etag(file: string): string {
    const data = files.get(file) ?? new Uint8Array();
    if (large.includes(file)) return createHash("sha256").update(data).digest("hex");
    return createHash("sha1").update(`blob ${data.length}\0`).update(data).digest("hex");
  }

  function handle(request: IncomingMessage, response: ServerResponse, storage: boolean): void {
    const path = decodeURIComponent(new URL(request.url ?? "/", "http://localhost").pathname);
    const method = request.method ?? "";
    const { range, authorization } = request.headers;
    requests.push({ method, path, range, authorization, storage });
    const file = /^\/(?:storage|[^/]+\/[^/]+\/resolve\/[^/]+)\/(.+)$/.exec(path)?.[1];
    const content = file === undefined ? undefined : files.get(file);
    const index = planned.findIndex((plan) => plan.method === method && path.endsWith(plan.pathEnd));
    const plan = planned[index];
    if (plan !== undefined) {
      if (!plan.forever) planned.splice(index, 1);
      plan.how(response, content ?? new Uint8Array(), request);
      return;
    }
    if (path === `/api/models/${id}/revision/main` || path === `/api/models/${id}/revision/${commit}`) {
      if (!listing) {
        refuse(response, 404);
        return;
      }
      const siblings = [...files.keys()].map((rfilename) => ({ rfilename }));
      response.setHeader("content-type", "application/json");
      response.end(JSON.stringify({ id, sha: commit, siblings }));
      return;
    }
    if (path.startsWith(`/api/models/${id}/`)) {
      refuse(response, 404, "RevisionNotFound");
      return;
    }
    if (!storage && !path.startsWith(`/${id}/resolve/`)) {
      refuse(response, 404, "RepoNotFound");
      return;
    }
    response.setHeader("x-repo-commit", commit);
    if (file === undefined || content === undefined) {
      refuse(response, 404, "EntryNotFound");
      return;
    }
    if (large.includes(file)) {
      response.setHeader("x-linked-etag", `"${etag(file)}"`);
      response.setHeader("x-linked-size", String(content.length));
      if (second !== undefined && !storage) {
        response.writeHead(302, { location: `${address(second)}/storage/${file}` }).end();
        return;
      }
      response.setHeader("etag", '"of-the-storage"');
    } else {
      response.setHeader("etag", `"${etag(file)}"`);
    }
    serve(response, content, request);
  }

  const first = createServer((request, response) => handle(request, response, false));
  const second = options.storage ? createServer((request, response) => handle(request, response, true)) : undefined;
  const servers = second === undefined ? [first] : [first, second];
  await Promise.all(servers.map((server) => new Promise<void>((done) => server.listen(0, "127.0.0.1", done))));

  return {
    host: address(first),
    id,
    commit,
    files,
    requests,
    once: (method, pathEnd, how) => planned.push({ method, pathEnd, how, forever: false }),
    always: (method, pathEnd, how) => planned.push({ method, pathEnd, how, forever: true }),
    etag,
    count: (method, pathEnd) => requests.filter((seen) => seen.method === method && seen.path.endsWith(pathEnd)).length,
    async close() {
      for (const server of servers) {
        server.closeAllConnections();
        await new Promise((done) => server.close(done));
      }
    },
  };
}

function address(server: Server): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** The content, or the range that is asked for. */
export const serve: Misbehaviour = (response, content, request) => {
  const start = /^bytes=(\d+)-$/.exec(request.headers.range ?? "")?.[1];
  if (start === undefined) {
    response.writeHead(200, { "content-length": content.length });
    response.end(request.method === "HEAD" ? undefined : content);
  } else if (Number(start) >= content.length) {
    response.writeHead(416, { "content-range": `bytes */${content.length}` }).end();
  } else {
    const rest = content.subarray(Number(start));
    response.writeHead(206, {
      "content-length": rest.length,
      "content-range": `bytes ${start}-${content.length - 1}/${content.length}`,
    });
    response.end(rest);
  }
};

function refuse(response: ServerResponse, status: number, code?: string): void {
  response.writeHead(status, code === undefined ? {} : { "x-error-code": code }).end();
}

export function status(status: number, headers: Record<string, string> = {}): Misbehaviour {
  return (response) => response.writeHead(status, headers).end();
}

/** Promises the whole content, sends `bytes` of it and cuts the connection. Range or not. */
export function cutAfter(bytes: number): Misbehaviour {
  return (response, content, request) => {
    const start = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? "")?.[1] ?? 0);
    const headers = { "content-length": content.length - start };
    if (start > 0) {
      response.writeHead(206, {
        ...headers,
        "content-range": `bytes ${start}-${content.length - 1}/${content.length}`,
      });
    } else response.writeHead(200, headers);
    response.write(content.subarray(start, start + bytes), () => response.socket?.destroy());
  };
}

/** Sends `bytes` of the content and then nothing more, without closing. */
export function stallAfter(bytes: number): Misbehaviour {
  return (response, content) => {
    response.writeHead(200, { "content-length": content.length });
    response.write(content.subarray(0, bytes));
  };
}

/** Sends other bytes of the same length. */
export const wrongContent: Misbehaviour = (response, content) => {
  response.writeHead(200, { "content-length": content.length }).end(content.map((byte) => byte ^ 1));
};

/** Sends everything from the start, whatever range is asked for. */
export const ignoreRange: Misbehaviour = (response, content) => {
  response.writeHead(200, { "content-length": content.length }).end(content);
};

/** Says 200 with a shorter length than the file's and closes in good order. */
export function shortLength(bytes: number): Misbehaviour {
  return (response, content) => response.writeHead(200, { "content-length": bytes }).end(content.subarray(0, bytes));
}
