/** --model: a folder or Hub id, downloaded under the progress bar where it is not here yet. */
import type { Files } from "../files.ts";
import { modelFolders } from "../model-folders.ts";
import type { Progress } from "./progress.ts";

export async function resolveModel(source: string, progress: Progress): Promise<Files> {
  return modelFolders().resolve(source, {
    progress_callback: ({ file, loaded, total }) => {
      if (total !== undefined)
        progress.update(`download ${file}`, Math.round(loaded / 1e6), Math.round(total / 1e6), "MB");
    },
  });
}
