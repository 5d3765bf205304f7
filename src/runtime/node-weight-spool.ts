/**
 * Weights that lie in no file as float32 (float16 and bfloat16 checkpoints, weights made in memory), written to a
 * temporary file that the native engine can map. Only chunks are in memory.
 */
import { rmSync } from "node:fs";
import { mkdtemp, open, realpath, rm } from "node:fs/promises";
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
  const folder = await mkdtemp(join(await realpath(tmpdir()), "led-weights-"));
  const path = join(folder, "weights.bin");
  // Where the process ends first (process.exit while this is being written), nobody else would.
  const removeAtExit = () => rmSync(folder, { recursive: true, force: true });
  process.once("exit", removeAtExit);
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
