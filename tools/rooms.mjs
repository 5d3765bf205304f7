// @ts-check
/**
 * The rooms of src/ and who may know whom: one table, read from top to bottom. A room imports from rooms in rows below
 * its own, and from itself. Files that lie in src/ itself are plain values, except the public entries (index).
 */

/** @type {readonly (readonly string[])[]} */
export const rows = [
  ["cli", "server", "web", "worker-process"],
  ["index"],
  ["pipelines", "jobs"],
  ["training", "datasets", "metrics"],
  ["models", "tf"],
  ["generation"],
  ["nn"],
  ["graph"],
  ["platform"],
  ["runtime"],
  ["checkpoints", "tokenizers", "hub", "workers"],
  ["plain values"],
];

/** Arrows that the order of the rows does not allow, each with its reason. @type {readonly { from: string, to: string, why: string }[]} */
export const extraArrows = [
  { from: "tf", to: "models", why: "tf/ is other call forms over the same model" },
  { from: "runtime", to: "graph", why: "an engine is given graphs to run; graph/ knows no engine" },
];

/** Rooms that run on Node only. */
export const nodeRooms = ["cli", "server", "jobs", "hub", "worker-process"];

/** Rooms with a half for Node (node.ts, node-x.ts, x-node.ts, node/) and one for browsers (web or browser likewise). */
export const halvedRooms = ["runtime", "checkpoints", "platform"];

/** Rooms that run in browsers only. */
export const browserRooms = ["web"];

/** The public entries in src/: the room index. */
export const entry = /^index(?:[.-][a-z]+)?\.ts$/;

/** Packages that need Node. */
export const nodePackages = ["onnxruntime-node", "commander", "cli-progress"];

/** Globals that only Node has. */
export const nodeGlobals = ["process", "Buffer", "__dirname", "__filename", "require", "setImmediate"];

/** Globals that only browsers have. `fetch`, `URL`, `AbortSignal` and the like are on both sides. */
export const domGlobals = [
  "window",
  "document",
  "navigator",
  "location",
  "history",
  "localStorage",
  "sessionStorage",
  "indexedDB",
  "caches",
  "self",
  "alert",
  "matchMedia",
  "requestAnimationFrame",
  "Worker",
  "XMLHttpRequest",
  "FileReader",
  "DOMParser",
  "Image",
];

/** Those of them that are functions; the others are objects or classes. */
export const functionGlobals = ["require", "setImmediate", "alert", "matchMedia", "requestAnimationFrame"];

/** Lines of a file at most. */
export const lineLimit = 400;

/** Folders whose files the line limit holds for. */
export const limitedFolders = ["src", "tests", "tools", "bench", "examples"];
