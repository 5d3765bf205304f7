/** Wrong usage: one line, exit code 2; and help. */
import { describe, expect, test } from "vitest";
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
    [["summarize", "x", "y"], "led: too many arguments for 'summarize'. Expected 1 argument but got 2.\n"],
  ])("led %j", async (args, stderr) => {
    expect(await led(...args)).toEqual({ exitCode: 2, stdout: "", stderr });
  });

  test("no command at all shows the help", async () => {
    const { exitCode, stdout, stderr } = await led();
    expect([exitCode, stdout]).toEqual([2, ""]);
    expect(stderr).toContain("Usage: led [options] [command]");
  });
});

describe("help", () => {
  test("of the program names the commands", async () => {
    const { exitCode, stdout, stderr } = await led("--help");
    expect([exitCode, stderr]).toEqual([0, ""]);
    for (const command of ["summarize", "info", "tokenize", "convert", "train", "evaluate"])
      expect(stdout).toContain(`  ${command} `);
    expect(stdout).toMatch(/\nExample:\n {2}led summarize report.txt\n$/);
  });

  test.each([
    ["summarize", "led summarize report.txt --num-beams 4 --max-new-tokens 200"],
    ["info", "led info allenai/led-base-16384 --tokens 8000"],
    ["tokenize", "led tokenize report.txt --model allenai/led-base-16384"],
    ["convert", "led convert ./my-led ./my-led-q8 --dtype q8"],
    ["train", "led train --task summarization --model ./my-led --train train.jsonl --output-dir ./trained"],
    ["evaluate", "led evaluate --task summarization --model ./my-led --data test.jsonl"],
  ])("of %s has an example", async (command, example) => {
    const { exitCode, stdout, stderr } = await led(command, "--help");
    expect([exitCode, stderr]).toEqual([0, ""]);
    expect(stdout).toContain(`Usage: led ${command} [options]`);
    expect(stdout).toContain(`\nExample:\n  ${example}\n`);
  });

  test("--version is the package's", async () => {
    const { version } = (await import("../../package.json")).default;
    expect(await led("--version")).toEqual({ exitCode: 0, stdout: `${version}\n`, stderr: "" });
  });
});
