/** --model: a folder, a Hub id, downloaded under the progress bar where it is not here yet, or the embedded model. */
import type { Files } from "../files.ts";
import type { ModelPart } from "../load-options.ts";
import { modelFolders } from "../model-folders.ts";
import type { WeightsSearch } from "../weights-files.ts";
import { embeddedName, embeddedPath } from "./embedded.ts";
import type { Progress } from "./progress.ts";

export async function resolveModel(
  source: string,
  progress: Progress,
  parts?: readonly ModelPart[],
  weights?: WeightsSearch,
): Promise<Files> {
  return modelFolders().resolve(source === embeddedName ? embeddedPath : source, {
    parts,
    weights,
    progress_callback: ({ file, loaded, total }) => {
      if (total !== undefined)
        progress.update(`download ${file}`, Math.round(loaded / 1e6), Math.round(total / 1e6), "MB");
    },
  });
}
