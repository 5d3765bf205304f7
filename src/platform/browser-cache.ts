/**
 * What servers answered, kept in the browser's Cache API under the name "led-transformers". A page without it (one that came
 * over plain http, a sandboxed frame) works without copies: nothing here fails but by keeping nothing.
 */
import { warnOnce } from "../log.ts";

/** A file's bytes; null where the server has no such file. */
export type Content = Uint8Array<ArrayBuffer> | null;

export const cacheName = "led-transformers";

export interface ContentCache {
  /** Undefined: nothing is known of this address. */
  get(address: string): Promise<Content | undefined>;
  keep(address: string, content: Content): Promise<void>;
}

export async function openContentCache(): Promise<ContentCache> {
  const cache = await opened();
  return {
    async get(address) {
      const answer = await cache?.match(address).catch(() => undefined);
      if (answer === undefined) return undefined;
      return answer.ok ? new Uint8Array(await answer.arrayBuffer()) : null;
    },
    async keep(address, content) {
      if (cache === undefined) return;
      try {
        await cache.put(address, new Response(content, { status: content === null ? 404 : 200 }));
      } catch (error) {
        warnOnce(`${address} is not kept in the browser's cache: ${error instanceof Error ? error.message : error}`);
      }
    },
  };
}

async function opened(): Promise<Cache | undefined> {
  try {
    return typeof caches === "undefined" ? undefined : await caches.open(cacheName);
  } catch {
    return undefined;
  }
}
