// @ts-check
/**
 * Checks the package as people get it: `node tools/check-package.mjs`, after `npm run build`. It is packed, looked at by publint and
 * arethetypeswrong, and installed from the tarball into empty folders, where a strict program has to compile and the commands have to
 * work: once with the native engine, once as where that could not be installed. Dependencies are those of package-lock.json and come
 * from npm's cache, or from the registry where it lacks them.
 *
 * Prints a line for each step and stops at the first that fails, with its output and exit code 1.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../", import.meta.url));
const workplace = mkdtempSync(join(tmpdir(), "led-package-"));
const onWindows = process.platform === "win32";

class Failure extends Error {}

/** @typedef {{ stdout: string, stderr: string }} Outcome */

/** @param {string} what @param {string} folder @param {string} command @param {string[]} args @returns {Outcome} */
function step(what, folder, command, args) {
  const began = Date.now();
  // npm is a script on Windows, which only a shell runs.
  const options = { cwd: folder, encoding: /** @type {const} */ ("utf8"), shell: onWindows, env: cleanEnvironment() };
  const { status, stdout, stderr, error } = spawnSync(command, args, options);
  if (status !== 0)
    throw new Failure(`${what}: ${command} ${args.join(" ")}\n${stdout}${stderr}${error?.message ?? ""}`);
  console.log(`package: ${what} (${((Date.now() - began) / 1000).toFixed(1)} s)`);
  return { stdout, stderr };
}

/** npm hands its settings down by variables: those of the run that started this one are not the reader's. */
function cleanEnvironment() {
  const own = Object.entries(process.env).filter(
    ([name]) => !/^npm_(?:config_(?!cache|registry)|package|lifecycle)/i.test(name),
  );
  return {
    ...Object.fromEntries(own),
    HF_HUB_OFFLINE: "1",
    npm_config_audit: "false",
    npm_config_fund: "false",
    npm_config_yes: "false",
  };
}

/** @param {boolean} holds @param {string} what @param {string} got */
function expect(holds, what, got) {
  if (!holds) throw new Failure(`expected ${what}, got:\n${got}`);
}

const strictProgram = `
import { LEDConfig, LEDForConditionalGeneration, LEDTokenizerFast, pipeline, summarizeDocument, Tensor } from "led-transformers";
import { LEDTokenizer } from "led-transformers/tokenizers";

export async function summary(text: string, source: string): Promise<string> {
  const tokenizer: LEDTokenizerFast = await LEDTokenizerFast.from_pretrained(source);
  const model = await LEDForConditionalGeneration.from_pretrained(source, { device: "cpu" });
  const ids: Tensor = Tensor.from(tokenizer([text]).input_ids);
  const config: LEDConfig = model.config;
  if (ids.dims.length !== 2 || config.model_type !== "led") throw new Error("not a batch");
  return (await summarizeDocument(model, tokenizer, text)).summary_text;
}

export async function answer(question: string, context: string): Promise<string> {
  const ask = await pipeline("question-answering", "a-folder");
  const { start, end } = await ask(question, context);
  return context.slice(start, end);
}

// @ts-expect-error: options that do not exist are no types either
export const wrong = (tokenizer: LEDTokenizer) => tokenizer("text", { max_lenght: 4 });
`;

/** A program of a reader's, as strict as compilers can be made; declarations of the package are checked with it. @type {Record<string, object>} */
const strictProjects = {
  nodenext: { module: "NodeNext", moduleResolution: "NodeNext" },
  bundler: { module: "ESNext", moduleResolution: "Bundler" },
};

const strict = {
  target: "ES2022",
  types: [],
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  verbatimModuleSyntax: true,
  isolatedModules: true,
  skipLibCheck: false,
  noEmit: true,
};

const document =
  "The harbour office is closed on Monday. Ships that arrive then are to wait at the outer pier. " +
  "The office opens again on Tuesday at eight, and its staff will first see to the ships that waited. " +
  "Fees for Monday are not charged. Questions are answered by telephone.\n";

