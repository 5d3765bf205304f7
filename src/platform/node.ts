/** The platform of Node: its file system, the Hub's cache on disk, ONNX Runtime as native library or WebAssembly. */
import "./node-folders.ts";
import { derivedFolder } from "../hub/index.ts";
import { warnOnce } from "../log.ts";
import { nodeEngine } from "../runtime/node.ts";
import { startWorker } from "./node-worker.ts";
import type { Platform } from "./platform.ts";

export const platform: Platform = {
  engine: (device) => nodeEngine(device, warnOnce),
  derivedFolder,
  startWorker,
  memoryInUse: () => process.memoryUsage.rss(),
};
