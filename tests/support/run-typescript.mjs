/**
 * `node --import` of this file runs TypeScript sources as they are, where Node does not by itself (before 22.18): for processes
 * that tests start. Types are taken away by the tool that vitest bundles with.
 */
import { readFile } from "node:fs/promises";
import { register } from "node:module";
import { fileURLToPath } from "node:url";
import { isMainThread } from "node:worker_threads";
import { transformSync } from "rolldown/utils";

// Node loads this file a second time, in the thread of its loaders.
if (isMainThread && !process.features.typescript) register(import.meta.url);

/** @type {import("node:module").LoadHook} */
export async function load(url, context, next) {
  if (!url.startsWith("file:") || !url.endsWith(".ts")) return next(url, context);
  const path = fileURLToPath(url);
  const { code } = transformSync(path, await readFile(path, "utf8"));
  return { format: "module", source: code, shortCircuit: true };
}
