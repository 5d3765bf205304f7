/** tools/check-architecture.mjs on trees made for it: each rule must fail when it is broken, and only then. */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";

const script = fileURLToPath(new URL("../tools/check-architecture.mjs", import.meta.url));
let root = "";

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "architecture-"));
});

afterEach(() => {
  rmSync(root, { recursive: true });
});

/** Runs the check on a tree of these files. */
function check(files: Record<string, string>): { status: number | null; out: string; errors: string[] } {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), text);
  }
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, root], { encoding: "utf8" });
  return { status, out: stdout, errors: stderr.split("\n").filter((line) => line !== "") };
}

/** A tree that keeps every rule and uses every exception. */
const sound = {
  "package.json":
    '{ "imports": { "#platform": { "node": "./dist/platform/node.js", "default": "./dist/platform/web.js" } } }',
  "src/errors.ts": "export class LEDError extends Error {}\n",
  "src/config.ts": 'import { LEDError } from "./errors.ts";\nexport const config = () => new LEDError();\n',
  "src/graph/graph.ts": "export const graph = 1;\n",
  "src/runtime/engine.ts": 'import { graph } from "../graph/graph.ts";\nexport const engine = graph;\n',
  "src/runtime/node.ts": 'import { cpus } from "node:os";\nimport "onnxruntime-node";\nexport const engine = cpus();\n',
  "src/hub/ids.ts": "export const id = 1;\n",
  "src/hub/folder.ts": 'import { id } from "./ids.ts";\nimport "node:fs";\nexport const folder = [process.pid, id];\n',
  "src/platform/node.ts": 'export { folder } from "../hub/folder.ts";\nexport { engine } from "../runtime/node.ts";\n',
  "src/platform/web.ts": "export const folder = document.title;\nexport const engine = new Worker(folder);\n",
  "src/models/led/led.ts":
    'import { folder } from "#platform";\nimport { config } from "../../config.ts";\nimport { id } from "../../hub/ids.ts";\n' +
    'import type { folder as Folder } from "../../hub/folder.ts";\nexport const led = [folder, config, id] as Folder[];\n',
  "src/generation/g.ts":
    'export class G {\n  process(ids: number[]) { return ids; }\n}\nexport const data = new URL("../../models/a.json", "file:");\n',
  "src/tf/tf.ts": 'export { led } from "../models/led/led.ts";\n',
  "src/index.ts": 'export { folder } from "./hub/folder.ts";\nexport { led } from "./tf/tf.ts";\n',
  "src/cli/led.ts":
    'import "node:path";\nimport { Command } from "commander";\nimport { led } from "../index.ts";\nexport { led, Command };\n',
  "src/graph/graph.test.ts": 'import "node:fs";\nimport "../cli/led.ts";\ndocument.title;\n',
  "src/nn/words.ts":
    "/* import x from '../cli/led.ts'; process.exit() */\n// document.title\nconst window = [1];\n" +
    `export const text = \`window.x \${window[0]} import "../cli/led.ts" \${\`process.env\`}\`;\n` +
    "export const quotes = /[\"'`/]/g.test(text) ? 4 / 2 : { process: 1 }.process;\nexport const from = 'document.title';\n",
};

test("a tree that keeps the rules passes, with one line of counts", () => {
  expect(check(sound)).toEqual({ status: 0, out: "architecture: 15 files, 19 imports, no breach\n", errors: [] });
});

const lower = "graph, platform, runtime, checkpoints, tokenizers, hub, workers, plain values";

