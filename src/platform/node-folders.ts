/** Model folders in Node: its disk, and the Hub through the cache that Python uses too. */
import { folderFiles, env as nodeEnv, resolveModel } from "../hub/index.ts";
import { provideModelFolders } from "../model-folders.ts";
import type { FoldersEnv } from "./folders.ts";

provideModelFolders({ resolve: (source, options) => resolveModel(source, options), open: (path) => folderFiles(path) });

export const env: FoldersEnv = nodeEnv;
