// @ts-check
/**
 * Checks the code in README.md and docs/*.md: `node tools/check-doc-code.mjs [--run] [--room FOLDER] [--package FOLDER] [folder]`.
 * JavaScript and TypeScript are type-checked against the built package, as in a program of a reader's who has installed it;
 * `led` commands are parsed by the command line's own program. With --run each block that is not marked as needing more is run
 * too, offline, in a copy of the room: a folder with the documents and models that the pages name.
 *
 * Prints a line for each problem (page:line: what) and exits with 1, or one line with the counts. doc-blocks.mjs has the marks.
 */
import { spawn } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { readPage } from "./doc-blocks.mjs";
import { ledCommands, parseCommand } from "./doc-commands.mjs";

/** @typedef {import("./doc-blocks.mjs").Block} Block */
/** @typedef {import("./doc-blocks.mjs").Problem} Problem */

/**
 * A module: a block and those that continue it.
 *
 * @typedef {object} Program
 * @property {string} page
 * @property {string} name of its file, without the extension
 * @property {boolean} typescript or JavaScript
 * @property {boolean} runs
 * @property {{ text: string, line: number, given: boolean }[]} lines with their lines in the page
 */

const scriptLanguages = ["js", "mjs", "javascript", "ts", "typescript"];
const shellLanguages = ["sh", "bash", "shell", "console"];
const here = fileURLToPath(new URL("../", import.meta.url));

/**
 * @param {{ root: string, package: string, room: string | undefined, run: boolean }} options package: a folder with package.json and dist/
 * @returns {Promise<{ problems: Problem[], programs: number, ran: number, commands: number }>}
 */
export async function checkDocCode(options) {
  const pages = pagesOf(options.root).map((page) => readPage(page, readFileSync(join(options.root, page), "utf8")));
  const problems = pages.flatMap((page) => page.problems);
  const programs = programsOf(
    pages.flatMap((page) => page.blocks),
    problems,
  );
  const commands = await checkCommands(pages, options.package, problems);
  const workplace = mkdtempSync(join(tmpdir(), "led-doc-code-"));
  let ran = 0;
  try {
    problems.push(...(await compile(programs, workplace, options.package)));
    if (options.run && problems.length === 0) {
      const runnable = programs.filter(({ runs }) => runs);
      for (const program of runnable) {
        const problem = await runProgram(program, workplace, options.room);
        if (problem !== undefined) problems.push(problem);
      }
      ran = runnable.length;
    }
  } finally {
    rmSync(workplace, { recursive: true, force: true });
  }
  problems.sort((a, b) => (a.page === b.page ? a.line - b.line : a.page < b.page ? -1 : 1));
  return { problems, programs: programs.length, ran, commands };
}

/** @param {string} root */
function pagesOf(root) {
  const docs = existsSync(join(root, "docs")) ? readdirSync(join(root, "docs")).sort() : [];
  return ["README.md", ...docs.map((name) => `docs/${name}`)].filter(
    (name) => name.endsWith(".md") && existsSync(join(root, name)),
  );
}

/** @param {Block[]} blocks @param {Problem[]} problems is added to @returns {Program[]} */
function programsOf(blocks, problems) {
  /** @type {Program[]} */
  const programs = [];
  for (const block of blocks.filter(({ language, foreign }) => scriptLanguages.includes(language) && !foreign)) {
    const typescript = block.language.startsWith("t");
    let program = programs[programs.length - 1];
    if (!block.continues) {
      const name = `${block.page.replace(/\.md$/, "").replace(/\W/g, "-")}-${block.line}`;
      program = { page: block.page, name, typescript, runs: true, lines: [] };
      programs.push(program);
    } else if (program?.page !== block.page) {
      problems.push({ page: block.page, line: block.line, message: "continues, and no block stands before it" });
      continue;
    }
    program.typescript ||= typescript;
    program.runs &&= block.notRun === undefined;
    program.lines.push(
      ...block.given.map((line) => ({ ...line, given: true })),
      ...block.lines.map((text, index) => ({ text, line: block.line + index, given: false })),
    );
  }
  return programs;
}

/**
 * @param {ReturnType<typeof readPage>[]} pages
 * @param {string} packageFolder
 * @param {Problem[]} problems is added to
 * @returns {Promise<number>} how many commands there are
 */
async function checkCommands(pages, packageFolder, problems) {
  const fromPackage = (/** @type {string} */ path) => import(pathToFileURL(join(packageFolder, "dist/cli", path)).href);
  const { buildProgram } = await fromPackage("program.js");
  const { refuseOtherTasks } = await fromPackage("data-options.js");
  const shown = pages.flatMap(({ blocks, mentions }) => [
    ...blocks
      .filter(({ language, foreign }) => shellLanguages.includes(language) && !foreign)
      .flatMap(({ page, lines, line }) =>
        ledCommands(lines, line).map((command) => ({ page, prose: false, ...command })),
      ),
    ...mentions.flatMap(({ page, line, command }) =>
      ledCommands([command], line).map((call) => ({ page, prose: true, ...call })),
    ),
  ]);
  // `led COMMAND --help` stands for any command.
  const calls = shown.filter(({ args }) => args[0] !== "COMMAND");
  for (const { page, line, args, prose } of calls) {
    const wrong = await parseCommand({ buildProgram, refuseOtherTasks }, args, { prose });
    if (wrong !== undefined) problems.push({ page, line, message: `led ${args.join(" ")}: ${wrong}` });
  }
  return calls.length;
}