test.each<[string, Record<string, string>, string[]]>([
  [
    "an arrow up",
    { "src/nn/a.ts": '// a\nimport type { led } from "../models/led/led.ts";\nexport type A = typeof led;\n' },
    [
      `src/nn/a.ts:2: nn imports src/models/led/led.ts (models), but may import only ${lower}. ` +
        "Move what is needed to a lower room, or hand it in as an argument.",
    ],
  ],
  [
    "an arrow to a neighbour",
    { "src/tokenizers/a.ts": 'export * from "../hub/ids.ts";\n' },
    [
      "src/tokenizers/a.ts:1: tokenizers imports src/hub/ids.ts (hub), but may import only plain values. " +
        "Move what is needed to a lower room, or hand it in as an argument.",
    ],
  ],
  [
    "an arrow from the plain values",
    { "src/tensor.ts": 'const graph = await import("./graph/graph.ts");\nexport { graph };\n' },
    [
      "src/tensor.ts:1: plain values imports src/graph/graph.ts (graph), but may import only its own files. " +
        "Move what is needed to a lower room, or hand it in as an argument.",
    ],
  ],
  [
    "an entry that imports the command line",
    { "src/index.ts": 'export {\n  led,\n} from "./cli/led.ts";\n', "src/cli/led.ts": "export const led = 1;\n" },
    [
      "src/index.ts:3: index imports src/cli/led.ts (cli), but may import only pipelines, jobs, training, datasets, " +
        `metrics, models, tf, generation, nn, ${lower}. Move what is needed to a lower room, or hand it in as an argument.`,
    ],
  ],
  [
    "a cycle of files",
    {
      "src/nn/a.ts": '\nexport * from "./b.ts";\n',
      "src/nn/b.ts": 'import type { x } from "./c.ts";\nexport type X = typeof x;\n',
      "src/nn/c.ts": 'import "./a.ts";\nexport const x = 1;\n',
    },
    [
      "src/nn/a.ts:2: import cycle src/nn/a.ts -> src/nn/b.ts -> src/nn/c.ts -> src/nn/a.ts. Move what both need into a file of its own.",
    ],
  ],
  [
    "a cycle of rooms over an exception",
    { "src/graph/a.ts": 'export { engine } from "../runtime/engine.ts";\n' },
    ["src/graph/a.ts:1: rooms know each other: graph -> runtime -> graph. Arrows go one way: remove one."],
  ],
  [
    "a node: module",
    { "src/checkpoints/a.ts": 'import { readFileSync } from "node:fs";\nexport { readFileSync };\n' },
    [
      "src/checkpoints/a.ts:1: imports node:fs, which needs Node. Only cli/, server/, jobs/, hub/, worker-process/ and the node halves " +
        "of runtime/, checkpoints/, platform/ may: take it as an argument (files come as `Files`).",
    ],
  ],
  [
    "a package that needs Node",
    { "src/runtime/a.ts": 'export const load = () => import("onnxruntime-node");\n' },
    [
      "src/runtime/a.ts:1: imports onnxruntime-node, which needs Node. Only cli/, server/, jobs/, hub/, worker-process/ and the node " +
        "halves of runtime/, checkpoints/, platform/ may: take it as an argument (files come as `Files`).",
    ],
  ],
  [
    "a global of Node",
    {
      "src/nn/a.ts": "export const b = 1;\nexport const a = process.env.HOME;\n",
      "src/nn/b.ts": 'export const b = require("x");\n',
    },
    [
      "src/nn/b.ts:1: uses `require`, a global of Node. Only cli/, server/, jobs/, hub/, worker-process/ and the node halves of " +
        "runtime/, checkpoints/, platform/ may: take it as an argument (files come as `Files`).",
      "src/nn/a.ts:2: uses `process`, a global of Node. Only cli/, server/, jobs/, hub/, worker-process/ and the node halves of " +
        "runtime/, checkpoints/, platform/ may: take it as an argument (files come as `Files`).",
    ],
  ],
  [
    "globals of browsers",
    {
      "src/hub/a.ts": `export const a = typeof window === "undefined" ? 1 : \`\${document.title}\`;\n`,
      "src/hub/b.ts": "export const b = /\\/'/.exec('')?.[0] ?? new Worker('x');\n",
    },
    [
      "src/hub/a.ts:1: uses `window`, a global of browsers. Only web/ and the browser halves of runtime/, checkpoints/, platform/ may: take it as an argument.",
      "src/hub/a.ts:1: uses `document`, a global of browsers. Only web/ and the browser halves of runtime/, checkpoints/, platform/ may: take it as an argument.",
      "src/hub/b.ts:1: uses `Worker`, a global of browsers. Only web/ and the browser halves of runtime/, checkpoints/, platform/ may: take it as an argument.",
    ],
  ],
  [
    "a portable file that loads Node through others",
    {
      "src/hub/index.ts": 'export * from "./folder.ts";\n',
      "src/models/a.ts": 'import { folder } from "../hub/index.ts";\nexport { folder };\n',
    },
    [
      "src/models/a.ts:1: loads src/hub/index.ts -> src/hub/folder.ts, which needs Node. " +
        "Take what it gives as an argument, so that browsers can load this file.",
    ],
  ],
  [
    "a room that is not in the table",
    { "src/attic/a.ts": "export const a = 1;\n" },
    ["src/attic/a.ts:1: room attic/ is not in the table. Add it to a row of tools/rooms.mjs, or move the file."],
  ],
  [
    "imports of a test, of nothing and of the outside",
    {
      "src/nn/a.ts": 'import "../graph/graph.test.ts";\nimport "./missing.ts";\nexport * from "../../tools/b.ts";\n',
      "tools/b.ts": "",
    },
    [
      "src/nn/a.ts:1: imports the test src/graph/graph.test.ts. Move what it needs out of the test.",
      'src/nn/a.ts:2: imports "./missing.ts", and there is no src/nn/missing.ts.',
      "src/nn/a.ts:3: imports tools/b.ts from outside src/. The package holds src/ only: move the file there.",
    ],
  ],
  [
    "files that are too long",
    { "src/nn/a.ts": "\n".repeat(401), "src/nn/b.ts": "\n".repeat(400), "tests/a.test.ts": "\n".repeat(500) },
    [
      "src/nn/a.ts:401: 401 lines, the limit is 400. Split the file by idea.",
      "tests/a.test.ts:401: 500 lines, the limit is 400. Split the file by idea.",
    ],
  ],
])("%s fails", (_, broken, errors) => {
  const { status, out, errors: lines } = check({ ...sound, ...broken });
  expect({ status, out, errors: lines.sort() }).toEqual({ status: 1, out: "", errors: [...errors].sort() });
});

test("a folder without sources fails", () => {
  const { status, errors } = check({});
  expect(status).toBe(1);
  expect(errors[0]).toContain("no source files in src/. Run this in the repository.");
});
