/** Wrong usage: one line, exit code 2; and help. */
import { describe, expect, test } from "vitest";
import { buildProgram } from "../../src/cli/program.ts";
import { led } from "../support/command.ts";

const whole = (name: string, value: string, least: number) =>
  `led: option '${name} <n>' argument '${value}' is invalid. Expected a whole number of at least ${least}.\n`;

describe("wrong usage", () => {
  test.each([
    [["summarize", "x", "--num-beams", "0"], whole("--num-beams", "0", 1)],
    [["summarize", "x", "--num-beams", "-1"], whole("--num-beams", "-1", 1)],
    [["summarize", "x", "--num-beams", "x"], whole("--num-beams", "x", 1)],
    [["summarize", "x", "--num-beams", "1.5"], whole("--num-beams", "1.5", 1)],
    [["summarize", "x", "--num-beams", ""], whole("--num-beams", "", 1)],
    [["summarize", "x", "--num-beams", "1e2"], whole("--num-beams", "1e2", 1)],
    [["summarize", "x", "--num-beams", "99999999999999999999"], whole("--num-beams", "99999999999999999999", 1)],
    [["summarize", "x", "--max-new-tokens", "0"], whole("--max-new-tokens", "0", 1)],
    [["summarize", "x", "--min-length", "-3"], whole("--min-length", "-3", 0)],
    [["summarize", "x", "--threads", "0"], whole("--threads", "0", 1)],
    [["info", "embedded", "--tokens", "0"], whole("--tokens", "0", 1)],
    [["summarize", "x", "--num-beans", "2"], "led: unknown option '--num-beans' (Did you mean --num-beams?)\n"],
    [["summarize", "x", "--frobnicate"], "led: unknown option '--frobnicate'\n"],
    [["tokenize", "x", "--num-beams", "2"], "led: unknown option '--num-beams'\n"],
    [["summarize", "x", "--num-beams"], "led: option '--num-beams <n>' argument missing\n"],
    [
      ["summarize", "x", "--device", "abacus"],
      "led: option '--device <device>' argument 'abacus' is invalid. Allowed choices are auto, cpu, wasm.\n",
    ],
    [
      ["convert", "x", "y", "--dtype", "int4"],
      "led: option '--dtype <dtype>' argument 'int4' is invalid. Allowed choices are fp32, fp16, q8.\n",
    ],
    [["sumarize", "x"], "led: unknown command 'sumarize' (Did you mean summarize?)\n"],
    [["frobnicate"], "led: unknown command 'frobnicate'\n"],
    [["summarize"], "led: missing required argument 'file'\n"],
    [["convert", "x"], "led: missing required argument 'folder'\n"],
    [["tokenize", "x", "y"], "led: too many arguments for 'tokenize'. Expected 1 argument but got 2.\n"],
  ])("led %j", async (args, stderr) => {
    expect(await led(...args)).toEqual({ exitCode: 2, stdout: "", stderr });
  });

  test("no command at all shows the help", async () => {
    const { exitCode, stdout, stderr } = await led();
    expect([exitCode, stdout]).toEqual([2, ""]);
    expect(stderr).toContain("Usage: led <command> [options]");
  });
});

/** The command lines at the end of a help, as a shell would split them. */
function examplesIn(help: string): string[][] {
  const [, lines] = /\nExamples?:\n([\s\S]*)$/.exec(help) ?? ["", ""];
  return lines!
    .split("\n")
    .map((line) => line.replace(/\s+(#|[<>]).*$/, "").trim())
    .filter((line) => line !== "")
    .map((line) => [...line.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain!));
}

describe("help", () => {
  test("of the program fits a terminal, prompt included, and names the commands", async () => {
    const { exitCode, stdout, stderr } = await led("--help");
    expect([exitCode, stderr]).toEqual([0, ""]);
    const lines = stdout.trimEnd().split("\n");
    expect(lines.length).toBeLessThanOrEqual(23);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(80);
    for (const command of buildProgram().commands) expect(stdout).toContain(`\n  ${command.name()} `);
    expect(lines.at(-1)).toBe("Example: led summarize report.txt. More of each command: led summarize --help");
  });

  const commands = buildProgram().commands.map((command) => command.name());

  test.each(commands)("of %s has examples, all of them right", async (name) => {
    const { exitCode, stdout, stderr } = await led(name, "--help");
    expect([exitCode, stderr]).toEqual([0, ""]);
    expect(stdout).toContain(`Usage: led ${name} [options]`);
    const examples = examplesIn(stdout);
    expect(examples.length).toBeGreaterThan(0);
    for (const [first, ...args] of examples) {
      // completion's are words for eval.
      if (first !== "led") continue;
      const program = buildProgram();
      const called: string[] = [];
      for (const command of program.commands) command.action(() => void called.push(command.name()));
      await program.parseAsync(args, { from: "user" });
      expect(called).toEqual([name]);
    }
  });

  test("--version is the package's", async () => {
    const { version } = (await import("../../package.json")).default;
    expect(await led("--version")).toEqual({ exitCode: 0, stdout: `${version}\n`, stderr: "" });
  });
});