/**
 * Type-checks all programs at once, and writes what is to run beside them.
 *
 * @param {Program[]} programs
 * @param {string} workplace
 * @param {string} packageFolder
 * @returns {Promise<Problem[]>}
 */
async function compile(programs, workplace, packageFolder) {
  mkdirSync(join(workplace, "node_modules"));
  symlinkSync(resolve(packageFolder), join(workplace, "node_modules/led-transformers"), "junction");
  symlinkSync(join(here, "node_modules/@types"), join(workplace, "node_modules/@types"), "junction");
  writeFileSync(join(workplace, "package.json"), '{ "type": "module" }\n');
  writeFileSync(join(workplace, "tsconfig.json"), JSON.stringify({ compilerOptions, include: ["*.ts"] }));
  writeFileSync(join(workplace, "plain.json"), JSON.stringify({ compilerOptions: plainOptions, include: ["*.mjs"] }));
  for (const { name, lines, typescript } of programs) {
    // A file without imports would be a script, whose names are everybody's.
    writeFileSync(join(workplace, `${name}.ts`), `${lines.map(({ text }) => text).join("\n")}\nexport {};\n`);
    if (!typescript) {
      const plain = lines.map(({ text, given }) => (given ? "" : text)).join("\n");
      writeFileSync(join(workplace, `${name}.mjs`), `${plain}\nexport {};\n`);
    }
  }
  const typed = await typeScript(workplace, "tsconfig.json");
  const plain = await typeScript(workplace, "plain.json");
  return [...typed, ...plain.filter(({ code }) => code.startsWith("TS8"))].map(({ file, line, code, message }) => {
    const program = programs.find(({ name }) => file === `${name}.ts` || file === `${name}.mjs`);
    if (program === undefined) throw new Error(`tsc: ${file}:${line}: ${message} (${code})`);
    return { page: program.page, line: pageLine(program, line), message: `${message} (${code})` };
  });
}

/**
 * @param {string} workplace
 * @param {string} project
 * @returns {Promise<{ file: string, line: number, code: string, message: string }[]>} what the compiler finds
 */
async function typeScript(workplace, project) {
  const compiler = join(here, "node_modules/typescript/bin/tsc");
  const { output } = await run(process.execPath, [compiler, "--pretty", "false", "-p", project], workplace);
  const found = [];
  for (const text of output.split("\n")) {
    const [, file = "", line = 0, code, message = ""] =
      /^(?:(.+)\((\d+),\d+\): )?error (TS\d+): (.*)$/.exec(text) ?? [];
    const last = found[found.length - 1];
    if (code !== undefined) found.push({ file, line: Number(line), code, message });
    else if (last !== undefined && text.trim() !== "") last.message += ` ${text.trim()}`;
  }
  return found;
}

const compilerOptions = {
  target: "ES2023",
  lib: ["ES2023", "ESNext.Disposable", "DOM", "DOM.Iterable", "DOM.AsyncIterable"],
  module: "NodeNext",
  types: ["node"],
  strict: true,
  exactOptionalPropertyTypes: true,
  skipLibCheck: true,
  sourceMap: true,
  outDir: "out",
};

/** For blocks that say they are JavaScript, whose types are checked in a copy that is TypeScript: is there any in them? */
const plainOptions = { ...compilerOptions, allowJs: true, noResolve: true, types: [], noEmit: true };

/** @param {Program} program @param {number} line of the program's file, from 1 @returns {number} of the page */
function pageLine({ lines }, line) {
  return (lines[Math.min(line, lines.length) - 1] ?? { line: 1 }).line;
}

/** @param {Program} program @param {string} workplace @param {string | undefined} room @returns {Promise<Problem | undefined>} */
async function runProgram(program, workplace, room) {
  const folder = join(workplace, `room-${program.name}`);
  if (room === undefined) mkdirSync(folder);
  else cpSync(room, folder, { recursive: true, verbatimSymlinks: true });
  const script = join(workplace, "out", `${program.name}.js`);
  const { status, output } = await run(process.execPath, ["--enable-source-maps", script], folder);
  if (status === 0) return undefined;
  const at = new RegExp(`${program.name}\\.ts:(\\d+)`).exec(output)?.[1];
  const line = at === undefined ? program.lines[0]?.line : pageLine(program, Number(at));
  const said =
    output.split("\n").find((text) => /^(?:\w*Error|Uncaught)\b/.test(text)) ?? output.trim().split("\n").pop();
  return { page: program.page, line: line ?? 1, message: `ended with exit code ${status}: ${said}` };
}

/**
 * @param {string} command
 * @param {string[]} args
 * @param {string} cwd
 * @returns {Promise<{ status: number | null, output: string }>}
 */
function run(command, args, cwd) {
  return new Promise((done, fail) => {
    const child = spawn(command, args, {
      cwd,
      env: { ...process.env, HF_HUB_OFFLINE: "1" },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (/** @type {string} */ text) => {
        output += text;
      });
    }
    child.once("error", fail);
    child.once("close", (status) => done({ status, output }));
  });
}

if (process.argv[1] !== undefined && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const { values, positionals } = parseArgs({
    options: { run: { type: "boolean", default: false }, room: { type: "string" }, package: { type: "string" } },
    allowPositionals: true,
  });
  const root = resolve(positionals[0] ?? ".");
  const options = { root, package: values.package ?? here, room: values.room, run: values.run };
  const { problems, programs, ran, commands } = await checkDocCode(options);
  for (const { page, line, message } of problems) console.error(`${page}:${line}: ${message}`);
  if (problems.length > 0) process.exitCode = 1;
  else console.log(`code in the docs: ${programs} programs, ${ran} of them run, ${commands} commands, no problem`);
}
