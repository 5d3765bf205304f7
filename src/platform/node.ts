/** The platform of Node: its file system, the Hub's cache on disk, ONNX Runtime as native library or WebAssembly. */
import { folderFiles, resolveModel } from "../hub/index.ts";
import { warnOnce } from "../log.ts";
import { provideModelFolders } from "../model-folders.ts";
import { nodeEngine } from "../runtime/node.ts";
import type { Platform } from "./platform.ts";

provideModelFolders({ resolve: (source, options) => resolveModel(source, options), open: (path) => folderFiles(path) });

export const platform: Platform = {
  engine: (device) => nodeEngine(device, warnOnce),
};
