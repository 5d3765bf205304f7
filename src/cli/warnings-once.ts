/** Warnings of work that is done for row after row: each is said once. */
import { setLogger } from "../log.ts";

export async function withWarningsOnce<T>(work: () => Promise<T>): Promise<T> {
  const said = new Set<string>();
  const before = setLogger({
    warn(message) {
      if (said.has(message)) return;
      said.add(message);
      before.warn(message);
    },
  });
  try {
    return await work();
  } finally {
    setLogger(before);
  }
}
