/** A server on 127.0.0.1 for files in memory, which pages of other origins may read as they may read the Hub's. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

export interface FileServer {
  origin: string;
  /** By path. */
  files: Map<string, string | Uint8Array>;
  /** "GET /path", in order; preflights are left out. */
  requests: string[];
  tokens: Set<string | undefined>;
  close(): Promise<void>;
}

const types: { readonly [extension: string]: string } = { html: "text/html", js: "text/javascript" };

/** `headers` come with every answer. */
export async function fileServer(headers: Record<string, string> = {}): Promise<FileServer> {
  const files: FileServer["files"] = new Map();
  const requests: string[] = [];
  const tokens: FileServer["tokens"] = new Set();
  const server = createServer(({ method = "", url = "", headers: asked }, response) => {
    const allowed = {
      "access-control-allow-origin": "*",
      "access-control-allow-headers": "authorization",
      "access-control-expose-headers": "x-repo-commit, x-error-code, x-error-message, etag, x-linked-size",
    };
    if (method === "OPTIONS") {
      response.writeHead(204, allowed).end();
      return;
    }
    requests.push(`${method} ${url}`);
    tokens.add(asked.authorization);
    const content = files.get(url);
    const type = types[url.replace(/^.*\./, "")] ?? "application/octet-stream";
    response.writeHead(content === undefined ? 404 : 200, { ...allowed, ...headers, "content-type": type });
    response.end(method === "HEAD" ? undefined : content);
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    files,
    requests,
    tokens,
    async close() {
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    },
  };
}
