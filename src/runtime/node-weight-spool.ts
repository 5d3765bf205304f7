/**
 * Weights that lie in no file as float32 (float16 and bfloat16 checkpoints, weights made in memory), written to a
 * temporary file that the native engine can map. Only chunks are in memory.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { open, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FileError } from "../errors.ts";
import type { Weights } from "./engine.ts";

export interface Spool {
  readonly places: ReadonlyMap<string, { readonly path: string; readonly offset: number }>;
  /** Removes the file; an engine that has mapped it keeps its pages. */
  remove(): Promise<void>;
}

export async function spoolWeights(weights: Weights): Promise<Spool> {
  const temporary = await realpath(tmpdir());
  // Where the process ends first (process.exit while this is being written), nobody else would remove it. Made and
  // registered in one turn: awaited, the folder could be there before this is told so. Retried, since a thread may be
  // opening the file meanwhile.
  const folder = mkdtempSync(join(temporary, "led-weights-"));
  const removeAtExit = () => rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 10 });
  process.once("exit", removeAtExit);
  const path = join(folder, "weights.bin");
  const remove = async () => {
    // Windows keeps mapped files; they go with the temporary folder.
    await rm(folder, { recursive: true, force: true }).catch(() => {});
    process.off("exit", removeAtExit);
  };
  const places = new Map<string, { path: string; offset: number }>();
  try {
    const file = await open(path, "wx");
    try {
      let offset = 0;
      for (const [name, weight] of weights) {
        places.set(name, { path, offset });
        for await (const chunk of weight.stream()) {
          const bytes = new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength);
          await file.writeFile(bytes);
          offset += bytes.byteLength;
        }
      }
    } finally {
      await file.close();
    }
  } catch (cause) {
    await remove();
    if (!(cause instanceof Error && "code" in cause && (cause.code === "ENOSPC" || cause.code === "EDQUOT")))
      throw cause;
    throw new FileError({
      operation: `convert weights to float32 in ${folder}`,
      expected: "room on the disk",
      got: "a full disk",
      fix: "Free some space, or set TMPDIR to a folder on another disk.",
      cause,
    });
  }
  return { places, remove };
}
