/** --model: a folder or Hub id, downloaded under the progress bar where it is not here yet. */
import type { Files } from "../files.ts";
import { resolveModel as resolve } from "../hub/index.ts";
import type { Progress } from "./progress.ts";

export async function resolveModel(source: string, progress: Progress): Promise<Files> {
  return resolve(source, {
    progress_callback: ({ file, loaded, total }) => {
      if (total !== undefined)
        progress.update(`download ${file}`, Math.round(loaded / 1e6), Math.round(total / 1e6), "MB");
    },
  });
}
