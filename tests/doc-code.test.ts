/** tools/check-doc-code.mjs: that it finds what is wrong, where, and that the documentation itself holds. */
import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type BuiltCommand, buildCommand } from "./support/command.ts";
import { makeDocRoom } from "./support/doc-room.ts";

const root = fileURLToPath(new URL("../", import.meta.url));
const tool = join(root, "tools/check-doc-code.mjs");

let built: BuiltCommand;
const folders: string[] = [];

beforeAll(() => {
  built = buildCommand();
});

afterAll(() => {
  built.remove();
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

interface Outcome {
  readonly status: number | string;
  readonly out: string;
  readonly errors: string[];
}

function check(...args: string[]): Promise<Outcome> {
  return new Promise((done) => {
    execFile(process.execPath, [tool, "--package", built.folder, ...args], (error, out, err) =>
      done({ status: error?.code ?? 0, out, errors: err.split("\n").filter((line) => line !== "") }),
    );
  });
}

/** A documentation of one page. */
function pages(lines: readonly string[], docs: Readonly<Record<string, string>> = {}): string {
  const folder = mkdtempSync(join(tmpdir(), "led-doc-pages-"));
  folders.push(folder);
  writeFileSync(join(folder, "README.md"), lines.join("\n"));
  mkdirSync(join(folder, "docs"));
  for (const [name, text] of Object.entries(docs)) writeFileSync(join(folder, "docs", name), text);
  return folder;
}

const sound = [
  "# Page",
  "```ts",
  'import { LEDConfig } from "led-transformers";',
  "const config: LEDConfig = new LEDConfig({ d_model: 16 });",
  "```",
  "And then, with `led info MODEL` and `led train --problem-type` in mind:",
  "<!-- code: continues -->",
  "",
  "~~~js",
  "if (config.d_model !== 16) throw new Error('another');",
  "~~~",
  "<!-- any other comment -->",
  "<!-- code: not run, needs a model -->",
  "<!-- code: given",
  "declare const text: string;",
  "-->",
  "```js",
  "text.toUpperCase();",
  'throw new Error("never run");',
  "```",
  "1. in a list",
  "   ```sh",
  "   npm install && npx led summarize - --num-beams 2 < 'my file.txt' | head -n 3 # a comment; led nonsense",
  "   LED_DATA=x led tokenize report.txt \\",
  "     --offsets > out.txt",
  "   ```",
  "```json",
  "{ this is not checked",
  "```",
];

test("a sound page passes, with one line of counts", async () => {
  expect(await check("--run", pages(sound))).toEqual({
    status: 0,
    out: "code in the docs: 2 programs, 1 of them run, 4 commands, no problem\n",
    errors: [],
  });
});

test("each broken block is told with its page and line, in the order of the pages", async () => {
  const { status, out, errors } = await check(
    "--run",
    pages(
      [
        "```ts",
        'import { LEDConfig, LEDKonfig } from "led-transformers";',
        "",
        'new LEDConfig({ d_model: "wide" });',
        "```",
        "```js",
        "const a = 1 as number;",
        "```",
        "Use `led sumarize report.txt` or `led summarize FILE --beams 4`.",
        "```sh",
        "echo hello",
        "led summarize report.txt --num-beams none && led info",
        "led evaluate --model my-led --data test.jsonl --task question-answering --max-source-length 8",
        "```",
      ],
      {
        "guide.md": [
          "<!-- code: contineus -->",
          "```js",
          "undeclared();",
          "```",
          "<!-- code: not run -->",
          "<!-- code: continues -->",
          "Some text.",
          "```js",
          "// no fence closes this",
        ].join("\n"),
        "other.md": "<!-- code: continues -->\n```ts\nlet x;\n```\n",
      },
    ),
  );
  expect({ status, out }).toEqual({ status: 1, out: "" });
  expect(errors).toEqual([
    `README.md:2: '"led-transformers"' has no exported member named 'LEDKonfig'. Did you mean 'LEDConfig'? (TS2724)`,
    expect.stringMatching(/^README\.md:4: Type 'string' is not assignable to type 'number( \| undefined)?'.*\(TS\d+\)/),
    "README.md:7: Type assertion expressions can only be used in TypeScript files. (TS8016)",
    expect.stringMatching(/^README\.md:9: led sumarize report\.txt: unknown command 'sumarize'.*summarize/),
    expect.stringMatching(/^README\.md:9: led summarize FILE --beams 4: unknown option '--beams'/),
    expect.stringMatching(/^README\.md:12: led summarize report\.txt --num-beams none: .*--num-beams/),
    expect.stringMatching(/^README\.md:12: led info: missing required argument 'model'/),
    expect.stringMatching(
      /^README\.md:13: led evaluate .*option '--max-source-length <n>' is for --task summarization/,
    ),
    'docs/guide.md:1: unknown mark "contineus": continues, not run, foreign or given',
    "docs/guide.md:3: Cannot find name 'undeclared'. (TS2304)",
    'docs/guide.md:5: "not run" without a reason: <!-- code: not run, REASON -->',
    "docs/guide.md:6: a mark that stands before no block",
    "docs/guide.md:8: a fence that is never closed",
    "docs/other.md:3: continues, and no block stands before it",
  ]);
});

test("a program that fails is told with the line that threw, and runs alone in its room", async () => {
  const room = mkdtempSync(join(tmpdir(), "led-doc-files-"));
  folders.push(room);
  writeFileSync(join(room, "report.txt"), "hello");
  const lines = [
    "```ts",
    'import { readFile, writeFile } from "node:fs/promises";',
    'const text: string = await readFile("report.txt", "utf8");',
    'if (text !== "hello") throw new Error(text);',
    'await writeFile("report.txt", "spoilt");',
    "```",
    "<!-- code: continues -->",
    "```ts",
    "interface Late { readonly at: number }",
    "const late: Late = { at: 1 };",
    'throw new RangeError("too late");',
    "```",
    "```js",
    'import { readFile } from "node:fs/promises";',
    'if ((await readFile("report.txt", "utf8")) !== "hello") throw new Error("spoilt by the first");',
    "```",
  ];
  const { status, errors } = await check("--run", "--room", room, pages(lines));
  expect({ status, errors }).toEqual({
    status: 1,
    errors: ["README.md:11: ended with exit code 1: RangeError: too late"],
  });
});

test("the code of README.md and docs/ has the package's types, its commands exist, and what needs no download runs", async () => {
  const room = await makeDocRoom();
  try {
    const { errors, out } = await check("--run", "--room", room.path, root);
    expect(errors).toEqual([]);
    expect(out).toMatch(/^code in the docs: \d+ programs, \d\d+ of them run, \d+ commands, no problem\n$/);
  } finally {
    await room.remove();
  }
}, 600_000);
