/** Folders that transformers saved on TensorFlow (oracle/tf_checkpoints.py), in memory. */
import { readdirSync, readFileSync } from "node:fs";
import { memoryFiles } from "../../src/files.ts";

export function tensorFlowFolder(folder: string): ReturnType<typeof memoryFiles> {
  const root = new URL(`../oracle/fixtures/tf-checkpoints/${folder}/`, import.meta.url);
  const names = readdirSync(root);
  return memoryFiles(
    names.map((name) => [name, new Uint8Array(readFileSync(new URL(name, root)))] as const),
    "the folder",
  );
}