/** An empty folder that depends on the tarball alone, in the versions that are locked here. @param {string} name @param {string} tarball */
function reader(name, tarball) {
  const folder = join(workplace, name);
  mkdirSync(folder);
  const lock = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8"));
  /** @type {Record<string, string>} */
  const overrides = {};
  for (const [path, { version, dev }] of Object.entries(lock.packages)) {
    const [, dependency] = /^node_modules\/((?:@[^/]+\/)?[^/]+)$/.exec(path) ?? [];
    if (dependency !== undefined && !dev) overrides[dependency] = version;
  }
  const description = {
    name: "reader",
    private: true,
    type: "module",
    dependencies: { "led-transformers": `file:${tarball}` },
    overrides,
  };
  writeFileSync(join(folder, "package.json"), JSON.stringify(description));
  writeFileSync(join(folder, "report.txt"), document);
  return folder;
}

/** @param {Outcome} outcome */
function expectSummary({ stdout, stderr }) {
  expect(stdout.trim().split(/\s+/).length >= 4, "a summary", stdout + stderr);
}

function main() {
  const [packed] = JSON.parse(
    step("packed", root, "npm", ["pack", "--ignore-scripts", "--json", "--pack-destination", workplace]).stdout,
  );
  const tarball = join(workplace, packed.filename);
  const tool = (/** @type {string} */ path) => join(root, "node_modules", path);
  step("publint finds nothing", root, process.execPath, [tool("publint/src/cli.js"), tarball, "--strict"]);
  // The package is ES modules only: what CommonJS and Node 10 make of it is no fault.
  step("arethetypeswrong finds nothing", root, process.execPath, [
    ...[tool("@arethetypeswrong/cli/dist/index.js"), tarball, "--profile", "esm-only"],
  ]);

  const full = reader("with-native-engine", tarball);
  const install = ["install", "--prefer-offline", "--onnxruntime-node-install=skip"];
  step("installed into an empty folder", full, "npm", install);
  writeFileSync(join(full, "program.ts"), strictProgram);
  for (const [name, options] of Object.entries(strictProjects)) {
    const project = { compilerOptions: { ...strict, ...options }, files: ["program.ts"] };
    writeFileSync(join(full, `${name}.json`), JSON.stringify(project));
    step(`a strict program compiles, ${name}`, full, process.execPath, [
      tool("typescript/bin/tsc"),
      "-p",
      `${name}.json`,
    ]);
  }
  const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const shown = step("npx led --version", full, "npx", ["led", "--version"]).stdout.trim();
  expect(shown === version, version, shown);
  const native = step("npx led-transformers summarize", full, "npx", ["led-transformers", "summarize", "report.txt"]);
  expectSummary(native);
  expect(!native.stderr.includes("WebAssembly"), "the native engine", native.stderr);
  const required = 'const { LEDConfig } = require("led-transformers"); console.log(new LEDConfig().model_type)';
  step("require() of it works", full, process.execPath, ["--no-warnings", "--input-type=commonjs", "-e", required]);

  const light = reader("without-native-engine", tarball);
  step("installed without what is optional", light, "npm", [...install, "--omit=optional"]);
  expect(!existsSync(join(light, "node_modules/onnxruntime-node")), "no onnxruntime-node", "one");
  const wasm = step("npx led-transformers summarize", light, "npx", ["led-transformers", "summarize", "report.txt"]);
  expectSummary(wasm);
  const told = wasm.stderr.split("\n").filter((line) => line.includes("WebAssembly"));
  expect(told.length === 1, "one line that says that WebAssembly computes", wasm.stderr);
}

try {
  main();
} catch (error) {
  if (!(error instanceof Failure)) throw error;
  console.error(`package: FAILED: ${error.message}`);
  process.exitCode = 1;
} finally {
  rmSync(workplace, { recursive: true, force: true });
}
