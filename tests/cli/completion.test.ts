/** `led completion`: scripts that the shells themselves run; those that are not installed are skipped. */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { bashCompletion } from "../../src/cli/completion-bash.ts";
import { programWords } from "../../src/cli/completion-words.ts";
import { buildProgram } from "../../src/cli/program.ts";
import { led } from "../support/command.ts";

let folder = "";
const at = (name: string): string => join(folder, name);

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "led-completion-"));
  for (const shell of ["bash", "zsh", "fish"]) {
    const { exitCode, stdout, stderr } = await led("completion", shell);
    expect([exitCode, stderr]).toEqual([0, ""]);
    writeFileSync(at(`led.${shell}`), stdout);
  }
  mkdirSync(at("work"));
  mkdirSync(at("work/a model"));
  writeFileSync(at("work/my report.txt"), "");
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Whether a shell is here. */
const has = (shell: string): boolean => spawnSync(shell, ["--version"]).status === 0;

function run(shell: string, ...args: string[]): string {
  const { status, stdout, stderr } = spawnSync(shell, args, { cwd: at("work"), encoding: "utf8" });
  expect([status, stderr]).toEqual([0, ""]);
  return stdout;
}

describe.skipIf(!has("bash"))("bash (skipped where it is not installed)", () => {
  /** What it offers for the last of the words. Files are bash's own, which it offers where this is empty. */
  function completed(...words: string[]): string[] {
    const script = `source "$0"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _led; printf '%s\\n' "\${COMPREPLY[@]}"`;
    const offered = run("bash", "--norc", "-c", script, at("led.bash"), ...words);
    return offered.split("\n").filter((word) => word !== "");
  }

  test("takes the script without complaint, and knows both names", () => {
    expect(run("bash", "-n", at("led.bash"))).toBe("");
    const registered = run("bash", "--norc", "-c", 'source "$0"; complete -p led led-transformers', at("led.bash"));
    expect(registered.match(/-F _led /g)).toHaveLength(2);
  });

  test("every command, and every option of each", () => {
    const { commands } = programWords(buildProgram());
    expect(completed("led", "")).toEqual(commands.map(({ name }) => name));
    for (const { name, options } of commands) {
      expect(completed("led", name, "-")).toEqual(options.flatMap(({ names }) => names));
    }
  });

  test.each([
    [["led", "su"], ["summarize"]],
    [
      ["led", "--"],
      ["--version", "--help"],
    ],
    [["led", "summarize", "x", "--num"], ["--num-beams"]],
    [
      ["led", "summarize", "--device", ""],
      ["auto", "cpu", "wasm"],
    ],
    [["led", "summarize", "--device", "=", "w"], ["wasm"]],
    [
      ["led", "summarize", "--device", "="],
      ["auto", "cpu", "wasm"],
    ],
    [
      ["led", "info", ""],
      ["a model", "embedded"],
    ],
    [["led", "info", "a"], ["a model"]],
    [["led", "summarize", "x", "--model", "e"], ["embedded"]],
    // The value of an option is no argument: the first one is still to come.
    [["led", "convert", "--max-shard-size", "2GB", "emb"], ["embedded"]],
    [["led", "convert", "embedded", ""], ["a model"]],
    [["led", "convert", "embedded", "x", ""], []],
    [["led", "summarize", "--threads", ""], []],
    [
      ["led", "train", "--logging-first-step", ""],
      ["true", "false"],
    ],
    [["led", "completion", "b"], ["bash"]],
    [["led", "frobnicate", ""], []],
  ])("%j", (words, offered) => {
    expect(completed(...words)).toEqual(offered);
  });
});

describe.skipIf(!has("zsh"))("zsh (skipped where it is not installed)", () => {
  test("takes the script without complaint", () => {
    expect(run("zsh", "-f", "-n", at("led.zsh"))).toBe("");
  });
});

describe.skipIf(!has("fish"))("fish (skipped where it is not installed)", () => {
  const completed = (line: string): string[] =>
    run("fish", "--no-config", "-c", `source ${at("led.fish")}; complete -C ${JSON.stringify(line)}`)
      .split("\n")
      .filter((word) => word !== "")
      .map((word) => word.split("\t")[0]!);

  test("commands, options, choices and models", () => {
    expect(completed("led su")).toEqual(["summarize"]);
    expect(completed("led summarize --num")).toEqual(["--num-beams"]);
    expect(completed("led summarize --device ").sort()).toEqual(["auto", "cpu", "wasm"]);
    expect(completed("led info ").sort()).toEqual(["a model/", "embedded"]);
  });
});

test("each shell's script has every command and long option", async () => {
  const { commands } = programWords(buildProgram());
  for (const shell of ["bash", "zsh", "fish"]) {
    const { stdout } = await led("completion", shell);
    for (const { name, options } of commands) {
      expect(stdout).toContain(name);
      for (const long of options.flatMap(({ names }) => names)) {
        const spelled = shell === "fish" ? long.replace(/^--/, "-l ").replace(/^-(?=.$)/, "-s ") : long;
        expect(stdout, `${shell}, ${name}`).toContain(spelled);
      }
    }
  }
});

test("texts with quotes stay texts", () => {
  const text = "it's \\ a $(touch x) [y]";
  const option = { names: ["--o"], description: text, value: { kind: "choices", choices: ["it's"] }, optional: false };
  const script = bashCompletion(
    {
      options: [],
      commands: [{ name: "c", description: text, options: [option as never], values: [], repeats: false }],
    },
    ["led"],
  );
  expect(script).toContain("$'it\\'s'");
  expect(script).not.toContain("touch");
});

test("a shell that is not known", async () => {
  expect(await led("completion", "tcsh")).toEqual({
    exitCode: 2,
    stdout: "",
    stderr:
      "led: command-argument value 'tcsh' is invalid for argument 'shell'. Allowed choices are bash, zsh, fish.\n",
  });
});
